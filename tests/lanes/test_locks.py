import pytest
from django.db import connection

from labelapp.lanes.locks import Locks

pytestmark = pytest.mark.django_db


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
        assert second.hold("push:1") is True


def test_a_lost_connection_has_lost_its_locks(on_postgresql: None) -> None:
    with Locks() as first, Locks() as second:
        assert first.hold("push:1")
        assert first._wire is not None
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [first._wire.info.backend_pid])
        assert first.hold("push:1") is False
        assert second.hold("push:1") is True


def test_sqlite_needs_none(db: None) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL has locks")
    with Locks() as locks:
        assert locks.hold("push:1") is True
