"""Very many rows at once: without indexes, triggers and foreign keys in the way, which are made again at the end."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Protocol

import psycopg

FAST = """PRAGMA journal_mode=MEMORY; PRAGMA synchronous=OFF; PRAGMA foreign_keys=OFF; PRAGMA cache_size=-524288;
PRAGMA temp_store=FILE; PRAGMA threads=1"""
LATE = """SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL AND tbl_name LIKE 'labelapp_%' AND type IN ('index', 'trigger')
          AND sql NOT LIKE 'CREATE UNIQUE%'"""
FOREIGN = """SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
             WHERE contype = 'f' AND conrelid::regclass::text LIKE 'labelapp\\_%'"""
INDEXES = """SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
             WHERE NOT indisunique AND indrelid::regclass::text LIKE 'labelapp\\_%'"""
SEQUENCES = """SELECT setval(pg_get_serial_sequence('{0}', 'id'), (SELECT coalesce(max(id), 1) FROM {0}))"""
TRIGRAMS = ("chat_trigrams", "message_trigrams")


class Load(Protocol):
    """A database that is being filled."""

    def write(self, table: str, columns: list[str], rows: list[tuple[Any, ...]]) -> None: ...


class SqliteLoad:
    def __init__(self, file: sqlite3.Connection) -> None:
        self.file = file

    def write(self, table: str, columns: list[str], rows: list[tuple[Any, ...]]) -> None:
        places = ",".join("?" * len(columns))
        self.file.executemany(f"INSERT INTO {table} ({','.join(columns)}) VALUES ({places})", rows)  # noqa: S608


@contextmanager
def into_sqlite(path: Path) -> Iterator[SqliteLoad]:
    """One transaction; then the indexes, the triggers, and the search from the texts that are there."""
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.executescript(FAST)
        late = file.execute(LATE).fetchall()
        for kind, name, _sql in late:
            file.execute(f'DROP {kind} "{name}"')
        file.execute("BEGIN")
        yield SqliteLoad(file)
        file.execute("COMMIT")
        for index in TRIGRAMS:
            file.execute(f"INSERT INTO {index}({index}) VALUES ('rebuild')")  # noqa: S608
        for _kind, _name, sql in late:
            file.execute(sql)
        file.execute("PRAGMA journal_mode=WAL")


class PostgresLoad:
    def __init__(self, server: psycopg.Connection[Any]) -> None:
        self.server = server

    def write(self, table: str, columns: list[str], rows: list[tuple[Any, ...]]) -> None:
        with self.server.cursor().copy(f"COPY {table} ({','.join(columns)}) FROM STDIN".encode()) as copy:
            for row in rows:
                copy.write_row(row)


@contextmanager
def into_postgres(url: str) -> Iterator[PostgresLoad]:
    """The same. The planner gets its statistics at once, as autovacuum would bring them."""
    with psycopg.connect(url, autocommit=True, options="-c TimeZone=UTC -c maintenance_work_mem=512MB") as server:
        foreign, indexes = server.execute(FOREIGN.encode()).fetchall(), server.execute(INDEXES.encode()).fetchall()
        for table, name, _sql in foreign:
            server.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}".encode())
        for name, _sql in indexes:
            server.execute(f"DROP INDEX {name}".encode())
        with server.transaction():
            yield PostgresLoad(server)
        for _name, sql in indexes:
            server.execute(sql.encode())
        for table, name, sql in foreign:
            server.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {sql}".encode())
        server.execute(SEQUENCES.format("labelapp_chat").encode())
        server.execute(b"VACUUM (ANALYZE)")


def adapted(value: Any) -> Any:
    """A column's default as both drivers take it."""
    return json.dumps(value) if isinstance(value, dict | list) else value
