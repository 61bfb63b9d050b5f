"""Notices that something was committed, soon after it was. Only a hint: whoever waits looks at the tables anyway."""

import time
from types import TracebackType

import psycopg
from django.db import connection

from labelapp.actions.notices import CHANNEL
from labelapp.lanes.wires import Wire, open_wire

POLL = 0.05  # seconds between two looks at SQLite's data version: 0.6 % of a core, half of it as a mean delay
REST = 0.05  # seconds between two wakes by PostgreSQL: the first notice is heard at once, those of a burst together


class Waker:
    """Waits for the next commit by anybody else. Belongs to one thread, which needs a connection of its own for it."""

    def __init__(self) -> None:
        self._version = -1
        self._wire: Wire | None = None
        self._rests_until = 0.0

    def wait(self, seconds: float) -> bool:
        """Return True as soon as something was committed, False when nothing was for so long."""
        if connection.vendor == "postgresql":
            return self._listen(seconds)
        until = time.monotonic() + seconds
        while True:
            if self._moved():
                return True
            if time.monotonic() >= until:
                return False
            time.sleep(POLL)

    def _moved(self) -> bool:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA data_version")  # changes when another connection has committed
            (version,) = cursor.fetchone()
        moved = bool(version != self._version)
        self._version = version
        return moved

    def _listen(self, seconds: float) -> bool:
        try:
            if self._wire is None or self._wire.closed:
                self._wire = open_wire("listen")
                self._wire.execute(f"LISTEN {CHANNEL}")
                return True
            rest = min(seconds, max(0.0, self._rests_until - time.monotonic()))
            time.sleep(rest)
            heard = list(self._wire.notifies(timeout=seconds - rest, stop_after=1))
            if heard:
                self._rests_until = time.monotonic() + REST
            return bool(heard)
        except psycopg.Error:
            self.close()
            time.sleep(min(seconds, 1))
            return True

    def close(self) -> None:
        """Close what the thread opened."""
        if self._wire is not None:
            self._wire.close()
            self._wire = None
        connection.close()

    def __enter__(self) -> "Waker":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
