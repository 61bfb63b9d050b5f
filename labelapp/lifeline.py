"""A child that must not outlive its supervisor: both hold an end of a pipe, and when the supervisor is gone, however it went, the
child reads the end of the file and stops itself. Standard library only."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence

VARIABLE = "LABELAPP_LIFELINE"
GRACE = 5.0
LIVES = 3


def watch() -> None:
    """In a child: stop this process when the supervisor that started it is gone. Does nothing for a process started by hand."""
    number = os.environ.pop(VARIABLE, "")
    if number:
        threading.Thread(target=_wait_for_end, args=[int(number)], daemon=True, name="lifeline").start()


def _wait_for_end(number: int) -> None:
    while os.read(number, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE)
    os._exit(1)


class Family:
    """The children of a supervisor. Leaving the `with` block stops them all, by force after GRACE seconds."""

    def __init__(self) -> None:
        self._read, self._write = os.pipe()
        self.children: dict[str, subprocess.Popen[bytes]] = {}
        self._plans: dict[str, tuple[Sequence[str], Mapping[str, str]]] = {}
        self._revived: dict[str, list[float]] = {}

    def start(self, name: str, command: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
        """Start `command` as a child in a process group of its own, so that a Ctrl-C at the terminal reaches only us."""
        self._plans[name] = (command, environment or {})
        self.children[name] = subprocess.Popen(  # noqa: S603
            [sys.executable, *command],
            env={**os.environ, **(environment or {}), VARIABLE: str(self._read)},
            pass_fds=[self._read],
            start_new_session=True,
        )

    def revive(self, name: str) -> bool:
        """Start a child again that has ended by itself; False when that happened LIVES times within a minute."""
        now = time.monotonic()
        recent = [at for at in self._revived.get(name, []) if now - at < 60]
        if len(recent) >= LIVES:
            return False
        self._revived[name] = [*recent, now]
        time.sleep(0.5 * len(recent))
        self.start(name, *self._plans[name])
        return True

    def ended(self) -> str | None:
        """The name of a child that has ended, if one has."""
        return next((name for name, child in self.children.items() if child.poll() is not None), None)

    def stop(self) -> None:
        """Ask all children to end, then make them."""
        running = [child for child in self.children.values() if child.poll() is None]
        for child in running:
            child.terminate()
        until = time.monotonic() + GRACE
        for child in running:
            try:
                child.wait(max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()

    def __enter__(self) -> "Family":
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()
        os.close(self._write)
        os.close(self._read)
