"""What need not be kept for ever."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from labelapp.actions.events import expire_events
from labelapp.actions.outgoing_sending import end_old
from labelapp.actions.texts import write_texts
from labelapp.actions.timer_ends import end_resting
from labelapp.models import (
    Ask,
    BusinessEvent,
    Change,
    Chat,
    Fact,
    HookDelivery,
    HookSend,
    KeptAnswer,
    Looker,
    Message,
    Notice,
)
from labelapp.models.tokens import KEPT

CHUNK = 500  # rows per transaction, so that nobody waits long for the database


def prune() -> int:
    """Delete what is older than the settings say: applied deliveries, messages, what hooks and people were told, change notices, facts.
    And who was at a chat long ago, answers that are not given again, timers of labels that came off, settled business events. Returns
    how many rows."""
    now = timezone.now()
    end_old()
    end_resting()
    expire_events()
    old: list[QuerySet[Any]] = [
        Change.objects.filter(at__lt=now - timedelta(days=settings.CHANGE_DAYS)),
        HookDelivery.objects.filter(
            received_at__lt=now - timedelta(days=settings.DELIVERY_DAYS), applied_at__isnull=False
        ),
        Fact.objects.filter(at__lt=now - timedelta(days=settings.CHANGE_DAYS), handled_at__isnull=False),
        HookSend.objects.filter(made_at__lt=now - timedelta(days=settings.DELIVERY_DAYS), ended_at__isnull=False),
        Notice.objects.filter(at__lt=now - timedelta(days=settings.DELIVERY_DAYS)),
        Ask.objects.filter(made_at__lt=now - timedelta(days=1)),
        Looker.objects.filter(seen_at__lt=now - timedelta(days=1)),
        KeptAnswer.objects.filter(at__lt=now - KEPT),
        BusinessEvent.objects.filter(applied_at__lt=now - timedelta(days=settings.EVENT_DAYS)),
    ]
    return sum(_delete(rows) for rows in old) + _delete_messages(now - timedelta(days=settings.MESSAGE_DAYS))


def _delete_messages(before: datetime) -> int:
    """The preview of a chat outlives its message: from then on the chat is found by its own text."""
    total = 0
    old = Message.objects.filter(at__lt=before)
    while some := dict(old.values_list("pk", "chat_id")[:CHUNK]):
        with transaction.atomic():
            quiet = Chat.objects.locked().filter(pk__in=set(some.values()), last_message_at__lt=before)
            chats = [chat.pk for chat in quiet]
            # Those that went to another chat meanwhile, which was not looked at, wait for the next round
            total += Message.objects.filter(pk__in=some, chat__in=set(some.values())).delete()[0]
            write_texts(chats)
    return total


def _delete(rows: QuerySet[Any]) -> int:
    total = 0
    while pks := list(rows.values_list("pk", flat=True)[:CHUNK]):
        total += rows.model.objects.filter(pk__in=pks).delete()[0]
    return total
