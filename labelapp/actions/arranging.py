"""Our own order of a number's labels and groups, and which label is in which group. WhatsApp knows none of it."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from labelapp.actions.actor import Actor, Refused
from labelapp.actions.notices import enter_all, entry, note
from labelapp.actions.transactions import patient
from labelapp.models import Change, Instance, Label, LabelGroup, Verb
from labelapp.models.reasons import Reason

CHANGED = _("The labels have changed meanwhile. Nothing was done: look again.")
Layout = Sequence[tuple[int, Sequence[int]]]  # group (0: none) and its labels, keys, in order


@patient
def arrange_labels(actor: Actor, instance: Instance, layout: Layout, before: Layout | None = None) -> None:
    """Put groups and labels in this order, each label into the group where it stands. Safe to run twice.

    `layout` names every group and every label that is neither archived nor unknown, once: Refused when it does not, because they
    have changed since somebody looked; and where labels stand elsewhere than the person saw (`before`), so that nobody undoes what
    somebody else has just done. Funnels are shown before other groups all the same. Raises NotAllowed.
    """
    actor.must("manage_labels")
    groups = {group.pk: group for group in LabelGroup.objects.select_for_update(no_key=True).filter(instance=instance)}
    rows = Label.objects.select_for_update(no_key=True).living().filter(instance=instance).order_by("pk")
    labels = {label.pk: label for label in rows if not label.is_ghost}
    shown = {pk for pk, label in labels.items() if label.archived_at is None}
    named = list(chain.from_iterable(members for _group, members in layout))
    homes = [group for group, _members in layout if group]
    if sorted(named) != sorted(shown) or sorted(homes) != sorted(groups):
        raise Refused(CHANGED, status=409)
    now = _standing(labels[pk] for pk in shown)
    if before is not None and _members(before) != now != _members(layout):
        raise Refused(CHANGED, status=409)
    moved = _place(layout, labels)
    regrouped = _place_groups(homes, groups)
    if not moved and not regrouped:
        return
    Label.objects.bulk_update(moved, ["position", "group", "grouped_at"])
    LabelGroup.objects.bulk_update(regrouped, ["position"])
    by = Actor(actor.user, actor.source, Reason.ARRANGED())
    enter_all([entry(by, Verb.LABEL_UPDATE, label=label) for label in moved])
    note(instance, Change.Kind.LABELS)


def _standing(labels: Iterable[Label]) -> dict[int, list[int]]:
    """The labels of each group as they stand."""
    found: dict[int, list[int]] = {}
    for label in sorted(labels, key=lambda one: (one.position, one.pk)):
        found.setdefault(label.group_id or 0, []).append(label.pk)
    return found


def _members(layout: Layout) -> dict[int, list[int]]:
    return {group: list(members) for group, members in layout if members}


def _place(layout: Layout, labels: dict[int, Label]) -> list[Label]:
    """The labels that stand elsewhere now."""
    moved, now = [], timezone.now()
    for place, (group, pk) in enumerate(_order(layout, labels), 1):
        label = labels[pk]
        if (label.group_id or 0) != group:
            label.group_id, label.grouped_at = group or None, now
        elif label.position == place:
            continue
        label.position = place
        moved.append(label)
    return moved


def _order(layout: Layout, labels: dict[int, Label]) -> Iterator[tuple[int, int]]:
    """Group and label, all of them in the order that they shall have: an archived one stays behind the label that it stood behind,
    as far as that stays in the group."""
    met = set[int]()
    for group, members in layout:
        before = [label for label in labels.values() if (label.group_id or 0) == group]
        behind, last, staying = dict[int, list[int]](), 0, set(members)
        for label in sorted(before, key=lambda one: (one.position, one.pk)):
            if label.archived_at is not None:
                behind.setdefault(last, []).append(label.pk)
            elif label.pk in staying:
                last = label.pk
        for pk in (0, *members):
            for each in ([pk] if pk else []) + behind.get(pk, []):
                met.add(each)
                yield group, each
    # archived, and the layout says nothing of their group
    rest = _standing(label for label in labels.values() if label.pk not in met)
    yield from ((group, pk) for group, members in rest.items() for pk in members)


def _place_groups(order: Sequence[int], groups: dict[int, LabelGroup]) -> list[LabelGroup]:
    moved = []
    for place, pk in enumerate(order, 1):
        if groups[pk].position != place:
            groups[pk].position = place
            moved.append(groups[pk])
    return moved
