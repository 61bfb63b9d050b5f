"""What `manage.py doctor` finds at the database: whether it answers, is up to date, and keeps what it was given."""

import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from labelapp.queries.checkup import Check, failure, ok, warning

CLOCKS = 5.0  # seconds that two clocks may differ


def check_database() -> Iterator[Check]:
    """Whether the database answers, is up to date, and keeps what it was given. Its first line is a failure when it can't be reached."""
    if (
        connection.vendor == "sqlite" and not Path(connection.settings_dict["NAME"]).is_file()
    ):  # opening it would make it
        yield failure("database.missing", _("There is no database yet."), _("Run manage.py migrate."))
        return
    try:
        _dial()
        yield ok(
            "database.answers", _("%(database)s answers.") % {"database": f"{connection.display_name} {_version()}"}
        )
        yield from _check_migrations()
        yield from _check_sqlite() if connection.vendor == "sqlite" else _check_postgresql()
    except Error as error:
        words = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        told = _("It can't be used: %(words)s.") % {"words": words}
        yield failure("database.unreachable", told, _("Look at DATABASE_URL, and whether the server runs."))


def _dial() -> None:
    """Connect. PostgreSQL first without its pool, which knows only that nothing came, and not why."""
    if connection.vendor == "postgresql":
        with connection.wrap_database_errors:
            psycopg.connect(**connection.get_connection_params()).close()
    connection.ensure_connection()


def _version() -> str:
    return ".".join(str(part) for part in connection.get_database_version())


def _check_migrations() -> Iterator[Check]:
    loader = MigrationExecutor(connection).loader
    known, applied = set(loader.disk_migrations), set(loader.applied_migrations)
    ours = {app for app, _name in known}
    if missing := known - applied:
        words = ngettext("%(n)d migration has not been made.", "%(n)d migrations have not been made.", len(missing))
        yield failure("database.unmigrated", words % {"n": len(missing)}, _("Run manage.py migrate."))
    elif newer := {f"{app}.{name}" for app, name in applied - known if app in ours}:
        words = _("It is newer than this code (%(names)s).") % {"names": ", ".join(sorted(newer))}
        yield failure("database.newer", words, _("Upgrade the code on this machine, or go back to a backup."))
    else:
        yield ok("database.migrated", _("All migrations have been made."))


def _check_sqlite() -> Iterator[Check]:
    mode, safety = _value("PRAGMA journal_mode"), int(_value("PRAGMA synchronous"))
    if mode != "wal" or safety < 1:
        words = _("journal_mode is %(mode)s and synchronous %(n)d: what was stored may be lost in a power cut.")
        words %= {"mode": mode, "n": safety}
        yield failure(
            "database.not_durable", words, _("Set nothing of SQLite by hand; labelapp sets WAL and NORMAL itself.")
        )
    else:
        yield ok(
            "database.durable", _("It writes ahead (WAL), and deliveries reach the disk before they are answered.")
        )


def _check_postgresql() -> Iterator[Check]:
    if _value("SHOW transaction_read_only") == "on":
        yield failure(
            "database.read_only", _("The server only reads: it is a standby."), _("Point DATABASE_URL at the primary.")
        )
    lax = [name for name in ("fsync", "synchronous_commit", "full_page_writes") if _value(f"SHOW {name}") == "off"]
    if lax:
        words = _("%(names)s is off: an answered delivery may be lost in a power cut.") % {"names": ", ".join(lax)}
        yield failure("database.not_durable", words, _("Switch it on in postgresql.conf."))
    else:
        yield ok("database.durable", _("What was answered is on the server's disk."))
    used, most = int(_value("SELECT count(*) FROM pg_stat_activity")), int(_value("SHOW max_connections"))
    if used > 0.8 * most:
        todo = _("Raise max_connections, or lower POSTGRES_POOL of each process.")
        yield warning(
            "database.connections", _("%(n)d of %(most)d connections are taken.") % {"n": used, "most": most}, todo
        )
    apart = abs(float(_value("SELECT extract(epoch FROM clock_timestamp())")) - time.time())
    if apart > CLOCKS:
        todo = _("Let a time service (NTP) set the clocks of all machines.")
        yield warning(
            "database.clocks", _("The clocks of this machine and the server are %(n).0f s apart.") % {"n": apart}, todo
        )


def _value(query: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return str(cursor.fetchone()[0])
