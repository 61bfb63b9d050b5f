"""The times of `due:`: from when to when a label's time comes, as the words mean it at this moment, in the person's own days."""

from datetime import UTC, date, datetime, time, timedelta
from functools import reduce
from operator import or_
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from labelapp.models import ChatLabel, LabelTimer
from labelapp.models.fields import NEVER
from labelapp.queries.language.terms import SPAN, UNITS, Choice
from labelapp.queries.scopes import Scope


class Span(NamedTuple):
    """From `start` on, and before `end`; None: without that end."""

    start: datetime | None
    end: datetime | None


def span_of(value: str, now: datetime, zone: ZoneInfo) -> Span:
    """What one value of a `due:` term asks for."""
    if found := SPAN.fullmatch(value):
        at = now + timedelta(seconds=int(found[2]) * UNITS[found[3]])
        return Span(now, at) if found[1] == "<" else Span(at, None)
    if value in ("today", "tomorrow"):
        day = now.astimezone(zone).date() + timedelta(days=value == "tomorrow")
        return Span(_midnight(day, zone), _midnight(day + timedelta(days=1), zone))
    return Span(None, now) if value == "overdue" else Span(None, None)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    """When a day begins. Where the clocks are put forward at midnight, that is at one."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def within(term: Choice, scope: Scope, column: str) -> Q:
    """Rows whose time (`column`) is as the term asks."""
    spans = (span_of(value, scope.now, scope.user.zone) for value in term.known)
    return reduce(or_, (_between(span, column) for span in spans))


def _between(span: Span, column: str) -> Q:
    found = Q(**{f"{column}__gte": span.start or NEVER})  # always a range of the index
    return found & Q(**{f"{column}__lt": span.end}) if span.end is not None else found


def timed(term: Choice, scope: Scope) -> QuerySet[LabelTimer]:
    """The timers that a `due:` term means, of all numbers and of labels that came off too, in no order. In the index `timer_walk`."""
    return LabelTimer.objects.filter(within(term, scope, "due_at")).order_by()


def timed_chats(term: Choice, scope: Scope, most: int) -> list[int] | None:
    """The chats of all numbers that a `due:` term means, None where more than `most` labels have such a time. Two queries: of one that
    joins pairs with their timers PostgreSQL may walk all pairs."""
    pairs = list(timed(term, scope).values_list("pair", flat=True)[: most + 1])
    if len(pairs) > most:
        return None
    return list(ChatLabel.objects.filter(pk__in=pairs, wanted=True).values_list("chat", flat=True))
