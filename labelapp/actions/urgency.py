"""The order of a number's labels by urgency, which lists of chats can follow."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from labelapp.actions.actor import Actor, Refused
from labelapp.actions.notices import enter_all, entry, note
from labelapp.actions.transactions import patient
from labelapp.models import Change, Instance, Label, Verb


@patient
def rank_labels(actor: Actor, instance: Instance, order: Sequence[int]) -> None:
    """These labels (keys) of the number are its urgent ones, the most urgent first; the others say nothing. Safe to run twice.

    Raises NotAllowed, or Refused for a label that the number does not have, or that is named twice.
    """
    actor.must("manage_labels")
    labels = Label.objects.select_for_update(no_key=True).living().filter(instance=instance).order_by("pk")
    living = {label.pk: label for label in labels if not label.is_ghost}
    if len(set(order)) < len(order) or not set(order) <= set(living):
        raise Refused(_("The labels have changed meanwhile. Nothing was done: look again."))
    places = {pk: n for n, pk in enumerate(order, 1)}
    moved = [label for label in living.values() if label.urgency != places.get(label.pk)]
    if not moved:
        return
    for label in moved:
        label.urgency = places.get(label.pk)
    Label.objects.bulk_update(moved, ["urgency"])
    enter_all([entry(actor, Verb.LABEL_UPDATE, label=label) for label in moved])
    note(instance, Change.Kind.LABELS)
