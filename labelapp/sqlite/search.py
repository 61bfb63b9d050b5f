"""The trigrams of SQLite: two FTS5 tables over the folded texts, kept by triggers whatever writes.

They hold no text (`content`) and no places (`detail=none`): a term is looked up by all its trigrams, and what is found is compared
with the text itself. That is a third of the index, and of what each message writes.
"""

import sqlite3
from typing import NamedTuple

from django.core.management.base import CommandError
from django.db import OperationalError
from django.db.backends.utils import CursorWrapper


class Index(NamedTuple):
    """An FTS5 table `name` over the `column` of a table whose `key` is an integer."""

    name: str
    table: str
    key: str
    column: str


INDEXES = (
    Index("chat_trigrams", "labelapp_chattext", "chat_id", "text"),
    Index("message_trigrams", "labelapp_message", "id", "search_text"),
)
MISSING = "The search needs SQLite 3.34 or newer with FTS5. This Python has SQLite {0}, which says: {1}."
LOOK_UP = {
    "chat_trigrams": (
        "SELECT chat_id FROM chat_trigrams CROSS JOIN labelapp_chattext ON chat_id = chat_trigrams.rowid "
        "WHERE chat_trigrams MATCH %s AND instr(labelapp_chattext.text, %s) LIMIT %s"
    ),
    "message_trigrams": (
        "SELECT chat_id FROM message_trigrams CROSS JOIN labelapp_message ON id = message_trigrams.rowid "
        "WHERE message_trigrams MATCH %s AND instr(labelapp_message.search_text, %s) LIMIT %s"
    ),
}
TABLE = """
CREATE VIRTUAL TABLE {0.name} USING fts5({0.column}, content='{0.table}', content_rowid='{0.key}', detail=none, columnsize=0,
tokenize='trigram case_sensitive 1')
"""
ADD = "INSERT INTO {0.name}(rowid, {0.column}) VALUES (new.{0.key}, new.{0.column});"
DROP = "INSERT INTO {0.name}({0.name}, rowid, {0.column}) VALUES ('delete', old.{0.key}, old.{0.column});"
TRIGGERS = {
    "insert": f"AFTER INSERT ON {{0.table}} BEGIN {ADD} END",
    "delete": f"AFTER DELETE ON {{0.table}} BEGIN {DROP} END",
    "update": (
        "AFTER UPDATE OF {0.column} ON {0.table} WHEN old.{0.column} IS NOT new.{0.column} BEGIN " + DROP + ADD + " END"
    ),
}


def look_up(cursor: CursorWrapper, index: str, pattern: str, limit: int | None) -> list[int]:
    """The chats of the rows that hold `pattern` (folded, three characters or more), one per row, at most `limit` of them."""
    trigrams = dict.fromkeys(pattern[start : start + 3] for start in range(len(pattern) - 2))
    wanted = " AND ".join('"{}"'.format(trigram.replace('"', '""')) for trigram in trigrams)
    cursor.execute(LOOK_UP[index], [wanted, pattern, -1 if limit is None else limit])
    return [chat for (chat,) in cursor.fetchall()]


def make_index(cursor: CursorWrapper) -> None:
    """Make both indexes from the texts that are there. Raises CommandError, in words for whoever migrates, where SQLite can't."""
    for index in INDEXES:
        try:
            cursor.execute(TABLE.format(index))
        except OperationalError as error:
            raise CommandError(MISSING.format(sqlite3.sqlite_version, error)) from error
        _fill(cursor, index)
        _make_triggers(cursor, index)


def drop_index(cursor: CursorWrapper) -> None:
    for index in INDEXES:
        for event in TRIGGERS:
            cursor.execute(f"DROP TRIGGER IF EXISTS {index.name}_{event}")
        cursor.execute(f"DROP TABLE IF EXISTS {index.name}")


def mend_index(cursor: CursorWrapper) -> None:
    """Django changes a table by making it anew, which loses its triggers: put back those that are missing, and what they missed."""
    for index in INDEXES:
        cursor.execute("SELECT count(*) FROM sqlite_master WHERE name = %s", [index.name])
        has_table = cursor.fetchone()[0]
        names = [f"{index.name}_{event}" for event in TRIGGERS]
        cursor.execute("SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND name IN (%s, %s, %s)", names)
        if has_table and cursor.fetchone()[0] < len(names):
            _make_triggers(cursor, index)
            _fill(cursor, index)


def _make_triggers(cursor: CursorWrapper, index: Index) -> None:
    for event, sql in TRIGGERS.items():
        cursor.execute(f"CREATE TRIGGER IF NOT EXISTS {index.name}_{event} {sql.format(index)}")


def _fill(cursor: CursorWrapper, index: Index) -> None:
    cursor.execute(f"INSERT INTO {index.name}({index.name}) VALUES ('rebuild')")  # noqa: S608
