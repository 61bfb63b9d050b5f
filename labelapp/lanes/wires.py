"""Connections to PostgreSQL outside the pool, for what belongs to a session: locks and notices."""

import os
import socket
from typing import Any

import psycopg
from django.db import connection

# Both ends find out within five seconds that the other machine has vanished without a word (a dead process is known at once).
OUR_SIDE = {"keepalives_idle": 2, "keepalives_interval": 1, "keepalives_count": 3, "tcp_user_timeout": 4000}
SERVER_SIDE = (
    "SET tcp_keepalives_idle = 2; SET tcp_keepalives_interval = 1; SET tcp_keepalives_count = 3; "
    "SET tcp_user_timeout = 4000"
)
PROCESS = f"{socket.gethostname()[:30]}:{os.getpid()}"
Wire = psycopg.Connection[tuple[object, ...]]


def open_wire(purpose: str) -> Wire:
    """A connection of its own, in autocommit. `pg_stat_activity` shows `purpose` and this process. Raises psycopg.Error."""
    wire = psycopg.connect(**wire_parameters(), autocommit=True)
    try:
        wire.execute(SERVER_SIDE)
        wire.execute("SELECT set_config('application_name', %s, false)", [f"labelapp {purpose} {PROCESS}"])
    except psycopg.Error:
        wire.close()
        raise
    return wire


def wire_parameters() -> dict[str, Any]:
    """How Django itself would connect, without its pool, and quicker to notice that nobody is there."""
    parameters = connection.get_connection_params()
    for name in ("pool", "cursor_factory", "context", "prepare_threshold"):
        parameters.pop(name, None)
    return {**parameters, **OUR_SIDE}
