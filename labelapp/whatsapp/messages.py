"""A message row, whatever engine wrote it: which chat it belongs to, who wrote it, what it carries."""

import re
from collections.abc import Mapping
from datetime import datetime

from labelapp.whatsapp.jids import kind_of
from labelapp.whatsapp.rows import jid_of, time_of
from labelapp.whatsapp.shapes import first, flag, inner, mapping
from labelapp.whatsapp.texts import MESSAGE_ID_LIMIT, NAME_LIMIT, TEXT_LIMIT, identifier, plain
from labelapp.whatsapp.types import MessageInfo

# {true|false}_{chat}_{message}[_{participant}]: the one field that names the chat on every engine.
_KEY = re.compile(r"(true|false)_([^_@]+@[a-z.]+)_.+")
_MEDIA_TYPES = {
    "image": "image",
    "audio": "audio",
    "ptt": "audio",
    "video": "video",
    "document": "document",
    "sticker": "sticker",
    "location": "location",
    "vcard": "contact",
    "multi_vcard": "contact",
    "contact": "contact",
}


def message_of(
    row: Mapping[str, object], *, me: str = "", chat_jid: str = "", at: datetime | None = None
) -> MessageInfo | None:
    """The message in `row`; None when nothing tells which chat it belongs to.

    `me` is our own address and `at` the delivery's time, where known. A given `chat_jid` is taken as it is.
    """
    from_me = is_from_me(row)
    chat_jid = chat_jid or chat_of(row, me)
    if not chat_jid:
        return None
    group = kind_of(chat_jid) == "group"
    return MessageInfo(
        wa_id=message_id(row),
        chat_jid=chat_jid,
        at=time_of(row) or at,
        from_me=from_me,
        text=text_of(row),
        sender=(sender_name(row) or author_of(row)) if group and not from_me else "",
        # Incoming messages say "app" always; only our own can tell a bot from a person.
        source=_source(row) if from_me else "",
        media=media_of(row),
    )


def message_id(row: Mapping[str, object]) -> str:
    """The provider's id of the message, "" for none."""
    value = row.get("id")
    return identifier(value.get("_serialized") if isinstance(value, dict) else value, MESSAGE_ID_LIMIT)


def is_from_me(row: Mapping[str, object]) -> bool:
    """Whether we wrote it. The flag wins over the id's prefix: Wawp's own example has the prefix wrong."""
    told = flag(row.get("fromMe"))
    return message_id(row).startswith("true_") if told is None else told


def chat_of(row: Mapping[str, object], me: str) -> str:
    """The address of the chat a message belongs to, or "".

    From the id, else by the engines' habits: GOWS and NOWEB put the chat into `from`, also of our own messages, and
    leave `to` empty (GOWS: in a group, `to` is the sender); WEBJS puts us into `from` and the chat into `to`.
    """
    key = _KEY.fullmatch(message_id(row))
    if key and (jid := jid_of(key[2])):
        return jid
    if told := jid_of(first(row, "chatId", "chat_id")):
        return told
    sender, receiver = jid_of(row.get("from")), jid_of(row.get("to"))
    if kind_of(sender) == "group" or not is_from_me(row) or not receiver or receiver == me:
        return sender
    return receiver


def author_of(row: Mapping[str, object]) -> str:
    """The address of who wrote it in a group, or "". The id ends with it where the field is missing."""
    told = jid_of(first(row, "participant", "author"))
    tail = message_id(row).rpartition("_")[2]
    return told or (jid_of(tail) if "@" in tail else "")


def sender_name(row: Mapping[str, object]) -> str:
    """The name that the author gave themself, or "". Each engine hides it elsewhere in its raw data."""
    named = first(row, "pushName", "notifyName", "senderName")
    for path in (("_data", "Info", "PushName"), ("_data", "pushName"), ("_data", "notifyName")):
        named = named or inner(row, *path)
    return plain(named, NAME_LIMIT)


def text_of(row: Mapping[str, object]) -> str:
    """The text or caption. WEBJS puts the raw card or the thumbnail of a map there, which nobody wants to read."""
    text = plain(first(row, "body", "caption", "text"), TEXT_LIMIT)
    return "" if media_of(row) in ("contact", "location") and text.startswith(("BEGIN:VCARD", "/9j/")) else text


def media_of(row: Mapping[str, object]) -> str:
    """What it carries beside text. `media` may be null although `hasMedia` is true."""
    media = mapping(row.get("media"))
    mime = plain(first(media, "mimetype") or row.get("mimetype"), 100).lower()
    kind = _MEDIA_TYPES.get(plain(row.get("type") or inner(row, "_data", "type"), 40).lower(), "")
    if flag(row.get("hasMedia")) or media:
        if mime.startswith("image/webp"):
            return "sticker"
        return _MEDIA_TYPES.get(mime.partition("/")[0], kind or "document")
    if row.get("location"):
        return "location"
    return "contact" if row.get("vCards") else kind


def _source(row: Mapping[str, object]) -> str:
    source = plain(row.get("source"), 10).lower()
    return source if source in ("app", "api") else ""
