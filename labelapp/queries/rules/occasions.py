"""Whether a rule means what has just happened. Asks the cheapest first; what needs the database is asked through functions."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from labelapp.queries.language.saved import Saved
from labelapp.queries.rules.specs import Conditions, Hours, Spec, Trigger
from labelapp.queries.rules.words import Span


@dataclass(frozen=True, slots=True)
class Occasion:
    """What has happened in a chat.

    kind       a rule's trigger
    at         when, in the site's zone
    label      the one that came or went
    held       labels that were on the chat before
    text       of the message
    source     "app" or "api": by which way a message went out
    event      the type of a business event
    is_first   whether the message began the chat
    matches    whether the chat is found by a query in its kept form
    """

    kind: str
    at: datetime
    is_group: bool = False
    label: int | None = None
    held: frozenset[int] = frozenset()
    text: str = ""
    source: str = ""
    event: str = ""
    is_first: Callable[[], bool] = lambda: False
    matches: Callable[[Saved], bool] = lambda _query: True


def meets(spec: Spec, occasion: Occasion) -> list[Span] | None:
    """Where the text says what is looked for (empty where nothing is); None where the rule does not mean this."""
    if not _is_meant(spec.trigger, occasion):
        return None
    asked = spec.conditions
    found = asked.text.find(occasion.text) if asked.text and _holds(asked, occasion) else None
    if asked.text and found is None:
        return None
    if not asked.text and not _holds(asked, occasion):
        return None
    if asked.first and not occasion.is_first():
        return None
    if asked.query and not occasion.matches(asked.query):
        return None
    return found or []


def _is_meant(trigger: Trigger, occasion: Occasion) -> bool:
    if trigger.kind != occasion.kind:
        return False
    if trigger.labels and occasion.label not in trigger.labels:
        return False
    if trigger.event and trigger.event != occasion.event:
        return False
    return not trigger.source or trigger.source == occasion.source


def _holds(asked: Conditions, occasion: Occasion) -> bool:
    """All that costs next to nothing."""
    if asked.chat and (asked.chat == "group") != occasion.is_group:
        return False
    if asked.has and not asked.has & occasion.held:
        return False
    if asked.lacks & occasion.held:
        return False
    return asked.hours is None or is_within(asked.hours, occasion.at)


def is_within(hours: Hours, at: datetime) -> bool:
    """Whether it is that time of that day of the week; a time after midnight belongs to the day before."""
    now, day = at.time(), at.weekday()
    if hours.start < hours.end:
        inside = hours.start <= now < hours.end and day in hours.days
    else:
        before = (at - timedelta(days=1)).weekday()
        inside = (now >= hours.start and day in hours.days) or (now < hours.end and before in hours.days)
    return inside != hours.outside
