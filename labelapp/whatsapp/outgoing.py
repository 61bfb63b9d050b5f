"""Outgoing hooks: one signed POST to an address that an admin wrote down. Nothing of it is logged, no redirect is followed.

Signed as https://www.standardwebhooks.com says: receivers can check it with a library of theirs.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urlsplit

import httpcore
import httpx

from labelapp.whatsapp.failures import retry_after
from labelapp.whatsapp.texts import readable
from labelapp.whatsapp.transport import (
    ForbiddenAddress,
    GuardedBackend,
    GuardedTransport,
    SocketOption,
    is_literal,
    is_public,
    literal,
    quiet_logs,
)

SECONDS = 10.0  # for all of a call, from the look-up of the name to the answer
KEPT = 400  # characters of an answer
LONGEST_WAIT = 6 * 3600.0
PREFIX = "whsec_"


class Failure(StrEnum):
    """Why there was no answer."""

    NONE = ""
    FORBIDDEN = "forbidden"  # the name leads to an address that must not be reached
    TIMED_OUT = "timed-out"
    NO_CONNECTION = "no-connection"
    LOCKED = "locked"  # our keys can't read the secret any more
    TOO_LONG = "too-long"  # more than was to be read as a whole


class _TooLong(Exception):
    """The answer is longer than it may be."""


class Wrong(StrEnum):
    """What is wrong with an address."""

    NO_ADDRESS = "no-address"
    PASSWORD = "password"  # noqa: S105  # a code, no secret
    HASH = "hash"
    PLAIN = "plain"
    PRIVATE = "private"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: a status and the first of the text (or `body`, all of it), or why nothing did. `wait`: seconds that the
    receiver asks us to wait."""

    status: int | None = None
    text: str = ""
    failure: Failure = Failure.NONE
    wait: float | None = None
    body: bytes = field(default=b"", repr=False)

    @property
    def is_ok(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def is_gone(self) -> bool:
        """The receiver wants no more of it, ever."""
        return self.status == 410


def new_signing_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def signed_headers(keys: Iterable[str], message_id: str, at: int, body: bytes) -> dict[str, str]:
    """The headers of a message: its id, the time (seconds since 1970), a signature by each of these secrets."""
    text = b".".join([message_id.encode(), str(at).encode(), body])
    signatures = (base64.b64encode(hmac.digest(_key(one), text, hashlib.sha256)).decode() for one in keys)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(at),
        "webhook-signature": " ".join(f"v1,{one}" for one in signatures),
    }


def _key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        return secret.encode()


def wrong_with(url: str, allow_private: bool) -> Wrong | None:
    """What is wrong with an address, as far as it can be seen without asking anyone."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
        httpx.URL(url)
    except (ValueError, httpx.InvalidURL):
        return Wrong.NO_ADDRESS
    if parts.scheme not in ("http", "https") or not host or port == 0 or not url.isprintable() or " " in url:
        return Wrong.NO_ADDRESS
    if parts.username is not None or parts.password is not None:
        return Wrong.PASSWORD
    if "#" in url:
        return Wrong.HASH
    if allow_private:
        return None
    if parts.scheme == "http":
        return Wrong.PLAIN
    return Wrong.PRIVATE if is_literal(host) and not is_public(literal(host)) else None


def post(
    url: str,
    body: bytes,
    headers: dict[str, str],
    *,
    allow_private: bool = False,
    seconds: float = SECONDS,
    whole: int = 0,
) -> Answer:
    """Post, and tell what came of it. Never raises for what the other side does. The address is judged where it leads now.

    `whole`: a good answer is read to its end, if that comes within so many bytes. Of any other the first words are kept.
    """
    quiet_logs()
    until = time.monotonic() + seconds
    backend = _Timed(httpcore.SyncBackend() if allow_private else GuardedBackend(), until)
    about = {"Content-Type": "application/json", "User-Agent": "labelapp", "Accept-Encoding": "identity", **headers}
    try:
        with (
            httpx.Client(
                transport=GuardedTransport(backend), timeout=seconds, follow_redirects=False, trust_env=False
            ) as client,
            client.stream("POST", url, content=body, headers=about) as response,
        ):
            if whole and response.is_success:
                return Answer(response.status_code, body=_whole(response, whole))
            text = _first(response)
            return Answer(response.status_code, text, wait=retry_after(response.headers, LONGEST_WAIT))
    except _TooLong:
        return Answer(failure=Failure.TOO_LONG)
    except ForbiddenAddress:
        return Answer(failure=Failure.FORBIDDEN)
    except httpx.TimeoutException:
        return Answer(failure=Failure.TIMED_OUT)
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError):
        return Answer(failure=Failure.NO_CONNECTION)


def _first(response: httpx.Response) -> str:
    """The first of the answer, as text. One that breaks off, or drips, has answered all the same."""
    got = b""
    try:
        for chunk in response.iter_bytes():
            got += chunk
            if len(got) >= 4 * KEPT:
                break
    except httpx.HTTPError:
        pass
    return readable(got[: 4 * KEPT].decode("utf-8", "replace"))[:KEPT]


def _whole(response: httpx.Response, most: int) -> bytes:
    """All of the answer as it was sent: nothing is unpacked, which could make it any size."""
    got = b""
    for chunk in response.iter_raw():
        got += chunk
        if len(got) > most:
            raise _TooLong
    return got


class _Timed(httpcore.NetworkBackend):
    """A backend whose connections end at `until` (monotonic seconds), however the other side drips."""

    def __init__(self, backend: httpcore.NetworkBackend, until: float) -> None:
        self.backend, self.until = backend, until

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SocketOption] | None = None,
    ) -> httpcore.NetworkStream:
        rest = _rest(self.until, httpcore.ConnectTimeout)
        options: Sequence[SocketOption] | None = None if socket_options is None else list(socket_options)
        stream = self.backend.connect_tcp(host, port, min(5.0, rest), local_address, options)
        return _TimedStream(stream, self.until)


class _TimedStream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream, until: float) -> None:
        self.stream, self.until = stream, until

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self.stream.read(max_bytes, _rest(self.until, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.stream.write(buffer, _rest(self.until, httpcore.WriteTimeout))

    def close(self) -> None:
        self.stream.close()

    def start_tls(
        self, ssl_context: object, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        rest = _rest(self.until, httpcore.ConnectTimeout)
        return _TimedStream(self.stream.start_tls(ssl_context, server_hostname, rest), self.until)  # type: ignore[arg-type]

    def get_extra_info(self, info: str) -> object:
        return self.stream.get_extra_info(info)


def _rest(until: float, error: type[httpcore.TimeoutException]) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise error
    return left
