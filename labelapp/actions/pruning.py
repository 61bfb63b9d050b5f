"""What need not be kept for ever."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from labelapp.models import Change, HookDelivery, Message

CHUNK = 500  # rows per transaction, so that nobody waits long for the database


def prune() -> int:
    """Delete applied deliveries, messages and change notices that are older than the settings say. Returns how many."""
    now = timezone.now()
    old: list[QuerySet[Any]] = [
        Change.objects.filter(at__lt=now - timedelta(days=settings.CHANGE_DAYS)),
        HookDelivery.objects.filter(
            received_at__lt=now - timedelta(days=settings.DELIVERY_DAYS), applied_at__isnull=False
        ),
        Message.objects.filter(at__lt=now - timedelta(days=settings.MESSAGE_DAYS)),
    ]
    return sum(_delete(rows) for rows in old)


def _delete(rows: QuerySet[Any]) -> int:
    total = 0
    while pks := list(rows.values_list("pk", flat=True)[:CHUNK]):
        total += rows.model.objects.filter(pk__in=pks).delete()[0]
    return total
