"""The real thing as processes of its own: simulator, web and worker, for browser tests, fault tests and figures."""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

import httpx

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"
READY = "labelapp is ready"
READY_SECONDS = 240  # a machine that has much else to do; one that ends by itself is noticed at once
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


def wait_until(what: Callable[[], Any], seconds: float = 20, pause: float = 0.05, told: str = "") -> Any:
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
        return httpx.get(url, timeout=10).is_success
    except httpx.HTTPError:
        return False


def differing_copies(settings: Mapping[str, str]) -> list[str]:
    """What the product with these settings stores twice and does not say the same, as `tests.copies` tells it."""
    environment = clean_environment(**{"DJANGO_SETTINGS_MODULE": "labelapp.settings", **settings})
    command = [sys.executable, "-m", "tests.copies"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)  # noqa: S603
    assert done.returncode == 0, f"the copies could not be compared: {done.stdout}{done.stderr}"
    return list(json.loads(done.stdout))


class Simulator:
    """The simulator's control API: what the phone shows, and what the provider is told to do wrong."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = httpx.Client(base_url=url, timeout=10)
        self.said_in = 0  # the second of the last message

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None, **params: Any) -> Any:
        answer = self.http.request(method, path, json=body, params=params)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text[:300]}"
        return answer.json() if answer.content else None

    def chats(self, q: str = "", limit: int = 50) -> list[dict[str, Any]]:
        found = self.ask("GET", "/sim/chats", q=q, limit=limit)
        return list(found["chats"] if isinstance(found, dict) else found)

    def labels_of(self, jid: str, **where: str) -> set[str]:
        return {str(wa_id) for wa_id in self.ask("GET", f"/sim/chats/{quote(jid)}", **where)["labels"]}

    def label_on_phone(self, jid: str, wa_id: str, *, on: bool, **where: str) -> None:
        self.ask("POST", "/sim/phone/label", {"chat": jid, "label": wa_id, "on": on}, **where)

    def message(self, jid: str, text: str, **more: Any) -> None:
        """Newer than all before it. WhatsApp tells the time of messages in seconds: within one, neither of two is the newer."""
        wait_until(lambda: int(time.time()) > self.said_in, told="the second of the last message is over")
        self.said_in = int(time.time())
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

    def wait_for_answer(self, url: str) -> None:
        """Returns once a server answers there, and is content; AssertionError when the command ends or is too slow."""

        def answers_or_ended() -> bool:
            ended = self.process.poll() is not None
            assert not ended, f"{self.process.args} ended with {self.process.returncode}:\n{self.told()[-3000:]}"
            return answers(url)

        wait_until(answers_or_ended, READY_SECONDS, told=f"{url} answers")

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
        self.settings = {"DATA_DIR": str(folder)}
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
        try:
            self.start_provider()
            self.start_product()
            self.prepare()
        except BaseException:
            print(*(log.read_text(errors="replace")[-3000:] for log in sorted(folder.glob("*.log"))), sep="\n")
            self.stop()
            raise

    def start_product(self) -> None:
        """Web and worker under one supervisor, as on one machine."""
        self.product = Processes(["serve"], self.folder / "product.log", **self.settings)
        self.product.wait_for_answer(f"{self.url}/readyz")

    def restart_product(self) -> None:
        self.stop_product()
        self.start_product()

    def prepare(self) -> None:
        """The demo's people and its number, imported."""
        self.ask_product("tests.seed", self.simulator_url)

    def open_shop(self) -> None:
        """The shop forgets its token when the simulator ends: another test may have stopped it."""
        if not self.simulator.ask("GET", "/sim/shop")["ready"]:
            self.prepare()

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
        self.provider.wait_for_answer(f"{self.simulator_url}/sim/state")

    def ask_product(self, module: str, *arguments: str) -> str:
        """What a module prints that runs with the product's settings."""
        command = [sys.executable, "-m", module, *arguments]
        environment = clean_environment(DJANGO_SETTINGS_MODULE="labelapp.settings", **self.settings)
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)  # noqa: S603
        assert done.returncode == 0, f"{module}: {done.stdout}{done.stderr}"
        return done.stdout

    def stop_product(self) -> None:
        if hasattr(self, "product"):
            self.product.stop()

    def stop(self) -> None:
        self.simulator.http.close()
        self.stop_product()
        if hasattr(self, "provider"):
            self.provider.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()
