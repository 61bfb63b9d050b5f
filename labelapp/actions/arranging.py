"""Our own order of a number's labels and groups, and which label is in which group. WhatsApp knows none of it."""

from collections.abc import Sequence
from itertools import chain

from django.utils.translation import gettext_lazy as _

from labelapp.actions.actor import Actor, Refused
from labelapp.actions.notices import enter_all, entry, note
from labelapp.actions.transactions import patient
from labelapp.models import Change, Instance, Label, LabelGroup, Verb
from labelapp.models.reasons import Reason

Layout = Sequence[tuple[int, Sequence[int]]]  # group (0: none) and its labels, keys, in order


@patient
def arrange_labels(actor: Actor, instance: Instance, layout: Layout) -> None:
    """Put groups and labels in this order, each label into the group where it stands. Safe to run twice.

    `layout` names every group and every label that is neither archived nor unknown, once: Refused when it does not, because they
    have changed since somebody looked. Funnels are shown before other groups all the same. Raises NotAllowed.
    """
    actor.must("manage_labels")
    groups = {group.pk: group for group in LabelGroup.objects.select_for_update(no_key=True).filter(instance=instance)}
    rows = Label.objects.select_for_update(no_key=True).living().filter(instance=instance).order_by("pk")
    labels = {label.pk: label for label in rows if not label.is_ghost}
    shown = {pk for pk, label in labels.items() if label.archived_at is None}
    named = list(chain.from_iterable(members for _group, members in layout))
    homes = [group for group, _members in layout if group]
    if sorted(named) != sorted(shown) or sorted(homes) != sorted(groups):
        raise Refused(_("The labels have changed meanwhile. Nothing was done: look again."), status=409)
    moved = _place(layout, labels)
    regrouped = _place_groups(homes, groups)
    if not moved and not regrouped:
        return
    Label.objects.bulk_update(moved, ["position", "group"])
    LabelGroup.objects.bulk_update(regrouped, ["position"])
    by = Actor(actor.user, actor.source, Reason.ARRANGED())
    enter_all([entry(by, Verb.LABEL_UPDATE, label=label) for label in moved])
    note(instance, Change.Kind.LABELS)


def _place(layout: Layout, labels: dict[int, Label]) -> list[Label]:
    """The labels that stand elsewhere now. Archived ones keep their group, behind all others."""
    moved, place = [], 0
    for group, members in layout:
        for pk in members:
            place += 1
            label = labels[pk]
            if (label.position, label.group_id or 0) != (place, group):
                label.position, label.group_id = place, group or None
                moved.append(label)
    for label in labels.values():
        if label.archived_at is not None and label.position <= place:
            label.position += place
            moved.append(label)
    return moved


def _place_groups(order: Sequence[int], groups: dict[int, LabelGroup]) -> list[LabelGroup]:
    moved = []
    for place, pk in enumerate(order, 1):
        if groups[pk].position != place:
            groups[pk].position = place
            moved.append(groups[pk])
    return moved
