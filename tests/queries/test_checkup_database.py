from pathlib import Path

import pytest
from django.db import OperationalError, connection

from labelapp.queries import checkup_database
from labelapp.queries.checkup import Level
from labelapp.queries.checkup_database import check_database


def test_a_database_that_is_well(db: None) -> None:
    found = list(check_database())
    assert {check.level for check in found} == {Level.OK}, found
    assert "answers." in found[0].words


def test_migrations_that_wait(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'labelapp'")
    (wrong,) = [check for check in check_database() if check.level == Level.FAILURE]
    assert (wrong.words.endswith("have not been made."), wrong.todo) == (True, "Run manage.py migrate.")


def test_a_database_that_is_newer_than_the_code(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('labelapp', '9999_later', CURRENT_TIMESTAMP)"
        )
    (wrong,) = [check for check in check_database() if check.level == Level.FAILURE]
    assert wrong.words == "It is newer than this code (labelapp.9999_later)."


def test_a_database_that_is_away_is_one_line(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> None:
        raise OperationalError("connection refused\nmore of it")

    monkeypatch.setattr(checkup_database, "_dial", away)
    (wrong,) = check_database()
    assert (wrong.code, wrong.words) == ("database.unreachable", "It can't be used: connection refused.")


def test_a_server_that_forgets_is_a_failure(db: None) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("of PostgreSQL")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")
    (wrong,) = [check for check in check_database() if check.level == Level.FAILURE]
    assert wrong.words.startswith("synchronous_commit is off")


def test_a_file_that_is_not_written_ahead_is_a_failure(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("of SQLite")
    monkeypatch.setattr(checkup_database, "_value", lambda query: "delete" if "journal" in query else "1")
    assert Level.FAILURE in {check.level for check in check_database()}


def test_a_database_that_is_not_there_is_not_made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("of SQLite")
    file = tmp_path / "none.sqlite3"
    monkeypatch.setitem(connection.settings_dict, "NAME", str(file))
    (wrong,) = check_database()
    assert (wrong.code, wrong.level, file.exists()) == ("database.missing", Level.FAILURE, False)
