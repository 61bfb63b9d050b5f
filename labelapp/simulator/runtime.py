"""The running simulator: its switches, logs and counters, and the one thread that owns the database."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from django.conf import settings
from django.db import transaction

from labelapp.simulator import store
from labelapp.simulator.calls import CallLog
from labelapp.simulator.deliveries import Deliveries
from labelapp.simulator.events import Event
from labelapp.simulator.faults import Faults

ECHO_SECONDS = 0.15
T = TypeVar("T")


class Runtime:
    def __init__(self) -> None:
        self.faults = Faults()
        self.calls = CallLog()
        self.deliveries = Deliveries(self.faults, lambda: self.read(store.active_hooks))
        self.rng = random.Random()  # noqa: S311
        self.life: float = settings.LIFE
        self.life_changed = asyncio.Event()
        self.version = int(time.time())  # grows with every change, so that pages know when to look again
        self.seen: Counter[str] = Counter()
        self._counts: tuple[int, dict[str, Any]] = (0, {})
        # SQLite has one writer anyway; with one thread nobody ever waits for a lock, and changes have one order.
        self._database = ThreadPoolExecutor(1, "database")

    async def read(self, ask: Callable[..., T], *args: Any, **more: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._database, partial(ask, *args, **more))

    async def change(self, act: Callable[..., T], *args: Any, **more: Any) -> T:
        """Run `act` whole or not at all."""

        def whole() -> T:
            with transaction.atomic():
                return act(*args, **more)

        result = await self.read(whole)
        self.version += 1
        return result

    async def counts(self) -> dict[str, Any]:
        """Counted once per version: pages ask every second."""
        if self._counts[0] != self.version:
            version = self.version
            self._counts = version, await self.read(store.counts)
        return self._counts[1]

    def publish(self, happened: Iterable[Event]) -> None:
        self.deliveries.publish(happened)

    async def echo(self, happened: list[Event]) -> None:
        """What the API changed comes back as an event, after or before the answer, or never."""
        if not happened or self.faults.echo == "none":
            return
        if self.faults.echo == "before":
            self.publish(happened)
            await asyncio.sleep(ECHO_SECONDS)
        else:
            asyncio.get_running_loop().call_later(ECHO_SECONDS, self.publish, happened)

    def set_life(self, every: float) -> None:
        self.life = every
        self.life_changed.set()

    def set_faults(self, wanted: dict[str, Any] | None) -> None:
        """Merge, or with None reset."""
        if wanted is None:
            self.faults.reset()
        else:
            self.faults.merge(wanted)
        if not self.faults.down:
            self.deliveries.resume()

    def close(self) -> None:
        self._database.shutdown(wait=True, cancel_futures=True)


sim = Runtime()
