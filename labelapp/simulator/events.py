"""What happened at the provider, and how it is told to a hook: the envelopes and payloads of WAHA and of Wawp's pages."""

import json
import secrets
import time
from dataclasses import dataclass, field
from typing import Any

from labelapp.simulator import shapes
from labelapp.simulator.faults import Faults
from labelapp.simulator.models import Account, Chat, Hook, Label, Message
from labelapp.simulator.profiles import PROFILES

VERSION = "2026.7.1"
BASE32 = "0123456789abcdefghjkmnpqrstvwxyz"


@dataclass(frozen=True, slots=True)
class Event:
    """`name` as hooks subscribe to it; `facts` is what `payload_of` needs."""

    name: str
    facts: dict[str, Any] = field(default_factory=dict)


def label_upserted(label: Label, *, new: bool = False) -> Event:
    return Event("label.upsert", {"id": label.pk, "name": label.name, "color": label.color, "new": new})


def label_deleted(label: Label) -> Event:
    return Event("label.deleted", {"id": label.pk, "name": "", "color": label.color})


def chat_labelled(jid: str, label: Label, *, on: bool) -> Event:
    facts = {"chat": jid, "id": label.pk, "name": label.name, "color": label.color}
    return Event("label.chat.added" if on else "label.chat.deleted", facts)


def message_seen(message: Message, account: Account) -> list[Event]:
    """`message.any` for every message, `message` for incoming ones: two events with ids of their own."""
    facts = {"message": shapes.message(message, me=account.jid, engine=account.profile)}
    return [Event(name, facts) for name in (("message.any",) if message.from_me else ("message", "message.any"))]


def session_changed(account: Account) -> Event:
    return Event("session.status", {"name": account.session, "status": account.status, "statuses": account.statuses})


def chat_archived(chat: Chat) -> Event:
    return Event("chat.archive", {"chat": chat.jid, "archived": chat.archived})


def ulid(ms: int, chance: int) -> str:
    """48 bits of time and 80 of chance, lower case: sorts by emission time."""
    value = (ms << 80) | chance
    return "".join(BASE32[value >> shift & 31] for shift in range(125, -1, -5))


class Stamps:
    """Ids that sort in the order of emission, also within a millisecond: a bulk of changes is told much faster than that."""

    def __init__(self) -> None:
        self._ms, self._chance = 0, 0

    def __call__(self, now_ms: int | None = None) -> tuple[str, int]:
        """The id of an event and the time at which the server emits it, in ms. Neither ever runs backwards."""
        ms = max(time.time_ns() // 1_000_000 if now_ms is None else now_ms, self._ms)
        # with a bit kept free above, so that counting on within the millisecond never runs over
        self._chance = self._chance + 1 if ms == self._ms else secrets.randbits(79)
        self._ms = ms
        return f"evt_{ulid(ms, self._chance)}", ms


stamp = Stamps()


def body_of(event: Event, account: Account, mark: tuple[str, int], hook: Hook, faults: Faults, name: str) -> bytes:
    """The bytes of one delivery, the same at every attempt. `name` is the session's at WAHA; Wawp names it otherwise."""
    event_id, ms = mark
    profile, waha = PROFILES[account.profile], hook.dialect == "waha"
    me: dict[str, Any] = {"id": account.jid, "lid": account.lid, "pushName": account.name}
    head = {"id": event_id, "timestamp": ms}
    told = {
        "session": name if waha else account.session,
        "metadata": account.config.get("metadata", {}) if waha else {},
    }
    shape = hook.payload_shape or ("waha" if waha else faults.payload_shape)
    if shape == "wawp":
        payload = _wawp_payload(event, faults.color_as or "hex")
        value = head | told | {"engine": profile.engine, "event": event.name, "payload": payload, "me": me}
    else:
        null = not profile.label_given if faults.label_null is None else faults.label_null
        payload = _waha_payload(event, faults.color_as or "index", null)
        tail = {"me": me, "payload": payload, "engine": profile.engine, "environment": environment(profile.engine)}
        value = head | {"event": event.name} | told | tail
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def environment(engine: str) -> dict[str, Any]:
    return {"version": VERSION, "engine": engine, "tier": "PLUS", "browser": None}


def _label(facts: dict[str, Any], color_as: str) -> dict[str, Any]:
    return shapes.label_row(str(facts["id"]), facts["name"], facts["color"], color_as)


def _waha_payload(event: Event, color_as: str, label_null: bool) -> dict[str, Any]:
    facts = event.facts
    match event.name:
        case "label.upsert" | "label.deleted":
            return _label(facts, color_as)
        case "label.chat.added" | "label.chat.deleted":
            label = None if label_null else _label(facts, color_as)
            return {"labelId": str(facts["id"]), "chatId": facts["chat"], "label": label}
        case "session.status":
            return {"name": facts["name"], "status": facts["status"], "statuses": facts["statuses"], "data": None}
        case "chat.archive":
            return {"id": facts["chat"], "archived": facts["archived"], "timestamp": int(time.time())}
    return dict(facts["message"])


def _wawp_payload(event: Event, color_as: str) -> dict[str, Any]:
    facts = event.facts
    match event.name:
        case "label.upsert":
            row = _label(facts, color_as)
            return {"label": {key: row[key] for key in ("id", "name", "color")}}
        case "label.deleted":
            return {"labelId": str(facts["id"])}
        case "label.chat.added" | "label.chat.deleted":
            return {"chatId": facts["chat"], "labelId": str(facts["id"])}
        case "session.status":
            return {"name": facts["name"], "status": facts["status"]}
        case "chat.archive":
            return {"chatId": facts["chat"], "archived": facts["archived"]}
    row = dict(facts["message"])
    return row | {"media": None, "author": row["participant"], "location": None, "vCards": [], "replyTo": None}
