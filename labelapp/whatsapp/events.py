"""Deliveries from a provider, as frozen facts.

Both known payload shapes are read (Wawp's pages and WAHA's). Unknown kinds are data, not crashes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from labelapp.whatsapp.jids import kind_of
from labelapp.whatsapp.messages import message_of, sender_name
from labelapp.whatsapp.moments import moment
from labelapp.whatsapp.rows import chat_jid_of, jid_of, label_of, session_of
from labelapp.whatsapp.shapes import decode, first, flag, inner, mapping
from labelapp.whatsapp.texts import NAME_LIMIT, identifier, plain
from labelapp.whatsapp.types import LabelInfo, MessageInfo

Row = Mapping[str, object]


class BadDelivery(ValueError):
    """The body is no JSON object, nor an array of them."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """What is known of a delivery whatever its kind. `at` is when the provider's server emitted it, or None."""

    id: str
    kind: str
    at: datetime | None
    session: str
    me_jid: str


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, or is said to have happened: an event is a hint."""

    envelope: Envelope


@dataclass(frozen=True, slots=True)
class LabelUpserted(Event):
    """A label was created, renamed or recoloured; nothing tells which. The name may be ""."""

    label: LabelInfo


@dataclass(frozen=True, slots=True)
class LabelDeleted(Event):
    """A label is gone. No event follows for the chats that carried it."""

    wa_id: str


@dataclass(frozen=True, slots=True)
class ChatLabelChanged(Event):
    """A label was put on a chat or taken off it. `label` is usually None; the label may be unknown so far."""

    jid: str
    wa_id: str
    on: bool
    label: LabelInfo | None


@dataclass(frozen=True, slots=True)
class MessageSeen(Event):
    """A message came in or went out. The names are "" where the provider does not tell."""

    message: MessageInfo
    chat_name: str
    sender_name: str


@dataclass(frozen=True, slots=True)
class SessionChanged(Event):
    """The connection's status (the provider's word in capitals)."""

    status: str
    me_jid: str


@dataclass(frozen=True, slots=True)
class ChatArchived(Event):
    """A chat went into the archive, or came back."""

    jid: str
    archived: bool


@dataclass(frozen=True, slots=True)
class Ignored(Event):
    """Nothing for us; `reason` says why, for programmers."""

    reason: str


def parse(body: bytes) -> list[Event]:
    """The events of one delivery, in its order. Raises BadDelivery.

    An array of events and a JSON text that holds JSON are read too: Wawp's own n8n node expects both.
    """
    return [_event(row) for row in _rows(body)]


def dedupe_key(body: bytes, headers: Mapping[str, str]) -> str | None:
    """What all repeats of one delivery have in common: the envelope's id, else the sender's request id, else None.

    Never raises. Several events in one array have no id in common, and could be parcelled otherwise next time.
    """
    try:
        rows = _rows(body)
    except BadDelivery:
        rows = []
    told = identifier(rows[0].get("id")) if len(rows) == 1 and "event" in rows[0] else ""
    request = next((value for name, value in headers.items() if name.lower() == "x-webhook-request-id"), "")
    return told or identifier(request) or None


def _rows(body: bytes) -> list[dict[str, object]]:
    try:
        value = decode(body)
        if isinstance(value, str):
            value = decode(value.encode())
    except ValueError:
        # Without a cause: it would hold the whole body, and this may end in a log.
        value = None
    rows = value if isinstance(value, list) else [value]
    objects = [row for row in rows if isinstance(row, dict)]
    if len(objects) != len(rows):
        raise BadDelivery("The body is no JSON object and no array of objects.")
    return objects


def _event(row: Mapping[str, object]) -> Event:
    me_jid = jid_of(inner(row, "me", "id"))
    envelope = Envelope(
        id=identifier(row.get("id")),
        kind=plain(row.get("event"), 100),
        at=moment(row.get("timestamp")),
        session=plain(first(row, "session", "instance_id"), NAME_LIMIT),
        me_jid=me_jid,
    )
    if not envelope.kind and isinstance(row.get("status"), str) and "instance_id" in row:
        # Wawp's first version: {instance_id, status, qr, ts} without an envelope, the time in seconds.
        envelope = replace(envelope, kind="session.status", at=moment(row.get("ts")))
        return _session_changed(envelope, row)
    read = _READERS.get(envelope.kind)
    return read(envelope, mapping(row.get("payload"))) if read else Ignored(envelope, "unknown kind")


def _label_upserted(envelope: Envelope, payload: Row) -> Event:
    # Nested under "label" on Wawp's pages, flat from WAHA.
    label = label_of(payload["label"] if isinstance(payload.get("label"), dict) else payload)
    return LabelUpserted(envelope, label) if label else Ignored(envelope, "no label id")


def _label_deleted(envelope: Envelope, payload: Row) -> Event:
    wa_id = _label_id(payload) or identifier(payload.get("id"))
    return LabelDeleted(envelope, wa_id) if wa_id else Ignored(envelope, "no label id")


def _chat_label_changed(envelope: Envelope, payload: Row) -> Event:
    jid, wa_id = chat_jid_of(first(payload, "chatId", "chat_id")), _label_id(payload)
    if not jid or not wa_id:
        return Ignored(envelope, "no such chat" if wa_id else "no label id")
    label = label_of(payload.get("label"))
    known = label if label and label.name else None
    return ChatLabelChanged(envelope, jid, wa_id, envelope.kind == "label.chat.added", known)


def _label_id(payload: Row) -> str:
    return identifier(payload.get("labelId")) or identifier(inner(payload, "label", "id"))


def _message_seen(envelope: Envelope, payload: Row) -> Event:
    message = message_of(payload, me=envelope.me_jid, at=envelope.at)
    if not message or kind_of(message.chat_jid) == "other":
        return Ignored(envelope, "no such chat")
    if not message.wa_id:
        return Ignored(envelope, "no message id")
    author = "" if message.from_me else sender_name(payload)
    # A group's name is in no message; a person's chat is called what the person calls themself.
    return MessageSeen(envelope, message, "" if kind_of(message.chat_jid) == "group" else author, author)


def _session_changed(envelope: Envelope, payload: Row) -> Event:
    session = session_of(payload)
    return SessionChanged(envelope, session.status, envelope.me_jid) if session else Ignored(envelope, "no status")


def _chat_archived(envelope: Envelope, payload: Row) -> Event:
    jid, archived = chat_jid_of(first(payload, "chatId", "id")), flag(payload.get("archived"))
    if not jid or archived is None:
        return Ignored(envelope, "no such chat" if archived is not None else "no archived flag")
    return ChatArchived(envelope, jid, archived)


_READERS: dict[str, Callable[[Envelope, Row], Event]] = {
    "label.upsert": _label_upserted,
    "label.deleted": _label_deleted,
    "label.chat.added": _chat_label_changed,
    "label.chat.deleted": _chat_label_changed,
    "message": _message_seen,
    "message.any": _message_seen,
    "session.status": _session_changed,
    "chat.archive": _chat_archived,
}
KINDS = frozenset(_READERS)  # those that are mirrored
