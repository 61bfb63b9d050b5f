"""What opening a chat does: its last messages are fetched, and it counts as read by this person."""

from labelapp.actions.messages import fetch_messages, mark_read

__all__ = ["fetch_messages", "mark_read"]
