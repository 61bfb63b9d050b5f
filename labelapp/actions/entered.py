"""Stages that chats enter by themselves, on a phone: what such a stage makes redundant comes off as after a move of ours."""

from datetime import datetime

from django.utils import timezone

from labelapp.actions.actor import Actor
from labelapp.actions.conflicts import SETTLING
from labelapp.actions.moves import follow_up
from labelapp.actions.notices import note
from labelapp.actions.receipts import locked_pair
from labelapp.actions.transactions import patient
from labelapp.models import Change, Instance, Source
from labelapp.queries.entered import entered

BY_ITSELF = Actor(None, Source.RECONCILE)


def prune_entered(instance: Instance, since: datetime) -> int:
    """Wish off what stages make redundant that chats entered after `since` without a move of ours. Returns how many chats gave up
    something.

    Stages younger than SETTLING wait: the phone may be in the middle of a move. Safe to repeat.
    """
    return sum(_prune(pk) for pk in entered(instance, since, timezone.now() - SETTLING))


@patient
def _prune(pk: int) -> bool:
    pair = locked_pair(pk)
    if pair is None or not follow_up(BY_ITSELF, pair):
        return False
    note(pair.label.instance, Change.Kind.CHAT, [pair.chat])
    return True
