"""A funnel as a board: a column for the chats without a stage and one for each stage, read by keyset in the order of the inbox.

A chat stands on it once: at the furthest of its stages, of which it has two only in a conflict. Columns of stages are walked in the
index of their label; the one without looks at REACH chats at a time, for nothing says how far apart such chats are.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from labelapp.models import Chat, Instance, Label
from labelapp.queries.conditions import CHAT, PAIR, holds
from labelapp.queries.directory import Tag
from labelapp.queries.facets import Number
from labelapp.queries.inbox import Row, matching, rows_of
from labelapp.queries.insights import Funnel, StageTime
from labelapp.queries.keysets import Walk
from labelapp.queries.language.terms import Named, Query
from labelapp.queries.orders import Cursor, Key, Order
from labelapp.queries.scopes import Scope
from labelapp.queries.stays import histories
from labelapp.queries.stays import rows_of as ledger_of
from labelapp.queries.text import says
from labelapp.queries.walks import walks

PAGE = 20  # cards of a column at a time
CAP = 1000  # chats of a column are counted up to here: "1,000+"
REACH = 5000
FEW = 5  # departures that say something about others
UNSTAGED = 0  # stands for the stage of chats that have none
Stays = dict[tuple[int, int], datetime | None]  # since when each chat is in a stage; None: nobody saw it begin


@dataclass(frozen=True, slots=True)
class Age:
    """How long a chat has been in its stage. Not `is_seen`: at least so long. `level` compares: 1 up to the median of those who left
    the stage, 2 up to what nine of ten stayed, 3 above, 0 for nothing to compare with."""

    span: timedelta
    is_seen: bool
    level: int
    is_stuck: bool


@dataclass(slots=True)
class Card:
    """A chat with the stage at which it stands. `others`: further stages that it has, nearest to the start first."""

    row: Row
    stage: int
    age: Age | None
    others: list[Tag]


@dataclass(slots=True)
class Column:
    """A stage, or none (tag and label None), with its first cards, or those after a place."""

    tag: Tag | None
    label: Label | None
    query: Query  # finds its chats
    count: Number
    cards: list[Card]
    following: Cursor | None  # None: this is the last page

    @property
    def pk(self) -> int:
        return self.tag.pk if self.tag else UNSTAGED


@dataclass(slots=True)
class _Look:
    """The keys of a column, and what is known of how many there are."""

    keys: list[Cursor]
    following: Cursor | None
    count: Number


@dataclass
class Board:
    """One person's board of a funnel, its chats those of a query. `times` as `stage_times` has them."""

    scope: Scope
    funnel: Funnel
    query: Query
    times: dict[int, StageTime]

    @property
    def number(self) -> Instance:
        return self.scope.numbers[0]

    def columns(self) -> list[Column]:
        """All columns with their first cards. Four queries, one for each stage and two for the column without; a filter by words adds
        some for each of them."""
        looks = {pk: self._look(pk) for pk in self._places()}
        cards = self._cards([key.pk for look in looks.values() for key in look.keys])
        return [self._column(pk, look, cards) for pk, look in looks.items()]

    def column(self, stage: int, after: Cursor | None = None) -> Column:
        """One column with the cards after this place. Raises KeyError for a stage of another funnel."""
        if stage not in self._places():
            raise KeyError(stage)
        look = self._look(stage, after, counts=False)
        return self._column(stage, look, self._cards([key.pk for key in look.keys]))

    def counts(self) -> list[Column]:
        """All columns without any cards."""
        return [self._column(pk, self._look(pk, cards=False), {}) for pk in self._places()]

    def among(self, chats: Sequence[int]) -> list[Card]:
        """Those of these chats that the board has now, the first of the inbox's order first. As many queries for one as for many."""
        ways = walks(self.scope, self.query, said=says(self.query.texts, refusing=False))
        found = {pk for walk in ways for pk in walk.among(chats)}
        cards = self._cards(found)
        return sorted(cards.values(), key=lambda card: (card.row.chat.last_message_at, card.row.chat.pk), reverse=True)

    def query_of(self, stage: int) -> Query:
        """What finds the chats of a column in any list: with this stage and none that is further, or without any."""
        later = self.funnel.pks[self._places().index(stage) :]
        terms = [*self.query.terms, *self._named((stage,) if stage else (), False), *self._named(later, True)]
        return Query(tuple(terms))

    def _named(self, stages: Sequence[int], negated: bool) -> list[Named]:
        refs = tuple(self.scope.vocabulary.ref(pk) for pk in stages)
        return [Named("label", refs, negated)] if refs else []

    def _places(self) -> list[int]:
        return [UNSTAGED, *self.funnel.pks]

    def _column(self, stage: int, look: _Look, cards: dict[int, Card]) -> Column:
        tag, label = next(((tag, label) for tag, label in self.funnel.stages if tag.pk == stage), (None, None))
        found = [cards[key.pk] for key in look.keys if key.pk in cards]
        return Column(tag, label, self.query_of(stage), look.count, found, look.following)

    # Which chats

    def _look(self, stage: int, after: Cursor | None = None, *, cards: bool = True, counts: bool = True) -> _Look:
        size = PAGE if cards else 0
        if not stage:
            return self._look_unstaged(after, CAP if counts else PAGE, size)
        known = Number(self.scope.directory.counts.get(stage, 0)) if not any(self.query.running()) else None
        if known and not cards:
            return _Look([], None, known)
        keys = matching(self.scope, self.query_of(stage), after=after, size=(CAP if counts and not known else size) + 1)
        count = known or Number(min(len(keys), CAP), len(keys) > CAP)
        return _Look(keys[:size], keys[size - 1] if cards and len(keys) > size else None, count)

    def _look_unstaged(self, after: Cursor | None, cap: int, size: int) -> _Look:
        keys, stop = self._within(after.key if after else None, cap)
        found = [Cursor(Order.NEWEST, 0, *key) for key in keys]
        following = found[size - 1] if size and len(found) > size else Cursor(Order.NEWEST, 0, *stop) if stop else None
        return _Look(found[:size], following, Number(len(keys), stop is not None))

    def _within(self, after: Key | None, size: int) -> tuple[list[Key], Key | None]:
        """Of the next REACH chats of the query those without a stage, at most `size`, and where to go on."""
        found: set[Key] = set()
        stops: list[Key] = []
        for walk in walks(self.scope, self.query, said=self.scope.says(self.query.texts)):
            keys, stop = self._unstaged(walk).within(after, size, REACH)
            found.update(keys)
            stops += [stop] if stop else []
        last = max(stops, default=None)
        keys = sorted((key for key in found if last is None or key >= last), reverse=True)
        return (keys[:size], keys[size - 1]) if len(keys) > size else (keys, last)

    def _unstaged(self, walk: Walk) -> Walk:
        columns = CHAT if walk.pk == CHAT.key else PAIR
        return replace(walk, text=walk.text & ~holds(self.funnel.pks, columns))

    # What their cards say

    def _cards(self, chats: Iterable[int]) -> dict[int, Card]:
        """Four queries."""
        found = Chat.objects.select_related("assignee").in_bulk(list(chats))
        rows = rows_of(self.scope.user, list(found.values()), self.scope.directory)
        stays = self._stays(found)
        return {row.chat.pk: self._card(row, stays) for row in rows}

    def _stays(self, chats: Iterable[int]) -> Stays:
        """The stays that go on."""
        told = histories(ledger_of(self.funnel.pks).filter(chat__in=list(chats)))
        return {(stay.chat, stay.stage): stay.since for one in told for stay in one.stays if stay.until is None}

    def _card(self, row: Row, stays: Stays) -> Card:
        held = {pair.tag.pk: pair.tag for pair in row.pairs if pair.wanted}
        at = [held[pk] for pk in self.funnel.pks if pk in held]
        if not at:
            return Card(row, UNSTAGED, None, [])
        return Card(row, at[-1].pk, self._age(row.chat.pk, at[-1].pk, stays), at[:-1])

    def _age(self, chat: int, stage: int, stays: Stays) -> Age | None:
        """None where not even the number is known for any time."""
        seen = stays.get((chat, stage))
        since = seen or self.number.imported_at
        if since is None:
            return None
        span = max(self.scope.now - since, timedelta())
        limit = next((label.stuck_after for tag, label in self.funnel.stages if tag.pk == stage), None)
        return Age(span, seen is not None, self._level(stage, span), limit is not None and span >= limit)

    def _level(self, stage: int, span: timedelta) -> int:
        time = self.times.get(stage)
        if time is None or time.half is None or time.most is None or time.count < FEW:
            return 0
        return 3 if span > time.most else 2 if span > time.half else 1
