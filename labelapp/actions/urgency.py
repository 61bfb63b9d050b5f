"""The order of a number's labels by urgency, which lists of chats can follow."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from labelapp.actions.actor import Actor, Refused
from labelapp.actions.notices import enter_all, entry, note
from labelapp.actions.transactions import patient
from labelapp.models import Change, Instance, Label, Verb


@patient
def rank_labels(actor: Actor, instance: Instance, order: Sequence[int], before: Sequence[int] | None = None) -> None:
    """These labels (keys) of the number are its urgent ones, the most urgent first; the others say nothing. Safe to run twice.

    Raises NotAllowed, or Refused for a label that the number does not have, that is named twice, or where the order is not any more
    what the person saw (`before`).
    """
    actor.must("manage_labels")
    labels = Label.objects.select_for_update(no_key=True).living().filter(instance=instance).order_by("pk")
    living = {label.pk: label for label in labels if not label.is_ghost}
    if len(set(order)) < len(order) or not set(order) <= set(living):
        raise Refused(_("The labels have changed meanwhile. Nothing was done: look again."))
    now = sorted(
        (label for label in living.values() if label.urgency is not None), key=lambda label: label.urgency or 0
    )
    ranked = [label.pk for label in now]
    if before is not None and list(before) != ranked != list(order):
        raise Refused(_("The order has changed meanwhile. Nothing was done: look again."), status=409)
    places = {pk: n for n, pk in enumerate(order, 1)}
    moved = [label for label in living.values() if label.urgency != places.get(label.pk)]
    if not moved:
        return
    for label in moved:
        label.urgency = places.get(label.pk)
    Label.objects.bulk_update(moved, ["urgency"])
    enter_all([entry(actor, Verb.LABEL_UPDATE, label=label) for label in moved])
    note(instance, Change.Kind.LABELS)


@patient
def mark_urgent(actor: Actor, label: Label) -> None:
    """From now on the label is one of its number's urgent ones: the last of them, unless it is one already. Safe to run twice.

    Raises as `rank_labels` does.
    """
    actor.must("manage_labels")
    rows = Label.objects.select_for_update(no_key=True).living().filter(instance=label.instance_id).order_by("pk")
    ranked = sorted((row for row in rows if row.urgency is not None), key=lambda row: row.urgency or 0)
    order = [row.pk for row in ranked]
    if label.pk not in order:
        rank_labels(actor, label.instance, [*order, label.pk])
