"""The reread lane: chats that somebody opened, and whose labels are read again."""

import time
from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone

from labelapp.actions.actor import Refused
from labelapp.actions.identity import addresses_of, read_labels
from labelapp.actions.readings import record_reading
from labelapp.actions.rereading import end_reading
from labelapp.lanes.reach import Reach
from labelapp.models import Chat, Instance
from labelapp.whatsapp.errors import ProviderError

Stop = Callable[[], bool]
AT_ONCE = 20  # chats in one run
PAUSE = 5.0  # seconds for a provider that does not answer; the push lane tells people
STALE = timedelta(minutes=5)  # whoever opened the chat so long ago does not look any more


def run_due(instance: Instance, reach: Reach, stop: Stop = lambda: False) -> int:
    """Read the labels of opened chats, the first one first. Returns how many were read."""
    if not reach.is_open or not instance.is_ready:
        return 0
    read = 0
    for chat in due_chats(instance):
        if stop() or not reach.is_open:
            break
        read += _read(instance, chat, reach)
    return read


def due_chats(instance: Instance) -> list[Chat]:
    """The chats to read; what was opened while the number was away is forgotten."""
    due = Chat.objects.filter(instance=instance, reading_due_at__isnull=False)
    chats = list(due.order_by("reading_due_at", "pk")[:AT_ONCE])
    old = [chat.pk for chat in chats if timezone.now() - (chat.reading_due_at or timezone.now()) > STALE]
    if old:
        Chat.objects.filter(pk__in=old).update(reading_due_at=None)
    return [chat for chat in chats if chat.pk not in old]


def _read(instance: Instance, chat: Chat, reach: Reach) -> int:
    """One chat; 1 when it was read."""
    if chat.reading_due_at and chat.labels_read_at > chat.reading_due_at:  # the push lane was first
        end_reading(chat)
        return 0
    try:
        client = reach.connect(instance)
        addresses = addresses_of([chat])[chat.pk]
        time.sleep(reach.wait_for_turn(instance.pace, len(addresses)))
        asked_at = timezone.now()
        labels = read_labels(client, addresses)
    except ProviderError as error:
        if error.unreachable or error.refused or error.busy or error.retry_after:
            reach.closed_until = time.monotonic() + max(PAUSE, error.retry_after or 0)
        end_reading(chat, failed=True)
        return 0
    except Refused:
        end_reading(chat, failed=True)
        return 0
    record_reading(instance, chat.pk, labels, asked_at)
    end_reading(chat)
    return 1
