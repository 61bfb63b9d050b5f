"""Chats by words: in the name, in the number, in one of the stored messages.

Each word is looked up in the trigram indexes before the list is read, up to CAP hits. One with fewer is rare: its chats are then known,
and the list is read from them (`by_column`), however long it is. One with more is common: the list is walked newest first and each
chat is asked, which ends soon where the word is as common as that there. Where it is not, a `thorough` text knows all its chats.
Of several words the rare ones leave what they share, and that is asked for the rest. What must not occur is looked up likewise.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from json import dumps
from operator import or_
from typing import Any, NamedTuple, Self, TypeVar

from django.db import connection
from django.db.models import BigIntegerField, BooleanField, F, Func, Model, OuterRef, Q, QuerySet, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import StrIndex
from django.db.models.lookups import Exact

from labelapp.models import ChatText, Message
from labelapp.models.folded import BEGINS, FOLD_LENGTH, PHONE_LENGTH, fold
from labelapp.postgresql import search as postgresql
from labelapp.queries.asked import Asked
from labelapp.queries.language.terms import Text
from labelapp.sqlite import search as sqlite

M = TypeVar("M", bound=Model)
TRIGRAM = 3
CAP = 5_000  # hits of a rare word
LOOKED_UP = 4  # words of one text; the others are asked of each chat
FEW = 500  # chats that are worth no further look-up


class Term(NamedTuple):
    """A word, or words that stand together, as the texts of chats and as messages hold it. Messages hold no beginning ("")."""

    chat: tuple[str, ...]
    message: str


def terms(words: str, *, together: bool = False) -> list[Term]:
    """What has to occur, each once, the longest first. None where nothing is left of `words` but punctuation."""
    folded = fold(words)
    if together and " " in folded:
        return [Term((folded.replace(" ", f" {BEGINS}"), folded), folded)]
    found = dict.fromkeys(_digits(word) for word in folded.split())
    return [_term(word) for word in sorted(found, key=len, reverse=True)]


def _digits(word: str) -> str:
    """People dial 0100 or 0020100 where an address says 20100."""
    return word.lstrip("0") or word if word.isdecimal() and len(word) >= PHONE_LENGTH.start else word


def _term(word: str) -> Term:
    if len(word) >= TRIGRAM:
        return Term((word,), word)
    return Term((BEGINS[: TRIGRAM - len(word)] + word,), "")


@dataclass(frozen=True, slots=True)
class Words:
    """Words that all have to occur. `chats`: the only ones where they do, as far as they were looked up (None: none was). `asked`: for
    what each chat is still asked."""

    chats: frozenset[int] | None = None
    asked: tuple[Term, ...] = ()

    @property
    def is_known(self) -> bool:
        """No chat is asked more than whether it is one of those that were looked up, or only those are."""
        return self.chats is not None or not self.asked

    def occur(self, key: str) -> Q:
        conditions = [_occurs(term, key) for term in self.asked]
        if self.chats is not None:
            conditions.append(Q(**{f"{key}__in": listed(self.chats)}))
        return Q(*conditions)


@dataclass(frozen=True, slots=True)
class Says:
    """What the texts of a query ask of a chat, good for one page: the indexes were asked. `unsaid`: texts that must not occur;
    `refused`: the chats where such a text does, which need not be asked."""

    said: Words = Words()
    unsaid: tuple[Words, ...] = ()
    refused: frozenset[int] = frozenset()

    @property
    def is_known(self) -> bool:
        """A walk need not go far: few chats are left to it, or few are kept from it."""
        return self.said.chats is not None or (not self.said.asked and all(words.is_known for words in self.unsaid))

    @property
    def is_rare(self) -> bool:
        """Those it can be are so few that a list is read from them, not from its index."""
        return self.said.chats is not None and len(self.said.chats) <= 2 * CAP

    @property
    def is_void(self) -> bool:
        return self.said.chats is not None and not self.said.chats

    def of(self, key: str) -> Q:
        """The condition. `key`: the chat's, "pk" or "chat_id"."""
        found = Q(self.said.occur(key), *(~words.occur(key) for words in self.unsaid))
        return found & _outside(self.refused, key) if self.refused else found

    def apart(self) -> tuple[list[int] | None, Self]:
        """The chats that were looked up, in the order of their keys (None: none were), and what those are still asked for."""
        chats = self.said.chats
        return (None if chats is None else sorted(chats)), replace(self, said=replace(self.said, chats=None))


def says(texts: Iterable[Text], *, thorough: bool = False, refusing: bool = True) -> Says:
    """Chats in whose name, number, preview or one of whose messages each word of `texts` occurs; one or two letters begin a word of the
    name, or the number. Quoted words stand in this order, side by side. What is negated does not occur as a whole.

    Asks the indexes at once. `thorough` looks up common words as well, about a second for a million hits. Not `refusing`: each chat
    is asked for what must not occur, for who walks through all of them.
    """
    texts, cap = list(texts), None if thorough else CAP
    sought = {*_loose([text.words for text in texts if not (text.negated or text.together)])}
    sought.update(term for text in texts if text.together and not text.negated for term in _terms_of(text))
    said = _looked_up(sorted(sought, key=_length, reverse=True), LOOKED_UP, cap)
    if said.chats is not None and len(said.chats) <= FEW:
        refusing = False  # these few are asked
    left = LOOKED_UP if refusing else 0
    unsaid = []
    for text in texts:
        if text.negated:
            wanted = _terms_of(text)
            unsaid.append(_looked_up(wanted, left, cap))
            left = max(0, left - len(wanted))
    known = [words.chats for words in unsaid if words.chats is not None and not words.asked]
    others = tuple(words for words in unsaid if words.asked)
    return Says(said, others, frozenset().union(*known))


def _loose(words: list[str]) -> Iterable[Term]:
    """Read as one text, in which a number may be written in groups, unless folding would cut its end off."""
    whole = " ".join(words)
    if max(len(whole), sum(len(fold(word)) + 1 for word in words)) <= FOLD_LENGTH:
        return terms(whole)
    return (term for word in words for term in terms(word))


def _terms_of(text: Text) -> list[Term]:
    return terms(text.words, together=text.together)


def _length(term: Term) -> tuple[int, Term]:
    return len(term.chat[-1]), term


def _looked_up(sought: Sequence[Term], most: int, cap: int | None) -> Words:
    """The first `most` of these looked up, and no more once few chats are left."""
    chats: frozenset[int] | None = None
    asked: list[Term] = []
    for place, term in enumerate(sought):
        is_known = place < most and (chats is None or len(chats) > FEW)
        found = _chats(term, cap) if is_known else None
        if found is None:
            asked.append(term)
        else:
            chats = found if chats is None else chats & found
    return Words(chats, tuple(asked))


class Plain(Func):
    """A column whose index is not to be used. Without statistics SQLite takes any index for better than a list of keys."""

    template = "+%(expressions)s"
    arity = 1


def by_column(rows: QuerySet[M], column: str, key: int, said: Says) -> QuerySet[M]:
    """The rows of a walk, `column` being the first of its index: read from that index, or from the chats that a rare text names."""
    if not said.is_rare:
        return rows.filter(**{column: key})
    return rows.filter(Exact(Plain(F(column), output_field=BigIntegerField()), key))


def _chats(term: Term, cap: int | None) -> frozenset[int] | None:
    """The chats of a term, None for one with more than `cap` hits."""
    found: set[int] = set()
    said = [("message_trigrams", term.message)] if term.message else []
    for index, pattern in [*(("chat_trigrams", each) for each in term.chat), *said]:
        hits = _hits(index, pattern, cap)
        if hits is None:
            return None
        found |= hits
    return frozenset(found)


def _hits(index: str, pattern: str, cap: int | None) -> set[int] | None:
    hits = _look_up(index, pattern, None if cap is None else cap + 1)
    if cap is None or len(hits) <= cap:
        return set(hits)
    return None if len(set(hits)) > FEW else set(_look_up(index, pattern, None))  # a busy group says one word all day


def _look_up(index: str, pattern: str, limit: int | None) -> list[int]:
    look_up = sqlite.look_up if connection.vendor == "sqlite" else postgresql.look_up
    with connection.cursor() as cursor:
        return look_up(cursor, index, pattern, limit)


def listed(chats: Collection[int]) -> list[int] | RawSQL:
    """Many keys as one parameter: statements with thousands of them are slow to read, and SQLite refuses more than 32,766."""
    if len(chats) <= FEW:
        return sorted(chats)
    if connection.vendor == "sqlite":
        return RawSQL("SELECT value FROM json_each(%s)", (dumps(sorted(chats)),))
    return RawSQL("SELECT unnest(%s::bigint[])", (sorted(chats),))


class Outside(Func):
    """A key that is none of an array. Not NOT IN, which PostgreSQL compares with one key after the other once the array is large."""

    template = "(%(expressions)s) IS NOT TRUE"
    arg_joiner = " = ANY"
    output_field = BooleanField()
    arity = 2


def _outside(chats: frozenset[int], key: str) -> Q:
    if connection.vendor == "sqlite" or len(chats) <= FEW:
        return ~Q(**{f"{key}__in": listed(chats)})
    return Q(Outside(F(key), RawSQL("%s::bigint[]", (sorted(chats),))))


def _occurs(term: Term, chat: str) -> Q:
    """No LIKE: PostgreSQL would ask its trigram index for every row."""
    named = [_holding(ChatText.objects.all(), "text", pattern, chat) for pattern in term.chat]
    said = [_holding(Message.objects.all(), "search_text", term.message, chat)] if term.message else []
    return reduce(or_, map(Q, named + said))


def _holding(rows: QuerySet[Any], column: str, pattern: str, chat: str) -> Asked:
    place = StrIndex(column, Value(pattern))
    return Asked(rows.alias(place=place).filter(chat=OuterRef(chat), place__gt=0))
