"""The real thing as processes of its own: simulator, web and worker, for browser tests, fault tests and figures."""

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
from typing import Any, Self
from urllib.parse import quote

import httpx

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"
READY = "labelapp is ready"
READY_SECONDS = 90
STOP_SECONDS = 10
KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "VIRTUAL_ENV")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
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


def answers(url: str) -> bool:
    """Whether a server answers there, and is content."""
    try:
        return httpx.get(url, timeout=2).is_success
    except httpx.HTTPError:
        return False


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
        self.begun = log.stat().st_size if log.exists() else 0
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
        """What it has printed since it was started."""
        return self.log.read_bytes()[self.begun :].decode(errors="replace")

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

    def __exit__(self, *error: object) -> None:
        self.stop()


class Demo(Processes):
    """`manage.py demo` on free ports with its data in `folder`, ready when made. Nothing happens in it by itself."""

    def __init__(self, folder: Path, *, chats: int = 20, port: int = 0) -> None:
        self.port, self.simulator_port = port or free_port(), free_port()
        self.url = f"http://{HOST}:{self.port}"
        arguments = ["demo", "--data-dir", str(folder), "--port", str(self.port)]
        arguments += ["--simulator-port", str(self.simulator_port), "--life", "0", "--chats", str(chats)]
        super().__init__(arguments, folder / "demo.log")
        self.wait_for(READY)
        self.simulator = Simulator(f"http://{HOST}:{self.simulator_port}")

    def stop(self) -> None:
        self.simulator.http.close()
        super().stop()


class Stack:
    """The parts of the demo, each a process that a test can stop: `provider` (the simulator) and `product` (`manage.py serve`).

    `environment` adds to the product's settings, e.g. another database.
    """

    def __init__(self, folder: Path, *, chats: int = 48, **environment: str) -> None:
        self.folder, self.chats = folder, chats
        self.port, self.simulator_port = free_port(), free_port()
        self.url, self.simulator_url = f"http://{HOST}:{self.port}", f"http://{HOST}:{self.simulator_port}"
        self.settings = {
            "DEMO": "1",
            "DATA_DIR": str(folder),
            "HOST": HOST,
            "PORT": str(self.port),
            "SIMULATOR_PORT": str(self.simulator_port),
            "PUBLIC_URL": self.url,
            "LOG_LEVEL": "WARNING",
        } | environment
        self.simulator = Simulator(self.simulator_url)
        self.start_provider()
        self.product = Processes(["serve"], folder / "product.log", **self.settings)
        try:
            wait_until(lambda: answers(f"{self.url}/readyz"), READY_SECONDS, told="the product is ready")
            self.ask_product("tests.seed", self.simulator_url)
        except BaseException:
            print(self.product.told()[-3000:])
            self.stop()
            raise

    def start_provider(self) -> None:
        """The simulator, with the world it had when it was stopped."""
        arguments = [
            "simulator",
            "--host",
            HOST,
            "--port",
            str(self.simulator_port),
            "--chats",
            str(self.chats),
            "--keep",
        ]
        arguments += ["--data", str(self.folder / "simulator.sqlite3"), "--product-url", self.url]
        self.provider = Processes(arguments, self.folder / "simulator.log")
        wait_until(lambda: answers(f"{self.simulator_url}/sim/state"), READY_SECONDS, told="the simulator is ready")

    def ask_product(self, module: str, *arguments: str) -> str:
        """What a module prints that runs with the product's settings."""
        command = [sys.executable, "-m", module, *arguments]
        environment = clean_environment(DJANGO_SETTINGS_MODULE="labelapp.settings", **self.settings)
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)  # noqa: S603
        assert done.returncode == 0, f"{module}: {done.stdout}{done.stderr}"
        return done.stdout

    def stop(self) -> None:
        self.simulator.http.close()
        self.product.stop()
        self.provider.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()
