"""Deliveries to hooks: off the path of requests, side by side, repeated until a 2xx or until the attempts are used up."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Any

import httpx

from labelapp.simulator import events
from labelapp.simulator.delivery import Delivery, delivery
from labelapp.simulator.events import Event
from labelapp.simulator.faults import Faults
from labelapp.simulator.models import Account, Hook
from labelapp.simulator.outbox import Outbox
from labelapp.simulator.profiles import PROFILES

AT_ONCE = 64
SHUFFLE_SECONDS = 0.4
HELD_LABEL_SECONDS = 10.0
BREATH = 100  # events between which requests get their turn
Audience = Callable[[], Awaitable[tuple[Account, list[Hook]]]]


class Deliveries:
    """`publish` never waits. While the provider is down events wait, and come in a burst when it is back."""

    def __init__(self, name: str, faults: Faults, audience: Audience) -> None:
        self.name, self.faults, self.audience = name, faults, audience
        self.outbox = Outbox()
        self.sent = self.failed = self.dropped = self.waiting = 0
        self._rng = random.Random()  # noqa: S311
        self._tasks: set[asyncio.Task[None]] = set()
        self._held: list[Event] = []
        self._new_labels: dict[int, Event] = {}
        self._shuffled: list[Delivery] = []
        self._queue: asyncio.Queue[tuple[Event, Faults]] | None = None

    async def start(self) -> None:
        self._queue = asyncio.Queue()
        self._places = asyncio.Semaphore(AT_ONCE)
        limits = httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=8)
        self._client = httpx.AsyncClient(timeout=15, follow_redirects=False, trust_env=False, limits=limits)
        self._spawn(self._pump())

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._client.aclose()

    def counts(self) -> dict[str, int]:
        waiting = self.waiting + len(self._held) + (self._queue.qsize() if self._queue else 0)
        return {"sent": self.sent, "failed": self.failed, "waiting": waiting, "dropped": self.dropped}

    def publish(self, happened: Iterable[Event]) -> None:
        if self.faults.mute:
            return
        for event in happened:
            self._release_label(event)
            if self.faults.unknown_first and event.facts.get("new"):
                self._new_labels[event.facts["id"]] = event
                self._spawn(self._release_later(event.facts["id"], HELD_LABEL_SECONDS))
            elif self.faults.down:
                self._held.append(event)
            else:
                self._put(event)

    def resume(self) -> None:
        """The provider is back: what it held goes out, with the time of now."""
        held, self._held = self._held, []
        for event in held:
            self._put(event)

    def _put(self, event: Event) -> None:
        if self._queue is None:
            raise RuntimeError("Deliveries are not started.")
        # with the switches of now: a person who turns one back does not mean what happened before
        self._queue.put_nowait((event, self.faults.snapshot()))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _release_label(self, event: Event) -> None:
        """A held `label.upsert` follows soon after the first assignment of that label."""
        if event.name == "label.chat.added" and event.facts["id"] in self._new_labels:
            self._spawn(self._release_later(event.facts["id"], 0.5))

    async def _release_later(self, wa_id: int, seconds: float) -> None:
        await asyncio.sleep(seconds)
        if event := self._new_labels.pop(wa_id, None):
            self._put(event)

    async def _pump(self) -> None:
        """Events leave here in their order; what becomes of the requests afterwards has none."""
        if self._queue is None:
            return
        told = 0
        while True:
            event, faults = await self._queue.get()
            try:
                account, hooks = await self.audience()
                self._tell(event, account, hooks, faults)
            finally:
                self._queue.task_done()
            told += 1
            if told % BREATH == 0:
                await asyncio.sleep(0)

    def _tell(self, event: Event, account: Account, hooks: list[Hook], faults: Faults) -> None:
        mark = events.stamp()
        for hook in hooks:
            subscribed = event.name in hook.events or "*" in hook.events
            if subscribed and PROFILES[account.profile].emits(event.name, hook.dialect):
                body = events.body_of(event, account, mark, hook, faults, self.name)
                made = delivery(hook, body, mark[1], faults.hmac_algorithm)
                if self.outbox.on:
                    self.outbox.put(made.url, made.headers, made.body)
                else:
                    self._deliver(made, faults)

    async def settled(self) -> None:
        """Returns when what was published before is sent off, or lies in the outbox."""
        if self._queue is not None:
            await self._queue.join()

    def _deliver(self, made: Delivery, faults: Faults) -> None:
        for _copy in range(1 + int(faults.repeat + self._rng.random())):
            if self._rng.random() < faults.drop_rate:
                self.dropped += 1
            elif faults.shuffle:
                self.waiting += 1
                self._shuffled.append(made)
                if len(self._shuffled) == 1:
                    self._spawn(self._flush())
            else:
                self.waiting += 1
                self._spawn(self._send(made))

    async def _flush(self) -> None:
        await asyncio.sleep(SHUFFLE_SECONDS)
        ready, self._shuffled = self._shuffled, []
        self._rng.shuffle(ready)
        for made in ready:
            # one after the other, or the network would undo the order that was drawn
            await self._send(made)

    async def _send(self, made: Delivery) -> None:
        try:
            await asyncio.sleep(self.faults.delay_ms / 1000)
            for attempt in range(made.attempts + 1):
                pause = await self._attempt(made, attempt + 1)
                if pause is None:
                    self.sent += 1
                    return
                if attempt < made.attempts:
                    await asyncio.sleep(pause)
            self.failed += 1
        finally:
            self.waiting -= 1

    async def _attempt(self, made: Delivery, attempt: int) -> float | None:
        """None when a 2xx came, else the seconds until the next attempt: `Retry-After` can only lengthen them."""
        pause = made.pause(attempt, self._rng)
        try:
            async with self._places:
                answer = await self._client.post(made.url, content=made.body, headers=made.headers)
        except (httpx.HTTPError, httpx.InvalidURL):
            return pause
        if answer.is_success:
            return None
        asked = answer.headers.get("Retry-After", "")
        return max(pause, float(asked) if asked.isdigit() else 0.0)
