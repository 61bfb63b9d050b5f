"""One taxonomy for many numbers: each gets the labels, groups, stages, order and urgency that it lacks. Nothing is ever deleted."""

import time
from dataclasses import dataclass
from types import EllipsisType

from django.utils.translation import gettext_lazy as _

from labelapp.actions.actor import Actor, Refused
from labelapp.actions.archiving import archive_label
from labelapp.actions.arranging import arrange_labels
from labelapp.actions.directory import create_label, update_label
from labelapp.actions.groups import create_group, update_group
from labelapp.actions.prunes import set_redundant
from labelapp.actions.stages import set_limits
from labelapp.actions.urgency import rank_labels
from labelapp.models import Instance
from labelapp.models.reasons import Reason
from labelapp.queries.labels import directory
from labelapp.queries.taxonomies import Bound, LabelPlan, Taxonomy, bind, taken_off
from labelapp.queries.taxonomy_differences import difference

SECONDS = 20.0  # a page does not wait longer: what is left is done when it is asked for again
UNFINISHED = _("Not all is done yet. Publish once more to go on.")


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
    _publish_groups(actor, number, taxonomy)
    for plan in taxonomy.labels:
        if time.monotonic() > until:
            raise Unfinished(UNFINISHED)
        _publish_label(actor, number, taxonomy, plan)
    bound = bind(number, taxonomy)
    if None in bound.labels.values() or None in bound.groups.values():  # deleted meanwhile, perhaps on a phone
        raise Unfinished(UNFINISHED)
    _publish_stages(actor, number, taxonomy, bound)
    _publish_order(actor, number, taxonomy, bound)


def _publish_groups(actor: Actor, number: Instance, taxonomy: Taxonomy) -> None:
    groups = bind(number, taxonomy).groups
    for plan in taxonomy.groups:
        values = {"name": plan.name, "kind": plan.kind, "conflict_policy": plan.conflict_policy}
        group = groups[plan.name]
        if group is None:
            create_group(actor, number, **values)
        else:
            update_group(actor, group, **values)


def _publish_label(actor: Actor, number: Instance, taxonomy: Taxonomy, plan: LabelPlan) -> None:
    """The number is read anew for each: labels come and go on phones while the provider is asked for the others."""
    bound = bind(number, taxonomy)
    label, group = bound.labels[plan.name], bound.groups.get(plan.group)
    if plan.group and group is None:
        raise Unfinished(UNFINISHED)
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


def _publish_stages(actor: Actor, number: Instance, taxonomy: Taxonomy, bound: Bound) -> None:
    """After how long chats are stuck in its stages, and what comes off when one enters them."""
    plans = {label.pk: plan for plan in taxonomy.labels if (label := bound.labels[plan.name])}
    stages = {label.pk: label for label in bound.living}
    limits = {pk: plan.stuck_after for pk, plan in plans.items()}
    set_limits(actor, number, {pk: limit for pk, limit in limits.items() if not isinstance(limit, EllipsisType)})
    asked = {pk: plan for pk, plan in plans.items() if plan.takes_off is not None}
    taken = taken_off(stages[pk] for pk in asked)
    for pk, plan in asked.items():
        set_redundant(actor, stages[pk], [label for _name, label in bound.takes_off(plan, taken[pk]) if label])


def _publish_order(actor: Actor, number: Instance, taxonomy: Taxonomy, bound: Bound) -> None:
    """The taxonomy's groups and labels first, in its order; behind them what the number has besides, in its own."""
    place = {label.pk: n for n, label in enumerate(bound.labels.values()) if label}
    rank = {group.pk: n for n, group in enumerate(bound.groups.values()) if group}
    layout = directory(number).layout
    last = len(rank) + len(place)
    layout.sort(key=lambda each: rank.get(each[0], last) if each[0] else last + 1)
    in_order = [(pk, sorted(members, key=lambda label: place.get(label, last))) for pk, members in layout]
    arrange_labels(actor, number, in_order)
    rank_labels(actor, number, [label.pk for _name, label in bound.urgent(taxonomy) if label])


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
