"""Opening a chat has its labels read again: people look at what WhatsApp says now. Nobody waits for the provider."""

from datetime import timedelta

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from labelapp.actions.notices import wake
from labelapp.models import Chat, Instance


def ask_reading(chat: Chat) -> bool:
    """Mark the chat's labels as due to be read, at most every REREAD_SECONDS, and only where the number can be asked.

    Returns whether it is marked now. Costs one query; safe to repeat.
    """
    if not chat.instance.is_ready:
        return False
    now = timezone.now()
    stale = Chat.objects.filter(pk=chat.pk, reading_due_at=None)
    stale = stale.filter(labels_read_at__lt=now - timedelta(seconds=settings.REREAD_SECONDS))
    marked = stale.update(reading_due_at=now)
    if marked:
        wake()
    return bool(marked)


def end_reading(chat: Chat, *, failed: bool = False) -> None:
    """The chat was read, or could not be: that is counted for the people who look after the number, and nobody else is bothered."""
    Chat.objects.filter(pk=chat.pk, reading_due_at=chat.reading_due_at).update(reading_due_at=None)
    if failed:
        Instance.objects.filter(pk=chat.instance_id).update(misreads=F("misreads") + 1)
