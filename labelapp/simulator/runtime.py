"""The running simulator: for each number its switches, logs and counters, and the one thread that owns its database."""

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

from labelapp.simulator import numbers, profiles, store
from labelapp.simulator.calls import CallLog
from labelapp.simulator.deliveries import Deliveries
from labelapp.simulator.events import Event
from labelapp.simulator.faults import Faults
from labelapp.simulator.models import Account, Hook
from labelapp.simulator.numbers import NUMBERS, Number, alias_of
from labelapp.simulator.profiles import Profile

ECHO_SECONDS = 0.15
T = TypeVar("T")


class Runtime:
    def __init__(self, number: Number) -> None:
        self.number = number
        self.faults = Faults()
        self.calls = CallLog()
        self.deliveries = Deliveries(number.id, self.faults, self._audience)
        self.rng = random.Random()  # noqa: S311
        self.life: float = settings.LIFE if number.id == numbers.FIRST else 0.0
        self.life_changed = asyncio.Event()
        self.version = int(time.time())  # grows with every change, so that pages know when to look again
        self.seen: Counter[str] = Counter()
        self.profile: Profile = profiles.PROFILES[number.profile]
        self._pending: set[asyncio.Task[None]] = set()
        self.worlds = 0  # made anew so often
        self._counts: tuple[int, dict[str, Any]] = (0, {})
        self._hooks: tuple[int, tuple[Account, list[Hook]]] | None = None
        # SQLite has one writer anyway; with one thread nobody ever waits for a lock, and changes have one order.
        self._database = ThreadPoolExecutor(
            1, f"database-{number.id}", initializer=numbers.current.set, initargs=(number.id,)
        )

    async def start(self) -> None:
        await self.read_profile()
        await self.deliveries.start()

    async def read_profile(self) -> None:
        """Behave like the engine that the account names."""
        self.profile = profiles.PROFILES[(await self.read(store.account)).profile]

    async def read(self, ask: Callable[..., T], *args: Any, **more: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._database, partial(ask, *args, **more))

    async def change(self, act: Callable[..., T], *args: Any, **more: Any) -> T:
        """Run `act` whole or not at all."""

        def whole() -> T:
            with transaction.atomic(using=alias_of(self.number.id)):
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

    async def _audience(self) -> tuple[Account, list[Hook]]:
        """Who is told, read once per version: thousands of events may come from one change."""
        if self._hooks is None or self._hooks[0] != self.version:
            version = self.version
            self._hooks = version, await self.read(store.active_hooks)
        return self._hooks[1]

    def publish(self, happened: Iterable[Event]) -> None:
        self.deliveries.publish(happened)

    async def echo(self, happened: list[Event]) -> None:
        """What the API changed comes back as an event, after or before the answer, or never: as told, or as the engine does."""
        echo = self.faults.echo or self.profile.echo
        if not happened or echo == "none":
            return
        if echo == "before":
            self.publish(happened)
            await asyncio.sleep(ECHO_SECONDS)
        else:
            self.deliveries.waiting += len(happened)
            asyncio.get_running_loop().call_later(ECHO_SECONDS, self._echo_now, happened, self.worlds)

    def _echo_now(self, happened: list[Event], world: int) -> None:
        self.deliveries.waiting -= len(happened)
        if world == self.worlds:  # of one that is no more nothing is told
            self.publish(happened)

    def later(self, seconds: float, act: Callable[[], list[Event]]) -> None:
        """Change the world in a while, and tell of it."""

        async def work() -> None:
            await asyncio.sleep(seconds)
            self.publish(await self.change(act))

        task = asyncio.create_task(work())
        self._pending.add(task)
        task.add_done_callback(self._pending.discard)

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

    def forget(self) -> None:
        """The world is new: what was noted of the old one is gone."""
        self.worlds += 1
        self.calls.clear()
        self.seen.clear()
        self.deliveries.outbox.clear()

    def close(self) -> None:
        self._database.shutdown(wait=True, cancel_futures=True)


RUNTIMES = {number.id: Runtime(number) for number in NUMBERS.values()}


def here() -> Runtime:
    """The running number that this code works for."""
    return RUNTIMES[numbers.current.get()]
