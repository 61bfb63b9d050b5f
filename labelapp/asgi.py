"""The way in. What comes before Django, for every path: limits on bodies and on work in flight; deliveries take the short way."""

import asyncio
import json
import os
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from asgiref.sync import sync_to_async
from django import setup
from django.conf import settings
from django.core.handlers.asgi import ASGIHandler
from django.http import HttpRequest
from django.http.response import HttpResponseBase


class OneThread(ASGIHandler):
    """Django's own handler, but middleware and view run in one thread from end to end. By itself it goes there and back for every
    middleware that is no coroutine, some twenty times a request."""

    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async=False)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        return await sync_to_async(self.get_response)(request)


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "labelapp.settings")
setup(set_prefix=False)  # before the views are imported
django = OneThread()

from labelapp.api.problems import MEDIA, Problem  # noqa: E402  # after Django is set up
from labelapp.views import hooks  # noqa: E402  # after Django is set up
from labelapp.views.counters import NO_ROUTE, counters  # noqa: E402  # after Django is set up

Scope = dict[str, Any]
Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
STREAM = "/live/"
HOOKS = "/hooks/"
API = "/api/"
STARTED = "labelapp.started"
ARRIVING = 5  # times MAX_IN_FLIGHT bodies may be under way
TOO_MUCH = hooks.Answer(503, "Too much at once. Try again.", retry_after=1)


class TooBig(Exception):
    """The body is larger than MAX_BODY_BYTES."""


class Gate:
    """Counts requests in flight and refuses what is too much, too big or too slow.

    Those whose body is still under way cost next to nothing and are counted apart: many slow senders must not keep others out.
    """

    def __init__(self) -> None:
        self.in_flight = 0
        self.arriving = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        scope[STARTED] = time.perf_counter()
        if self.arriving >= ARRIVING * settings.MAX_IN_FLIGHT:
            return await answer(scope, send, TOO_MUCH)
        self.arriving += 1
        try:
            body = await take_body(scope, receive, send)
        finally:
            self.arriving -= 1
        if body is None:
            return
        if scope["path"] == STREAM:  # open for hours: not counted
            return await pass_on(scope, receive, send, body)
        if self.in_flight >= settings.MAX_IN_FLIGHT:
            return await answer(scope, send, TOO_MUCH)
        self.in_flight += 1
        try:
            await pass_on(scope, receive, send, body)
        finally:
            self.in_flight -= 1


async def take_body(scope: Scope, receive: Receive, send: Send) -> bytes | None:
    """The body, read within its limits; None when there is nothing left to do: refused, or the client went away."""
    try:
        return await asyncio.wait_for(read_body(scope, receive), settings.BODY_SECONDS)
    except TooBig:
        await answer(scope, send, hooks.Answer(413, "The body is over 1 MiB."))
    except TimeoutError:
        await answer(scope, send, hooks.Answer(408, "The body took longer than 10 s."))
    return None


async def pass_on(scope: Scope, receive: Receive, send: Send, body: bytes) -> None:
    """Hand the request on with its whole body."""
    if scope["path"].startswith(HOOKS):
        return await deliver(scope, body, send)
    given = False

    async def replay() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    await django(scope, replay, send)


async def read_body(scope: Scope, receive: Receive) -> bytes | None:
    """The whole body, None when the client went away. Raises TooBig as soon as that is known."""
    headers = dict(scope["headers"])
    length = headers.get(b"content-length", b"0")
    if length.isdigit() and int(length) > settings.MAX_BODY_BYTES:
        raise TooBig
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > settings.MAX_BODY_BYTES:
            raise TooBig
        if not message.get("more_body"):
            return b"".join(parts)


async def deliver(scope: Scope, body: bytes, send: Send) -> None:
    """A delivery, without the way through Django's middleware."""
    parts = scope["path"].strip("/").split("/")
    if len(parts) != 3:
        return await answer(scope, send, hooks.Answer(404, "There is no such address."))
    if scope["method"] != "POST":
        return await answer(scope, send, hooks.Answer(405, "Deliveries come by POST."))
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    await answer(scope, send, await hooks.take(parts[1], parts[2], headers, body))
    return None


async def answer(scope: Scope, send: Send, what: hooks.Answer) -> None:
    """A short JSON answer, and the end of the connection where the rest of a body may still be under way.

    Django's middleware does not see it, so it is counted here.
    """
    route = "hooks.receive" if scope["path"].startswith(HOOKS) else NO_ROUTE
    counters.count(route, scope["method"], what.status, scope[STARTED])
    of_api = scope["path"].startswith(API)
    body = json.dumps(Problem(what.status, what.text).body if of_api else {"status": what.text}).encode()
    kind = MEDIA if of_api else "application/json"
    headers = [(b"content-type", kind.encode()), (b"content-length", str(len(body)).encode())]
    if what.retry_after:
        headers.append((b"retry-after", str(what.retry_after).encode()))
    if what.status == 405:
        headers.append((b"allow", b"POST"))
    if what.status in (408, 413):
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": what.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


application = Gate()
