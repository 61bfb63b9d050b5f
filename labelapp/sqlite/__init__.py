"""Django's SQLite backend that waits for the lock in Python (`base.py`). Settings name it as ENGINE."""
