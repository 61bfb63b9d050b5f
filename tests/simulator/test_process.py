"""The simulator as a command: it starts, keeps, ends, and says what is wrong in a sentence."""

import os
import signal
import socket
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from labelapp.lifeline import Family
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
        simulator.wait_for(lambda: simulator.calls())
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


def test_another_programs_file_stays_as_it_is(tmp_path: Path) -> None:
    """Without --keep the file is made anew: a slip in --data must not cost anybody a database."""
    for name, content in (("notes", b"not a database " * 400), ("other", None)):
        simulator = SimulatorProcess(tmp_path / name)
        if content is None:
            with closing(sqlite3.connect(simulator.data)) as other:
                other.execute("CREATE TABLE precious (id)")
                other.commit()
        else:
            simulator.data.write_bytes(content)
        before = simulator.data.read_bytes()
        process = simulator.command(
            "-m", "labelapp.simulator", "--port", str(simulator.port), "--data", str(simulator.data)
        )
        assert process.wait(20) == 1
        told = f"{simulator.data} is no simulator's file and stays as it is. Choose another one with --data.\n"
        assert (simulator.output(), simulator.data.read_bytes()) == (told, before)
        simulator.http.close()


@pytest.mark.parametrize("arguments", [("--chats", "-1"), ("--strict", "cookie"), ("--port", "one")])
def test_a_wrong_command_line(tmp_path: Path, arguments: tuple[str, str]) -> None:
    simulator = SimulatorProcess(tmp_path / "world")
    assert simulator.command("-m", "labelapp.simulator", *arguments).wait(20) == 2
    assert f"argument {arguments[0]}" in simulator.output()
    simulator.http.close()


def test_the_command_has_settings_of_its_own_and_ends_with_its_supervisor(tmp_path: Path) -> None:
    simulator = SimulatorProcess(tmp_path / "world")
    with Family() as family:
        command = [
            "manage.py",
            "simulator",
            "--port",
            str(simulator.port),
            "--data",
            str(simulator.data),
            "--chats",
            "3",
        ]
        family.start("simulator", command, {"DJANGO_SETTINGS_MODULE": "labelapp.settings"})
        child = simulator.process = family.children["simulator"]
        simulator.wait_for(simulator._answers, 20)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, family._write)  # its end of the pipe is gone, as if it had been killed
        os.close(nothing)
        assert child.wait(20) == 0
    simulator.http.close()
