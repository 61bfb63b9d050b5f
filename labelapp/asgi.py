"""The way in. What comes before Django, for every path: limits on bodies and on work in flight; deliveries take the short way."""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from django.conf import settings
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "labelapp.settings")
django = get_asgi_application()  # sets up Django before the views are imported

from labelapp.views import hooks  # noqa: E402

Scope = dict[str, Any]
Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
STREAM = "/live/"


class TooBig(Exception):
    """The body is larger than MAX_BODY_BYTES."""


class Gate:
    """Counts requests in flight and refuses what is too much, too big or too slow."""

    def __init__(self) -> None:
        self.in_flight = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        if scope["path"] == STREAM:  # open for hours: not counted
            return await pass_on(scope, receive, send)
        if self.in_flight >= settings.MAX_IN_FLIGHT:
            return await answer(send, hooks.Answer(503, "Too much at once. Try again.", retry_after=1))
        self.in_flight += 1
        try:
            await pass_on(scope, receive, send)
        finally:
            self.in_flight -= 1


async def pass_on(scope: Scope, receive: Receive, send: Send) -> None:
    """Read the body within its limits, then hand the request on."""
    try:
        body = await asyncio.wait_for(read_body(scope, receive), settings.BODY_SECONDS)
    except TooBig:
        return await answer(send, hooks.Answer(413, "The body is over 1 MiB."))
    except TimeoutError:
        return await answer(send, hooks.Answer(408, "The body took longer than 10 s."))
    if body is None:
        return
    if scope["path"].startswith("/hooks/"):
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
        return await answer(send, hooks.Answer(404, "There is no such address."))
    if scope["method"] != "POST":
        return await answer(send, hooks.Answer(405, "Deliveries come by POST."))
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    await answer(send, await hooks.take(parts[1], parts[2], headers, body))
    return None


async def answer(send: Send, what: hooks.Answer) -> None:
    """A short JSON answer, and the end of the connection where the rest of a body may still be under way."""
    body = json.dumps({"status": what.text}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    if what.retry_after:
        headers.append((b"retry-after", str(what.retry_after).encode()))
    if what.status == 405:
        headers.append((b"allow", b"POST"))
    if what.status in (408, 413):
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": what.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


application = Gate()
