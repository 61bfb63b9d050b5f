"""Many deliveries at once, by a client that costs little: kept connections, one request under way on each."""

import asyncio
import hashlib
import hmac
import json
import time
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Hook:
    """Where deliveries go, and the key that signs them ("" for none)."""

    url: str
    key: str = ""

    def request(self, body: bytes) -> bytes:
        parts = urlsplit(self.url)
        signature = ""
        if self.key:
            digest = hmac.new(self.key.encode(), body, hashlib.sha512).hexdigest()
            signature = f"X-Webhook-Hmac: {digest}\r\nX-Webhook-Hmac-Algorithm: sha512\r\n"
        head = f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: application/json\r\n"
        return f"{head}{signature}Content-Length: {len(body)}\r\n\r\n".encode() + body


def label_event(key: str, jid: str, wa_id: str, *, on: bool) -> bytes:
    return _event(key, "label.chat.added" if on else "label.chat.deleted", {"labelId": wa_id, "chatId": jid})


def message_event(key: str, jid: str, text: str) -> bytes:
    """The customer writes, now."""
    payload = {
        "id": f"false_{jid}_{key}",
        "timestamp": int(time.time()),
        "from": jid,
        "fromMe": False,
        "body": text,
        "hasMedia": False,
    }
    return _event(key, "message.any", payload)


def _event(key: str, kind: str, payload: dict[str, object]) -> bytes:
    """A delivery as WAHA sends it."""
    event = {
        "id": f"evt_{key}",
        "timestamp": int(time.time() * 1000),
        "event": kind,
        "session": "demo",
        "me": {"id": "", "pushName": ""},
        "payload": payload,
        "engine": "GOWS",
        "environment": {"version": "2026.7.1", "engine": "GOWS", "tier": "PLUS", "browser": ""},
    }
    return json.dumps(event).encode()


async def answer(reader: asyncio.StreamReader) -> int:
    """The status of one answer; its body is read to its end."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(
        int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")
    )
    await reader.readexactly(length)
    return int(head.split(b" ", 2)[1])


async def flood(hook: Hook, bodies: list[bytes], connections: int) -> tuple[float, list[int]]:
    """Deliver all `bodies`: deliveries a second, and the statuses that were not 200."""
    parts = urlsplit(hook.url)
    waiting = iter([hook.request(body) for body in bodies])
    refused: list[int] = []

    async def one_connection() -> None:
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        for request in waiting:
            writer.write(request)
            if (status := await answer(reader)) != 200:
                refused.append(status)
        writer.close()

    start = time.perf_counter()
    await asyncio.gather(*(one_connection() for _ in range(connections)))
    return len(bodies) / (time.perf_counter() - start), refused


async def flow(hook: Hook, bodies: list[bytes], pace: float, connections: int) -> list[int]:
    """Deliver all `bodies` evenly, so many a second, however long an answer takes. The statuses that were not 200."""
    parts = urlsplit(hook.url)
    refused: list[int] = []
    start = time.perf_counter()

    async def one_connection(first: int) -> None:
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        for n in range(first, len(bodies), connections):
            await asyncio.sleep(max(0.0, start + n / pace - time.perf_counter()))
            writer.write(hook.request(bodies[n]))
            if (status := await answer(reader)) != 200:
                refused.append(status)
        writer.close()

    await asyncio.gather(*(one_connection(first) for first in range(connections)))
    return refused
