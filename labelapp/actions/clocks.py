"""The times that events tell, where they can't be believed."""

from datetime import datetime, timedelta

from labelapp.models.effects import Clock
from labelapp.whatsapp.events import Event, Ignored, MessageSeen

AHEAD = timedelta(minutes=5)  # an event from further in the future than this has a wrong clock, not only another one


def clock_trouble(event: Event, received_at: datetime) -> str:
    """What is wrong with the time that orders an event (`Clock`), "" when nothing is. `received_at`: when its delivery reached us."""
    if isinstance(event, Ignored):
        return ""
    at = event.message.at if isinstance(event, MessageSeen) else event.envelope.at
    if at is None:
        return Clock.NO_TIME
    return Clock.AHEAD if at > received_at + AHEAD else ""


def is_guessed(event: Event, received_at: datetime) -> bool:
    """Whether an event of a rare kind is ordered by its arrival, because it tells no time, or one that had not come yet then.

    What it changes may be older than what it replaces: ask.
    """
    return event.envelope.at is None or event.envelope.at > received_at
