"""Signs of life of the workers."""

from datetime import timedelta

from django.utils import timezone

from labelapp.models import Heartbeat

ALIVE = timedelta(seconds=30)


def beat(worker: str) -> None:
    """Say that this worker lives; forget workers that have been silent for a day."""
    now = timezone.now()
    row = Heartbeat(worker=worker, at=now)
    Heartbeat.objects.bulk_create([row], update_conflicts=True, unique_fields=["worker"], update_fields=["at"])
    Heartbeat.objects.filter(at__lt=now - timedelta(days=1)).delete()
