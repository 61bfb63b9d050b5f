"""How a message looks on the wire: each engine puts the chat and the writer into other fields (provider contract 7.4)."""

from typing import Any

from labelapp.simulator.models import Message

Row = dict[str, Any]


def message_id(row: Message, me: str) -> str:
    """`{true|false}_{chat}_{key}[_{participant}]`: the one field that names the chat on every engine."""
    participant = _participant(row, me)
    parts = ["true" if row.from_me else "false", row.chat.jid, row.key, *([participant] if participant else [])]
    return "_".join(parts)


def message(row: Message, *, me: str, engine: str) -> Row:
    """`timestamp` in seconds, unlike the envelope's."""
    places = {"NOWEB": _noweb, "WEBJS": _webjs}.get(engine, _gows)(row, me)
    return {
        "id": message_id(row, me),
        "timestamp": row.at,
        "from": places.pop("from"),
        "fromMe": row.from_me,
        "source": row.source,
        **places,
        "body": row.text,
        "hasMedia": False,
        "ack": 1,
        "ackName": "SERVER",
        **_extras(row, me, engine),
    }


def _participant(row: Message, me: str) -> str | None:
    return (me if row.from_me else row.sender) if row.chat.jid.endswith("@g.us") else None


def _gows(row: Message, me: str) -> Row:
    """`from` is the chat also for our own messages; in a group `to` is the sender."""
    participant = _participant(row, me)
    return {"from": row.chat.jid, "to": participant, "participant": participant}


def _noweb(row: Message, me: str) -> Row:
    participant = _participant(row, me)
    return {"from": row.chat.jid} | ({"to": row.chat.jid, "participant": participant} if participant else {})


def _webjs(row: Message, me: str) -> Row:
    ends = {"from": me, "to": row.chat.jid} if row.from_me else {"from": row.chat.jid, "to": me}
    participant = _participant(row, me)
    return ends | ({"participant": participant, "author": participant} if participant else {})


def _extras(row: Message, me: str, engine: str) -> Row:
    """What an engine adds, `_data` being its own raw form."""
    participant = _participant(row, me)
    name = "" if row.from_me else row.sender_name or row.chat.pushname
    if engine == "NOWEB":
        key = {"remoteJid": _internal(row.chat.jid), "fromMe": row.from_me, "id": row.key}
        key |= {"participant": _internal(participant)} if participant else {}
        return {"replyTo": None, "_data": {"key": key, "messageTimestamp": row.at, "pushName": name}}
    if engine == "WEBJS":
        key = {"fromMe": row.from_me, "remote": row.chat.jid, "id": row.key, "_serialized": message_id(row, me)}
        return {"vCards": [], "_data": {"id": key, "t": row.at, "notifyName": name}}
    info = {
        "Chat": row.chat.jid, "Sender": participant or (me if row.from_me else row.chat.jid), "ID": row.key,
        "IsFromMe": row.from_me, "IsGroup": bool(participant), "PushName": name,
    }  # fmt: skip
    return {"_data": {"Info": info}}


def _internal(jid: str) -> str:
    return jid.replace("@c.us", "@s.whatsapp.net")
