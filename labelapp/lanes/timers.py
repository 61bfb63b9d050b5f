"""The timers lane: lets the timers of labels fire whose time has come. Makes no provider call: what they wish the push lane sends."""

import time
from collections.abc import Callable

from django.conf import settings

from labelapp.actions.timers import due_timers, fire
from labelapp.lanes.reach import Reach
from labelapp.models import Instance

Stop = Callable[[], bool]
LOOK_SECONDS = 1.0  # between two looks, however often the lane is woken
LONGEST_PAUSE = 0.1  # seconds


def run_due(instance: Instance, reach: Reach, stop: Stop = lambda: False) -> int:
    """Let the number's timers fire that are due, at most a batch. Returns how many did.

    While another account answers under the number, or it is being imported, they wait: what they are about may be no more.
    """
    if time.monotonic() < reach.rests_until or instance.is_frozen:
        return 0
    if instance.import_stage != Instance.ImportStage.DONE:
        return 0
    done = 0
    for pk, chat in due_timers(instance):
        if stop():
            break
        started = time.monotonic()
        done += fire(pk, chat)
        if settings.ON_SQLITE:  # its lock is not fair: leave clicks as long as we have held it
            time.sleep(min(LONGEST_PAUSE, time.monotonic() - started))
    if not done:
        reach.rests_until = time.monotonic() + LOOK_SECONDS
    return done
