"""An answer of unpromised shape -> facts, or a ProviderError. Never an empty list by accident."""

from collections.abc import Callable
from typing import TypeVar

from labelapp.whatsapp.errors import ProviderError
from labelapp.whatsapp.jids import kind_of
from labelapp.whatsapp.messages import message_of
from labelapp.whatsapp.rows import (
    NEVER,
    archived_of,
    chat_name,
    jid_of,
    label_of,
    lid_pair_of,
    session_of,
    unread_of,
    when,
)
from labelapp.whatsapp.shapes import find_list, first, mapping, objects
from labelapp.whatsapp.types import ChatInfo, LabelInfo, LidPair, MessageInfo, SessionInfo

T = TypeVar("T")


def rows_of(answer: object, *names: str) -> list[object]:
    """The rows of an answer, bare, wrapped or under one of `names`."""
    rows = find_list(answer, *names)
    if rows is None:
        raise ProviderError("The answer holds no list.")
    return rows


def some(read: Callable[[object], T | None], rows: list[object]) -> list[T]:
    """The readable rows. An error if there are rows and not one can be read."""
    found = [fact for fact in map(read, rows) if fact is not None]
    if rows and not found:
        raise ProviderError("The answer holds a list of something else.")
    return found


def every(read: Callable[[object], T | None], rows: list[object]) -> list[T]:
    """All rows, or an error: a row left out of a list of labels, or of their chats, would look like a removal."""
    found = [fact for fact in map(read, rows) if fact]
    if len(found) != len(rows):
        raise ProviderError("The answer holds a row that can't be read.")
    return found


def one(read: Callable[[object], T | None], answer: object, *names: str) -> T | None:
    """The first thing in an answer that can be read, or None."""
    return next((fact for fact in map(read, objects(answer, *names)) if fact), None)


def shown_label(value: object) -> LabelInfo | None:
    """A label row that shows its name (null included): a bare `id` may be the id of anything."""
    return label_of(value) if "name" in mapping(value) else None


def shown_message(value: object, chat_jid: str) -> MessageInfo | None:
    """A message of that chat; None without an id, since it could not be told from its own repeat."""
    message = message_of(mapping(value), chat_jid=chat_jid)
    return message if message and message.wa_id else None


def chat_of(value: object) -> ChatInfo | None:
    """A row of the overview; None when it has no address."""
    row = mapping(value)
    jid = jid_of(row.get("id"))
    if not jid:
        return None
    last = first(row, "lastMessage", "last_message")
    message = message_of(last, chat_jid=jid) if isinstance(last, dict) and last else None
    return ChatInfo(jid, chat_name(row), message, archived_of(row), unread_of(row))


def session_in(answer: object) -> SessionInfo:
    """The session of an answer."""
    if not (found := one(session_of, answer, "session", "instance")):
        raise ProviderError("The answer holds no session.")
    return found


def labels_in(answer: object) -> list[LabelInfo]:
    """All labels of an answer."""
    return every(label_of, rows_of(answer, "labels"))


def carriers_in(answer: object) -> list[str]:
    """The people and groups in a label's list of chats, each once."""
    rows = every(jid_of, rows_of(answer, "chats"))
    return list(dict.fromkeys(jid for jid in rows if kind_of(jid) != "other"))


def chats_in(answer: object) -> list[ChatInfo]:
    """The people and groups of an overview, newest first."""
    found = [chat for chat in some(chat_of, rows_of(answer, "chats")) if kind_of(chat.jid) != "other"]
    return sorted(found, key=when, reverse=True)


def messages_in(answer: object, chat_jid: str) -> list[MessageInfo]:
    """The messages of that chat, oldest first."""
    found = some(lambda row: shown_message(row, chat_jid), rows_of(answer, "messages"))
    return sorted(found, key=lambda message: message.at or NEVER)


def lids_in(answer: object) -> list[LidPair]:
    """The pairs of hidden id and number in an answer."""
    return some(lid_pair_of, rows_of(answer, "lids"))
