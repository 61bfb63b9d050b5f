"""The list of chats, newest message first, by keyset: never OFFSET, and no node that sorts.

With wanted labels the list is walked inside the rarest one, in the index `pair_walk`, which is in answer order; every other
condition is an EXISTS. Planners assume that labels are independent and go wrong by seconds at a million chats.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Self

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from labelapp.models import Chat, ChatLabel, ChatRead, Instance, User
from labelapp.models.fields import NEVER
from labelapp.queries.directory import Directory, Tag
from labelapp.queries.filters import Filter

PAGE = 50
CAP = 2000  # results are counted up to here: "2,000+"
CURSOR = re.compile(r"([0-9]{1,16})-([0-9]{1,18})")  # till the year 2286; within a bigint
CHUNK = 500  # ids in one statement

Walk = QuerySet[Any, tuple[datetime, int]]


class Cursor(NamedTuple):
    """The last row of a page: the next one begins below it."""

    at: datetime
    pk: int

    def __str__(self) -> str:
        return f"{(self.at - NEVER) // timedelta(microseconds=1)}-{self.pk}"

    @classmethod
    def read(cls, text: str) -> Self:
        """Raises ValueError for what is no cursor."""
        found = CURSOR.fullmatch(text)
        if found is None:
            raise ValueError(text)
        return cls(NEVER + timedelta(microseconds=int(found[1])), int(found[2]))


class Pair(NamedTuple):
    """A label on a chat, as its chip shows it."""

    tag: Tag
    state: str
    wanted: bool
    error: str


@dataclass(slots=True)
class Row:
    """A chat with what its line shows."""

    chat: Chat
    pairs: list[Pair]
    read_at: datetime

    @property
    def is_news(self) -> bool:
        """The customer waits, and this person has not looked since."""
        since = self.chat.waiting_since
        return since is not None and self.read_at < since


@dataclass(slots=True)
class Page:
    rows: list[Row]
    following: Cursor | None  # None: this is the last page


def inbox_page(
    user: User, instance: Instance, sieve: Filter, directory: Directory, before: Cursor | None = None, size: int = PAGE
) -> Page:
    """The next `size` chats below `before`. Four queries, one more per label after the first that is wanted as "any of"."""
    keys = matching(instance, sieve, directory, before, size + 1)
    chats = Chat.objects.in_bulk([key.pk for key in keys[:size]])
    rows = rows_of(user, [chats[key.pk] for key in keys[:size] if key.pk in chats], directory)
    return Page(rows, keys[size - 1] if len(keys) > size else None)


def matching(
    instance: Instance, sieve: Filter, directory: Directory, before: Cursor | None = None, size: int = PAGE
) -> list[Cursor]:
    """The first `size` matches below `before`, newest first."""
    found: set[Cursor] = set()
    for walk in walks(instance, sieve, directory):
        found.update(Cursor(at, pk) for at, pk in _below(walk, before)[:size])
    return sorted(found, reverse=True)[:size]


def _below(walk: Walk, before: Cursor | None) -> Walk:
    """`ts <= x AND (ts < x OR id < y)`: the form that both databases turn into a range of the index."""
    if before is None:
        return walk
    pk = "chat_id" if walk.model is ChatLabel else "pk"
    return walk.filter(last_message_at__lte=before.at).filter(
        Q(last_message_at__lt=before.at) | Q(**{f"{pk}__lt": before.pk})
    )


def walks(instance: Instance, sieve: Filter, directory: Directory) -> list[Walk]:
    """The ways to walk that give all matches together: one, or one per label that is wanted as "any of".

    None for a filter that no chat can match.
    """
    if sieve.is_void:
        return []
    if not sieve.labels:
        found = Chat.objects.filter(instance=instance).filter(*_conditions(sieve, "", "pk"))
        return [found.order_by("-last_message_at", "-pk").values_list("last_message_at", "pk")]
    if not sieve.needs_all:
        return [_label_walk(pk, (), sieve) for pk in sieve.labels]
    rarest, *others = sorted(sieve.labels, key=lambda pk: directory.counts.get(pk, 0))
    return [_label_walk(rarest, others, sieve)]


def _label_walk(pk: int, others: Sequence[int], sieve: Filter) -> Walk:
    found = ChatLabel.objects.filter(label=pk, wanted=True).filter(*_conditions(sieve, "chat__", "chat_id"))
    for other in others:
        found = found.filter(_holds([other], "chat_id"))
    return found.order_by("-last_message_at", "-chat_id").values_list("last_message_at", "chat_id")


def _holds(labels: Iterable[int], chat: str) -> Exists:
    return Exists(ChatLabel.objects.filter(chat=OuterRef(chat), label__in=labels, wanted=True))


def _conditions(sieve: Filter, prefix: str, chat: str) -> list[Q]:
    """All but the wanted labels. `prefix` leads to the chat's columns, `chat` is its key in the outer query."""
    found: list[Q] = []
    if sieve.without:
        found.append(~Q(_holds(sieve.without, chat)))
    if sieve.no_label:
        found.append(~Q(Exists(ChatLabel.objects.filter(chat=OuterRef(chat), wanted=True))))
    if sieve.text:
        found.append(_says(sieve.text, prefix))
    if sieve.unanswered:
        found.append(Q(**{f"{prefix}last_in_at__gt": F(f"{prefix}last_out_at")}))
    if sieve.kind:
        found.append(Q(**{f"{prefix}kind": sieve.kind}))
    return found


def _says(text: str, prefix: str) -> Q:
    """Name, preview or, from three digits on, the number."""
    found = Q(**{f"{prefix}name__icontains": text}) | Q(**{f"{prefix}last_message_text__icontains": text})
    digits = "".join(filter(str.isdecimal, text))
    if len(digits) >= 3 and not any(map(str.isalpha, text)):
        found |= Q(**{f"{prefix}jid__contains": digits})
    return found


def rows_of(user: User, chats: Sequence[Chat], directory: Directory) -> list[Row]:
    """These chats with their chips and this person's reading. Two queries."""
    pks = [chat.pk for chat in chats]
    reads = dict(ChatRead.objects.filter(user=user, chat__in=pks).values_list("chat_id", "at"))
    pairs = pairs_of(pks, directory)
    return [Row(chat, pairs.get(chat.pk, []), reads.get(chat.pk, NEVER)) for chat in chats]


def pairs_of(chats: Sequence[int], directory: Directory) -> dict[int, list[Pair]]:
    """The shown pairs of each chat in the directory's order: of an exclusive group the wanted one first."""
    columns = ("chat_id", "label_id", "receipt", "wanted", "error")
    found: dict[int, list[Pair]] = {}
    for chat, label, receipt, wanted, error in ChatLabel.objects.shown().filter(chat__in=chats).values_list(*columns):
        if tag := directory.tags.get(label):
            found.setdefault(chat, []).append(Pair(tag, receipt, wanted, error))
    for pairs in found.values():
        pairs.sort(key=lambda pair: (not pair.tag.exclusive, not pair.wanted, directory.rank[pair.tag.pk]))
    return found


def capped_count(walk: Walk, cap: int) -> int:
    """How many rows, at most cap + 1."""
    return walk[: cap + 1].count()
