"""What a delivery is about: the chat, the label, the number itself. Two queries for any number of deliveries."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from labelapp.models import Chat, ChatAlias, HookDelivery, Label
from labelapp.queries.directory import Tag, tag_of
from labelapp.whatsapp.events import (
    BadDelivery,
    ChatArchived,
    ChatLabelChanged,
    Event,
    LabelDeleted,
    LabelUpserted,
    MessageSeen,
    SessionChanged,
    parse,
)

Place = tuple[int, str]  # instance, address or label id


@dataclass(frozen=True, slots=True)
class Subject:
    """What the first event of a delivery is about; `more` others follow it."""

    chat: Chat | None = None
    jid: str = ""  # as the delivery spells it
    tag: Tag | None = None
    wa_id: str = ""
    on: bool | None = None  # a label was put on (True) or taken off
    status: str = ""  # of the connection, the provider's word
    more: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """A delivery with what it is about."""

    row: HookDelivery
    subject: Subject


def lines(rows: Iterable[HookDelivery], bodies: Mapping[int, str]) -> list[Line]:
    """The same deliveries in the same order. `bodies`: by pk; one that is missing or no JSON tells nothing."""
    raw = [(row, _subject(bodies.get(row.pk, ""))) for row in rows]
    chats = _chats({(row.instance_id, subject.jid) for row, subject in raw if subject.jid})
    tags = _tags({(row.instance_id, subject.wa_id) for row, subject in raw if subject.wa_id})
    return [
        Line(
            row,
            replace(
                found,
                chat=chats.get((row.instance_id, found.jid)),
                tag=tags.get((row.instance_id, found.wa_id)),
            ),
        )
        for row, found in raw
    ]


def _subject(body: str) -> Subject:
    try:
        events = parse(body.encode()) if body else []
    except BadDelivery:
        events = []
    if not events:
        return Subject()
    event, more = events[0], len(events) - 1
    return Subject(
        jid=_jid(event), wa_id=_wa_id(event), on=getattr(event, "on", None), status=_status(event), more=more
    )


def _jid(event: Event) -> str:
    if isinstance(event, MessageSeen):
        return event.message.chat_jid
    return event.jid if isinstance(event, ChatLabelChanged | ChatArchived) else ""


def _wa_id(event: Event) -> str:
    if isinstance(event, LabelUpserted):
        return event.label.wa_id
    return event.wa_id if isinstance(event, ChatLabelChanged | LabelDeleted) else ""


def _status(event: Event) -> str:
    return event.status if isinstance(event, SessionChanged) else ""


def _chats(places: set[Place]) -> dict[Place, Chat]:
    if not places:
        return {}
    found = ChatAlias.objects.filter(
        instance__in={instance for instance, _jid in places}, jid__in={jid for _instance, jid in places}
    )
    return {(alias.instance_id, alias.jid): alias.chat for alias in found.select_related("chat")}


def _tags(places: set[Place]) -> dict[Place, Tag]:
    """The labels of these ids: the living one, else the one that was deleted last."""
    if not places:
        return {}
    found = Label.objects.filter(
        instance__in={instance for instance, _id in places}, wa_id__in={wa_id for _instance, wa_id in places}
    ).select_related("group")
    ordered = sorted(found, key=lambda label: (label.deleted_at is None, label.pk))
    return {(label.instance_id, label.wa_id): tag_of(label) for label in ordered}
