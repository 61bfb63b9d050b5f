"""Clean input from people. Each refusal is a sentence beside its field."""
