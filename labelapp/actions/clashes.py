"""Clashes are looked for once a while and kept for all processes."""

from datetime import datetime

from django.utils import timezone

from labelapp.actions.notices import note
from labelapp.models import Change, ClashLook, Instance
from labelapp.models.fields import NEVER
from labelapp.queries.clashes import FRESH, exclusive_groups, find_clashes
from labelapp.queries.conflicts import fresh_conflicts


def look_for_clashes(instance: Instance) -> None:
    """Look through the number's chats, unless that was done less than FRESH ago. Safe to repeat."""
    now = timezone.now()
    if not ClashLook.objects.filter(instance=instance, at__gt=now - FRESH).exists():
        _keep(instance, now)


def _keep(instance: Instance, at: datetime) -> None:
    keys = find_clashes(instance)
    waiting = sum(not is_left for *_key, is_left in keys)
    row = ClashLook(instance=instance, at=at, keys=keys, waiting=waiting)
    fields = ["at", "keys", "waiting"]
    ClashLook.objects.bulk_create([row], update_conflicts=True, unique_fields=["instance"], update_fields=fields)


def forget_clashes(instance_pk: int) -> None:
    """Look afresh next time: one was settled."""
    ClashLook.objects.filter(instance=instance_pk).update(at=NEVER)


def notice_clashes(instance: Instance, since: datetime) -> None:
    """Have them looked for anew, and tell the screens, where one came about after `since` that the last look did not find."""
    look = ClashLook.objects.filter(instance=instance, at__gt=NEVER).first()
    if look is None:  # nobody has looked, or the next one looks anyway
        return
    known = {(chat, group) for chat, group, *_is_left in look.keys}
    if fresh_conflicts(exclusive_groups(instance), since) - known:
        forget_clashes(instance.pk)
        note(instance, Change.Kind.INSTANCE)
