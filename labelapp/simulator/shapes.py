"""How rows look on the wire. Field by field from the providers' documents."""

from typing import Any

from labelapp.simulator.messages import message, message_id
from labelapp.simulator.models import Account, Chat, Hook, Label, Lid, Message
from labelapp.simulator.palette import hex_of


def label_row(wa_id: str, name: str, color: int, color_as: str | None) -> dict[str, Any]:
    shown = hex_of(color)
    told: Any = {"hex": (shown or "").upper(), "string": str(color)}.get(color_as or "", color)
    row: dict[str, Any] = {"id": wa_id, "name": name, "color": told}
    return row | {"colorHex": shown} if shown else row


def label(row: Label, color_as: str | None) -> dict[str, Any]:
    return label_row(str(row.pk), row.name, row.color, color_as)


__all__ = ["hook", "label", "label_row", "lid", "message", "message_id", "overview", "session"]


def overview(chat: Chat, last: Message | None, me: str, engine: str) -> dict[str, Any]:
    return {
        "id": chat.jid,
        "name": chat.name or None,
        "picture": None,
        "unreadCount": chat.unread,
        "lastMessage": message(last, me=me, engine=engine) if last else None,
        "_chat": chat_row(chat) | {"archived": chat.archived},
    }


def chat_row(chat: Chat) -> dict[str, Any]:
    return {"id": chat.jid, "name": chat.name or None, "conversationTimestamp": chat.last_at}


def lid(row: Lid) -> dict[str, Any]:
    return {"lid": row.lid, "pn": row.pn or None}


def hook(row: Hook) -> dict[str, Any]:
    """Without the signing key: nothing that is told once is told again."""
    return {
        "url": row.url,
        "name": row.name,
        "events": row.events,
        "is_active": int(row.is_active),
        "retries": {"delay": row.delay, "attempts": row.attempts},
    }


def session(account: Account, hooks: list[Hook]) -> dict[str, Any]:
    known = account.status in {"WORKING", "STOPPED", "STARTING", "FAILED"}
    return {
        "name": account.session,
        "status": account.status,
        "config": {"webhooks": [hook(row) for row in hooks], "proxy": None},
        "me": {"id": account.jid, "lid": account.lid, "pushName": account.name} if known else None,
    }
