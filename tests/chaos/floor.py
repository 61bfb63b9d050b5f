"""The least that storing a delivery costs here: one row per commit by one connection, as durable as the product stores it."""

import json
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing

import psycopg

from tests.chaos.database import Database, Postgres, Sqlite

COLUMNS = """instance_id, dedupe_key, received_at, kind, headers, body, applied_at, outcome, effect, attempts, error"""
VALUES = """{instance}, {mark}, '2026-01-01 00:00:00+00:00', 'floor', {mark}, {mark}, '2026-01-01 00:00:00+00:00', 'ignored',
            '', 0, ''"""
HEADERS = json.dumps({"content-type": "application/json"})


def commits(database: Database, number: int, body: str, seconds: float = 2) -> float:
    """Rows a second. They are marked as applied, and taken out again."""
    if isinstance(database, Sqlite):
        with closing(sqlite3.connect(database.file, timeout=20, isolation_level=None)) as connection:
            connection.execute("PRAGMA synchronous=FULL")
            return _rate(connection.execute, statement(number, "?"), body, seconds)
    assert isinstance(database, Postgres)
    with psycopg.connect(database.url, autocommit=True) as wire:
        return _rate(
            lambda query, values=(): wire.execute(query.encode(), values), statement(number, "%s"), body, seconds
        )


def statement(number: int, mark: str) -> str:
    return f"INSERT INTO labelapp_hookdelivery ({COLUMNS}) VALUES ({VALUES.format(instance=number, mark=mark)})"  # noqa: S608


def _rate(execute: Callable[..., object], insert: str, body: str, seconds: float) -> float:
    start, made = time.perf_counter(), 0
    while (taken := time.perf_counter() - start) < seconds:
        execute(insert, (f"floor-{made}", HEADERS, body))
        made += 1
    execute("DELETE FROM labelapp_hookdelivery WHERE kind = 'floor'")
    return made / taken
