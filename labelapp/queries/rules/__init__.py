"""Rules: what they ask of a chat, read from their JSON and answered without side effects."""
