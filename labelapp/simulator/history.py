"""What changed lately, so that a read can answer with the state of a while ago. In memory, per number, for two minutes."""

import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from django.db import transaction

from labelapp.simulator import numbers
from labelapp.simulator.models import Label

KEPT_SECONDS = 125.0
KEPT = 200_000


@dataclass(frozen=True, slots=True)
class Change:
    """A pair that changed to `on`; or, without `jid`, a label that was `before` (name and colour, None: was not there)."""

    at: float
    label: int
    jid: str = ""
    on: bool = False
    before: tuple[str, int] | None = None


_journals: dict[str, deque[Change]] = {name: deque(maxlen=KEPT) for name in numbers.NUMBERS}


def paired(jid: str, label: int, *, on: bool) -> None:
    """Note a change of a pair; counts when the transaction holds."""
    _note(Change(time.monotonic(), label, jid, on))


def named(label: int, before: tuple[str, int] | None) -> None:
    _note(Change(time.monotonic(), label, before=before))


def _note(change: Change) -> None:
    journal = _journals[numbers.current.get()]
    transaction.on_commit(partial(journal.append, change), using=numbers.alias_of(numbers.current.get()))
    while journal and journal[0].at < change.at - KEPT_SECONDS:
        journal.popleft()


def forget() -> None:
    _journals[numbers.current.get()].clear()


def directory(now: Iterable[Label], ms: float) -> list[Label]:
    """The labels as they were so many milliseconds ago."""
    known: dict[int, tuple[str, int] | None] = {label.pk: (label.name, label.color) for label in now}
    known |= {change.label: change.before for change in _since(ms) if not change.jid}
    return [Label(id=key, name=told[0], color=told[1]) for key, told in sorted(known.items()) if told]


def pairs_of(label: int, now: Iterable[str], ms: float) -> list[str]:
    """The addresses that had the label."""
    jids = dict.fromkeys(now)
    for change in _since(ms):
        if change.label == label and change.jid:
            jids.pop(change.jid, None) if change.on else jids.setdefault(change.jid)
    return list(jids)


def labels_on(jid: str, now: Iterable[int], ms: float) -> set[int]:
    """The ids of the labels that the address had."""
    mine = set(now)
    for change in _since(ms):
        if change.jid == jid:
            (mine.discard if change.on else mine.add)(change.label)
    return mine


def _since(ms: float) -> Iterator[Change]:
    """Newest first, for undoing."""
    start = time.monotonic() - ms / 1000
    for change in reversed(_journals[numbers.current.get()]):
        if change.at < start:
            return
        yield change
