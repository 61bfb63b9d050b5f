"""Deliveries, sent as WAHA does it: the same bytes again after a 503 or a broken connection, until a 200."""

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from tests.chaos.wire import Broken, Wire, request
from tests.stack import HOST, Simulator

PAUSE = (0.1, 0.4)  # between two tries; a provider's own are longer
PAGE = 5000


@dataclass(frozen=True, slots=True)
class Letter:
    """A delivery as the provider would send it: its key, signature headers and exact bytes."""

    key: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Sent:
    """What became of the letters."""

    acknowledged: dict[str, float] = field(default_factory=dict)  # key -> when (monotonic), the first time
    tries: int = 0
    refused: Counter[int] = field(default_factory=Counter)
    broken: int = 0
    seconds: float = 0.0
    slowest: float = 0.0

    def __str__(self) -> str:
        trouble = ", ".join(f"{times} x {status}" for status, times in sorted(self.refused.items()))
        return (
            f"{self.tries:,} tries, {len(self.acknowledged):,} acknowledged, {self.broken:,} broken"
            f"{', ' + trouble if trouble else ''}, {self.tries / max(self.seconds, 0.001):,.0f}/s,"
            f" slowest {self.slowest * 1000:,.0f} ms"
        )


def outbox(simulator: Simulator, slug: str = "demo") -> list[Letter]:
    """All that the provider has recorded instead of sending it."""
    letters: list[Letter] = []
    after = 0
    while True:
        page = simulator.ask("GET", "/sim/outbox", after=after, limit=PAGE, instance=slug)
        letters += [Letter(json.loads(row["body"])["id"], row["headers"], row["body"].encode()) for row in page["rows"]]
        if len(page["rows"]) < PAGE:
            return letters
        after = page["next"]


@dataclass(slots=True)
class Senders:
    """`connections` senders that share one pile, over all the doors (ports) that take deliveries."""

    path: str
    ports: Sequence[int]
    connections: int = 8
    give_up: float = 60.0  # seconds for one letter: longer than any fault of ours lasts
    stop: Callable[[], bool] = lambda: False
    sent: Sent = field(default_factory=Sent)

    def send(self, letters: Iterable[Letter], *, pace: float = 0, burst: int = 0) -> Sent:
        """Deliver all, in this order as far as side by side has one. `pace`: letters a second; `burst`: that many, then a rest."""
        start = time.monotonic()
        asyncio.run(self._send(iter(letters), pace, burst))
        self.sent.seconds += time.monotonic() - start
        return self.sent

    async def _send(self, pile: Iterable[Letter], pace: float, burst: int) -> None:
        turns = Turns(pace, burst)
        await asyncio.gather(*(self._one(n, pile, turns) for n in range(self.connections)))

    async def _one(self, n: int, pile: Iterable[Letter], turns: "Turns") -> None:
        doors = [Wire(HOST, port) for port in self.ports]
        place = n % len(doors)
        for letter in pile:
            if self.stop():
                break
            await turns.next()
            place = await self._deliver(letter, doors, place)
        for door in doors:
            door.close()

    async def _deliver(self, letter: Letter, doors: list[Wire], place: int) -> int:
        """Try until it is taken or refused for good. Returns which door answered."""
        until = time.monotonic() + self.give_up
        while time.monotonic() < until:
            door = doors[place]
            data = request("POST", self.path, f"{door.host}:{door.port}", letter.headers, letter.body)
            self.sent.tries += 1
            began = time.monotonic()
            try:
                answer = await door.ask(data)
            except Broken:
                self.sent.broken += 1
                place = (place + 1) % len(doors)
            else:
                self.sent.slowest = max(self.sent.slowest, time.monotonic() - began)
                if answer.status == 200:
                    self.sent.acknowledged.setdefault(letter.key, time.monotonic())
                    return place
                self.sent.refused[answer.status] += 1
                if answer.status < 500 and answer.status != 408:
                    return place
            await asyncio.sleep(random.uniform(*PAUSE))  # noqa: S311
        return place


class Turns:
    """When the next letter may go."""

    def __init__(self, pace: float, burst: int) -> None:
        self.pace, self.burst, self.taken, self.at = pace, burst, 0, time.monotonic()

    async def next(self) -> None:
        self.taken += 1
        if self.pace:
            self.at = max(self.at + 1 / self.pace, time.monotonic() - 0.5)
        elif self.burst and self.taken % self.burst == 0:
            self.at = time.monotonic() + random.uniform(0, 0.3)  # noqa: S311
        if (pause := self.at - time.monotonic()) > 0:
            await asyncio.sleep(pause)
