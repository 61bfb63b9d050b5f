"""Somebody at the handset, very busy: labels go on and off chats, labels are made and renamed, customers write."""

import random
import time
from collections.abc import Iterator
from typing import Any

from tests.chaos.stage import Number, Stage

AT_ONCE = 2000  # changes per call of the control
APART = 0.005  # seconds: two changes of one pair are never emitted in the same millisecond

Change = dict[str, Any]
Pair = tuple[str, str]  # chat, label


class Phone:
    """Every change is one that changes something, so that the provider tells of it. Keeps what the phone should show."""

    def __init__(self, stage: Stage, number: Number, rng: random.Random) -> None:
        self.stage, self.number, self.rng = stage, number, rng
        truth = stage.truth(number.slug)
        self.labels = sorted(truth.labels)
        self.chats = sorted(truth.archived)
        self.archived = {jid for jid, archived in truth.archived.items() if archived}
        self.tags: set[Pair] = {(jid, wa_id) for wa_id, jids in truth.tags.items() for jid in jids}

    def toggle(self, times: int) -> list[Change]:
        """So many changes of random pairs, some chats much more often than others."""
        made: list[Change] = []
        while len(made) < times:
            batch = list(self._batch(min(AT_ONCE, times - len(made), len(self.chats) * len(self.labels) // 2)))
            self.apply(batch)
            made += batch
        return made

    def _batch(self, size: int) -> Iterator[Change]:
        """No pair twice."""
        taken: set[Pair] = set()
        while len(taken) < size:
            jid = self.chats[int(len(self.chats) * self.rng.random() ** 2)]
            pair = (jid, self.rng.choice(self.labels))
            if pair not in taken:
                taken.add(pair)
                yield self.change(pair, on=pair not in self.tags)

    @staticmethod
    def change(pair: Pair, *, on: bool) -> Change:
        return {"chat": pair[0], "label": pair[1], "on": on}

    def add(self, times: int) -> list[Change]:
        """So many labels put where they were not."""
        free = [(jid, wa_id) for jid in self.chats for wa_id in self.labels if (jid, wa_id) not in self.tags]
        return self.apply([self.change(pair, on=True) for pair in self.rng.sample(free, times)])

    def remove(self, times: int) -> list[Change]:
        """So many labels taken off."""
        return self.apply([self.change(pair, on=False) for pair in self.rng.sample(sorted(self.tags), times)])

    def apply(self, changes: list[Change]) -> list[Change]:
        for start in range(0, len(changes), AT_ONCE):
            part = changes[start : start + AT_ONCE]
            self.stage.tell("bulk", {"changes": part}, self.number.slug)
            for one in part:
                (self.tags.add if one["on"] else self.tags.discard)((one["chat"], one["label"]))
            time.sleep(APART)
        return changes

    def create_label(self, name: str, color: int = 5) -> str:
        """The new label's id."""
        wa_id = str(self.stage.tell("phone/labels", {"name": name, "color": color}, self.number.slug)["id"])
        self.labels = sorted({*self.labels, wa_id})
        return wa_id

    def rename_label(self, wa_id: str, name: str, color: int) -> None:
        body = {"name": name, "color": color}
        self.stage.simulator.ask("PATCH", f"/sim/phone/labels/{wa_id}", body, instance=self.number.slug)

    def delete_label(self, wa_id: str) -> None:
        self.stage.simulator.ask("DELETE", f"/sim/phone/labels/{wa_id}", instance=self.number.slug)
        self.labels = [one for one in self.labels if one != wa_id]
        self.tags = {pair for pair in self.tags if pair[1] != wa_id}

    def write(self, times: int) -> None:
        """Customers write, and chats move up the list."""
        for n in range(times):
            body = {"chat": self.rng.choice(self.chats), "text": f"Hello {n}", "from_me": self.rng.random() < 0.3}
            self.stage.tell("phone/message", body, self.number.slug)

    def archive(self, times: int) -> None:
        """A few chats go into the archive and come back, each several times."""
        chats = self.rng.sample(self.chats, max(1, times // 5))
        for n in range(times):
            jid = chats[n % len(chats)]
            self.archived ^= {jid}
            self.stage.tell("phone/archive", {"chat": jid, "archived": jid in self.archived}, self.number.slug)

    def meet(self, times: int) -> None:
        """People who write for the first time."""
        for n in range(times):
            made = self.stage.tell("phone/chats", {"name": f"New {n}"}, self.number.slug)
            self.chats.append(made["jid"])
            self.stage.tell("phone/message", {"chat": made["jid"], "text": "Hi"}, self.number.slug)
