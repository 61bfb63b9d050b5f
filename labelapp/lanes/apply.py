"""The apply lane: stored deliveries become facts of the mirror. Makes no provider call."""

import time
from collections.abc import Callable

from django.conf import settings

from labelapp.actions.deliveries import apply_waiting
from labelapp.lanes.reach import Reach
from labelapp.models import Instance

Stop = Callable[[], bool]
LONGEST_PAUSE = 0.1  # seconds


def run_due(instance: Instance, reach: Reach, stop: Stop = lambda: False) -> int:
    """Apply what waits in the inbox, in short transactions with room for others between them. Returns how many.

    While another account answers under the number the inbox waits with everything in it."""
    if instance.is_frozen:
        return 0
    total = 0
    while not stop():
        started = time.monotonic()
        done = apply_waiting(instance)
        if not done:
            break
        total += done
        if settings.ON_SQLITE:  # its lock is not fair: leave clicks and new deliveries as long as we have held it
            time.sleep(min(LONGEST_PAUSE, time.monotonic() - started))
    return total
