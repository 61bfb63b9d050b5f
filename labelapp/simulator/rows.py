"""Rows that each engine gives in another form (provider contract 3, L6)."""

from typing import Any

from labelapp.simulator import reading
from labelapp.simulator.models import Chat
from labelapp.simulator.runtime import here
from labelapp.simulator.shapes import chat_row

Row = dict[str, Any]


def chats_of_label(wa_id: str) -> list[Row]:
    """GOWS: bare ids. The others: rows of their chat table, so an address that has no chat there is missing."""
    jids = reading.chats_of(wa_id)
    if here().profile.engine == "GOWS":
        return [{"id": jid} for jid in jids]
    known = reading.chats_among(jids)
    return [chat(known[jid]) for jid in jids if jid in known]


def chat(row: Chat) -> Row:
    """A row of the chat list."""
    engine = here().profile.engine
    if engine == "WEBJS":
        return _webjs(row)
    return chat_row(row) | ({"unreadCount": row.unread, "archived": row.archived} if engine == "NOWEB" else {})


def _webjs(row: Chat) -> Row:
    """A chat of whatsapp-web.js: its id is an object."""
    user, _, server = row.jid.partition("@")
    return {
        "id": {"server": server, "user": user, "_serialized": row.jid},
        "name": row.name or row.pushname or user,
        "isGroup": server == "g.us",
        "isReadOnly": False,
        "unreadCount": row.unread,
        "timestamp": row.last_at,
        "archived": row.archived,
        "pinned": False,
        "isMuted": False,
        "muteExpiration": 0,
    }
