"""The limits before Django, with the application driven by hand, and once through a real server."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
import uvicorn
from asgiref.sync import SyncToAsync

from labelapp import asgi
from labelapp.asgi import Gate, application
from labelapp.models import HookDelivery
from tests.raw import Answer, ask, ask_now, scope_of

MIB = 1024 * 1024
PATHS = ["/hooks/demo/secret/", "/login/", "/healthz", "/live/"]


@pytest.mark.parametrize("path", PATHS)
def test_a_body_over_a_mebibyte_is_refused_for_every_path(db: None, path: str) -> None:
    answer = ask_now("POST", path, [b"x" * MIB, b"x"])
    assert (answer.status, answer.text) == (413, "The body is over 1 MiB.")
    assert answer.headers["connection"] == "close"
    assert HookDelivery.objects.count() == 0


@pytest.mark.parametrize("path", PATHS)
def test_a_told_length_is_enough_to_refuse(db: None, path: str) -> None:
    parts = [b"x"] * 1000
    answer = ask_now("POST", path, parts, {"Content-Length": str(MIB + 1)}, pause=1)
    assert answer.status == 413


def test_programs_are_refused_as_everywhere_in_the_api(db: None) -> None:
    answer = ask_now("POST", "/api/v1/runs", [b"x" * MIB, b"x"])
    assert (answer.status, answer.headers["content-type"]) == (413, "application/problem+json")
    told = json.loads(answer.body)
    assert (told["status"], told["detail"], told["type"]) == (413, "The body is over 1 MiB.", "/api/v1/docs#too-large")


def test_a_mebibyte_is_let_through(db: None) -> None:
    assert ask_now("POST", "/hooks/demo/secret/", b"x" * MIB).status == 404
    assert ask_now("GET", "/healthz", b"x" * MIB).status == 200


@pytest.mark.parametrize("path", PATHS)
def test_a_body_that_takes_too_long_is_refused(db: None, settings: Any, path: str) -> None:
    settings.BODY_SECONDS = 0.05
    answer = ask_now("POST", path, [b"{", b"}"], pause=0.2)
    assert (answer.status, answer.headers["connection"]) == (408, "close")
    assert answer.text.startswith("The body took longer than")


def test_a_page_changes_threads_six_times_and_not_for_each_middleware(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a request begins and ends; to the middleware and the view; and around what looks for static files, a coroutine."""
    changes = []
    real = SyncToAsync.thread_handler

    def counted(self: SyncToAsync[Any, Any], *args: Any) -> Any:
        changes.append(self)
        return real(self, *args)

    monkeypatch.setattr(SyncToAsync, "thread_handler", counted)
    assert ask_now("GET", "/login/").status == 200
    assert len(changes) == 6


def test_whoever_goes_away_gets_no_answer(db: None) -> None:
    assert ask_now("POST", "/hooks/demo/secret/", [b"{", b"}"], goes_away=True).status == 0


def test_too_much_at_once_is_asked_to_come_again(db: None, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.MAX_IN_FLIGHT = 2
    real = asgi.django

    async def thoughtful(*args: Any) -> None:
        await asyncio.sleep(0.1)
        await real(*args)

    async def crowd() -> list[Answer]:
        slow = [asyncio.create_task(ask("GET", "/healthz")) for _n in range(2)]
        await asyncio.sleep(0.05)
        third = await ask("GET", "/healthz")
        return [third, *await asyncio.gather(*slow), await ask("GET", "/healthz")]

    monkeypatch.setattr(asgi, "django", thoughtful)
    answers = asyncio.run(crowd())
    assert [answer.status for answer in answers] == [503, 200, 200, 200]
    assert answers[0].headers["retry-after"] == "1"
    assert (application.in_flight, application.arriving) == (0, 0)


@pytest.mark.parametrize(("slow", "status"), [(asgi.ARRIVING - 1, 200), (asgi.ARRIVING, 503)])
def test_slow_bodies_keep_nobody_out_until_they_are_very_many(db: None, settings: Any, slow: int, status: int) -> None:
    settings.MAX_IN_FLIGHT = 1

    async def crowd() -> Answer:
        tasks = [asyncio.create_task(ask("POST", "/nowhere/", [b"a", b"b"], pause=0.1)) for _n in range(slow)]
        await asyncio.sleep(0.05)
        quick = await ask("GET", "/healthz")
        await asyncio.gather(*tasks)
        return quick

    assert asyncio.run(crowd()).status == status
    assert (application.in_flight, application.arriving) == (0, 0)


def test_an_error_gives_its_place_back(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*args: Any) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr(asgi, "django", broken)
    with pytest.raises(RuntimeError):
        ask_now("GET", "/healthz")
    assert application.in_flight == 0


def test_the_body_reaches_django_whole(db: None) -> None:
    boundary = b"username=nobody&password="
    answer = ask_now(
        "POST", "/login/", [boundary, b"x" * 70_000], {"Content-Type": "application/x-www-form-urlencoded"}
    )
    assert answer.status == 403  # Django read the form and missed its CSRF token


def test_other_protocols_are_not_spoken() -> None:
    async def websocket() -> None:
        await Gate()({**scope_of("GET", "/", {}), "type": "lifespan"}, None, None)  # type: ignore[arg-type]

    asyncio.run(websocket())


@pytest.fixture
def address(settings: Any) -> Iterator[tuple[str, int]]:
    """The application behind uvicorn, as `manage.py web` runs it."""
    settings.BODY_SECONDS = 0.3
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(application, access_log=False, log_config=None, lifespan="off", server_header=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    yield listener.getsockname()
    server.should_exit = True
    thread.join(5)
    listener.close()


def send(address: tuple[str, int], head: str, body: bytes) -> tuple[bytes, float]:
    """The answer to a request whose body never ends, and the seconds until the server hung up."""
    with closing(socket.create_connection(address, timeout=5)) as wire:
        start = time.monotonic()
        wire.sendall(f"{head}\r\nHost: testserver\r\n\r\n".encode() + body)
        answer = b""
        while part := wire.recv(65536):
            answer += part
        return answer, time.monotonic() - start


def test_a_slow_body_over_a_real_wire(address: tuple[str, int]) -> None:
    head = "POST /hooks/demo/secret/ HTTP/1.1\r\nContent-Length: 100"
    answer, seconds = send(address, head, b'{"id":')
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"connection: close" in answer.lower()
    assert 0.2 < seconds < 3


def test_a_big_body_over_a_real_wire(address: tuple[str, int]) -> None:
    head = f"POST /hooks/demo/secret/ HTTP/1.1\r\nContent-Length: {2 * MIB}"
    answer, seconds = send(address, head, b"x")
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert seconds < 3


def test_a_big_body_that_tells_no_length(address: tuple[str, int]) -> None:
    chunk = f"{2 * MIB:x}\r\n".encode() + b"x" * (MIB + 1)
    answer, _seconds = send(address, "POST /login/ HTTP/1.1\r\nTransfer-Encoding: chunked", chunk)
    assert answer.startswith(b"HTTP/1.1 413 ")
