"""The simulator as a command: it starts, keeps, ends, and says what is wrong in a sentence."""

import signal
import socket
import time
from pathlib import Path

import httpx
import pytest

from tests.simulator.process import SimulatorProcess


def test_keep_goes_on_and_without_it_the_world_is_new(tmp_path: Path) -> None:
    simulator = SimulatorProcess(tmp_path / "world", "--chats", "3", "--keep").start()
    try:
        simulator.post("/sim/phone/labels", {"name": "Kept", "color": 1})
        hook = {"url": "http://127.0.0.1:9/", "events": ["*"]}
        simulator.api("POST", "/v2/webhook/set", hook)
        simulator.kill()
        state = simulator.start().get("/sim/state")
        assert (state["labels"][-1]["name"], len(state["hooks"])) == ("Kept", 1)
        simulator.stop()
        simulator.arguments = ("--chats", "4")
        state = simulator.start().get("/sim/state")
        assert (len(state["labels"]), state["chats"], state["hooks"]) == (14, 4, [])
    finally:
        simulator.stop()
        simulator.http.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_soon_with_connections_open(tmp_path: Path, number: int) -> None:
    simulator = SimulatorProcess(tmp_path / "world", "--chats", "3", "--life", "0.1").start()
    simulator.post("/sim/faults", {"latency_ms": 30_000})
    with socket.create_connection(("127.0.0.1", simulator.port)) as waiting:
        waiting.sendall(b"GET /v2/labels HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        simulator.wait_for(lambda: simulator.get("/sim/calls"))
        start = time.monotonic()
        assert simulator.stop(number) == 0
    assert time.monotonic() - start < 3
    assert "Traceback" not in simulator.output()
    simulator.http.close()


def test_a_busy_port_is_told_in_a_sentence(simulator: SimulatorProcess, tmp_path: Path) -> None:
    second = SimulatorProcess(tmp_path / "world", port=simulator.port)
    process = second.command("manage.py", "simulator", "--port", str(simulator.port), "--data", str(second.data))
    assert process.wait(20) == 1
    told = f"Port {simulator.port} on 127.0.0.1 is in use by another program. Choose another one with --port.\n"
    assert second.output() == told
    assert not second.data.exists()
    second.http.close()


@pytest.mark.parametrize("path", ["/", "/phone/"])
def test_pages_hold_no_inline_code(simulator: SimulatorProcess, path: str) -> None:
    page = simulator.http.get(path)
    assert page.status_code == 200
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'; script-src 'self'; style-src 'self';" in policy
    assert "form-action 'self' http://127.0.0.1:8000" in policy
    assert "style=" not in page.text
    assert page.text.count("<script") == page.text.count("<script src=") + page.text.count('<script type="module" src=')


def test_static_files_are_those_of_the_package(simulator: SimulatorProcess) -> None:
    assert simulator.http.get("/static/phone.js").headers["content-type"] == "text/javascript; charset=utf-8"
    raw = httpx.Client(base_url=simulator.url)
    assert raw.get("/static/..%2fsettings.py").status_code == 404
    raw.close()
