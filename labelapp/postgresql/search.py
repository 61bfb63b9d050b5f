"""The trigrams of PostgreSQL: GIN indexes over the folded texts, by the extension pg_trgm."""

from django.core.management.base import CommandError
from django.db import Error, transaction
from django.db.backends.utils import CursorWrapper

INDEXES = {"chat_trigrams": ("labelapp_chattext", "text"), "message_trigrams": ("labelapp_message", "search_text")}
LOOK_UP = {
    "chat_trigrams": "SELECT chat_id FROM labelapp_chattext WHERE text LIKE %s LIMIT %s",
    "message_trigrams": "SELECT chat_id FROM labelapp_message WHERE search_text LIKE %s LIMIT %s",
}
MISSING = (
    "The search needs PostgreSQL's extension pg_trgm, and this role may not create it ({0}). Let somebody who may run "
    "CREATE EXTENSION pg_trgm in this database, then migrate again."
)


def look_up(cursor: CursorWrapper, index: str, pattern: str, limit: int | None) -> list[int]:
    """The chats of the rows that hold `pattern` (folded: no wildcards are in it), one per row, at most `limit` of them."""
    cursor.execute(LOOK_UP[index], [f"%{pattern}%", limit])
    return [chat for (chat,) in cursor.fetchall()]


def make_index(cursor: CursorWrapper) -> None:
    """Make both indexes. Raises CommandError, in words for whoever migrates, where the extension can't be had."""
    cursor.execute("SELECT count(*) FROM pg_extension WHERE extname = 'pg_trgm'")
    if not cursor.fetchone()[0]:
        _make_extension(cursor)
    cursor.execute(
        "SET CONSTRAINTS ALL IMMEDIATE"
    )  # rows that were just written would keep their tables from being indexed
    for name, (table, column) in INDEXES.items():
        cursor.execute(f"CREATE INDEX {name} ON {table} USING gin ({column} gin_trgm_ops)")


def _make_extension(cursor: CursorWrapper) -> None:
    try:
        with transaction.atomic(using=cursor.db.alias):
            cursor.execute("CREATE EXTENSION pg_trgm")
    except Error as error:
        raise CommandError(MISSING.format(str(error).strip().splitlines()[0])) from error


def drop_index(cursor: CursorWrapper) -> None:
    """The extension stays: others may use it."""
    for name in INDEXES:
        cursor.execute(f"DROP INDEX IF EXISTS {name}")
