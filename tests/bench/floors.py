"""The least that the same work costs on this machine, in this run: the same database, without a product around it."""

import json
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import Any, Protocol
from urllib.parse import urlsplit

import psycopg

from tests.bench.figures import Spread, timed

PAGE = 50
CHATS = """SELECT id, jid, name, kind, last_message_at, last_message_text FROM labelapp_chat WHERE instance_id = 1
           ORDER BY last_message_at DESC, id DESC LIMIT {}"""
PAIRS = """SELECT p.chat_id, p.receipt, p.wanted, l.name, l.color_index FROM labelapp_chatlabel p
           JOIN labelapp_label l ON l.id = p.label_id WHERE p.chat_id IN ({})"""
LABELLED = """SELECT chat_id, last_message_at FROM labelapp_chatlabel WHERE label_id = {} AND wanted
              ORDER BY last_message_at DESC, chat_id DESC LIMIT {}"""
BY_KEY = "SELECT id, jid, name, kind, last_message_at, last_message_text FROM labelapp_chat WHERE id IN ({})"
DELIVERY = """INSERT INTO labelapp_hookdelivery
    (instance_id, dedupe_key, received_at, kind, headers, body, applied_at, outcome, effect, attempts, error)
    VALUES (1, '{}', '{now}', '', '{headers}', '{body}', '{now}', 'ignored', '', 0, '')"""
AT_ONCE = 16


class Cursor(Protocol):
    def execute(self, query: Any) -> Any: ...
    def fetchall(self) -> list[Any]: ...


@contextmanager
def opened(url: str, durability: str = "NORMAL") -> Iterator[Cursor]:
    """A connection of our own to the product's database, each statement a transaction."""
    if url.startswith("postgres"):
        with psycopg.connect(url, autocommit=True) as server:
            yield server.cursor()
    else:
        with closing(sqlite3.connect(urlsplit(url).path, timeout=20, isolation_level=None)) as file:
            file.execute(f"PRAGMA synchronous={durability}")
            yield file.cursor()


def keys(chats: list[Any]) -> str:
    return ",".join(str(chat[0]) for chat in chats)


def labelled_rows(cursor: Cursor, label: int) -> None:
    """Fifty chats of one label, with their labels: one walk of its index, and the rows."""
    cursor.execute(LABELLED.format(label, PAGE))
    chats = keys(cursor.fetchall())
    for query in (BY_KEY, PAIRS):
        cursor.execute(query.format(chats))
        cursor.fetchall()


def fifty_rows(url: str) -> Spread:
    """Fifty chats and their labels by plain SQL."""

    def read() -> None:
        cursor.execute(CHATS.format(PAGE))
        cursor.execute(PAIRS.format(keys(cursor.fetchall())))
        cursor.fetchall()

    with opened(url) as cursor:
        return timed(read, 200)


def commits(url: str, durability: str, body: str, seconds: float = 3, at_once: int = 1) -> tuple[float, Spread]:
    """Rows of a delivery's size written one per commit, by so many connections: rows a second, and how long each took.

    The rows go to the product's own inbox table, marked as applied, and are taken out again.
    """
    start = time.perf_counter()
    with ThreadPoolExecutor(at_once) as pool:
        parts = list(pool.map(lambda n: _write(url, durability, body, seconds, n), range(at_once)))
    taken = [each for part in parts for each in part]
    rate = len(taken) / (time.perf_counter() - start)
    with opened(url) as cursor:
        cursor.execute("DELETE FROM labelapp_hookdelivery WHERE dedupe_key LIKE 'floor-%'")
    return rate, Spread.of(taken)


def _write(url: str, durability: str, body: str, seconds: float, writer: int) -> list[float]:
    taken: list[float] = []
    values = {"headers": json.dumps({"content-type": "application/json"}), "body": body, "now": "2026-01-01 00:00:00"}
    with opened(url, durability) as cursor:
        deadline = time.perf_counter() + seconds
        while (start := time.perf_counter()) < deadline:
            cursor.execute(DELIVERY.format(f"floor-{writer}-{len(taken)}", **values))
            taken.append(time.perf_counter() - start)
    return taken


def commit_floor(url: str, body: str) -> float:
    """Of the same durability as deliveries have: SQLite by one connection, which is its best; PostgreSQL by as many as deliver."""
    return commits(url, "FULL", body, at_once=AT_ONCE if url.startswith("postgres") else 1)[0]
