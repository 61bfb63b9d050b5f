"""The moves lane: writes down how far chats are on their way to a stage, settles conflicts by their groups' rules, has the others shown,
and takes off what a stage that was entered on a phone makes redundant.

What is sent is the push lane's business: a move that was cut off anywhere goes on there.
"""

import time
from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone

from labelapp.actions.clashes import notice_clashes
from labelapp.actions.conflicts import settle_conflicts
from labelapp.actions.entered import prune_entered
from labelapp.actions.following import follow_moves
from labelapp.lanes.reach import Reach
from labelapp.models import Instance

Stop = Callable[[], bool]
LOOK_SECONDS = 10.0  # between two looks at what phones did
OVERLAP = timedelta(minutes=5)  # it may be heard of later than it came about


def run_due(instance: Instance, reach: Reach, stop: Stop = lambda: False) -> int:
    """Bring the number's moves up to their pairs. Returns how many came further. Makes no provider call."""
    moved = follow_moves(instance, stop)
    now = time.monotonic()
    if now >= reach.rests_until and instance.import_stage == Instance.ImportStage.DONE:
        since = timezone.now() - (OVERLAP if reach.rests_until else timedelta(days=1))
        reach.rests_until = now + LOOK_SECONDS
        settle_conflicts(instance, since)
        notice_clashes(instance, since)
        prune_entered(instance, since)
    return moved
