"""Processes that are killed and started again. When the harness goes, however it went, they go too."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from tests.stack import ROOT, STOP_SECONDS, clean_environment

LIFELINE = "LABELAPP_LIFELINE"
_read, _write = os.pipe()  # every child reads it, and ends when nobody can write into it any more


class Service:
    """A command of `manage.py` under a name. Its output goes to one file over all its lives."""

    def __init__(self, name: str, arguments: list[str], folder: Path, environment: dict[str, str]) -> None:
        self.name, self.arguments, self.log = name, arguments, folder / f"{name}.log"
        self.environment = clean_environment(**environment) | {LIFELINE: str(_read)}
        self.started = 0.0  # monotonic
        self.process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def start(self) -> None:
        """Start it unless it runs."""
        with self._lock:
            if self.alive:
                return
            self.started = time.monotonic()
            with self.log.open("ab") as out:
                self.process = subprocess.Popen(  # noqa: S603
                    [sys.executable, "manage.py", *self.arguments],
                    cwd=ROOT,
                    env=self.environment,
                    pass_fds=[_read],
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )

    @property
    def age(self) -> float:
        """Seconds since its last start."""
        return time.monotonic() - self.started

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def kill(self) -> bool:
        """SIGKILL, and wait until it is gone. False when it did not run."""
        with self._lock:
            if self.process is None or self.process.poll() is not None:
                return False
            self.process.kill()
            self.process.wait(STOP_SECONDS)
            return True

    def stop(self) -> None:
        """As an operator would; by force when it takes too long."""
        if self.alive and self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill()

    def memory(self) -> int:
        """Resident memory in KiB, 0 when it does not run."""
        if not self.alive or self.process is None:
            return 0
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")), 0)

    def told(self, characters: int = 2000) -> str:
        """The end of what it printed."""
        return self.log.read_text(errors="replace")[-characters:] if self.log.exists() else ""
