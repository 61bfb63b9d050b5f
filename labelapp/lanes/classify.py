"""The classify lane: asks classifiers outside what rules want to know, a few at a time. Makes no provider call."""

from functools import partial

from labelapp.actions.classified import settle_ask
from labelapp.actions.classifying import claim_asks
from labelapp.lanes.posts import Stop, post_all
from labelapp.lanes.reach import Reach
from labelapp.models import Instance

AT_ONCE = 4  # questions of a number in flight: their labels wait for nothing else


def run_due(instance: Instance, reach: Reach, stop: Stop = lambda: False) -> int:
    """Ask the number's questions that are due, and put on what the answers say. Returns how many answered."""
    if instance.is_frozen:
        return 0
    return post_all(partial(claim_asks, instance), settle_ask, AT_ONCE, stop, "classify")
