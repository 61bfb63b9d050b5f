"""The least that the same work costs on this machine, in this run: the same database file, without a product around it."""

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tests.bench.figures import Spread, timed

PAGE = 50
CHATS = """SELECT id, jid, name, kind, last_message_at, last_message_text FROM labelapp_chat
           ORDER BY instance_id, last_message_at DESC, id DESC LIMIT ?"""
PAIRS = """SELECT p.chat_id, p.receipt, p.wanted, l.name, l.color_index FROM labelapp_chatlabel p
           JOIN labelapp_label l ON l.id = p.label_id WHERE p.chat_id IN ({})"""


@contextmanager
def database(path: Path, durability: str) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path, timeout=20, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA synchronous={durability}")
        yield connection


def fifty_rows(path: Path) -> Spread:
    """Fifty chats and their labels by plain SQL."""

    def read() -> None:
        chats = connection.execute(CHATS, [PAGE]).fetchall()
        connection.execute(PAIRS.format(",".join("?" * len(chats))), [chat[0] for chat in chats]).fetchall()  # noqa: S608

    with database(path, "NORMAL") as connection:
        return timed(read, 200)


def commits(path: Path, durability: str, body: str, seconds: float = 3) -> tuple[float, Spread]:
    """Rows of a delivery's size written one per commit by one connection: rows a second, and how long each took.

    The rows go to the product's own inbox table, marked as applied, and are taken out again.
    """
    insert = """INSERT INTO labelapp_hookdelivery
        (instance_id, dedupe_key, received_at, headers, body, applied_at, outcome, attempts, error)
        VALUES ((SELECT min(id) FROM labelapp_instance), ?, datetime('now'), ?, ?, datetime('now'), 'ignored', 0, '')"""
    taken: list[float] = []
    headers = json.dumps({"content-type": "application/json"})
    with database(path, durability) as connection:
        deadline = time.perf_counter() + seconds
        while (start := time.perf_counter()) < deadline:
            connection.execute(insert, [f"floor-{len(taken)}", headers, body])
            taken.append(time.perf_counter() - start)
        connection.execute("DELETE FROM labelapp_hookdelivery WHERE dedupe_key LIKE 'floor-%'")
    return len(taken) / sum(taken), Spread.of(taken)
