"""The hooks lane: posts what outgoing hooks are to be told, a few at a time. Makes no provider call."""

from functools import partial

from django.conf import settings

from labelapp.actions.outgoing_sending import claim_due, record
from labelapp.lanes.posts import Stop, post_all
from labelapp.lanes.reach import Reach
from labelapp.models import Instance


def run_due(instance: Instance, reach: Reach, stop: Stop = lambda: False) -> int:
    """Post the number's messages that are due, at most HOOKS_AT_ONCE at the same time. Returns how many answered."""
    return post_all(partial(claim_due, instance), record, settings.HOOKS_AT_ONCE, stop, "hook")
