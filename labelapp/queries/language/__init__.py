"""The query language: text, its terms, and the form in which views are kept. Asks no database; see `reading.read` for the grammar."""
