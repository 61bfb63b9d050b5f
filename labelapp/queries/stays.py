"""How long chats were in a stage, and how they went from one to the next, out of the ledger: who changed it makes no difference.

A wish that failed never was, nor was a change that was undone; what was to come off and stayed goes on. A stay whose beginning
nobody saw (it was there before labelapp) has none: it lasted at least since the number was first read.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from django.db.models import QuerySet

from labelapp.models import LedgerEntry, Verb
from labelapp.models.reasons import Reason

VERBS = (Verb.ADD, Verb.REMOVE, Verb.FAIL, Verb.KEEP)
HANDOVER = timedelta(
    minutes=10
)  # on a phone the old stage may come off first: what is put on so soon after is still a move
UNDONE = Reason.UNDONE()
CHUNK = 5000


class Row(NamedTuple):
    """A line of the ledger about a stage."""

    chat: int
    stage: int
    verb: str
    source: str
    cause: str
    at: datetime


@dataclass(slots=True)
class Stay:
    """A chat in a stage. `since` None: nobody saw it begin. `until` None: it is there still."""

    chat: int
    stage: int
    since: datetime | None
    by: str = ""  # the source that put it there
    until: datetime | None = None
    out_by: str = ""  # the source that took it away
    renewed: bool = False  # wished once more while it was there


class Move(NamedTuple):
    """From one stage to another, when the other was entered, and by whom."""

    chat: int
    old: int
    new: int
    at: datetime
    by: str


@dataclass(slots=True)
class History:
    """One chat's stays, in the order they began, and its moves."""

    chat: int
    stays: list[Stay] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)


def rows_of(stages: Iterable[int]) -> QuerySet[LedgerEntry]:
    """What the ledger says of these labels on chats."""
    return LedgerEntry.objects.filter(label__in=list(stages), verb__in=VERBS, chat__isnull=False)


def histories(rows: QuerySet[LedgerEntry]) -> Iterator[History]:
    """The history of each chat that these rows are about. They must hold all of it. One query."""
    told = rows.order_by("chat_id", "at", "pk").values_list("chat_id", "label_id", "verb", "source", "cause", "at")
    for _chat, group in groupby(told.iterator(chunk_size=CHUNK), key=itemgetter(0)):
        yield history([Row(*one) for one in group])


def last_stay(chat: int, label: int) -> Stay | None:
    """The chat's last stay with a label, over or not; None where the ledger knows of none. One query."""
    told = next(histories(rows_of([label]).filter(chat=chat)), None)
    return told.stays[-1] if told and told.stays else None


def history(rows: Sequence[Row]) -> History:
    """One chat's rows, oldest first, as stays and moves."""
    stays: dict[int, list[Stay]] = {}
    for row in rows:
        _take(stays.setdefault(row.stage, []), row)
    found = sorted((stay for each in stays.values() for stay in each), key=_begin)
    return History(rows[0].chat, found, list(_moves(found)))


def _take(stays: list[Stay], row: Row) -> None:
    """What a row says of its stage. `stays` are those in it so far; only the last one can be going on."""
    last = stays[-1] if stays else None
    is_here = last is not None and last.until is None
    if row.verb == Verb.ADD and last is not None and is_here:
        last.renewed = True
    elif row.verb == Verb.ADD and (last is None or row.cause != UNDONE):
        stays.append(Stay(row.chat, row.stage, row.at, row.source))
    elif row.verb == Verb.REMOVE and last is None:
        stays.append(Stay(row.chat, row.stage, None, until=row.at, out_by=row.source))
    elif row.verb == Verb.REMOVE and last is not None and is_here:
        if row.cause == UNDONE and last.since is not None:
            stays.pop()
        else:
            last.until, last.out_by = row.at, row.source
    elif row.verb == Verb.FAIL and last is not None and is_here:
        if not last.renewed and last.since is not None:
            stays.pop()
    elif row.verb != Verb.REMOVE and last is not None and not is_here:
        last.until, last.out_by = None, ""  # it could not be taken off, was to stay, or came back: it goes on
    elif row.verb == Verb.KEEP and last is None:
        stays.append(Stay(row.chat, row.stage, None))


def _begin(stay: Stay) -> tuple[bool, float]:
    return stay.since is not None, stay.since.timestamp() if stay.since else 0.0


def _moves(stays: Sequence[Stay]) -> Iterator[Move]:
    """A stage is moved out of when another is entered, and it comes off: before that, or at the end of a conflict, it is no move."""
    for n, new in enumerate(stays):
        if new.since is None:
            continue
        for old in reversed(stays[:n]):
            if old.stage != new.stage and _gave_way(old, new):
                yield Move(new.chat, old.stage, new.stage, new.since, new.by)
                break


def _gave_way(old: Stay, new: Stay) -> bool:
    if old.until is None or new.since is None or old.until < new.since - HANDOVER:
        return False
    return new.until is None or old.until <= new.until


def middle(spans: Sequence[timedelta]) -> timedelta:
    """The median of spans in rising order."""
    half = len(spans) // 2
    return spans[half] if len(spans) % 2 else (spans[half - 1] + spans[half]) / 2


def ninth(spans: Sequence[timedelta]) -> timedelta:
    """The span, of those in rising order, that nine of ten don't exceed."""
    return spans[bisect_left(range(len(spans)), True, key=lambda n: 10 * (n + 1) >= 9 * len(spans))]
