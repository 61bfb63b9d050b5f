"""Messages and chats as they come in: previews, order and who waits, whatever the order of arrival. All in a transaction."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from labelapp.actions.notices import note
from labelapp.actions.pairs import lock_chat
from labelapp.actions.providers import client_for, refusal
from labelapp.models import Change, Chat, ChatAlias, ChatLabel, ChatRead, Instance, Message, User
from labelapp.models.fields import NEVER
from labelapp.whatsapp.errors import ProviderError
from labelapp.whatsapp.jids import kind_of
from labelapp.whatsapp.types import MessageInfo

PANEL_MESSAGES = 30


def chat_at(instance: Instance, jid: str, name: str = "") -> Chat:
    """The locked chat with this address (any of its addresses), made if it was never seen before."""
    known = ChatAlias.objects.select_related("chat").select_for_update(of=("chat",))
    alias = known.filter(instance=instance, jid=jid).first()
    if alias is None:
        kind = Chat.Kind.GROUP if kind_of(jid) == "group" else Chat.Kind.PERSON
        Chat.objects.bulk_create([Chat(instance=instance, jid=jid, kind=kind, name=name)], ignore_conflicts=True)
        chat = Chat.objects.get(instance=instance, jid=jid)
        ChatAlias.objects.bulk_create([ChatAlias(instance=instance, jid=jid, chat=chat)], ignore_conflicts=True)
        alias = known.get(instance=instance, jid=jid)
    chat = alias.chat
    if name and not chat.name:
        chat.name = name
        chat.save(update_fields=["name"])
    return chat


def receive_message(instance: Instance, info: MessageInfo, *, chat_name: str = "", sender_name: str = "") -> bool:
    """Store a message once and move its chat. False when it was known already. A message without a time counts as written now."""
    chat = chat_at(instance, info.chat_jid, chat_name)
    at = min(info.at or timezone.now(), timezone.now())
    if not _store(chat, info, at, sender_name):
        return False
    move_chat(chat, info, at, sender_name)
    note(instance, Change.Kind.MESSAGE, [chat])
    return True


def _store(chat: Chat, info: MessageInfo, at: datetime, sender_name: str = "") -> bool:
    if Message.objects.filter(instance=chat.instance_id, wa_id=info.wa_id).exists():
        return False
    Message.objects.create(
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
    return True


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


def archive_chat(instance: Instance, jid: str, archived: bool) -> None:
    """Mirror that a chat went into WhatsApp's archive or came back."""
    chat = chat_at(instance, jid)
    if chat.archived != archived:
        chat.archived = archived
        chat.save(update_fields=["archived"])
        note(instance, Change.Kind.MESSAGE, [chat])


def fetch_messages(chat: Chat) -> None:
    """Ask the provider for the chat's last messages and keep them. Raises Refused with a sentence when it can't be asked."""
    try:
        with client_for(chat.instance) as client:
            infos = client.messages(chat.jid, limit=PANEL_MESSAGES)
    except ProviderError as error:
        raise refusal(error) from error
    with transaction.atomic():
        locked = lock_chat(chat.pk)
        oldest = timezone.now() - timedelta(days=settings.MESSAGE_DAYS)
        moved = locked.last_message_at
        for info in infos:
            at = min(info.at or NEVER, timezone.now())
            if at > oldest and _store(locked, info, at):
                move_chat(locked, info, at)
        if locked.last_message_at != moved:
            note(chat.instance, Change.Kind.MESSAGE, [locked])


def mark_read(user: User, chat: Chat) -> None:
    """Take the bold off this person's screen, and off no one else's. The customer's ticks stay grey: nothing is sent.

    Read is what is there by now, not what a late delivery brings afterwards.
    """
    newest = Chat.objects.values_list("last_message_at", flat=True).get(pk=chat.pk)
    row = ChatRead(user=user, chat=chat, at=newest)
    ChatRead.objects.bulk_create([row], update_conflicts=True, unique_fields=["user", "chat"], update_fields=["at"])
