"""The facts lane: tells what has become certain to whoever acts upon it. Makes no provider call."""

import time
from collections.abc import Callable

from labelapp.actions.events import carry_out_left, match_waiting
from labelapp.actions.facts import handle_facts, tell_pairs
from labelapp.actions.notifying import write_notices
from labelapp.actions.outgoing_writing import write_sends
from labelapp.actions.ruling import apply_rules
from labelapp.actions.ruling_times import look_at_clocks
from labelapp.lanes.reach import Reach
from labelapp.models import Fact, Instance

Stop = Callable[[], bool]
CONSEQUENCES: tuple[Callable[[Instance, list[Fact]], None], ...] = (apply_rules, write_sends, write_notices)
LOOK_SECONDS = 10.0  # between two looks at the clocks of a number's rules, and at its business events


def run_due(instance: Instance, reach: Reach, stop: Stop = lambda: False) -> int:
    """Tell of the number's settled pairs, then act upon all facts that wait; now and then carry out business events that wait or were
    left. Returns how many were told, handled or carried out."""
    if instance.is_frozen or instance.import_stage != Instance.ImportStage.DONE:
        return 0
    done = tell_pairs(instance, stop) + handle_facts(instance, CONSEQUENCES, stop)
    now = time.monotonic()
    if now < reach.rests_until:
        return done
    reach.rests_until = now + LOOK_SECONDS
    done += carry_out_left(instance, stop) + match_waiting(instance, stop)
    return done + look_at_clocks(instance)
