"""Live screens: server-sent events from the Change table, through one hub per web process."""

import asyncio
import json
import logging
import threading
import time
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import cast

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.sessions.backends.base import SessionBase
from django.db import Error, connection
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone

from labelapp.lanes.wakes import Waker
from labelapp.models import Change, Instance, User

log = logging.getLogger(__name__)
QUEUE = 100  # batches that a slow reader may be behind before it is told to refresh everything
HEARTBEAT = 15.0
RECHECK = 60.0
LATE = timedelta(seconds=10)  # on PostgreSQL a lower id can commit after a higher one
Row = tuple[int, int, int | None, str, int | None]  # id, instance, chat, kind, whom alone it is for


@dataclass(eq=False)
class Reader:
    """One open stream."""

    loop: asyncio.AbstractEventLoop
    batches: asyncio.Queue[list[Row] | None] = field(default_factory=lambda: asyncio.Queue(QUEUE))

    def give(self, rows: list[Row]) -> None:
        """Queue a batch; a reader that is too far behind gets one order to refresh instead (None)."""
        if self.batches.full():
            while not self.batches.empty():
                self.batches.get_nowait()
            self.batches.put_nowait(None)
        else:
            self.batches.put_nowait(rows)


class Hub:
    """Reads the Change table once for all streams of this process, in a thread that runs while there is a reader."""

    def __init__(self) -> None:
        self.readers: set[Reader] = set()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def join(self, reader: Reader, since: int) -> None:
        """Start giving changes to a reader. `since`: a change that it need not be told, where nobody reads so far."""
        with self._lock:
            self.readers.add(reader)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, args=[since], daemon=True, name="live")
                self._thread.start()

    def leave(self, reader: Reader) -> None:
        """Stop giving changes to a reader."""
        with self._lock:
            self.readers.discard(reader)

    def _run(self, since: int) -> None:
        feed = Feed(since)
        with Waker() as waker:
            while self._wanted():
                try:
                    waker.wait(1.0)
                    rows = feed.fresh()
                except Error as error:
                    log.warning("live screens can't read the changes, trying again: %s", error)
                    connection.close()
                    time.sleep(1)
                    continue
                if rows:
                    self._spread(rows)

    def _wanted(self) -> bool:
        with self._lock:
            if not self.readers:
                self._thread = None
            return self._thread is threading.current_thread()

    def _spread(self, rows: list[Row]) -> None:
        for reader in list(self.readers):
            try:
                reader.loop.call_soon_threadsafe(reader.give, rows)
            except RuntimeError:  # its loop is closed
                self.leave(reader)


class Feed:
    """What is new in the Change table since the last look, each row once."""

    def __init__(self, since: int) -> None:
        self.last = since
        self.seen: set[int] = set()  # of the last look: with LATE it finds the same rows again

    def fresh(self) -> list[Row]:
        """The new rows, oldest first."""
        query = Change.objects.filter(id__gt=self.last)
        if not settings.ON_SQLITE:
            query = query | Change.objects.filter(at__gt=timezone.now() - LATE)
        found = list(query.order_by("id").values_list("id", "instance_id", "chat_id", "kind", "user_id"))
        rows = [row for row in found if row[0] not in self.seen]
        self.seen = {row[0] for row in found}
        self.last = max([self.last, *self.seen])
        return cast(list[Row], rows)


hub = Hub()


async def stream(request: HttpRequest) -> StreamingHttpResponse:
    """The changes of all numbers that the person may see. Ends when the login does."""
    store, key = type(request.session), request.session.session_key
    seen = await sync_to_async(_look)(store, key)
    response = StreamingHttpResponse(_events(store, key, seen), content_type="text/event-stream")
    response["Cache-Control"], response["X-Accel-Buffering"] = "no-store", "no"
    return response


@dataclass(frozen=True)
class Look:
    """Which numbers a login may see (pk -> slug; None when it is over), the newest change at that moment, and whose login it is."""

    visible: dict[int, str] | None
    newest: int
    person: int = 0


def _look(store: type[SessionBase], key: str | None) -> Look:
    """Judge the login anew: a logout, a new password or a closed account ends it. Leaves no connection behind: a stream is long."""
    probe = HttpRequest()
    probe.session = store(key)
    try:
        newest = Change.objects.order_by("-id").values_list("id", flat=True).first() or 0
        user = get_user(probe)
        if not isinstance(user, User):
            return Look(None, newest)
        return Look(dict(Instance.objects.visible_to(user).values_list("pk", "slug")), newest, user.pk)
    finally:
        if not connection.in_atomic_block:
            connection.close()


def _look_again(store: type[SessionBase], key: str | None, before: Look) -> Look:
    """The same later. While the database is away nothing is told anyway: the stream stays, for the next look."""
    try:
        return _look(store, key)
    except Error as error:
        log.warning("a login on a live screen can't be judged now: %s", error)
        return before


async def _events(store: type[SessionBase], key: str | None, seen: Look) -> AsyncIterator[bytes]:
    reader = Reader(asyncio.get_running_loop())
    try:
        hub.join(reader, seen.newest)
        checked = time.monotonic()
        yield b"retry: 2000\nevent: hello\ndata: {}\n\n"
        while seen.visible is not None:
            try:
                rows = await asyncio.wait_for(reader.batches.get(), HEARTBEAT)
                yield b"event: resync\ndata: {}\n\n" if rows is None else _message(rows, seen.visible, seen.person)
            except TimeoutError:
                yield b": still here\n\n"
            if time.monotonic() - checked > RECHECK:
                checked = time.monotonic()
                seen = await sync_to_async(_look_again)(store, key, seen)
    finally:
        hub.leave(reader)


def _message(rows: Iterable[Row], visible: dict[int, str], person: int) -> bytes:
    """One event for a batch of changes, of the visible numbers only and none that is for others; a comment when none is left."""
    kept = [row for row in rows if row[1] in visible and row[4] in (None, person)]
    if not kept:
        return b":\n\n"
    kinds = Change.Kind
    data: dict[str, object] = {
        "chats": sorted({chat for _, _, chat, kind, _ in kept if kind == kinds.CHAT and chat}),
        "messages": sorted({chat for _, _, chat, kind, _ in kept if kind == kinds.MESSAGE and chat}),
        "labels": sorted({visible[number] for _, number, _, kind, _ in kept if kind == kinds.LABELS}),
        "lookers": sorted({chat for _, _, chat, kind, _ in kept if kind == kinds.LOOKERS and chat}),
        "instances": sorted({visible[number] for _, number, _, kind, _ in kept if kind == kinds.INSTANCE}),
    }
    if any(kind == kinds.NOTICE for _, _, _, kind, _ in kept):
        data["notices"] = True
    return f"event: change\nid: {kept[-1][0]}\ndata: {json.dumps(data)}\n\n".encode()
