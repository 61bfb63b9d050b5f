"""What a person asks of the inbox: read from an address, written back into one."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from django.http import QueryDict

from labelapp.models import Chat
from labelapp.queries.directory import Directory

Match = Literal["any", "all"]
TEXT_LENGTH = 100


@dataclass(frozen=True, slots=True)
class Filter:
    """Chats with any (or all) of `labels` and none of `without`, narrowed by the rest. The empty filter is the whole inbox."""

    labels: tuple[int, ...] = ()
    match: Match = "any"
    without: tuple[int, ...] = ()
    no_label: bool = False
    text: str = ""
    unanswered: bool = False
    kind: str = ""
    unknown: int = 0  # labels of the address that are not (or no longer) in the directory: left out, and said so

    def __bool__(self) -> bool:
        return bool(self.labels or self.without or self.no_label or self.text or self.unanswered or self.kind)

    @property
    def needs_all(self) -> bool:
        """One wanted label is no choice between any and all."""
        return self.match == "all" or len(self.labels) == 1

    def query(self, **more: str) -> str:
        """As the query string of an address, "" for the empty filter."""
        params = QueryDict(mutable=True)
        params.setlist("label", [str(pk) for pk in self.labels])
        params.setlist("not", [str(pk) for pk in self.without])
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
        return replace(self, no_label=not self.no_label, labels=())

    def but(self, **changes: object) -> "Filter":
        return replace(self, **changes)  # type: ignore[arg-type]


def _less(pks: tuple[int, ...], pk: int) -> tuple[int, ...]:
    return tuple(each for each in pks if each != pk)


def _known(values: Iterable[str], directory: Directory) -> list[int]:
    numbers = (int(value) for value in values if value.isascii() and value.isdigit() and len(value) < 19)
    return list(dict.fromkeys(pk for pk in numbers if directory.living(pk)))


def read_filter(params: QueryDict, directory: Directory) -> Filter:
    """The filter of an address. A label that is not in the directory is left out and counted in `unknown`."""
    asked = {*params.getlist("label"), *params.getlist("not")}
    labels = _known(params.getlist("label"), directory)
    without = [pk for pk in _known(params.getlist("not"), directory) if pk not in labels]
    kind = params.get("kind", "")
    return Filter(
        labels=tuple(labels),
        match="all" if params.get("match") == "all" else "any",
        without=tuple(without),
        no_label=params.get("nolabel") == "1",
        text=params.get("q", "").replace("\x00", "").strip()[:TEXT_LENGTH],
        unanswered=params.get("unanswered") == "1",
        kind=kind if kind in Chat.Kind.values else "",
        unknown=len(asked) - len(_known(asked, directory)),
    )
