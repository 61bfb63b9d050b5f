"""Connections to SQLite that are kept for whoever needs one next."""

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from pytest_django import DjangoDbBlocker

from labelapp.sqlite import base, idle


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(base, "idle", idle.Idle())
    return tmp_path / "a.sqlite3"


@pytest.fixture
def wrapper(file: Path, django_db_blocker: DjangoDbBlocker) -> Iterator[base.DatabaseWrapper]:
    found = base.DatabaseWrapper({**connections["default"].settings_dict, **settings(file)})
    with django_db_blocker.unblock():
        yield found
        found.close()


def settings(file: Path) -> dict[str, Any]:
    pragmas = "PRAGMA journal_mode=WAL;PRAGMA foreign_keys=ON;"
    return {"NAME": str(file), "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 1, "init_command": pragmas}}


def opened(wrapper: base.DatabaseWrapper) -> sqlite3.Connection:
    wrapper.ensure_connection()
    assert wrapper.connection is not None
    raw: sqlite3.Connection = wrapper.connection
    return raw


def test_the_next_one_gets_it_as_it_was_set_up(wrapper: base.DatabaseWrapper) -> None:
    raw = opened(wrapper)
    wrapper.close()
    assert opened(wrapper) is raw
    assert raw.execute("PRAGMA foreign_keys").fetchone() == (1,)
    assert raw.isolation_level is None


def test_two_at_once_have_two(wrapper: base.DatabaseWrapper, file: Path) -> None:
    other = base.DatabaseWrapper(wrapper.settings_dict | settings(file))
    assert opened(wrapper) is not opened(other)
    other.close()


def test_what_was_not_committed_is_not_handed_on(wrapper: base.DatabaseWrapper) -> None:
    raw = opened(wrapper)
    raw.execute("CREATE TABLE t (n)")
    raw.execute("BEGIN IMMEDIATE")
    raw.execute("INSERT INTO t VALUES (1)")
    wrapper.close()
    again = opened(wrapper)
    assert again is not raw
    assert again.execute("SELECT count(*) FROM t").fetchone() == (0,)
    with pytest.raises(sqlite3.ProgrammingError):
        raw.execute("SELECT 1")


def test_a_file_that_was_put_in_its_place_is_another_database(wrapper: base.DatabaseWrapper, file: Path) -> None:
    opened(wrapper).execute("CREATE TABLE old (n)")
    wrapper.close()
    for part in ("", "-wal", "-shm"):
        file.with_name(file.name + part).unlink(missing_ok=True)
    assert opened(wrapper).execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)


def test_an_old_one_is_closed(wrapper: base.DatabaseWrapper, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = opened(wrapper)
    wrapper.close()
    monkeypatch.setattr(idle, "LONGEST", -1.0)
    assert opened(wrapper) is not raw


def test_at_most_so_many_are_kept(wrapper: base.DatabaseWrapper, file: Path) -> None:
    some = [base.DatabaseWrapper(wrapper.settings_dict | settings(file)) for _ in range(idle.MOST + 3)]
    raws = [opened(one) for one in some]
    for one in some:
        one.close()
    closed = 0
    for raw in raws:
        try:
            raw.execute("SELECT 1")
        except sqlite3.ProgrammingError:
            closed += 1
    assert closed == 3


def test_threads_hand_them_to_each_other(wrapper: base.DatabaseWrapper, file: Path) -> None:
    opened(wrapper).execute("CREATE TABLE t (n)")
    wrapper.close()

    def insert() -> None:
        own = base.DatabaseWrapper(wrapper.settings_dict | settings(file))
        for n in range(20):
            with own.cursor() as cursor:
                cursor.execute("INSERT INTO t VALUES (%s)", [n])
            own.close()

    threads = [threading.Thread(target=insert) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert opened(wrapper).execute("SELECT count(*) FROM t").fetchone() == (80,)
