"""How rows look on the wire. Field by field from the providers' documents, GOWS engine."""

from typing import Any

from labelapp.simulator.models import Account, Chat, Hook, Label, Lid, Message
from labelapp.simulator.palette import hex_of


def label_row(wa_id: str, name: str, color: int, color_as: str | None) -> dict[str, Any]:
    shown = hex_of(color)
    told: Any = {"hex": (shown or "").upper(), "string": str(color)}.get(color_as or "", color)
    row: dict[str, Any] = {"id": wa_id, "name": name, "color": told}
    return row | {"colorHex": shown} if shown else row


def label(row: Label, color_as: str | None) -> dict[str, Any]:
    return label_row(str(row.pk), row.name, row.color, color_as)


def message_id(row: Message, me: str) -> str:
    """`{true|false}_{chat}_{key}[_{participant}]`: the one field that names the chat on every engine."""
    participant = _participant(row, me)
    parts = ["true" if row.from_me else "false", row.chat.jid, row.key, *([participant] if participant else [])]
    return "_".join(parts)


def _participant(row: Message, me: str) -> str | None:
    return (me if row.from_me else row.sender) if row.chat.jid.endswith("@g.us") else None


def message(row: Message, *, me: str) -> dict[str, Any]:
    """GOWS: `from` is the chat also for our own messages; in a group `to` is the sender. `timestamp` in seconds."""
    participant = _participant(row, me)
    name = "" if row.from_me else row.sender_name or row.chat.pushname
    return {
        "id": message_id(row, me),
        "timestamp": row.at,
        "from": row.chat.jid,
        "fromMe": row.from_me,
        "source": row.source,
        "to": participant,
        "participant": participant,
        "body": row.text,
        "hasMedia": False,
        "ack": 1,
        "ackName": "SERVER",
        "_data": {
            "Info": {
                "Chat": row.chat.jid, "Sender": participant or (me if row.from_me else row.chat.jid), "ID": row.key,
                "IsFromMe": row.from_me, "IsGroup": bool(participant), "PushName": name,
            }
        },
    }  # fmt: skip


def overview(chat: Chat, last: Message | None, me: str) -> dict[str, Any]:
    return {
        "id": chat.jid,
        "name": chat.name or None,
        "picture": None,
        "unreadCount": chat.unread,
        "lastMessage": message(last, me=me) if last else None,
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
