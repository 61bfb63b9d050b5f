"""Waiting for SQLite's lock."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import DatabaseError, OperationalError, connection

from labelapp.models import Instance

pytestmark = pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL locks rows")


@pytest.fixture
def writer(transactional_db: None) -> Iterator[sqlite3.Connection]:
    """Somebody else in the middle of a transaction."""
    other = sqlite3.connect(Path(connection.settings_dict["NAME"]), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield other
    other.close()


def test_a_waiting_statement_keeps_nobody_from_its_connection(number: Instance, writer: sqlite3.Connection) -> None:
    """A garbage collector in another thread may have to close a cursor of it, and that thread may hold the lock."""
    ready, done = threading.Event(), threading.Event()
    raw: list[sqlite3.Connection] = []

    def wait() -> None:
        connection.ensure_connection()
        raw.append(connection.connection)
        ready.set()
        Instance.objects.filter(pk=number.pk).update(name="Waited")
        done.set()
        connection.close()

    thread = threading.Thread(target=wait)
    thread.start()
    assert ready.wait(20)
    time.sleep(0.3)
    started = time.monotonic()
    raw[0].execute("SELECT 1").close()  # blocks where the mutex is held
    assert time.monotonic() - started < 1
    assert not done.is_set()
    writer.execute("COMMIT")
    thread.join(20)
    assert Instance.objects.get(pk=number.pk).name == "Waited"


def test_patience_ends(number: Instance, writer: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "timeout", 0.2)
    with pytest.raises(OperationalError, match="locked"):
        Instance.objects.filter(pk=number.pk).update(name="Never")
    writer.execute("ROLLBACK")
    assert Instance.objects.get(pk=number.pk).name != "Never"


def test_another_error_is_told_at_once(number: Instance) -> None:
    with connection.cursor() as cursor, pytest.raises(DatabaseError, match="no such table"):
        cursor.execute("SELECT * FROM nowhere")
