"""The runs lane: chats of bulk runs become wishes, a few at a time. The push lane sends them, at the number's pace."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from math import ceil

from django.conf import settings
from django.utils import timezone

from labelapp.actions.run_steps import begin, settle, survey
from labelapp.actions.runs import OUTAGE, cut_off, finish, stop_itself, streak
from labelapp.lanes.merges import follow_merge
from labelapp.lanes.reach import Reach
from labelapp.models import Instance, Run, RunChat
from labelapp.models.reasons import Reason

Stop = Callable[[], bool]
AHEAD = 4.0  # seconds of the number's pace that wait to be sent
FEWEST, MOST = 8, 40  # ... but so many changes at least, and at most
OPEN = 300  # chats at most whose changes have not all arrived
TURN = 100  # chats begun before the lane looks again, and settled in one transaction
LONGEST_PAUSE = 0.1  # seconds


def run_due(instance: Instance, reach: Reach, stop: Stop = lambda: False) -> int:
    """Write down what has arrived, begin what there is room for, end what is through. Returns how many chats moved.

    Never ahead of clicks: the wishes have a lower priority, and only a few wait at a time.
    """
    runs = list(
        Run.objects.filter(numbers=instance, ended_at=None)
        .select_related("user", "retires", "replacement")
        .order_by("pk")
    )
    for run in runs:
        if run.state == Run.State.PREPARING:
            cut_off(run)
    runs = [run for run in runs if run.state != Run.State.PREPARING]
    if not runs:
        return 0
    found = survey(instance, runs)
    for start in range(0, len(found.settled), TURN):
        settle(found.settled[start : start + TURN])
    going = [run for run in runs if run.is_running and not _stopped(run, instance)]
    begun = 0
    if going and found.places - len(found.settled) < OPEN and may_begin(instance):
        begun = _begin(instance, going, found.waiting, reach, stop)
    for run in going:
        if run.retires_id is not None and may_begin(instance):
            begun += follow_merge(run, instance, reach)
    ended = sum(finish(run) for run in runs)
    return begun + len(found.settled) + ended


def may_begin(instance: Instance) -> bool:
    """Whether runs may make wishes for the number now: they would only grow old where it can't be reached."""
    fresh = Instance.objects.connected().ready().filter(pk=instance.pk, trouble="").first()
    return fresh is not None and not fresh.locked and not fresh.is_quiet(timezone.now())


def room(instance: Instance) -> int:
    """How many changes of runs may wait to be sent: enough that the push lane never runs dry, few enough to pause soon."""
    return min(MOST, max(FEWEST, ceil(AHEAD * instance.pace)))


def _stopped(run: Run, instance: Instance) -> bool:
    """Whether the run does no good any more, and was paused for it."""
    if reason := streak(run, instance):
        return stop_itself(run, Reason.STREAK(reason))
    if instance.trouble and instance.trouble_at and instance.trouble_at < timezone.now() - OUTAGE:
        return stop_itself(run, Reason.OUTAGE(instance.trouble))
    needed = ["labelapp.run_bulk", "labelapp.apply_labels"]
    allowed = run.user.has_perms([*needed, "labelapp.manage_labels"] if run.retires_id else needed)
    if not allowed or not Instance.objects.visible_to(run.user).filter(pk=instance.pk).exists():
        return stop_itself(run, Reason.LEFT(run.user.display_name))
    return False


def _begin(instance: Instance, runs: Sequence[Run], waiting: Counter[int], reach: Reach, stop: Stop) -> int:
    """Begin chats, each time of the run of which the fewest changes wait, and that was served longest ago: so they share the pace."""
    free, begun = room(instance) - waiting.total(), 0
    chats = {run.pk: _waiting(run, instance) for run in runs}
    going = [run for run in runs if chats[run.pk]]
    while free > 0 and going and begun < TURN and not stop():
        run = min(going, key=lambda one: (waiting[one.pk], reach.served.get(one.pk, 0.0)))
        reach.served[run.pk] = started = time.monotonic()
        wishes = begin(run, chats[run.pk].pop())
        if settings.ON_SQLITE:  # its lock is not fair: leave clicks as long as we have held it
            time.sleep(min(LONGEST_PAUSE, time.monotonic() - started))
        waiting[run.pk] += wishes
        free -= wishes
        begun += 1
        if not chats[run.pk]:
            going.remove(run)
    return begun


def _waiting(run: Run, instance: Instance) -> list[int]:
    """The chats that come next, the first one at the end."""
    found = RunChat.objects.filter(run=run, instance=instance, state=RunChat.State.WAITING)
    return list(found.order_by("pk").values_list("pk", flat=True)[:TURN])[::-1]
