"""The labels that somebody put on last: they stand on top of their picker."""

from collections.abc import Mapping

from labelapp.models import LedgerEntry, User, Verb

SHOWN = 3
LOOKED_AT = 60  # of the person's last deeds: what is further back is not recent
FEW = 6  # so few labels are seen at a glance


def recent(user: User, options: Mapping[str, int]) -> list[int]:
    """Those of these options, by name, that the person put on last, newest first. One query that walks the index of the actor.

    A label means its name, so what was done on one number counts on the others."""
    if len(options) < FEW:
        return []
    newest = LedgerEntry.objects.filter(actor=user).order_by("-pk").values_list("verb", "label__name")[:LOOKED_AT]
    names = dict.fromkeys(name for verb, name in newest if verb == Verb.ADD and name in options)
    return [options[name] for name in names][:SHOWN]
