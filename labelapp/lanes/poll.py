"""The poll lane: chats and last messages of numbers, often where no events come. The labels are the reconcile lane's."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.utils import timezone

from labelapp.actions.actor import Refused
from labelapp.actions.polling import poll_overview
from labelapp.lanes.reach import Reach
from labelapp.models import Instance
from labelapp.queries.health import poll_every
from labelapp.whatsapp.errors import ProviderError

Stop = Callable[[], bool]
RETRY_SECONDS = 60.0  # after a refusal that only a person or the phone can end


def due_at(instance: Instance) -> datetime:
    """When the overview is to be read next: in its rhythm, or when somebody asked for it."""
    regular = instance.polled_at + timedelta(seconds=poll_every(instance))
    return regular if instance.poll_due_at is None else min(regular, instance.poll_due_at)


def run_due(instance: Instance, reach: Reach, stop: Stop = lambda: False) -> int:
    """Read the overview if that is due. Returns 1 when it was read."""
    if instance.import_stage != Instance.ImportStage.DONE or not instance.is_ready or not reach.is_open:
        return 0
    if due_at(instance) > timezone.now() or time.monotonic() < reach.rests_until:
        return 0
    try:
        poll_overview(instance, reach.connect(instance))
    except ProviderError as error:
        reach.reading_failed(instance, error)
        if error.permanent or error.refused or error.asleep:
            reach.rests_until = time.monotonic() + RETRY_SECONDS
        return 0
    except Refused:
        return 0
    reach.was_read(instance)
    return 1
