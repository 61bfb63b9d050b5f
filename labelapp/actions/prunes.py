"""What else comes off when a chat enters a stage: a setting of the stage."""

from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

from labelapp.actions.actor import Actor, Refused
from labelapp.actions.notices import enter, note
from labelapp.actions.transactions import patient
from labelapp.models import Change, Label, StagePrune, Verb
from labelapp.models.reasons import Reason


@patient
def set_redundant(actor: Actor, stage: Label, labels: Iterable[Label]) -> bool:
    """From now on these labels, and no others, come off a chat that enters this stage, here or on a phone, once it is confirmed on.
    Chats that are at the stage already keep theirs. Returns whether that is new; safe to run twice.

    Raises NotAllowed, and Refused (422) where `stage` is no stage, or a label is of another number, dead, or of the same group.
    """
    actor.must("manage_labels")
    stage = Label.objects.select_for_update(of=("self",)).select_related("instance", "group").get(pk=stage.pk)
    if stage.deleted_at or stage.group is None or not stage.group.is_exclusive:
        raise Refused(_("“%(label)s” is no stage.") % {"label": stage})
    chosen = {label.pk: label for label in labels}
    usable = Label.objects.living().filter(pk__in=chosen, instance=stage.instance_id)
    allowed = set(usable.values_list("pk", flat=True)) - {stage.pk}
    for pk, label in chosen.items():
        if pk not in allowed:
            raise Refused(_("“%(label)s” is not there any more, or belongs to another number.") % {"label": label})
        if label.group_id == stage.group_id:
            raise Refused(_("“%(label)s” comes off by itself: it is of the same group.") % {"label": label})
    now = set(StagePrune.objects.filter(stage=stage).values_list("label", flat=True))
    if now == set(chosen):
        return False
    StagePrune.objects.filter(stage=stage).exclude(label__in=chosen).delete()
    StagePrune.objects.bulk_create(StagePrune(stage=stage, label_id=pk) for pk in chosen if pk not in now)
    names = ", ".join(str(label) for label in chosen.values())
    enter(Actor(actor.user, actor.source, Reason.PRUNES(names)), Verb.LABEL_UPDATE, label=stage)
    note(stage.instance, Change.Kind.LABELS)
    return True
