"""Django's own backend, but for two things: connections are kept for the next one, and how a statement waits for whoever is writing:
here, not inside SQLite.

SQLite has no queue for its lock. Whoever waits in it sleeps and looks again, up to 100 ms later, and is late nearly always while
others write all the time. Worse, it holds its connection's mutex all the while: a thread that is in the middle of a transaction
and whose garbage collector meets an old cursor of that connection waits for the waiting one, which waits for that transaction.
"""

import random
import sqlite3
import time
from collections.abc import Callable
from typing import Any

from django.db.backends.sqlite3 import base

from labelapp.sqlite.idle import Idle, Kept, key_of

idle = Idle()
LOOK_AGAIN = (0.0005, 0.0015)  # seconds, not all at once


class Cursor(base.SQLiteCursorWrapper):
    """Tries again while others hold the lock. OperationalError after `patience` seconds."""

    patience = 5.0

    def execute(self, query: str, params: Any = None) -> Any:
        return self._patiently(lambda: base.SQLiteCursorWrapper.execute(self, query, params))

    def executemany(self, query: str, param_list: Any) -> Any:
        rows = list(param_list)
        return self._patiently(lambda: base.SQLiteCursorWrapper.executemany(self, query, rows))

    def _patiently(self, run: Callable[[], Any]) -> Any:
        """A statement that met the lock has done nothing. Inside a transaction the lock is ours already."""
        until = time.monotonic() + self.patience
        while True:
            try:
                return run()
            except sqlite3.OperationalError as error:
                is_busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
                if not is_busy or self.connection.in_transaction or time.monotonic() > until:
                    raise
            time.sleep(random.uniform(*LOOK_AGAIN))  # noqa: S311


class DatabaseWrapper(base.DatabaseWrapper):
    """`timeout`, in seconds, is kept by its cursors; inside SQLite only the first statements of a connection wait."""

    kept: Kept | None = None  # the connection at work, where it can be kept

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        name = str(conn_params["database"])
        self.kept = idle.take(name)
        if self.kept:
            return self.kept.raw
        connection = super().get_new_connection(conn_params)
        connection.execute("PRAGMA busy_timeout = 0")
        key = key_of(name)
        self.kept = Kept(connection, key, time.monotonic()) if key else None
        return connection

    def _close(self) -> None:
        kept, self.kept = self.kept, None
        if kept is None or kept.raw is not self.connection or self.in_atomic_block or self.errors_occurred:
            super()._close()  # type: ignore[misc]  # not in the stubs
        else:
            idle.give(kept)

    def create_cursor(self, name: Any = None) -> Any:
        cursor = self.connection.cursor(factory=Cursor)
        cursor.patience = self.settings_dict["OPTIONS"].get("timeout", Cursor.patience)
        return cursor
