"""One row of JSON -> one fact. Answers and deliveries hold the same rows, so both read them here."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from labelapp.whatsapp.jids import kind_of, normalise
from labelapp.whatsapp.moments import moment
from labelapp.whatsapp.palette import color_index
from labelapp.whatsapp.shapes import find_list, first, flag, inner, mapping
from labelapp.whatsapp.texts import NAME_LIMIT, identifier, plain
from labelapp.whatsapp.types import ChatInfo, HookInfo, LabelInfo, LidPair, SessionInfo

_HEX = re.compile(r"#?[0-9a-fA-F]{3,8}")
NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def jid_of(value: object) -> str:
    """The normalised address in `value` (text, or an object with `id` or `_serialized`), or ""."""
    if isinstance(value, dict):
        value = first(value, "_serialized", "id", "chatId", "jid")
    if isinstance(value, dict):  # {"id": {"_serialized": …}}, and no deeper
        value = value.get("_serialized")
    try:
        return normalise(plain(value, 100))
    except ValueError:
        return ""


def chat_jid_of(value: object) -> str:
    """As jid_of, but "" for what carries no labels here: channels, status, broadcast lists."""
    jid = jid_of(value)
    return jid if kind_of(jid) != "other" else ""


def label_of(value: object) -> LabelInfo | None:
    """A label row; None when it has no id. Colour as index, numeric text or hex: Wawp's pages show all three."""
    row = mapping(value)
    wa_id = identifier(first(row, "id", "labelId"))
    if not wa_id:
        return None
    color, raw = row.get("color"), plain(row.get("colorHex"), 20)
    if isinstance(color, str) and color.strip().startswith("#"):
        raw = plain(color.strip(), 20)
    index = color_index(color if isinstance(color, int | float | str) else None, raw)
    return LabelInfo(wa_id, plain(row.get("name"), NAME_LIMIT), index, raw if _HEX.fullmatch(raw) else "")


def session_of(value: object) -> SessionInfo | None:
    """A session row; None when it has no status."""
    row = mapping(value)
    status = row.get("status")
    if not isinstance(status, str) or not status.strip():
        return None
    me = mapping(row.get("me"))
    return SessionInfo(
        name=plain(first(row, "name", "session", "session_name", "instance_id"), NAME_LIMIT),
        status=plain(status, 40).strip().upper(),
        me_jid=jid_of(me.get("id")),
        me_name=plain(first(me, "pushName", "pushname", "name"), NAME_LIMIT),
        me_lid=_lid(me.get("lid")),
        engine=plain(_engine(row.get("engine")), 20).strip().upper(),
    )


def _engine(value: object) -> object:
    """The name in WAHA's {"engine": "GOWS", ...}, or the bare name as in the envelope of deliveries."""
    return mapping(value).get("engine") if isinstance(value, dict) else value


def lid_pair_of(value: object) -> LidPair | None:
    """A pair of hidden id and number; the number under `pn` (WAHA) or `number` (Wawp's prose), null when unknown."""
    row = mapping(value)
    lid, pn = _lid(row.get("lid")), jid_of(first(row, "pn", "number"))
    return LidPair(lid, pn if pn.endswith("@c.us") else None) if lid else None


def _lid(value: object) -> str:
    text = plain(value, 100)
    jid = jid_of(f"{text}@lid" if text.isdigit() else text)
    return jid if jid.endswith("@lid") else ""


def hook_of(value: object) -> HookInfo | None:
    """A registered address; None without one."""
    row = mapping(value)
    url = plain(row.get("url"), 2000)
    events = find_list(row.get("events")) or []
    active = flag(first(row, "is_active", "active")) is not False
    return HookInfo(url, tuple(plain(event, 100) for event in events), active) if url else None


def chat_name(row: Mapping[str, object]) -> str:
    """The chat's own name; "" where the provider has none."""
    return plain(first(row, "name", "subject", "pushname", "pushName"), NAME_LIMIT)


def unread_of(row: Mapping[str, object]) -> int | None:
    """The unread count if the provider tells one (WAHA's overview has none)."""
    count = first(row, "unreadCount", "unread")
    if count is None:
        count = inner(row, "_chat", "unreadCount")
    text = plain(count, 10)
    return int(text) if text.isascii() and text.isdigit() else None


def archived_of(row: Mapping[str, object]) -> bool | None:
    """Whether the chat is archived, if the provider tells."""
    value = first(row, "archived", "isArchived")
    return flag(value if value is not None else inner(row, "_chat", "archived"))


def when(chat: ChatInfo) -> datetime:
    """The time of a chat's last message, 1970 for none: to sort by."""
    return (chat.last_message.at if chat.last_message else None) or NEVER


def time_of(row: Mapping[str, object]) -> datetime | None:
    """A message's time: seconds in both APIs, unlike the envelope's milliseconds."""
    return moment(first(row, "timestamp", "messageTimestamp", "t"))
