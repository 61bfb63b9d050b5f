"""The simulator as the process it is, for tests on this side of the wire."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import httpx

HOST = "127.0.0.1"
ROOT = Path(__file__).resolve().parent.parent.parent
CREDENTIALS = {"instance_id": "demo", "access_token": "demo-token"}
KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "VIRTUAL_ENV")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


class SimulatorProcess:
    """`python -m labelapp.simulator` on a free port. `start` returns once it answers; more arguments go to its command line."""

    def __init__(self, data: Path, *arguments: str, port: int = 0) -> None:
        self.data, self.arguments = data, arguments
        self.port = port or free_port()
        self.url = f"http://{HOST}:{self.port}"
        self.log = data.with_suffix(".log")
        self.process: subprocess.Popen[bytes] | None = None
        self.http = httpx.Client(base_url=self.url, timeout=10, trust_env=False)

    def command(self, *command: str) -> subprocess.Popen[bytes]:
        environment = {name: os.environ[name] for name in KEPT if name in os.environ}
        with self.log.open("ab") as out:
            return subprocess.Popen(  # noqa: S603
                [sys.executable, *command], cwd=ROOT, env=environment, stdout=out, stderr=subprocess.STDOUT
            )

    def start(self) -> Self:
        own = ("-m", "labelapp.simulator")
        self.process = self.command(*own, "--port", str(self.port), "--data", str(self.data), *self.arguments)
        self.wait_for(self._answers, timeout=20)
        return self

    def _answers(self) -> bool:
        if self.process is None or self.process.poll() is not None:
            raise AssertionError(f"The simulator ended: {self.output()}")
        try:
            return self.http.get("/sim/state").is_success
        except httpx.TransportError:
            return False

    def output(self) -> str:
        """What it printed."""
        return self.log.read_text() if self.log.exists() else ""

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Its exit code."""
        if self.process is None:
            return 0
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(10)

    def kill(self) -> None:
        self.stop(signal.SIGKILL)

    def get(self, path: str, **params: Any) -> Any:
        return self._answered(self.http.get(path, params=params))

    def post(self, path: str, json: dict[str, Any] | None = None) -> Any:
        return self._answered(self.http.post(path, json=json))

    def delete(self, path: str) -> Any:
        return self._answered(self.http.delete(path))

    def api(self, method: str, path: str, json: Any = None, **params: Any) -> httpx.Response:
        """A call as a client makes it, the credentials in the query."""
        return self.http.request(method, path, params=CREDENTIALS | params, json=json)

    def waha(self, method: str, path: str, json: Any = None, session: str = "demo", **params: Any) -> httpx.Response:
        """A call in WAHA's dialect; `path` is what follows the session."""
        headers = {"X-Api-Key": CREDENTIALS["access_token"]}
        return self.http.request(method, f"/api/{session}/{path}", params=params, json=json, headers=headers)

    def calls(self) -> list[dict[str, Any]]:
        """What the log holds of calls to the API, oldest first."""
        return list(self.get("/sim/calls")["calls"])

    def wait_for(self, predicate: Callable[[], Any], timeout: float = 20) -> Any:
        """The first true answer of `predicate`; AssertionError after `timeout` seconds."""
        deadline = time.monotonic() + timeout
        while not (answer := predicate()):
            if time.monotonic() > deadline:
                raise AssertionError(f"not so within {timeout:g} s")
            time.sleep(0.02)
        return answer

    @staticmethod
    def _answered(response: httpx.Response) -> Any:
        assert response.is_success, f"{response.request.method} {response.request.url.path}: {response.text[:300]}"
        return response.json()
