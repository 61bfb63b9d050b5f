"""Settings of stages."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _

from labelapp.actions.actor import Actor, Refused
from labelapp.actions.notices import enter_all, entry, note
from labelapp.actions.transactions import patient
from labelapp.models import Change, Instance, Label, LabelGroup, Verb


class LimitsOvertaken(Refused):
    """Somebody else changed limits while the form was open. `changed`: the stages (keys) whose limit is not as it was."""

    status = 409

    def __init__(self, changed: list[int]) -> None:
        super().__init__(_("These limits were changed while you had them open. Nothing is saved yet."))
        self.changed = changed


@patient
def set_limits(
    actor: Actor,
    instance: Instance,
    limits: Mapping[int, timedelta | None],
    *,
    seen: Mapping[str, Any] | None = None,
) -> None:
    """From now on a chat is stuck in these stages (keys) of the number after so long; None: never. Safe to run twice.

    `seen`: what the person's form showed, seconds (None: never) by key as text; LimitsOvertaken when it is no longer so. Raises
    NotAllowed, or Refused, nothing changed, where one of them is no living stage of the number.
    """
    actor.must("manage_labels")
    rows = Label.objects.select_for_update(no_key=True, of=("self",)).living().filter(instance=instance, pk__in=limits)
    stages = list(rows.filter(group__kind=LabelGroup.Kind.FUNNEL).order_by("pk"))
    if len(stages) < len(limits):
        raise Refused(_("The labels have changed meanwhile. Nothing was done: look again."))
    if seen is not None:
        others = [stage.pk for stage in stages if seen.get(str(stage.pk), "unseen") != stage.stuck_seconds]
        if others:
            raise LimitsOvertaken(others)
    changed = [stage for stage in stages if stage.stuck_after != limits[stage.pk]]
    if not changed:
        return
    for stage in changed:
        stage.stuck_after = limits[stage.pk]
    Label.objects.bulk_update(changed, ["stuck_after"])
    enter_all([entry(actor, Verb.LABEL_UPDATE, label=stage) for stage in changed])
    note(instance, Change.Kind.LABELS)
