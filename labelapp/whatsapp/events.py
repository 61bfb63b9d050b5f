"""Deliveries from a provider, as frozen facts. Both known payload shapes are read; unknown kinds are data, not crashes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from labelapp.whatsapp.types import LabelInfo, MessageInfo


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
    """The events of one delivery. Raises BadDelivery."""
    raise NotImplementedError


def dedupe_key(body: bytes, headers: Mapping[str, str]) -> str | None:
    """What repeats of one delivery have in common, or None."""
    raise NotImplementedError
