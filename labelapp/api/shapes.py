"""What goes in and out, as the document tells it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Literal

from ninja import Field, Schema
from pydantic import ConfigDict, StringConstraints

from labelapp.models import Chat, ChatLabel, Instance, Label, LabelTimer, LedgerEntry
from labelapp.models.fields import NEVER
from labelapp.models.timers import timer_of
from labelapp.queries.programs import Carrier
from labelapp.queries.stale import MANY, Stale

MOST_KEY = 10**18 - 1
Key = Annotated[int, Field(ge=1, le=MOST_KEY)]
NO_NUL = r"^[^\u0000]*$"
Name = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=NO_NUL)]
Receipt = Literal["pending", "sent", "confirmed", "failed"]


class Strict(Schema):
    """A body: what it does not know is a mistake of whoever wrote it."""

    model_config = ConfigDict(extra="forbid")


class NumberOut(Schema):
    instance: str = Field(description="the short name, for `?instance=`")
    name: str
    phone: str = Field(description='as "+2010…", empty when not known')
    status: str = Field(description="the provider's word, e.g. WORKING")

    @staticmethod
    def of(number: Instance) -> "NumberOut":
        return NumberOut(instance=number.slug, name=number.name, phone=number.phone, status=number.status)


class LabelOut(Schema):
    id: int
    instance: str
    wa_id: str = Field(description="WhatsApp's own id of the label")
    name: str
    color: int | None = Field(description="0 to 19; null outside of WhatsApp's palette")
    description: str
    group: str | None = Field(description="the name of its group")
    kind: Literal["free", "exclusive", "funnel"] = Field(description="the rule of its group; free without one")
    stage: int | None = Field(description="its place in the funnel, from 1")
    chats: int = Field(description="how many chats carry it")
    archived: bool

    @staticmethod
    def of(label: Label, stage: int) -> "LabelOut":
        return LabelOut(
            id=label.pk,
            instance=label.instance.slug,
            wa_id=label.wa_id,
            name=label.name,
            color=label.color_index,
            description=label.description,
            group=label.group.name if label.group else None,
            kind=label.group.kind if label.group else "free",  # type: ignore[arg-type]  # the model's choices
            stage=stage or None,
            chats=label.chat_count,
            archived=label.archived_at is not None,
        )


class TurnOut(Schema):
    turn: str = Field(description="the key of the label that it turns into")


class CallOut(Schema):
    call: str = Field(description="the username of who is told; empty for somebody who is not there any more")


class AssignmentOut(Schema):
    """One label on one chat, and how far the wish has come."""

    chat: int
    label: int
    wa_id: str
    name: str
    wanted: bool = Field(description="whether it is to be on the chat")
    on_whatsapp: bool | None = Field(description="what was last seen there; null: nothing yet")
    receipt: Receipt
    error: str = Field(description="why it failed or waits, in words; empty otherwise")
    wanted_at: datetime | None
    confirmed_at: datetime | None
    until: datetime | None = Field(description="when its time comes; null without one")
    then: Literal["remove"] | TurnOut | CallOut | None = Field(description="what happens then")

    @staticmethod
    def of(pair: ChatLabel) -> "AssignmentOut":
        timer = timer_of(pair)
        return AssignmentOut(
            chat=pair.chat_id,
            label=pair.label_id,
            wa_id=pair.label.wa_id,
            name=pair.label.name,
            wanted=pair.wanted,
            on_whatsapp=pair.remote,
            receipt=pair.receipt,  # type: ignore[arg-type]  # the model's choices
            error=pair.reason,
            wanted_at=when(pair.wanted_at),
            confirmed_at=pair.confirmed_at,
            until=timer.due_at if timer else None,
            then=_then(timer) if timer else None,
        )


def _then(timer: LabelTimer) -> Literal["remove"] | TurnOut | CallOut:
    if timer.then == LabelTimer.Then.TURN:
        return TurnOut(turn=str(timer.turn_into_id))
    if timer.then == LabelTimer.Then.CALL:
        return CallOut(call=timer.call.username if timer.call else "")
    return "remove"


class StaleOut(Schema):
    """A label that has been on the chat for long."""

    id: int
    wa_id: str
    name: str
    since: datetime | None = Field(description="when it was put on; null: before labelapp")

    @staticmethod
    def of(stale: Stale) -> "StaleOut":
        return StaleOut(id=stale.tag.pk, wa_id=stale.tag.wa_id, name=stale.tag.name, since=stale.since)


class TaggedOut(AssignmentOut):
    """A label that was put on a chat, and which others could come off."""

    stale: list[StaleOut] = Field(
        description=f"of a chat that carries {MANY} labels or more: those that have been on it for long, the oldest first"
    )

    @staticmethod
    def beside(pair: ChatLabel, stale: Iterable[Stale]) -> "TaggedOut":
        return TaggedOut(**dict(AssignmentOut.of(pair)), stale=[StaleOut.of(one) for one in stale])


class ChatOut(Schema):
    id: int
    instance: str
    jid: str = Field(description="WhatsApp's address")
    phone: str = Field(description='as "+2010…", empty for groups and hidden numbers')
    kind: Literal["person", "group"]
    name: str
    last_message_at: datetime | None
    waiting_since: datetime | None = Field(description="when the customer's last unanswered message came")
    archived: bool
    assignee: str | None = Field(description="the username of who looks after it")
    labels: list[AssignmentOut]

    @staticmethod
    def of(carrier: Carrier) -> "ChatOut":
        chat: Chat = carrier.chat
        return ChatOut(
            id=chat.pk,
            instance=chat.instance.slug,
            jid=chat.jid,
            phone=chat.phone,
            kind=chat.kind,  # type: ignore[arg-type]  # the model's choices
            name=chat.name,
            last_message_at=when(chat.last_message_at),
            waiting_since=chat.waiting_since,
            archived=chat.archived,
            assignee=chat.assignee.username if chat.assignee else None,
            labels=[AssignmentOut.of(pair) for pair in carrier.pairs],
        )


class NumbersOut(Schema):
    items: list[NumberOut]


class LabelsOut(Schema):
    items: list[LabelOut]


class ChatsOut(Schema):
    items: list[ChatOut]
    next: str | None = Field(description="the `cursor` of the next page; null: this is the last one")


class StageIn(Strict):
    label: Name = Field(
        description="a stage, named as in addresses: key, `wa_id:…` or `name:…`", examples=["name:Paid"]
    )


class EntryOut(Schema):
    id: int
    at: datetime
    instance: str
    chat: int | None
    jid: str | None
    label: int | None
    label_name: str | None
    verb: str
    source: str
    actor: str | None = Field(description="the username of the person who did it; null where none did")
    cause: str = Field(description="in words, e.g. the token's name")

    @staticmethod
    def of(entry: LedgerEntry, cause: str) -> "EntryOut":
        return EntryOut(
            id=entry.pk,
            at=entry.at,
            instance=entry.instance.slug,
            chat=entry.chat_id,
            jid=entry.chat.jid if entry.chat else None,
            label=entry.label_id,
            label_name=entry.label.name if entry.label else None,
            verb=entry.verb,
            source=entry.source,
            actor=entry.actor.username if entry.actor else None,
            cause=cause,
        )


class LedgerOut(Schema):
    items: list[EntryOut]
    next: str | None


class Fault(Schema):
    """What is wrong with one field."""

    field: str
    detail: str


class ProblemOut(Schema):
    """A refusal (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[Fault] = []


def when(moment: datetime) -> datetime | None:
    """Null where we store 1970 for never."""
    return None if moment == NEVER else moment
