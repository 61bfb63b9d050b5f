"""The apply lane: stored deliveries become facts of the mirror. Makes no provider call."""

import time
from collections.abc import Callable

from labelapp.actions.deliveries import apply_waiting
from labelapp.lanes.reach import Reach
from labelapp.models import Instance

Stop = Callable[[], bool]


def run_due(instance: Instance, reach: Reach, stop: Stop = lambda: False) -> int:
    """Apply what waits in the inbox, in short transactions with room for others between them. Returns how many."""
    total = 0
    while not stop() and (done := apply_waiting(instance)):
        total += done
        time.sleep(0.001)  # SQLite's lock is not fair: let a click in
    return total
