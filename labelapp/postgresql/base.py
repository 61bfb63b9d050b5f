"""Django's own backend; only how a connection comes out of the pool differs.

psycopg's pool can look at a connection before it hands it out, but after each dead one it pauses, twice as long every time: with
twenty of them left by a restart of the server that is longer than anybody waits. Here one dead connection is enough to renew all.
"""

import time
from select import POLLIN, poll
from typing import Any

from django.db.backends.postgresql import base
from psycopg import OperationalError
from psycopg_pool import ConnectionPool

TRIES = 4  # connections looked at before giving up: others may draw from the pool while it is being renewed
RENEW_EVERY = 1.0  # seconds: whoever met a dead connection a moment later need not throw away the new ones

# The server's side of a connection: a machine that vanished without a word keeps no row locked for longer than this. And no plan is
# compiled: that takes longer than what is asked here, and is done wherever many rows might be looked at.
SERVER_SIDE = (
    "SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3; "
    "SET tcp_user_timeout = 25000; SET idle_in_transaction_session_timeout = 60000; SET jit = off"
)


def is_alive(connection: Any) -> bool:
    """Whether the server still answers on it.

    A server that ends tells so on the wire, and says nothing else to a connection at rest: only where there is something to read it
    is asked, which is one way there and back.
    """
    news = poll()
    try:
        news.register(connection.fileno(), POLLIN)
        if news.poll(0):
            ConnectionPool.check_connection(connection)
    except OperationalError:
        return False
    return True


class DatabaseWrapper(base.DatabaseWrapper):
    """Hands out living connections only."""

    _renewed_at: dict[str, float] = {}  # noqa: RUF012  per alias, as the pools themselves are

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """A connection that has just answered. OperationalError when there is none within the pool's `timeout`."""
        connection = super().get_new_connection(conn_params)
        for _try in range(TRIES):
            if not self.pool or is_alive(connection):
                return connection
            self.pool.putconn(connection)  # the pool sees that it is dead
            self._renew_pool()
            connection = super().get_new_connection(conn_params)
        return connection

    def _renew_pool(self) -> None:
        now = time.monotonic()
        if now - self._renewed_at.get(self.alias, -RENEW_EVERY) >= RENEW_EVERY:
            self._renewed_at[self.alias] = now
            self.pool.drain()

    def _configure_connection(self, connection: Any) -> bool:
        connection.execute(SERVER_SIDE)
        return bool(super()._configure_connection(connection))  # type: ignore[misc]  # not in the stubs
