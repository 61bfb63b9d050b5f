"""The product's tables as the judge reads them. Column names are the product's; whoever renames one has to come here."""

from collections import Counter
from typing import Any

from tests.chaos.database import Database
from tests.chaos.oracle import Inbox, LabelRow, Mirror, PairRow

PAIRS = """SELECT p.chat_id, p.label_id, p.wanted, p.remote, p.receipt, p.last_message_at, p.error
    FROM labelapp_chatlabel p JOIN labelapp_label l ON l.id = p.label_id WHERE l.instance_id = {:d}"""
LABELS = """SELECT id, wa_id, name, color_index, known_at IS NOT NULL, chat_count
    FROM labelapp_label WHERE instance_id = {:d} AND deleted_at IS NULL"""
CHATS = "SELECT id, jid, last_message_at, archived FROM labelapp_chat WHERE instance_id = {:d}"
ALIASES = "SELECT jid, chat_id FROM labelapp_chatalias WHERE instance_id = {:d}"


def mirror(database: Database, number: int) -> Mirror:
    """All that people can see of a number's labels, as of one moment."""
    queries = [query.format(number) for query in (LABELS, CHATS, ALIASES, PAIRS)]
    labels, chats, aliases, found = database.at_once(*queries)
    return Mirror(
        labels=[LabelRow(pk, wa_id, name, color, bool(known), n) for pk, wa_id, name, color, known, n in labels],
        chats={pk: (jid, at) for pk, jid, at, _archived in chats},
        aliases=[(jid, pk) for jid, pk in aliases],
        pairs=[_pair(row) for row in found],
        archived=frozenset(pk for pk, _jid, _at, archived in chats if archived),
    )


def pairs(database: Database, number: int) -> list[PairRow]:
    return [_pair(row) for row in database.read(PAIRS.format(number))]


def _pair(row: tuple[Any, ...]) -> PairRow:
    chat, label, wanted, remote, receipt, at, error = row
    return PairRow(chat, label, bool(wanted), None if remote is None else bool(remote), receipt, at, error)


def inbox(database: Database, number: int) -> Inbox:
    rows = database.read(
        f"""SELECT dedupe_key, applied_at IS NOT NULL, outcome, error
            FROM labelapp_hookdelivery WHERE instance_id = {number:d}"""  # noqa: S608
    )
    found = Inbox({key: (bool(applied), outcome, error) for key, applied, outcome, error in rows})
    assert len(found.rows) == len(rows), "the inbox holds a key twice"
    return found


def waiting(database: Database, number: int) -> int:
    """Deliveries that were not applied yet."""
    return count(database, f"labelapp_hookdelivery WHERE instance_id = {number:d} AND applied_at IS NULL")


def unfinished(database: Database, number: int) -> str:
    """What is still under way, in words; "" when nothing is."""
    if deliveries := waiting(database, number):
        return f"{deliveries} deliveries wait"
    pairs = """labelapp_chatlabel p JOIN labelapp_label l ON l.id = p.label_id WHERE l.instance_id = {:d}
               AND (p.receipt IN ('pending', 'sent') OR p.due_at IS NOT NULL)"""
    opened = count(database, pairs.format(number))
    return f"{opened} pairs are open" if opened else ""


def count(database: Database, what: str) -> int:
    """Rows of `what`, a table with its conditions."""
    return int(database.read(f"SELECT count(*) FROM {what}")[0][0])  # noqa: S608


def instance(database: Database, number: int, *columns: str) -> tuple[Any, ...]:
    """Columns of the number's own row."""
    return database.read(f"SELECT {', '.join(columns)} FROM labelapp_instance WHERE id = {number:d}")[0]  # noqa: S608


def chat_keys(database: Database, number: int) -> dict[str, int]:
    """Every address, and the chat's primary key."""
    return dict(database.read(f"SELECT jid, chat_id FROM labelapp_chatalias WHERE instance_id = {number:d}"))  # noqa: S608


def label_keys(database: Database, number: int) -> dict[str, int]:
    """WhatsApp's id of every living label, and its primary key."""
    living = f"SELECT wa_id, id FROM labelapp_label WHERE instance_id = {number:d} AND deleted_at IS NULL"  # noqa: S608
    return dict(database.read(living))


def entered(database: Database, number: int) -> Counter[tuple[int, str]]:
    """How often the ledger has each label going on or off a chat, by the chat's key and WhatsApp's id of the label."""
    rows = database.read(
        f"""SELECT e.chat_id, l.wa_id FROM labelapp_ledgerentry e JOIN labelapp_label l ON l.id = e.label_id
            WHERE e.instance_id = {number:d} AND e.verb IN ('add', 'remove')"""  # noqa: S608
    )
    return Counter(tuple(row) for row in rows)


def findings(database: Database, number: int) -> dict[str, int]:
    """Unsettled findings, how many of each kind."""
    rows = database.read(
        f"""SELECT kind, count(*) FROM labelapp_finding
            WHERE instance_id = {number:d} AND settled_at IS NULL GROUP BY kind"""  # noqa: S608
    )
    return dict(rows)
