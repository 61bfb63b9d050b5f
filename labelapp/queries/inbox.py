"""The list of chats, page by page, and all that match."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from itertools import groupby, islice
from typing import NamedTuple

from labelapp.models import Chat, ChatLabel, ChatRead, Receipt, User
from labelapp.models.fields import NEVER
from labelapp.queries.directory import Directory, Tag
from labelapp.queries.keysets import Walk
from labelapp.queries.language.terms import Query
from labelapp.queries.orders import Cursor, Key, Order, segments
from labelapp.queries.scopes import Scope
from labelapp.queries.text import Says, says
from labelapp.queries.walks import stable_walks, walks

PAGE = 50
NEAR = 2000  # chats that are asked for a common word before all its chats are looked up
CHUNK = 500  # ids in one statement


class Until(NamedTuple):
    """When the time of a label on a chat comes, and what happens then (`LabelTimer.Then`). `into`: the label that it turns into."""

    at: datetime
    then: str
    into: Tag | None = None


class Pair(NamedTuple):
    """A label on a chat, as its chip shows it."""

    tag: Tag
    state: str  # its receipt; "held" for a pending wish that grew old and waits for a person's word
    wanted: bool
    error: str
    until: Until | None = None  # where it has a time


@dataclass(slots=True)
class Row:
    """A chat with what its line shows."""

    chat: Chat
    pairs: list[Pair]
    read_at: datetime

    @property
    def is_news(self) -> bool:
        """The customer waits, and this person has not looked since."""
        return self.chat.is_unread(self.read_at)


@dataclass(slots=True)
class Page:
    rows: list[Row]
    following: Cursor | None  # None: this is the last page


def inbox_page(
    scope: Scope, query: Query, order: Order = Order.NEWEST, after: Cursor | None = None, size: int = PAGE
) -> Page:
    """The next `size` chats after this place. Three queries and one for each walk: one walk for each number or, with wanted labels,
    for each label of the rarest term; those of each segment that the page reaches. Each word that is looked for adds two or three,
    and common ones one for each walk."""
    keys = matching(scope, query, order, after, size + 1)
    chats = Chat.objects.select_related("assignee").in_bulk([key.pk for key in keys[:size]])
    rows = rows_of(scope.user, [chats[key.pk] for key in keys[:size] if key.pk in chats], scope.directory)
    return Page(rows, keys[size - 1] if len(keys) > size else None)


def matching(
    scope: Scope, query: Query, order: Order = Order.NEWEST, after: Cursor | None = None, size: int = PAGE
) -> list[Cursor]:
    """The first `size` matches after this place, in this order."""
    said = scope.says(query.texts)
    if not said.is_known:
        found = _found(scope, query, said, order, after, size, NEAR + 8 * size)
        if found is not None:
            return found
        said = scope.says(query.texts, thorough=True)
    return _found(scope, query, said, order, after, size) or []


def _found(
    scope: Scope, query: Query, said: Says, order: Order, after: Cursor | None, size: int, reach: int | None = None
) -> list[Cursor] | None:
    """None where the next `reach` rows of a walk are not enough to tell."""
    found: list[Cursor] = []
    for segment in segments(order, scope):
        if len(found) < size and (after is None or segment.rank >= after.rank):
            start = after.key if after and segment.rank == after.rank else None
            keys = _keys(walks(scope, query, segment, said), start, size - len(found), reach)
            if keys is None:
                return None
            found += [Cursor(order, segment.rank, *key) for key in keys]
    return found


def _keys(ways: list[Walk], after: Key | None, size: int, reach: int | None) -> list[Key] | None:
    """A chat that several walks pass counts once."""
    found: set[Key] = set()
    for walk in ways:
        keys = walk.keys(after, size) if reach is None else walk.near(after, size, reach)
        if keys is None:
            return None
        found.update(keys)
    return sorted(found, reverse=not any(walk.ascending for walk in ways))[:size]


def matching_all(scope: Scope, query: Query, chunk: int = CHUNK) -> Iterator[list[int]]:
    """Every match, once, `chunk` keys at a time and, beside the keys of those that say the query's words, never more in memory for each
    walk. In the order of the keys, which no message changes: a chat that is there from the first chunk to the last is not missed."""
    chats, said = says(query.texts, thorough=True, refusing=False).apart()
    ways = [
        _above(walk, chunk) if chats is None else _among(walk, chats, chunk)
        for walk in stable_walks(scope, query, said)
    ]
    pks = (pk for pk, _same in groupby(merge(*ways)))
    while found := list(islice(pks, chunk)):
        yield found


def _among(walk: Walk, chats: Sequence[int], chunk: int) -> Iterator[int]:
    for start in range(0, len(chats), chunk):
        yield from walk.among(chats[start : start + chunk])


def _above(walk: Walk, chunk: int) -> Iterator[int]:
    last = 0
    while found := walk.above(last, chunk):
        yield from found
        last = found[-1]


def rows_of(user: User, chats: Sequence[Chat], directory: Directory) -> list[Row]:
    """These chats with their chips and this person's reading. Two queries."""
    pks = [chat.pk for chat in chats]
    reads = dict(ChatRead.objects.filter(user=user, chat__in=pks).values_list("chat_id", "at"))
    pairs = pairs_of(pks, directory)
    return [Row(chat, pairs.get(chat.pk, []), reads.get(chat.pk, NEVER)) for chat in chats]


def pairs_of(chats: Sequence[int], directory: Directory) -> dict[int, list[Pair]]:
    """The shown pairs of each chat in the directory's order: of an exclusive group the wanted one first."""
    columns = ("chat_id", "label_id", "receipt", "held_at", "wanted", "error")
    timer = ("timer__due_at", "timer__then", "timer__turn_into")
    rows = ChatLabel.objects.shown().filter(chat__in=chats).values_list(*columns, *timer)
    found: dict[int, list[Pair]] = {}
    for chat, label, receipt, held_at, wanted, error, due_at, then, into in rows:
        if tag := directory.tags.get(label):
            state = "held" if held_at and receipt == Receipt.PENDING else receipt
            until = Until(due_at, then, directory.tags.get(into)) if wanted and due_at else None
            found.setdefault(chat, []).append(Pair(tag, state, wanted, error, until))
    for pairs in found.values():
        pairs.sort(key=lambda pair: (not pair.tag.exclusive, not pair.wanted, directory.rank[pair.tag.pk]))
    return found
