import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from labelapp.lifeline import Family
from labelapp.management.commands import serve
from labelapp.management.commands.serve import must_be_free, wait_while_all_run


@pytest.fixture
def busy_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        yield taken.getsockname()[1]


def test_a_busy_port_is_a_sentence(busy_port: int, settings: Any) -> None:
    settings.PORT = busy_port
    with pytest.raises(CommandError) as refused:
        call_command("serve")
    assert (
        str(refused.value)
        == f"Port {busy_port} on 127.0.0.1 can't be used: Address already in use. Set PORT to another."
    )


def test_a_host_of_another_machine_is_a_sentence() -> None:
    with pytest.raises(CommandError, match=r"Port 1 on 192\.0\.2\.1 can't be used: .+\. Set PORT to another\."):
        must_be_free("192.0.2.1", 1)


def test_a_free_port_stays_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    must_be_free("127.0.0.1", port)
    with socket.create_server(("127.0.0.1", port)):
        pass


class StoppedFamily(Family):
    """Starts nothing: which commands would have run is what the test wants to know."""

    started: list[tuple[str, list[str]]]

    def start(self, name: str, command: Any, environment: Any = None) -> None:
        type(self).started.append((name, list(command)))

    def ended(self) -> str | None:
        return "worker"

    def revive(self, name: str) -> bool:
        return False


def test_it_migrates_then_runs_one_web_process_and_one_worker(
    db: None, settings: Any, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    settings.PORT = 0
    StoppedFamily.started, called = [], []
    monkeypatch.setattr(serve, "Family", StoppedFamily)
    monkeypatch.setattr(serve, "call_command", lambda name, **options: called.append(name))
    monkeypatch.setattr(serve.signal, "signal", lambda *_: None)
    with pytest.raises(CommandError, match="The worker process keeps ending by itself"):
        call_command("serve")
    assert called == ["migrate", "collectstatic"]
    assert [name for name, _command in StoppedFamily.started] == ["web", "worker"]
    assert "labelapp serves http://127.0.0.1:8000" in capsys.readouterr().out


def test_waiting_ends_with_a_signal(monkeypatch: pytest.MonkeyPatch) -> None:
    handlers: dict[int, Any] = {}
    monkeypatch.setattr(serve.signal, "signal", lambda number, handler: handlers.update({number: handler}))
    threading.Timer(0.1, lambda: handlers[serve.signal.SIGTERM](15, None)).start()
    start = time.monotonic()
    with Family() as family:
        assert wait_while_all_run(family) is None
    assert time.monotonic() - start < 2
