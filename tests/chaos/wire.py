"""HTTP/1.1 over a kept connection, at a cost that leaves the processors to the product."""

import asyncio
import time
from dataclasses import dataclass

IDLE = 5  # seconds: the server lets go of connections that nobody uses


class Broken(Exception):
    """The connection ended, or never came about, before the whole answer was there."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    head: bytes
    body: bytes


class Wire:
    """One connection to one server, opened when it is needed and again after it broke. One request at a time."""

    def __init__(self, host: str, port: int) -> None:
        self.host, self.port = host, port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._used = 0.0

    async def ask(self, request: bytes, seconds: float = 30) -> Answer:
        """Send these bytes, read one answer. Raises Broken; the request may or may not have been heard then."""
        try:
            async with asyncio.timeout(seconds):
                return await self._ask(request)
        except (OSError, EOFError, asyncio.LimitOverrunError, ValueError) as error:  # TimeoutError is an OSError
            self.close()
            raise Broken(f"{type(error).__name__}: {error}") from error

    async def _ask(self, request: bytes) -> Answer:
        if time.monotonic() - self._used > IDLE:
            self.close()
        if self._writer is None:
            self._reader, self._writer = await asyncio.open_connection(self.host, self.port)
        assert self._reader is not None
        self._writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        lines = head.lower().split(b"\r\n")
        length = next(int(line[15:]) for line in lines if line.startswith(b"content-length:"))
        body = await self._reader.readexactly(length)
        if b"connection: close" in lines:
            self.close()
        self._used = time.monotonic()
        return Answer(int(head.split(b" ", 2)[1]), head, body)

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None


def request(method: str, path: str, host: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    """The bytes of a request."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body
