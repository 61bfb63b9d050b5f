"""Settings of stages."""

from collections.abc import Mapping
from datetime import timedelta

from django.utils.translation import gettext as _

from labelapp.actions.actor import Actor, Refused
from labelapp.actions.notices import enter_all, entry, note
from labelapp.actions.transactions import patient
from labelapp.models import Change, Instance, Label, LabelGroup, Verb


@patient
def set_limits(actor: Actor, instance: Instance, limits: Mapping[int, timedelta | None]) -> None:
    """From now on a chat is stuck in these stages (keys) of the number after so long; None: never. Safe to run twice.

    Raises NotAllowed, or Refused, nothing changed, where one of them is no living stage of the number.
    """
    actor.must("manage_labels")
    rows = Label.objects.select_for_update(no_key=True, of=("self",)).living().filter(instance=instance, pk__in=limits)
    stages = list(rows.filter(group__kind=LabelGroup.Kind.FUNNEL).order_by("pk"))
    if len(stages) < len(limits):
        raise Refused(_("The labels have changed meanwhile. Nothing was done: look again."))
    changed = [stage for stage in stages if stage.stuck_after != limits[stage.pk]]
    if not changed:
        return
    for stage in changed:
        stage.stuck_after = limits[stage.pk]
    Label.objects.bulk_update(changed, ["stuck_after"])
    enter_all([entry(actor, Verb.LABEL_UPDATE, label=stage) for stage in changed])
    note(instance, Change.Kind.LABELS)
