"""Deliveries to hooks: off the path of requests, side by side, repeated until a 2xx or until the attempts are used up."""

import asyncio
import hashlib
import hmac
import random
import secrets
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from dataclasses import dataclass
from typing import Any

import httpx

from labelapp.simulator import events
from labelapp.simulator.events import VERSION, Event
from labelapp.simulator.faults import Faults
from labelapp.simulator.models import Account, Hook

AT_ONCE = 64
SHUFFLE_SECONDS = 0.4
HELD_LABEL_SECONDS = 10.0
Audience = Callable[[], Awaitable[tuple[Account, list[Hook]]]]


@dataclass(frozen=True, slots=True)
class Delivery:
    url: str
    headers: dict[str, str]
    body: bytes
    delay: float
    attempts: int


def delivery(hook: Hook, body: bytes, ms: int, algorithm: str) -> Delivery:
    """Built once: every attempt sends the same bytes, id, time and signature."""
    headers = {
        "Content-Type": "application/json",
        "User-Agent": f"WAHA/{VERSION}",
        "X-Webhook-Request-Id": secrets.token_hex(8)[:15],
        "X-Webhook-Timestamp": str(ms),
    }
    if hook.hmac:
        digest = hashlib.sha256 if algorithm == "sha256" else hashlib.sha512
        headers["X-Webhook-Hmac"] = hmac.new(hook.hmac.encode(), body, digest).hexdigest()
        headers["X-Webhook-Hmac-Algorithm"] = algorithm
    return Delivery(hook.url, headers, body, hook.delay, hook.attempts)


class Deliveries:
    """`publish` never waits. While the provider is down events wait, and come in a burst when it is back."""

    def __init__(self, faults: Faults, audience: Audience) -> None:
        self.faults, self.audience = faults, audience
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
        while True:
            event, faults = await self._queue.get()
            account, hooks = await self.audience()
            mark = events.stamp()
            for hook in hooks:
                if event.name in hook.events or "*" in hook.events:
                    self._deliver(event, account, mark, hook, faults)

    def _deliver(self, event: Event, account: Account, mark: tuple[str, int], hook: Hook, faults: Faults) -> None:
        shape = hook.payload_shape or faults.payload_shape
        body = events.body_of(
            event, account, mark, shape=shape, color_as=faults.color_as or "", label_null=faults.label_null
        )
        made = delivery(hook, body, mark[1], faults.hmac_algorithm)
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
                pause = await self._attempt(made)
                if pause is None:
                    self.sent += 1
                    return
                if attempt < made.attempts:
                    await asyncio.sleep(pause)
            self.failed += 1
        finally:
            self.waiting -= 1

    async def _attempt(self, made: Delivery) -> float | None:
        """None when a 2xx came, else the seconds until the next attempt: `Retry-After` can only lengthen them."""
        try:
            async with self._places:
                answer = await self._client.post(made.url, content=made.body, headers=made.headers)
        except (httpx.HTTPError, httpx.InvalidURL):
            return made.delay
        if answer.is_success:
            return None
        asked = answer.headers.get("Retry-After", "")
        return max(made.delay, float(asked) if asked.isdigit() else 0.0)
