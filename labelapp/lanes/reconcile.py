"""The reconcile lane: numbers whose labels should be compared with the provider's lists."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from labelapp.actions.actor import Refused
from labelapp.actions.reconciling import APART, NotConnected, Stopped, reconcile
from labelapp.actions.reports import Report
from labelapp.lanes.due import must_wait
from labelapp.lanes.reach import Reach
from labelapp.models import Instance
from labelapp.models.fields import NEVER
from labelapp.queries.health import compare_every
from labelapp.whatsapp.errors import ProviderError

Stop = Callable[[], bool]
SHARE = 0.5  # of the number's pace: clicks have their own place, this comes on top
RETRY_SECONDS = (
    60.0  # after a refusal that only a person or the phone can end, or a cycle that broke off: then doubled each time
)
LONGEST_REST = 900.0


def due_at(instance: Instance) -> datetime:
    """When the number is to be compared next: when somebody asked for it, in its rhythm, or once after its events fell silent."""
    moments = [instance.reconciled_at + timedelta(seconds=compare_every(instance))]
    silent_at = instance.last_event_at + timedelta(seconds=settings.SILENCE_SECONDS)
    if instance.last_event_at != NEVER and instance.reconciled_at < silent_at:
        moments.append(silent_at)
    if instance.reconcile_due_at is not None:
        moments.append(instance.reconcile_due_at)
    return min(moments)


def run_due(instance: Instance, reach: Reach, stop: Stop = lambda: False) -> int:
    """Compare the number if that is due, and if nobody has since the worker started. Returns 1 when a cycle was made."""
    if instance.import_stage != Instance.ImportStage.DONE or not instance.is_ready or not reach.is_open:
        return 0
    is_first = instance.reconciled_at < reach.started_at
    since = reach.started_at if is_first else due_at(instance)
    if since > timezone.now() or time.monotonic() < reach.rests_until or must_wait(instance, since):
        return 0
    try:
        run_cycle(instance, reach, stop)
    except (Refused, Stopped):
        return 0
    except ProviderError as error:
        reach.reading_failed(instance, error)
        if error.permanent or error.refused or error.asleep:
            _rest(reach, RETRY_SECONDS)
        return 0
    return 1


def run_cycle(instance: Instance, reach: Reach, stop: Stop = lambda: False) -> Report:
    """One cycle at half the number's pace. Raises as `reconcile`, and Refused when the token can't be read."""
    calls = 0

    def turn() -> None:
        nonlocal calls
        calls += 1
        time.sleep(reach.wait_for_turn(instance.pace * SHARE))

    try:
        report = reconcile(instance, reach.connect(instance), turn=turn, stop=stop)
    except NotConnected:
        _rest(reach, RETRY_SECONDS)
        raise
    except ProviderError:
        if calls:  # the session had answered: the provider is there, and the next cycle may break off at the same place
            reach.broken_off += 1
            _rest(reach, min(LONGEST_REST, RETRY_SECONDS * 2 ** (reach.broken_off - 1)))
        raise
    reach.broken_off = 0
    reach.was_read(instance)
    reach.rests_until = time.monotonic() + APART.total_seconds()  # what comes sooner is no second reading
    return report


def _rest(reach: Reach, seconds: float) -> None:
    reach.rests_until = max(reach.rests_until, time.monotonic() + seconds)
