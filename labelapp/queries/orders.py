"""The orders of the list, each as segments that are walked end to end, and the places at which a page may begin."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple, Self

from labelapp.models.fields import NEVER
from labelapp.queries.scopes import Scope

LAST = 100_000  # the rank of the segment that comes last: above any urgency and any funnel's depth
CURSOR = re.compile(
    r"([nwud])([0-9]{1,6})-([0-9]{1,16})-([0-9]{1,18})", re.ASCII
)  # till the year 2286; within a bigint


class Order(StrEnum):
    """newest: the last message first. waiting: who waits longest for an answer, then the rest, newest first. urgency: by the chat's
    most urgent label. depth: by its deepest stage. Within these newest first, and chats without such a label last."""

    NEWEST = "newest"
    WAITING = "waiting"
    URGENCY = "urgency"
    DEPTH = "depth"

    @classmethod
    def of(cls, text: str) -> Self:
        """The order of this name, newest first for any other text."""
        return cls(text) if text in tuple(cls) else cls.NEWEST


class Key(NamedTuple):
    """A row's place in its segment."""

    at: datetime
    pk: int


class Cursor(NamedTuple):
    """The last row of a page: the next one begins below it."""

    order: Order
    rank: int
    at: datetime
    pk: int

    @property
    def key(self) -> Key:
        return Key(self.at, self.pk)

    def __str__(self) -> str:
        return f"{self.order[0]}{self.rank}-{(self.at - NEVER) // timedelta(microseconds=1)}-{self.pk}"

    @classmethod
    def read(cls, text: str, order: Order) -> "Cursor | None":
        """None for what is no place in this order: the list begins at its start."""
        found = CURSOR.fullmatch(text)
        if found is None or found[1] != order[0]:
            return None
        return cls(order, int(found[2]), NEVER + timedelta(microseconds=int(found[3])), int(found[4]))


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of the list: chats with one of `wanted` (None: no matter) and none of `refused`."""

    rank: int  # segments are walked from the lowest to the highest
    wanted: tuple[int, ...] | None = None
    refused: tuple[int, ...] = ()
    waiting: bool | None = None  # in the order of waiting: those who wait, then those who don't


def segments(order: Order, scope: Scope) -> list[Segment]:
    """The whole list, in this order."""
    if order == Order.WAITING:
        return [Segment(0, waiting=True), Segment(LAST, waiting=False)]
    if order == Order.URGENCY:
        return _by_rank(scope.directory.urgency)
    if order == Order.DEPTH:
        deepest = max(scope.stages.values(), default=0)
        return _by_rank({pk: deepest - stage for pk, stage in scope.stages.items()})
    return [Segment(0)]


def _by_rank(ranks: dict[int, int]) -> list[Segment]:
    """One segment for each rank, and one for the chats that have no such label."""
    found: list[Segment] = []
    refused: tuple[int, ...] = ()
    for rank in sorted(set(ranks.values())):
        wanted = tuple(pk for pk, its in ranks.items() if its == rank)
        found.append(Segment(rank, wanted, refused))
        refused += wanted
    return [*found, Segment(LAST, None, refused)]
