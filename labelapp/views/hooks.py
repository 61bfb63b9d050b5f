"""Deliveries from providers: verified, stored once, answered. They are applied later, by the worker."""

import asyncio
import logging
import queue
import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from uuid import uuid4

from asgiref.sync import sync_to_async
from django.contrib.auth.decorators import login_not_required
from django.core.validators import slug_re
from django.db import Error, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from labelapp.actions.deliveries import store_deliveries
from labelapp.models import HookDelivery, Instance
from labelapp.models.fields import Locked
from labelapp.whatsapp.events import BadDelivery, Event, dedupe_key, parse
from labelapp.whatsapp.signatures import is_signed

log = logging.getLogger(__name__)
AT_ONCE = 200  # deliveries per commit
FRESH = 1.0  # seconds that an instance's secrets are kept in memory
KEPT_HEADERS = ("user-agent", "content-type", "x-webhook-request-id", "x-webhook-timestamp", "x-webhook-hmac-algorithm")
Waiting = tuple[HookDelivery, Future[None]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the sender is told."""

    status: int
    text: str
    retry_after: int = 0


class InboxWriter(threading.Thread):
    """The one thread of a web process that writes the inbox: everything that waits goes into one commit."""

    def __init__(self) -> None:
        super().__init__(name="inbox", daemon=True)
        self.waiting: queue.SimpleQueue[Waiting | None] = queue.SimpleQueue()

    def put(self, row: HookDelivery) -> Future[None]:
        """Hand in a delivery; the future ends when it is on disk, or with the error that kept it off."""
        future: Future[None] = Future()
        future.set_running_or_notify_cancel()  # a sender that stops waiting must not disturb the others of its batch
        self.waiting.put((row, future))
        return future

    def close(self) -> None:
        """Store what waits, give the connection back, end."""
        self.waiting.put(None)
        self.join()

    def run(self) -> None:
        while batch := self._next_batch():
            try:
                store_deliveries([row for row, _future in batch])
            except Exception as error:  # the senders hear of it, each of them
                log.exception("%s deliveries could not be stored", len(batch))
                connection.close()
                for _row, future in batch:
                    future.set_exception(error)
            else:
                for _row, future in batch:
                    future.set_result(None)
        connection.close()

    def _next_batch(self) -> list[Waiting]:
        """What waits, at most AT_ONCE; nothing when it is time to end."""
        batch: list[Waiting] = []
        try:
            while len(batch) < AT_ONCE and (waiting := self.waiting.get(block=not batch)):
                batch.append(waiting)
            if batch and len(batch) < AT_ONCE:
                self.waiting.put(None)  # told to end in the middle: end after this batch
        except queue.Empty:
            pass
        return batch


class Desk:
    """What a web process keeps for deliveries: its writer, and the secrets of instances for a moment."""

    def __init__(self) -> None:
        self._writer: InboxWriter | None = None
        self._lock = threading.Lock()
        self._known: dict[str, tuple[float, Instance | None]] = {}

    @property
    def writer(self) -> InboxWriter:
        with self._lock:
            if self._writer is None or not self._writer.is_alive():
                self._writer = InboxWriter()
                self._writer.start()
            return self._writer

    async def instance(self, slug: str) -> Instance | None:
        """The connected instance of this short name, as it was at most FRESH seconds ago."""
        at, found = self._known.get(slug, (-FRESH, None))
        if time.monotonic() - at >= FRESH:
            found = await sync_to_async(_connected)(slug)
            if found is not None:  # unknown names are not kept: a stranger could fill the memory with them
                self._known[slug] = (time.monotonic(), found)
        return found

    def forget(self) -> None:
        """Look everything up again."""
        self._known.clear()

    def close(self) -> None:
        """End the writer, if there is one."""
        if self._writer is not None:
            self._writer.close()


def _connected(slug: str) -> Instance | None:
    if not slug_re.fullmatch(slug):  # PostgreSQL takes no NUL, not even to look for it
        return None
    try:
        return Instance.objects.connected().filter(slug=slug).first()
    finally:
        if not connection.in_atomic_block:
            connection.close()


desk = Desk()


async def take(slug: str, secret: str, headers: Mapping[str, str], body: bytes) -> Answer:
    """Take one delivery (header names in lower case): 200 only when it is on disk, 503 when it could not be stored."""
    try:
        instance = await desk.instance(slug)
    except Error:
        return Answer(503, "The storage is not available.", retry_after=5)
    if instance is None or not instance.accepts_secret(secret):
        return Answer(404, "There is no such address.")
    signs = instance.hmac_key or isinstance(instance.hmac_key, Locked)  # a key that can't be read lets nothing pass
    if signs and not is_signed(body, headers, instance.hmac_key):
        return Answer(401, "The signature is missing or wrong.")
    try:
        text = body.decode()  # JSON between systems is UTF-8 (RFC 8259); Python's reader would take UTF-16 too
        events = parse(body)
    except UnicodeDecodeError:
        return Answer(400, "The body is not UTF-8.")
    except BadDelivery as error:
        return Answer(400, str(error))
    kept = {name: headers[name][:200] for name in KEPT_HEADERS if name in headers}
    key = _key(events, body, headers)[:120]
    row = HookDelivery(instance=instance, dedupe_key=key, headers=kept, body=text)
    row.kind, row.signed = _kind(events), True if signs else None
    try:
        await asyncio.wrap_future(desk.writer.put(row))
    except Exception:  # whatever kept it off the disk (the writer logs it): the sender still has it
        return Answer(503, "The storage is not available.", retry_after=5)
    return Answer(200, "stored")


def _key(events: list[Event], body: bytes, headers: Mapping[str, str]) -> str:
    """What repeats of a delivery have in common, its own name where nothing is."""
    envelope = events[0].envelope if len(events) == 1 else None
    if envelope and envelope.id and envelope.kind not in ("", "session.status"):  # an envelope for certain
        return envelope.id  # what `dedupe_key` would find by reading the whole body once more
    return dedupe_key(body, headers) or str(uuid4())


def _kind(events: list[Event]) -> str:
    """The event's name as the provider wrote it, "several" for more than one."""
    return "several" if len(events) > 1 else events[0].envelope.kind[:60] if events else ""


@csrf_exempt
@login_not_required
@require_POST
async def receive(request: HttpRequest, slug: str, secret: str) -> JsonResponse:
    """The same for servers that do not come through `asgi.py`."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    answer = await take(slug, secret, headers, request.body)
    response = JsonResponse({"status": answer.text}, status=answer.status)
    if answer.retry_after:
        response["Retry-After"] = str(answer.retry_after)
    return response
