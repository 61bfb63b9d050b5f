"""Stopping: Ctrl-C with open screens ends every process, and the death of the supervisor leaves none behind."""

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from tests.stack import HOST, Demo, wait_until

pytestmark = pytest.mark.faults
STOP_SECONDS = 20  # they end within three, on a machine that has nothing else to do; this only tells a hang
SCREENS = 3


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    with Demo(tmp_path, chats=20) as running:
        yield running


def log_in(client: httpx.Client, name: str = "agent") -> None:
    client.get("/login/")
    token = client.cookies["csrftoken"]
    answer = client.post("/login/", data={"username": name, "password": "demo", "csrfmiddlewaretoken": token})
    assert answer.status_code == 302


def open_screens(demo: Demo, opened: ExitStack) -> None:
    """Browsers that follow the live stream, as seen from the server: answers that never end."""
    for _ in range(SCREENS):
        client = opened.enter_context(httpx.Client(base_url=demo.url, timeout=10))
        log_in(client)
        stream = opened.enter_context(client.stream("GET", "/live/"))
        assert stream.headers["content-type"].startswith("text/event-stream")


def test_ctrl_c_with_open_screens_ends_every_process_and_it_runs_again(demo: Demo, tmp_path: Path) -> None:
    chats = {chat["jid"] for chat in demo.simulator.chats()}
    with ExitStack() as opened:
        open_screens(demo, opened)
        assert len(demo.members()) >= 6  # demo, simulator, classifier, serve, web, worker
        demo.interrupt()
        wait_until(lambda: not demo.members(), STOP_SECONDS, told=f"still there: {commands(demo)}")
    assert demo.process.wait(1) == 0
    assert "Traceback" not in demo.told()
    with Demo(tmp_path, chats=20) as again:
        assert {chat["jid"] for chat in again.simulator.chats()} == chats


def test_killing_the_first_process_leaves_no_orphan(demo: Demo) -> None:
    with ExitStack() as opened:
        open_screens(demo, opened)
        os.kill(demo.process.pid, signal.SIGKILL)
        demo.process.wait(1)
        wait_until(lambda: not demo.members(), STOP_SECONDS, told=f"orphans: {commands(demo)}")


def test_killing_the_supervisor_of_web_and_worker_leaves_no_orphan(demo: Demo) -> None:
    serve = next(pid for pid in demo.members() if "manage.py serve" in demo.command_of(pid))
    children = [pid for pid in demo.members() if parent_of(pid) == serve]
    assert len(children) >= 2
    os.kill(serve, signal.SIGKILL)
    wait_until(lambda: not set(children) & set(demo.members()), STOP_SECONDS, told=f"orphans: {commands(demo)}")


def test_the_demos_classifier_finds_who_is_unhappy(demo: Demo) -> None:
    state = demo.simulator.ask("GET", "/sim/state")
    unhappy = next(str(label["id"]) for label in state["labels"] if label["name"] == "Unhappy")
    angry, content = [chat["jid"] for chat in demo.simulator.chats() if chat["jid"].endswith("@c.us")][:2]
    demo.simulator.message(content, "thank you, all is well")
    demo.simulator.message(angry, "this is terrible, I want my money back")
    wait_until(lambda: unhappy in demo.simulator.labels_of(angry), 60, told="the unhappy customer is labelled")
    assert unhappy not in demo.simulator.labels_of(content)


def test_a_busy_port_is_told_in_a_sentence(tmp_path: Path) -> None:
    with socket.create_server((HOST, 0)) as busy, pytest.raises(AssertionError) as failure:
        Demo(tmp_path, port=busy.getsockname()[1])
    assert "can't be used" in str(failure.value)
    assert "Traceback" not in str(failure.value)


def commands(demo: Demo) -> list[str]:
    return [demo.command_of(pid) for pid in demo.members()]


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()[1])
