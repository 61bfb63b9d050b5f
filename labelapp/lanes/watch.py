"""The watch lane: each number is asked now and then who answers and whether it is connected. Events may never come."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.utils import timezone

from labelapp.actions.accounts import observe_session, session_was_read
from labelapp.actions.actor import Refused
from labelapp.lanes.reach import Reach
from labelapp.models import HookDelivery, Instance
from labelapp.whatsapp.errors import ProviderError

Stop = Callable[[], bool]
WORKING_SECONDS = 45.0
DOWN_SECONDS = 15.0  # somebody may be scanning the code right now
LONG_DOWN_SECONDS = 60.0
LONG_DOWN = timedelta(minutes=10)


def every(instance: Instance) -> float:
    """Seconds between two questions: often while a number is away, less often when that lasts."""
    if instance.is_ready:
        return WORKING_SECONDS
    since = instance.frozen_at or instance.status_since
    return LONG_DOWN_SECONDS if timezone.now() - since > LONG_DOWN else DOWN_SECONDS


def run_due(instance: Instance, reach: Reach, stop: Stop = lambda: False) -> int:
    """Ask for the session if it is time to, or if somebody doubts who answers. Returns 1 when the provider answered."""
    now = timezone.now()
    if not reach.is_open or (time.monotonic() < reach.next_call and not _is_doubted(instance, now)):
        return 0
    try:
        session = reach.connect(instance).session()
    except ProviderError as error:
        reach.failed(instance, error)
        return 0
    except Refused:  # the token can't be read: every screen says so already
        reach.next_call = time.monotonic() + LONG_DOWN_SECONDS
        return 0
    observe_session(instance, session, now)
    session_was_read(instance, now)
    reach.was_read(instance)
    reach.next_call = time.monotonic() + every(instance)
    return 1


def _is_doubted(instance: Instance, now: datetime) -> bool:
    """Whether to ask at once. Notices for a frozen number stay in the inbox, unread: they may tell that the known account is back."""
    if instance.session_due_at is not None and instance.session_due_at <= now:
        return True
    if not instance.is_frozen:
        return False
    notices = HookDelivery.objects.filter(instance=instance, applied_at=None, kind="session.status")
    return notices.filter(received_at__gt=instance.status_at).exists()
