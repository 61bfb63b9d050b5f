"""One runner per (number, lane), on any number of machines."""

import hashlib
from types import TracebackType
from typing import Any

import psycopg
from django.db import connection


class Locks:
    """The runner's locks of one thread. On PostgreSQL session-level advisory locks on a connection of its own: a killed
    process frees them at once. On SQLite the file lock of the only worker is enough."""

    def __init__(self) -> None:
        self._wire: psycopg.Connection[tuple[object, ...]] | None = None
        self._held: set[str] = set()

    def hold(self, name: str) -> bool:
        """Whether this thread may run what `name` names: it holds the lock, now or already."""
        if connection.vendor != "postgresql":
            return True
        try:
            if self._wire is None or self._wire.closed:
                self._held.clear()
                self._wire = psycopg.connect(**wire_parameters(), autocommit=True)
            if name not in self._held:
                row = self._wire.execute("SELECT pg_try_advisory_lock(%s)", [_key(name)]).fetchone()
                if row and row[0]:
                    self._held.add(name)
            else:
                self._wire.execute("SELECT 1")  # a lost connection has lost the lock too
        except psycopg.Error:
            self.close()
            return False
        return name in self._held

    def close(self) -> None:
        """Give all locks back."""
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


def wire_parameters() -> dict[str, Any]:
    """How Django itself would connect, without its pool."""
    parameters = connection.get_connection_params()
    for name in ("pool", "cursor_factory", "context", "prepare_threshold"):
        parameters.pop(name, None)
    return dict(parameters)


def _key(name: str) -> int:
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), signed=True)
