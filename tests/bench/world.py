"""The rows of a number with many chats: the same for the same size, in the order of their keys, as plain values.

Neither keys nor addresses follow the time of the last message: neighbours in the list are none in the table.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import gcd
from typing import Any

from labelapp.models.folded import chat_text, fold
from tests.bench import words
from tests.bench.shape import APART, FEW, OLD, STAGES, Shape, shares

SPAN = timedelta(days=730)  # from the newest chat to the oldest
HOUR = timedelta(hours=1)
FIELDS = {  # what differs between rows; all other columns have their defaults
    "Chat": "id instance_id jid kind name last_message_at last_message_text last_in_at last_out_at archived assignee_id",
    "ChatAlias": "instance_id jid chat_id",
    "ChatText": "chat_id text",
    "Message": "instance_id wa_id chat_id at from_me text search_text",
    "ChatLabel": "chat_id label_id last_message_at wanted remote told receipt wanted_at error",
    "LedgerEntry": "instance_id chat_id label_id verb source actor_id cause at",
}
Rows = dict[str, list[tuple[Any, ...]]]


@dataclass
class Number:
    """A number as its rows name it: keys of its labels in the order of `shape.names`, and of the people chats are given to."""

    shape: Shape
    pk: int
    labels: list[int]
    people: list[int]
    chats: int
    newest: datetime
    first: int = 0  # the key of its first chat, less one
    held: dict[int, int] = field(default_factory=dict)  # label -> chats that carry it

    def __post_init__(self) -> None:
        self._chance = random.Random(f"{self.shape.slug} {self.chats}")  # noqa: S311
        self._stride = next(n for n in range(self.chats * 5 // 8, 2 * self.chats + 2) if gcd(n, self.chats) == 1)
        self._step = SPAN / self.chats
        self._named = dict(zip(self.shape.names, self.labels, strict=True))
        self._topics = [
            (self._named[name], share)
            for name, share in zip(self.shape.topics, shares(len(self.shape.topics)), strict=True)
        ]
        self._stages, self._weights = [self._named.get(name, 0) for name in STAGES], list(STAGES.values())

    def rows(self, chunk: int = 5000) -> Iterator[Rows]:
        """All of it, some thousand chats at a time."""
        for start in range(0, self.chats, chunk):
            found: Rows = {name: [] for name in FIELDS}
            for n in range(start, min(start + chunk, self.chats)):
                self._chat(n, found)
            yield found

    def _chat(self, n: int, found: Rows) -> None:
        chance, pk = self._chance, self.first + n + 1
        age = n * self._stride % self.chats  # 0: the newest
        moment = self.newest - self._step * (age + chance.random())
        at, before = str(moment), str(moment - HOUR)
        waits = chance.random() < (0.3 if age < self.chats // 10 else 0.03)
        kind = "group" if chance.random() < 0.05 else "person"
        jid = f"1203631{pk:011}@g.us" if kind == "group" else f"99910{pk:08}@c.us"
        called, said = words.name(chance), words.sentence(chance)
        times = (at, before) if waits else (before, at)
        owner = chance.choice(self.people) if chance.random() < 0.1 else None
        archived = chance.random() < 0.02
        found["Chat"].append((pk, self.pk, jid, kind, called, at, said[:200], *times, archived, owner))
        jids = [jid, f"7770{pk:010}@lid"] if kind == "person" and chance.random() < 0.1 else [jid]
        found["ChatAlias"] += [(self.pk, each, pk) for each in jids]
        found["ChatText"].append((pk, chat_text(called, jids, "")))
        asked = words.sentence(chance)
        found["Message"] += [
            (self.pk, f"B{pk:09}", pk, before, waits, asked, fold(asked)),
            (self.pk, f"C{pk:09}", pk, at, not waits, said, fold(said)),
        ]
        self._pairs(pk, age, moment, found)

    def _pairs(self, pk: int, age: int, moment: datetime, found: Rows) -> None:
        """Labels were put on at any time before the last message."""
        chance, at, before = self._chance, str(moment), moment - (self.newest - SPAN)
        carried = sorted(self._carried(age))
        for label in carried:
            failed = chance.random() < 1 / 20_000
            receipt, error = ("failed", "gone") if failed else ("confirmed", "")
            found["ChatLabel"].append(
                (pk, label, at, True, not failed, True, receipt, str(moment - before * chance.random()), error)
            )
            self.held[label] = self.held.get(label, 0) + 1
        if carried and chance.random() < 0.05:
            found["LedgerEntry"].append((self.pk, pk, carried[0], "add", "agent", self.people[0], "", at))

    def _carried(self, age: int) -> Iterator[int]:
        chance = self._chance
        held = [label for label, share in self._topics if chance.random() < share]
        yield from held
        if not self.shape.is_whole:
            return
        stage = chance.choices([*self._stages, 0], [*self._weights, 1 - sum(self._weights)])[0]
        if stage:
            yield stage
        few = self.chats // FEW or 1
        if age % few == 0 and age // few < FEW:
            yield self._named["few a"]
        if age % few == few // 2 and age // few < FEW:
            yield self._named["few b"]
        if age >= self.chats * OLD and chance.random() < 0.3:
            yield self._named["old"]
        if (not held or held[0] != self._topics[0][0]) and chance.random() < APART:
            yield self._named["apart"]
