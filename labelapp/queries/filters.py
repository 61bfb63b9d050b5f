"""What a person asks of the inbox: read from an address, written back into one."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple, TypeVar

from django.http import QueryDict

from labelapp.models import Chat
from labelapp.queries.directory import Directory

Match = Literal["any", "all"]
TEXT_LENGTH = 100
T = TypeVar("T")
UNKNOWN_LENGTH = 20  # longer than any key, so that what is cut can't become one


class Unknown(NamedTuple):
    """A label of the address that is not (or no longer) in the directory, and the query string without it."""

    value: str
    excluded: bool
    rest: str


@dataclass(frozen=True, slots=True)
class Filter:
    """Chats with any (or all) of `labels` and none of `without`, narrowed by the rest. The empty filter is the whole inbox.

    Labels that are not in the directory are kept as they were written: wanted they match nothing, unwanted all.
    """

    labels: tuple[int, ...] = ()
    match: Match = "any"
    without: tuple[int, ...] = ()
    no_label: bool = False
    text: str = ""
    unanswered: bool = False
    kind: str = ""
    unknown: tuple[str, ...] = ()
    unknown_without: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.names_labels or bool(self.no_label or self.text or self.unanswered or self.kind)

    @property
    def names_labels(self) -> bool:
        """Whether a change of the directory can change this filter."""
        return bool(self.labels or self.without or self.unknown or self.unknown_without)

    @property
    def has_choice(self) -> bool:
        """Whether any and all are different questions."""
        return len(self.labels) + len(self.unknown) > 1

    @property
    def is_void(self) -> bool:
        """No chat can match: a label that is not there is asked for, and none that is would do instead."""
        return bool(self.unknown) and (self.match == "all" or not self.labels)

    @property
    def needs_all(self) -> bool:
        """One wanted label is no choice between any and all."""
        return self.match == "all" or len(self.labels) == 1

    def query(self, **more: str) -> str:
        """As the query string of an address, "" for the empty filter."""
        params = QueryDict(mutable=True)
        params.setlist("label", [*map(str, self.labels), *self.unknown])
        params.setlist("not", [*map(str, self.without), *self.unknown_without])
        flags = {
            "match": "all" if self.match == "all" else "",
            "nolabel": "1" if self.no_label else "",
            "unanswered": "1" if self.unanswered else "",
        }
        for name, value in {**flags, "kind": self.kind, "q": self.text, **more}.items():
            if value:
                params[name] = value
        return params.urlencode()

    def including(self, pk: int) -> "Filter":
        """With this label wanted, or no longer wanted when it was."""
        kept = tuple(each for each in self.labels if each != pk)
        labels = kept if pk in self.labels else (*self.labels, pk)
        return replace(self, labels=labels, without=_less(self.without, pk), no_label=False)

    def excluding(self, pk: int) -> "Filter":
        """With this label unwanted, or no longer so when it was."""
        kept = _less(self.without, pk)
        without = kept if pk in self.without else (*self.without, pk)
        return replace(self, without=without, labels=_less(self.labels, pk))

    def dropping(self, pk: int) -> "Filter":
        return replace(self, labels=_less(self.labels, pk), without=_less(self.without, pk))

    def unlabelled(self) -> "Filter":
        """Chats without any label, or no longer only those."""
        return replace(self, no_label=not self.no_label, labels=(), unknown=())

    def strangers(self) -> list[Unknown]:
        """The labels that are not in the directory, each with the way to drop it."""
        wanted, without = self.unknown, self.unknown_without
        found = [Unknown(each, False, self.but(unknown=_less(wanted, each)).query()) for each in wanted]
        return found + [Unknown(each, True, self.but(unknown_without=_less(without, each)).query()) for each in without]

    def but(self, **changes: object) -> "Filter":
        return replace(self, **changes)  # type: ignore[arg-type]


def _less(values: tuple[T, ...], value: T) -> tuple[T, ...]:
    return tuple(each for each in values if each != value)


def _sorted_out(values: Iterable[str], directory: Directory) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """The living labels among these values, and the rest, each once and in their order."""
    known: dict[int, None] = {}
    unknown: dict[str, None] = {}
    for value in values:
        pk = int(value) if value.isascii() and value.isdigit() and len(value) < 19 else 0
        if directory.living(pk):
            known[pk] = None
        else:
            # forms leave out what is empty, and HTML has no place for NUL
            unknown[value.replace("\x00", "?")[:UNKNOWN_LENGTH] or "?"] = None
    return tuple(known), tuple(unknown)


def read_filter(params: QueryDict, directory: Directory) -> Filter:
    """The filter of an address. A label that is not in the directory stays in it as `unknown`."""
    labels, unknown = _sorted_out(params.getlist("label"), directory)
    without, unknown_without = _sorted_out(params.getlist("not"), directory)
    kind = params.get("kind", "")
    return Filter(
        labels=labels,
        match="all" if params.get("match") == "all" else "any",
        without=tuple(pk for pk in without if pk not in labels),
        no_label=params.get("nolabel") == "1",
        text=params.get("q", "").replace("\x00", "").strip()[:TEXT_LENGTH],
        unanswered=params.get("unanswered") == "1",
        kind=kind if kind in Chat.Kind.values else "",
        unknown=unknown,
        unknown_without=tuple(value for value in unknown_without if value not in unknown),
    )
