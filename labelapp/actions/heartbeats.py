"""Signs of life of the workers."""

from datetime import datetime, timedelta

from django.utils import timezone

from labelapp.models import Heartbeat

ALIVE = timedelta(seconds=30)


def beat(worker: str) -> None:
    """Say that this worker lives; forget workers that have been silent for a day."""
    now = timezone.now()
    row = Heartbeat(worker=worker, at=now)
    Heartbeat.objects.bulk_create([row], update_conflicts=True, unique_fields=["worker"], update_fields=["at"])
    Heartbeat.objects.filter(at__lt=now - timedelta(days=1)).delete()


def rest(worker: str) -> None:
    """Say that this worker has stopped, so that nobody counts on it."""
    Heartbeat.objects.filter(worker=worker).delete()


def signs_of_life() -> dict[str, datetime]:
    """The last beats of the workers that may be alive, by name. An hour is far longer than two clocks differ."""
    return dict(Heartbeat.objects.filter(at__gt=timezone.now() - timedelta(hours=1)).values_list("worker", "at"))
