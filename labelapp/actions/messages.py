"""Messages and chats as they come in: previews, order and who waits, whatever the order of arrival. All in a transaction."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from labelapp.actions.addresses import by_address, chats_at
from labelapp.actions.facts import tell_messages
from labelapp.actions.notices import note
from labelapp.actions.pairs import lock_chat
from labelapp.actions.providers import client_for, refusal
from labelapp.actions.texts import found_by_preview, write_texts
from labelapp.actions.transactions import patient
from labelapp.models import Change, Chat, ChatLabel, ChatRead, Instance, Message, User
from labelapp.models.assignments import CLOCKS
from labelapp.models.effects import Effect
from labelapp.models.fields import NEVER
from labelapp.whatsapp.errors import ProviderError
from labelapp.whatsapp.types import ChatInfo, MessageInfo

PANEL_MESSAGES = 30


def message_row(chat: Chat, info: MessageInfo, at: datetime, sender_name: str = "") -> Message:
    """An unsaved row for a message of the chat."""
    return Message(
        instance_id=chat.instance_id,
        chat=chat,
        wa_id=info.wa_id,
        at=at,
        from_me=info.from_me,
        sender=(sender_name or info.sender)[:200] if chat.is_group and not info.from_me else "",
        text=info.text,
        media=info.media,
        source=info.source[:8],
    )


def keep_messages(instance: Instance, rows: Iterable[Message], new_chats: Mapping[int, Chat]) -> list[Message]:
    """Store those that were not met before, and tell of them: no event may follow, or only one that is a repeat by then."""
    met = {row.wa_id: row for row in rows}
    known = set(Message.objects.filter(instance=instance, wa_id__in=met).values_list("wa_id", flat=True))
    made = Message.objects.bulk_create(row for row in met.values() if row.wa_id not in known)
    tell_messages(instance, made, new_chats)
    return made


def move_chat(chat: Chat, info: MessageInfo, at: datetime, sender_name: str = "") -> None:
    """Bring the chat's preview and times up to date with a message. The newest wins, in whatever order messages arrive."""
    if info.from_me:
        chat.last_out_at = max(chat.last_out_at, at)
    else:
        chat.last_in_at = max(chat.last_in_at, at)
    if at > chat.last_message_at or (at == chat.last_message_at and _is_last_of_its_second(chat, info, at)):
        chat.last_message_at, chat.last_message_text, chat.last_message_media = at, info.text[:200], info.media
        chat.last_message_from_me = info.from_me
        chat.last_message_sender = (sender_name or info.sender)[:200] if chat.is_group and not info.from_me else ""
        ChatLabel.objects.filter(chat=chat).update(last_message_at=at)
    chat.save()


def _is_last_of_its_second(chat: Chat, info: MessageInfo, at: datetime) -> bool:
    """Providers tell whole seconds. Among messages of one second the greatest id is the last, so that no order matters."""
    return not Message.objects.filter(chat=chat, at=at, wa_id__gt=info.wa_id).exists()


def archive_chat(instance: Instance, jid: str, archived: bool, *, at: datetime, event_id: str) -> Effect:
    """Mirror that a chat went into WhatsApp's archive or came back. The newest event wins, whatever the order."""
    chat = chats_at(instance, {jid: ""})[jid]
    effect = chat.hear_archive(archived, at=at, event_id=event_id)
    chat.save(update_fields=["archived", "archived_event_at", "archived_event_id"])
    if effect is Effect.CHANGED:
        note(instance, Change.Kind.MESSAGE, [chat])
    return effect


def read_archive(instance: Instance, infos: Iterable[ChatInfo], asked_at: datetime) -> list[Chat]:
    """Mirror what rows of the overview say of the archive, in a transaction. Returns the chats that look different now.

    A reading counts as news of the moment in which it was asked for, less what clocks may differ: what was emitted before that and
    comes later does not turn it back, and what is younger stays.
    """
    told = {info.jid: info.archived for info in infos if info.archived is not None}
    if not told:
        return []
    heard: dict[tuple[bool, Effect], dict[int, Chat]] = defaultdict(dict)
    for jid, chat in by_address(instance, told).items():
        effect = chat.hear_archive(told[jid], at=asked_at - CLOCKS)
        heard[told[jid], effect][chat.pk] = chat
    for (archived, effect), chats in heard.items():
        if effect is not Effect.OLDER:
            rows = Chat.objects.filter(pk__in=chats, archived_event_at__lt=asked_at - CLOCKS)
            rows.update(archived=archived, archived_event_at=asked_at - CLOCKS, archived_event_id="")
    return [chat for (_on, effect), chats in heard.items() if effect is Effect.CHANGED for chat in chats.values()]


def fetch_messages(chat: Chat) -> None:
    """Ask the provider for the chat's last messages and keep them. Raises Refused with a sentence when it can't be asked."""
    try:
        with client_for(chat.instance) as client:
            infos = client.messages(chat.jid, limit=PANEL_MESSAGES)
    except ProviderError as error:
        raise refusal(error) from error
    with transaction.atomic():
        locked = lock_chat(chat.pk)
        if locked.pk == chat.pk:
            _store_all(locked, infos)
    if locked.pk != chat.pk:  # joined to another one meanwhile: that one's messages have ids of their own
        fetch_messages(locked)


def _store_all(chat: Chat, infos: Iterable[MessageInfo]) -> None:
    now, moved = timezone.now(), chat.last_message_at
    oldest = now - timedelta(days=settings.MESSAGE_DAYS)
    by_id = {info.wa_id: info for info in infos}
    rows = [message_row(chat, info, min(info.at or NEVER, now)) for info in by_id.values()]
    fresh = {chat.pk: chat} if moved == NEVER else {}
    for row in keep_messages(chat.instance, (row for row in rows if row.at > oldest), fresh):
        move_chat(chat, by_id[row.wa_id], row.at)
    write_texts(found_by_preview([chat.pk]))
    if chat.last_message_at != moved:
        note(chat.instance, Change.Kind.MESSAGE, [chat])


@patient
def mark_read(user: User, chat: Chat) -> Chat:
    """Take the bold off this person's screen, and off no one else's. The customer's ticks stay grey: nothing is sent.

    Read is what is there by now, not what a late delivery brings afterwards. Returns the chat: the one that is left, where it was
    joined to another meanwhile.
    """
    chat = lock_chat(chat.pk)
    row = ChatRead(user=user, chat=chat, at=chat.last_message_at)
    ChatRead.objects.bulk_create([row], update_conflicts=True, unique_fields=["user", "chat"], update_fields=["at"])
    return chat
