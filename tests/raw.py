"""An ASGI application driven by hand, as a server would: a request in parts, an answer in parts."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from asgiref.sync import async_to_sync

from labelapp.asgi import application


@dataclass
class Answer:
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def text(self) -> str:
        return str(json.loads(self.body)["status"])


def scope_of(method: str, path: str, headers: dict[str, str]) -> dict[str, Any]:
    pairs = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
    return {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"host", b"testserver"), *pairs],
        "client": ("127.0.0.1", 5000),
        "server": ("testserver", 80),
        "scheme": "http",
    }


async def ask(
    method: str,
    path: str,
    body: bytes | Sequence[bytes] = b"",
    headers: dict[str, str] | None = None,
    *,
    pause: float = 0,
    goes_away: bool = False,
) -> Answer:
    """`pause`: seconds before each part of the body; `goes_away`: hang up instead of the last part."""
    parts = [body] if isinstance(body, bytes) else list(body)
    answer = Answer()
    left = list(parts)

    async def receive() -> dict[str, Any]:
        if not left:
            await asyncio.sleep(3600)
        await asyncio.sleep(pause)
        part = left.pop(0)
        if goes_away and not left:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": part, "more_body": bool(left)}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = {name.decode().lower(): value.decode() for name, value in message["headers"]}
        else:
            answer.body += message.get("body", b"")

    await application(scope_of(method, path, headers or {}), receive, send)
    return answer


def ask_now(*args: Any, **more: Any) -> Answer:
    """`ask` from a plain test; what runs in a thread for the database runs on the test's own."""
    run: Callable[..., Awaitable[Answer]] = ask
    return async_to_sync(run)(*args, **more)
