"""One exchange with a provider: a request goes out, JSON or a ProviderError comes back. Nothing of it is logged."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from labelapp.whatsapp.errors import ProviderError
from labelapp.whatsapp.failures import failure, says_no
from labelapp.whatsapp.shapes import decode
from labelapp.whatsapp.transport import SECONDS, ForbiddenAddress, checked_base, network, quiet_logs, timeouts

MAX_BODY = 10 * 1024 * 1024
# The read timeout starts anew with every byte; a server that drips is cut off after so many of them.
PATIENCE = 3
# Nothing was sent yet. After any other error the call may have acted.
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


@dataclass(frozen=True, slots=True)
class Request:
    """What goes out, `path` already encoded. It may hold credentials, so its repr shows the method only."""

    method: str
    path: str
    params: Mapping[str, str]
    headers: Mapping[str, str]
    json: Mapping[str, object] | None

    def __repr__(self) -> str:
        return f"<Request {self.method}>"


class Wire:
    """The connection to one provider address. Safe to share between threads.

    An answer may take `seconds`. `secrets` are blanked out of every error text, and errors never hold the library's own
    exception: it knows the address.
    """

    def __init__(
        self,
        base_url: str,
        *,
        secrets: tuple[str, ...],
        allow_private: bool,
        transport: httpx.BaseTransport | None,
        seconds: float = SECONDS,
    ) -> None:
        self._base = checked_base(base_url, allow_private)
        self._secrets, self._longest = secrets, PATIENCE * seconds
        quiet_logs()
        self._client = httpx.Client(
            transport=transport or network(allow_private),
            timeout=timeouts(seconds),
            follow_redirects=False,
            trust_env=False,
            headers={"User-Agent": "labelapp", "Accept": "application/json", "Accept-Encoding": "gzip"},
        )

    def __repr__(self) -> str:
        return "<Wire>"

    def close(self) -> None:
        self._client.close()

    def exchange(self, request: Request) -> object:
        """The JSON value of the answer, None for an empty one. Raises ProviderError."""
        status, headers, body = self._send(request)
        if not 200 <= status < 300:
            raise failure(status, headers, body, self._secrets)
        data: object = None
        readable = True
        try:
            # WAHA's replace-all answers 200 with nothing, and a 204 has nothing.
            data = decode(body) if body.strip() else None
        except ValueError:
            readable = False
        if not readable or says_no(data):
            raise failure(status, headers, body, self._secrets)
        return data

    def _send(self, request: Request) -> tuple[int, Mapping[str, str], bytes]:
        error: ProviderError
        try:
            with self._client.stream(
                request.method,
                f"{self._base}/{request.path}",
                params=request.params or None,
                headers=dict(request.headers),
                json=request.json,
            ) as response:
                return response.status_code, response.headers, _body(response, self._longest)
        except ForbiddenAddress:
            error = ProviderError("The address of the provider is a private one.", refused=True, unreachable=True)
        except httpx.TimeoutException as exc:
            error = ProviderError("No answer in time.", unreachable=True, timed_out=not isinstance(exc, _NEVER_SENT))
        except (httpx.HTTPError, httpx.InvalidURL) as exc:
            error = ProviderError("No connection.", unreachable=True, timed_out=not isinstance(exc, _NEVER_SENT))
        # Raised out here so that not even __context__ leads to the library's exception with the whole address.
        raise error


def _body(response: httpx.Response, longest: float) -> bytes:
    deadline = time.monotonic() + longest
    chunks, size = [], 0
    for chunk in response.iter_bytes():
        size += len(chunk)
        if size > MAX_BODY:
            raise ProviderError("The answer is too long.", status=response.status_code, timed_out=True)
        if time.monotonic() > deadline:
            raise ProviderError("The answer took too long.", unreachable=True, timed_out=True)
        chunks.append(chunk)
    return b"".join(chunks)
