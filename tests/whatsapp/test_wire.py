from collections.abc import Iterator

import httpx
import pytest

from labelapp.whatsapp import transport, wire
from labelapp.whatsapp.errors import ProviderError
from labelapp.whatsapp.wire import Request, Wire
from tests.whatsapp.far_end import FarEnd

PING = Request("PUT", "ping", {}, {}, {"a": 1})


def exchange(far_end: FarEnd) -> object:
    line = Wire(
        "https://a.example/v2/", secrets=("s3cret-s3cret",), allow_private=False, transport=httpx.MockTransport(far_end)
    )
    return line.exchange(PING)


def error_of(far_end: FarEnd) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        exchange(far_end)
    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None
    return caught.value


@pytest.mark.parametrize(
    ("body", "value"), [(b'{"a": 1}', {"a": 1}), (b"", None), (b" \n", None), (b'""', ""), (b"true", True)]
)
def test_answers(body: bytes, value: object) -> None:
    far_end = FarEnd(body)
    assert exchange(far_end) == value
    assert far_end.line == "PUT /v2/ping"


@pytest.mark.parametrize(
    ("raised", "acted"),
    [
        (httpx.ConnectError("x"), False),
        (httpx.ConnectTimeout("x"), False),
        (httpx.PoolTimeout("x"), False),
        (httpx.ReadTimeout("x"), True),
        (httpx.WriteTimeout("x"), True),
        (httpx.ReadError("x"), True),
        (httpx.RemoteProtocolError("x"), True),
    ],
)
def test_no_answer(raised: Exception, acted: bool) -> None:
    error = error_of(FarEnd(raised))
    assert (error.unreachable, error.timed_out, error.permanent, error.status) == (True, acted, False, None)


@pytest.mark.parametrize("body", [b"<html>x</html>", b'{"success": false}', b"[1,", b"NaN", b"[" * 100_000])
def test_a_good_status_is_not_enough(body: bytes) -> None:
    error = error_of(FarEnd(body))
    assert (error.status, error.permanent, error.unreachable) == (200, False, False)


@pytest.mark.parametrize("status", [301, 302, 307, 308, 304])
def test_redirects_are_not_followed(status: int) -> None:
    far_end = FarEnd(b"", status=status, headers={"Location": "https://b.example/"})
    assert error_of(far_end).permanent
    assert len(far_end.requests) == 1


class Endless(httpx.SyncByteStream):
    def __init__(self) -> None:
        self.sent = 0

    def __iter__(self) -> Iterator[bytes]:
        while True:
            self.sent += 1
            yield b" " * 65536


def test_a_body_without_end_is_cut_off() -> None:
    stream = Endless()
    error = error_of(FarEnd(httpx.Response(200, stream=stream)))
    assert (error.message, error.timed_out) == ("The answer is too long.", True)
    assert stream.sent == wire.MAX_BODY // 65536 + 1


def test_a_dripping_body_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "PATIENCE", -1)
    error = error_of(FarEnd(httpx.Response(200, stream=Endless())))
    assert (error.message, error.unreachable, error.timed_out) == ("The answer took too long.", True, True)


def test_broken_compression() -> None:
    response = httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=httpx.ByteStream(b"not gzip"))
    assert error_of(FarEnd(response)).unreachable


def test_timeouts() -> None:
    far_end = FarEnd({})
    exchange(far_end)
    assert far_end.requests[0].extensions["timeout"] == {"connect": 5, "read": 20, "write": 10, "pool": 5}


def test_timeouts_follow_what_an_answer_may_take() -> None:
    assert transport.timeouts(1).as_dict() == {"connect": 1, "read": 1, "write": 1, "pool": 5}


def test_nothing_shows_what_is_sent() -> None:
    request = Request(
        "PUT", "labels", {"access_token": "s3cret"}, {"access-token": "s3cret"}, {"access_token": "s3cret"}
    )
    assert repr(request) == "<Request PUT>"
