"""The real thing: `manage.py demo` (simulator, web, worker) as processes of its own, for browser tests, fault tests and figures."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx

ROOT = Path(__file__).resolve().parent.parent
READY = "labelapp is ready"
READY_SECONDS = 90
STOP_SECONDS = 10
KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "VIRTUAL_ENV")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def clean_environment(**more: str) -> dict[str, str]:
    """Nothing of the test run's own settings: what a person's shell would hold, and no `.env`."""
    return (
        {name: os.environ[name] for name in KEPT if name in os.environ}
        | {"ENV_FILE": "", "PYTHONUNBUFFERED": "1"}
        | more
    )


def wait_until(what: Callable[[], Any], seconds: float = 10, pause: float = 0.05, told: str = "") -> Any:
    """The first true answer of `what`; AssertionError after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (answer := what()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not so within {seconds:g} s: {told or what}")
        time.sleep(pause)
    return answer


class Simulator:
    """The simulator's control API: what the phone shows, and what the provider is told to do wrong."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = httpx.Client(base_url=url, timeout=10)

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None, **params: Any) -> Any:
        answer = self.http.request(method, path, json=body, params=params)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text[:300]}"
        return answer.json() if answer.content else None

    def chats(self, q: str = "", limit: int = 50) -> list[dict[str, Any]]:
        found = self.ask("GET", "/sim/chats", q=q, limit=limit)
        return list(found["chats"] if isinstance(found, dict) else found)

    def labels_of(self, jid: str) -> set[str]:
        return {str(wa_id) for wa_id in self.ask("GET", f"/sim/chats/{quote(jid)}")["labels"]}

    def label_on_phone(self, jid: str, wa_id: str, *, on: bool) -> None:
        self.ask("POST", "/sim/phone/label", {"chat": jid, "label": wa_id, "on": on})

    def message(self, jid: str, text: str, **more: Any) -> None:
        self.ask("POST", "/sim/phone/message", {"chat": jid, "text": text} | more)

    @contextmanager
    def faults(self, **faults: Any) -> Iterator[None]:
        self.ask("POST", "/sim/faults", faults)
        try:
            yield
        finally:
            self.ask("DELETE", "/sim/faults")


class Processes:
    """A command of `manage.py` in a process group of its own, its output in a file. All that it starts carries its mark."""

    def __init__(self, arguments: list[str], log: Path, **environment: str) -> None:
        self.log = log
        self.mark = f"LABELAPP_STACK={secrets.token_hex(8)}"
        environment |= dict([self.mark.split("=")])
        with log.open("ab") as out:
            self.process = subprocess.Popen(  # noqa: S603
                [sys.executable, "manage.py", *arguments],
                cwd=ROOT,
                env=clean_environment(**environment),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def told(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def wait_for(self, words: str, seconds: float = READY_SECONDS) -> None:
        """Returns once the command has printed `words`; AssertionError with its last lines when it ends or is too slow."""
        deadline = time.monotonic() + seconds
        while words not in self.told():
            ended = self.process.poll() is not None
            if ended or time.monotonic() > deadline:
                why = f"ended with {self.process.returncode}" if ended else f"took over {seconds:g} s"
                self.kill()
                raise AssertionError(f"{self.process.args} {why}:\n{self.told()[-3000:]}")
            time.sleep(0.05)

    def members(self) -> list[int]:
        """The living processes that this command began, itself included, whatever group or session they went to."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                marked = self.mark.encode() in (entry / "environ").read_bytes().split(b"\0")
                ended = (entry / "stat").read_text().rsplit(") ", 1)[1].startswith("Z")
            except OSError:  # it ended while we looked, or is not ours
                continue
            if marked and not ended:
                found.append(int(entry.name))
        return sorted(found)

    def command_of(self, pid: int) -> str:
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            return ""

    def interrupt(self) -> None:
        """What Ctrl-C does in a terminal: SIGINT to every process of the group."""
        os.killpg(self.process.pid, signal.SIGINT)

    def stop(self) -> None:
        if self.process.poll() is None:
            self.interrupt()
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill()
        self.kill()

    def kill(self) -> None:
        for pid in self.members():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.process.wait(STOP_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class Stack(Processes):
    """`manage.py demo` on free ports with its data in `folder`, ready when made. `life=0`: nothing happens by itself."""

    def __init__(self, folder: Path, *, chats: int = 80, life: int = 0, port: int = 0, **environment: str) -> None:
        self.port, self.simulator_port = port or free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.simulator_url = f"http://127.0.0.1:{self.simulator_port}"
        arguments = [
            "demo",
            "--data-dir",
            str(folder),
            "--port",
            str(self.port),
            "--simulator-port",
            str(self.simulator_port),
        ]
        arguments += ["--life", str(life), "--chats", str(chats)]
        super().__init__(arguments, folder / "stack.log", **environment)
        self.wait_for(READY)
        self.simulator = Simulator(self.simulator_url)

    def simulator_pid(self) -> int:
        return next(pid for pid in self.members() if "manage.py simulator" in self.command_of(pid))
