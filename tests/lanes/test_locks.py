import time
from collections.abc import Callable

import pytest
from django.db import connection

from labelapp.lanes.locks import Locks

pytestmark = pytest.mark.django_db


def becomes(true: Callable[[], bool], seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def end_session(locks: Locks) -> None:
    """What a restart of the server does to the connection."""
    assert locks._wire is not None
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 20000)", [locks._wire.info.backend_pid])


@pytest.fixture
def on_postgresql(db: None) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("on SQLite the file lock of the one worker is enough (tests/management/test_worker.py)")


def test_one_runner_per_name(on_postgresql: None) -> None:
    with Locks() as first, Locks() as second:
        assert (first.hold("push:1"), first.hold("push:1")) == (True, True)
        assert (second.hold("push:1"), second.hold("push:2")) == (False, True)
        assert first.hold("push:2") is False
        first.close()
        assert becomes(lambda: second.hold("push:1"))


def test_a_lost_connection_has_lost_its_locks(on_postgresql: None) -> None:
    with Locks() as first, Locks() as second:
        assert first.hold("push:1")
        assert first.holds("push:1")
        end_session(first)
        assert becomes(lambda: not first.holds("push:1"))
        assert becomes(lambda: second.hold("push:1"))
        assert first.hold("push:1") is False


def test_a_lock_is_given_back_alone(on_postgresql: None) -> None:
    with Locks() as first, Locks() as second:
        assert [first.hold("push:1"), first.hold("push:2")] == [True, True]
        first.free("push:1")
        assert (first.holds("push:1"), first.holds("push:2")) == (False, True)
        assert (second.hold("push:1"), second.hold("push:2")) == (True, False)


def test_what_the_server_says_by_itself_is_no_loss(on_postgresql: None) -> None:
    """A changed setting reaches idle connections unasked."""
    with Locks() as locks:
        assert locks.hold("push:1")
        assert locks._wire is not None
        locks._wire.execute("SET client_min_messages = debug1")
        locks._wire.execute("SELECT pg_reload_conf()")
        assert not becomes(lambda: not locks.holds("push:1"), 0.3)


def test_either_end_notices_within_five_seconds_that_the_other_machine_is_gone(on_postgresql: None) -> None:
    with Locks() as locks:
        locks.hold("push:1")
        wire = locks._wire
        assert wire is not None
        if not wire.info.host or wire.info.host.startswith("/"):
            pytest.skip("a socket file knows no other machine")
        names = ["idle", "interval", "count"]
        theirs = [wire.execute(f"SHOW tcp_keepalives_{name}").fetchone() for name in names]
        ours = [wire.info.get_parameters()[f"keepalives_{name}"] for name in names]
    assert [row and row[0] for row in theirs] == ours == ["2", "1", "3"]


def test_sqlite_needs_none(db: None) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL has locks")
    with Locks() as locks:
        assert locks.hold("push:1") is True
