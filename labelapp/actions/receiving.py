"""Many messages at once: stored once each, the newest of a chat moves it. Runs inside a transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from labelapp.actions.addresses import chats_at
from labelapp.actions.facts import tell_messages
from labelapp.actions.messages import message_row, move_chat
from labelapp.actions.notices import note
from labelapp.actions.texts import found_by_preview, write_texts
from labelapp.models import Change, Chat, Instance, Message
from labelapp.models.effects import Effect
from labelapp.models.fields import NEVER
from labelapp.whatsapp.events import MessageSeen
from labelapp.whatsapp.types import MessageInfo


@dataclass(frozen=True, slots=True)
class Arrival:
    """A new message, its time as believed, and its place in the order of its chat."""

    info: MessageInfo
    at: datetime
    sender_name: str

    @property
    def order(self) -> tuple[datetime, str]:
        return self.at, self.info.wa_id


def receive_messages(instance: Instance, heard: Sequence[tuple[MessageSeen, datetime]]) -> list[Effect]:
    """Store messages and move their chats, whatever the order. `heard`: event and when it reached us, which is also the time of a
    message that tells none or one to come. What each of them did."""
    names = {event.message.chat_jid: event.chat_name for event, _at in reversed(heard)}
    chats = chats_at(instance, names)
    ids = {event.message.wa_id for event, _at in heard}
    known = set(Message.objects.filter(instance=instance, wa_id__in=ids).values_list("wa_id", flat=True))
    effects: list[Effect] = []
    new: dict[str, tuple[Chat, Arrival]] = {}
    for event, received_at in heard:
        info = event.message
        is_new = info.wa_id not in known and info.wa_id not in new
        if is_new:
            at = min(info.at or received_at, received_at)
            new[info.wa_id] = chats[info.chat_jid], Arrival(info, at, event.sender_name)
        effects.append(Effect.CHANGED if is_new else Effect.SAME)
    fresh = {chat.pk: chat for chat, _one in new.values() if chat.last_message_at == NEVER}
    rows = Message.objects.bulk_create(
        message_row(chat, one.info, one.at, one.sender_name) for chat, one in new.values()
    )
    tell_messages(instance, rows, fresh)
    named = _name(chats, names)
    _move(instance, list(new.values()))
    write_texts(named | found_by_preview({chat.pk for chat, _one in new.values()}))
    return effects


def _name(chats: dict[str, Chat], names: dict[str, str]) -> set[int]:
    named = set()
    for jid, chat in chats.items():
        if names[jid] and not chat.name:
            chat.name = names[jid][:200]
            chat.save(update_fields=["name"])
            named.add(chat.pk)
    return named


def _move(instance: Instance, arrivals: list[tuple[Chat, Arrival]]) -> None:
    """The newest of each direction tells who waits; the newest of all is the preview, so it goes last."""
    moved = {chat.pk: chat for chat, _one in arrivals}
    newest: dict[tuple[int, bool], Arrival] = {}
    for chat, one in arrivals:
        key = chat.pk, one.info.from_me
        if key not in newest or one.order > newest[key].order:
            newest[key] = one
    for (pk, _from_me), one in sorted(newest.items(), key=lambda item: item[1].order):
        move_chat(moved[pk], one.info, one.at, one.sender_name)
    if moved:
        note(instance, Change.Kind.MESSAGE, moved.values())
