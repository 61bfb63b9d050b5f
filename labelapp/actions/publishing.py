"""One taxonomy for many numbers: each gets the labels, groups, order and urgency that it lacks. Nothing is ever deleted."""

import time
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from labelapp.actions.actor import Actor, Refused
from labelapp.actions.archiving import archive_label
from labelapp.actions.arranging import arrange_labels
from labelapp.actions.directory import create_label, update_label
from labelapp.actions.groups import create_group, update_group
from labelapp.actions.urgency import rank_labels
from labelapp.models import Instance, Label, LabelGroup
from labelapp.models.reasons import Reason
from labelapp.queries.labels import directory
from labelapp.queries.taxonomies import LabelPlan, Taxonomy, difference

SECONDS = 20.0  # a page does not wait longer: what is left is done when it is asked for again


class Unfinished(Refused):
    """The time is up. Asked for once more, it goes on."""

    status = 503


@dataclass(frozen=True, slots=True)
class Published:
    """What became of a number: "" for all of it, else why it stopped. What was done until then stays."""

    number: Instance
    reason: str = ""


def publish(actor: Actor, number: Instance, taxonomy: Taxonomy, *, until: float) -> None:
    """Bring a number's labels in line with the taxonomy, at the provider and here; what it has besides stays. Safe to run twice.

    `until`: monotonic seconds; after that Unfinished, with what was done so far kept. Raises NotAllowed; Refused for too few slots,
    before anything is done; otherwise as `create_label` does, with what was done so far kept.
    """
    actor.must("manage_labels")
    actor = Actor(actor.user, actor.source, Reason.PUBLISHED())
    found = difference(number, taxonomy)
    if found.lacking:
        raise Refused(_("Slots that the number lacks: %(n)s.") % {"n": found.lacking})
    if not found.steps:
        return
    groups = _publish_groups(actor, number, taxonomy)
    for plan in taxonomy.labels:
        if time.monotonic() > until:
            raise Unfinished(_("Not all is done yet. Publish once more to go on."))
        _publish_label(actor, number, plan, groups)
    _publish_order(actor, number, taxonomy, groups)


def _publish_groups(actor: Actor, number: Instance, taxonomy: Taxonomy) -> dict[str, LabelGroup]:
    groups = {group.name.casefold(): group for group in LabelGroup.objects.filter(instance=number)}
    for plan in taxonomy.groups:
        values = {"name": plan.name, "kind": plan.kind, "conflict_policy": plan.conflict_policy}
        group = groups.get(plan.name.casefold())
        made = create_group(actor, number, **values) if group is None else update_group(actor, group, **values)
        groups[plan.name.casefold()] = made
    return groups


def _publish_label(actor: Actor, number: Instance, plan: LabelPlan, groups: dict[str, LabelGroup]) -> None:
    group = groups[plan.group.casefold()] if plan.group else None
    label = _labels(number).get(plan.name.casefold())
    if label is None:
        new = directory(number).free_color() if plan.color is None else plan.color
        create_label(actor, number, name=plan.name, color=new, description=plan.description, group=group)
        return
    color = label.color_index if plan.color is None else plan.color
    now = (label.name, label.color_index, label.description, label.group_id)
    if now != (plan.name, color, plan.description, group.pk if group else None):
        update_label(actor, label, name=plan.name, color=color, description=plan.description, group=group)
    if label.archived_at is not None:
        archive_label(actor, label, on=False)


def _labels(number: Instance) -> dict[str, Label]:
    living = Label.objects.living().filter(instance=number, known_at__isnull=False).select_related("instance", "group")
    return {label.name.casefold(): label for label in living}


def _publish_order(actor: Actor, number: Instance, taxonomy: Taxonomy, groups: dict[str, LabelGroup]) -> None:
    """The taxonomy's groups and labels first, in its order; behind them what the number has besides, in its own."""
    place = {plan.name.casefold(): n for n, plan in enumerate(taxonomy.labels)}
    rank = {groups[plan.name.casefold()].pk: n for n, plan in enumerate(taxonomy.groups)}
    labels = {label.pk: label for label in _labels(number).values()}
    layout = directory(number).layout
    last = len(rank) + len(place)
    layout.sort(key=lambda each: rank.get(each[0], last) if each[0] else last + 1)

    def by_place(pk: int) -> int:
        return place.get(labels[pk].name.casefold(), last)

    arrange_labels(actor, number, [(pk, sorted(members, key=by_place)) for pk, members in layout])
    keys = {label.name.casefold(): label.pk for label in labels.values()}
    rank_labels(actor, number, [keys[name.casefold()] for name in taxonomy.urgent])


def publish_all(actor: Actor, numbers: list[Instance], taxonomy: Taxonomy) -> list[Published]:
    """The same for several numbers, one after the other. A number that refuses does not keep the others from it."""
    until = time.monotonic() + SECONDS
    told = []
    for number in numbers:
        try:
            publish(actor, number, taxonomy, until=until)
        except Refused as refused:
            told.append(Published(number, str(refused.message)))
        else:
            told.append(Published(number))
    return told
