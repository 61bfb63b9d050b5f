"""What a query consists of. Names are bound to the rows they mean when the query is read; what means nothing is kept as written."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from labelapp.models.folded import fold

CHOICES: dict[str, tuple[str, ...]] = {
    "is": ("unanswered", "unread", "pending", "failed", "held", "conflict", "archived"),
    "type": ("person", "group"),
    "source": ("agent", "phone", "rule", "bulk", "api", "event", "timer", "reconcile", "import"),
    "no": ("label", "stage"),
    "due": ("any", "overdue", "today", "tomorrow"),
}
NAMED = ("label", "number", "assigned")
FIELDS = ("label", "no", "stage", "age", "is", "last", "due", "assigned", "type", "source", "number")
ME, NOBODY = "me", "nobody"
UNITS = {"m": 60, "h": 3600, "d": 86400, "w": 604800}  # seconds
SPAN = re.compile(rf"([<>])(\d{{1,5}})([{''.join(UNITS)}])")


@dataclass(frozen=True, slots=True)
class Ref:
    """A name and the rows that it means: the living labels of this name in every number in view. Without rows it is unknown."""

    word: str
    pks: tuple[int, ...] = ()
    by_id: bool = False  # `#31`: WhatsApp's id of a label
    gone: bool = False  # kept by a view, and deleted since
    hidden: bool = False  # kept by a view, and of a number that its reader may not see: without its name

    @property
    def is_known(self) -> bool:
        return bool(self.pks)


@dataclass(frozen=True, slots=True)
class Named:
    """`label:`, `number:`, `assigned:`: any of these names. `me` and `nobody` have no rows and are always known."""

    field: str
    refs: tuple[Ref, ...]
    negated: bool = False

    @property
    def pks(self) -> tuple[int, ...]:
        return tuple(dict.fromkeys(pk for ref in self.refs for pk in ref.pks))

    @property
    def words(self) -> tuple[str, ...]:
        return tuple(ref.word for ref in self.refs)

    def knows(self, ref: Ref) -> bool:
        return ref.is_known or (self.field == "assigned" and ref.word in (ME, NOBODY))

    @property
    def is_idle(self) -> bool:
        """Nothing of it is known: the query runs without it."""
        return not any(self.knows(ref) for ref in self.refs)


@dataclass(frozen=True, slots=True)
class Range:
    """One stage (both ends are the same), or the stages of a funnel from one to another; an open end reaches as far as the funnel."""

    first: Ref | None
    last: Ref | None
    pks: tuple[int, ...] = ()

    @property
    def ends(self) -> tuple[Ref, ...]:
        """The stages that are named, each once."""
        return tuple(dict.fromkeys(ref for ref in (self.first, self.last) if ref is not None))


@dataclass(frozen=True, slots=True)
class Stages:
    """`stage:`: any of these stages."""

    ranges: tuple[Range, ...]
    negated: bool = False

    @property
    def pks(self) -> tuple[int, ...]:
        return tuple(dict.fromkeys(pk for part in self.ranges for pk in part.pks))

    @property
    def is_idle(self) -> bool:
        return not self.pks


@dataclass(frozen=True, slots=True)
class Choice:
    """`is:`, `type:`, `source:`, `no:`, `due:`: any of these values. Of `due` a time from now as well: `<3d`, `>2h`."""

    field: str
    values: tuple[str, ...]
    negated: bool = False

    @property
    def known(self) -> tuple[str, ...]:
        return tuple(value for value in self.values if self.knows(value))

    def knows(self, value: str) -> bool:
        return value in CHOICES[self.field] or (self.field == "due" and SPAN.fullmatch(value) is not None)

    @property
    def is_idle(self) -> bool:
        return not self.known


@dataclass(frozen=True, slots=True)
class Elapsed:
    """`last:>2d`: the last message is older than that; `age:stage<3h`: the present stage was given less than that ago."""

    field: str  # last, age
    older: bool
    amount: int
    unit: str
    negated: bool = False
    is_idle = False

    @property
    def seconds(self) -> int:
        return self.amount * UNITS[self.unit]


@dataclass(frozen=True, slots=True)
class Text:
    """Words as they stand in a name, a number or a message: anywhere in a chat each, or `together` as they were quoted."""

    words: str
    negated: bool = False
    together: bool = False

    @property
    def is_idle(self) -> bool:
        """Nothing but punctuation: there is nothing to look for."""
        return not fold(self.words)


@dataclass(frozen=True, slots=True)
class Broken:
    """A term that says nothing: an unknown field, or a value that its field can't take. Kept as it was written."""

    field: str
    value: str  # as `writing` would write it
    negated: bool = False
    is_idle = True


Term = Named | Stages | Choice | Elapsed | Text | Broken


@dataclass(frozen=True, slots=True)
class Query:
    """Chats that meet every term. The empty query is the whole inbox."""

    terms: tuple[Term, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.terms)

    def running(self) -> Iterator[Term]:
        """The terms that say something."""
        return (term for term in self.terms if not term.is_idle)

    @property
    def texts(self) -> list[Text]:
        """The words that are looked for, and those that must not occur."""
        return [term for term in self.running() if isinstance(term, Text)]

    @property
    def names_labels(self) -> bool:
        """Whether a change of the directory can change what it finds."""
        return any(isinstance(term, Stages) or _about_labels(term) for term in self.terms)


def _about_labels(term: Term) -> bool:
    if isinstance(term, Named):
        return term.field == "label"
    return isinstance(term, Elapsed) and term.field == "age"
