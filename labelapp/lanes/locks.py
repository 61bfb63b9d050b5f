"""One runner per (number, lane), on any number of machines."""

import hashlib
import select
import threading
from types import TracebackType

import psycopg
from django.db import connection

from labelapp.lanes.wires import Wire, open_wire


class Locks:
    """The locks that this process holds: session-level advisory locks on one connection of PostgreSQL, all its lanes' together.

    A killed process frees them at once. A connection that is lost has lost them all, which `holds` knows from then on: runners in
    progress ask it before every step. On SQLite the file lock of the only worker is enough and every lock is free.
    """

    def __init__(self) -> None:
        self._wire: Wire | None = None
        self._held: set[str] = set()
        self._mutex = threading.RLock()

    def hold(self, name: str) -> bool:
        """Whether this process may run what `name` names: it holds the lock, now or already."""
        if connection.vendor != "postgresql":
            return True
        with self._mutex:
            try:
                if self.holds(name):
                    return True
                if self._wire is None:
                    self._wire = open_wire("locks")
                row = self._wire.execute("SELECT pg_try_advisory_lock(%s)", [_key(name)]).fetchone()
                if row and row[0]:
                    self._held.add(name)
            except psycopg.Error:
                self.close()
            return name in self._held

    def holds(self, name: str) -> bool:
        """Whether the lock is still ours. Cheap: asks the connection, not the server."""
        if connection.vendor != "postgresql":
            return True
        with self._mutex:
            if self._wire is not None and not self._is_alive(self._wire):
                self.close()
            return name in self._held

    @property
    def is_connected(self) -> bool:
        """Whether there is a connection that could hold anything."""
        return self._wire is not None

    def free(self, name: str) -> None:
        """Let somebody else have it."""
        with self._mutex:
            if self._wire is None or name not in self._held:
                return
            self._held.discard(name)
            try:
                self._wire.execute("SELECT pg_advisory_unlock(%s)", [_key(name)])
            except psycopg.Error:
                self.close()

    @staticmethod
    def _is_alive(wire: Wire) -> bool:
        """Nothing is to be read from an idle connection. Where something is, it may be the end, or a notice of the server."""
        try:
            ear = select.poll()
            ear.register(wire.fileno(), select.POLLIN)
            if ear.poll(0):
                wire.execute("SELECT 1")
        except psycopg.Error:
            return False
        return True

    def close(self) -> None:
        """Give all locks back."""
        with self._mutex:
            self._held.clear()
            if self._wire is not None:
                self._wire.close()
                self._wire = None

    def __enter__(self) -> "Locks":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _key(name: str) -> int:
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), signed=True)
