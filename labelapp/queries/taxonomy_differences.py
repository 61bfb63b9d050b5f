"""What publishing a taxonomy to a number would change. `actions.publishing` goes by the same bindings."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from labelapp.models import Instance, Label, LabelGroup
from labelapp.models.labels import SLOTS
from labelapp.queries.taxonomies import Bound, GroupPlan, LabelPlan, Order, Taxonomy, bind, ranked, taken_off


@dataclass(frozen=True, slots=True)
class Step:
    """One difference. `kind`: label-add, label-name, color, group, description, unarchive, group-add, group-change, order, urgency,
    stuck-after (in seconds), takes-off."""

    kind: str
    name: str = ""
    before: str | int | None = None
    after: str | int | None = None


@dataclass(slots=True)
class Difference:
    """What publishing a taxonomy to a number would change. What the number has besides stays as it is (`kept`: labels)."""

    number: Instance
    steps: list[Step] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    lacking: int = 0  # slots too few: nothing can be published

    @property
    def key(self) -> str:
        """Tells whether it is still the same."""
        steps = [[one.kind, one.name, one.before, one.after] for one in self.steps]
        return json.dumps([self.number.pk, self.lacking, steps], ensure_ascii=False)


def difference(number: Instance, taxonomy: Taxonomy) -> Difference:
    """A label or group is the number's own of the same name, else the one whose name differs in case. Four queries at most."""
    found, bound = Difference(number), bind(number, taxonomy)
    for group in taxonomy.groups:
        _compare_group(found, group, bound.groups[group.name])
    for plan in taxonomy.labels:
        _compare_label(found, plan, bound)
    found.kept = [label.name for label in bound.others]
    _compare_stages(found, taxonomy, bound)
    if not any(step.kind in ("label-add", "group-add", "group") for step in found.steps):
        _compare_order(found, taxonomy, bound)
    elif taxonomy.labels:
        found.steps.append(Step("order"))
    _compare_urgency(found, taxonomy, bound)
    new = sum(step.kind == "label-add" for step in found.steps)
    taken = Label.objects.living().filter(instance=number).count()
    found.lacking = max(0, taken + new - SLOTS) if new else 0
    return found


def _compare_group(found: Difference, plan: GroupPlan, group: LabelGroup | None) -> None:
    if group is None:
        found.steps.append(Step("group-add", plan.name, None, plan.kind))
    elif (group.name, group.kind, group.conflict_policy) != (plan.name, plan.kind, plan.conflict_policy):
        same = group.kind == plan.kind and group.name == plan.name
        before, after = (group.conflict_policy, plan.conflict_policy) if same else (group.kind, plan.kind)
        found.steps.append(Step("group-change", plan.name, before, after))


def _compare_label(found: Difference, plan: LabelPlan, bound: Bound) -> None:
    label = bound.labels[plan.name]
    if label is None:
        found.steps.append(Step("label-add", plan.name, None, plan.color))
        return
    if label.name != plan.name:
        found.steps.append(Step("label-name", plan.name, label.name, plan.name))
    if plan.color is not None and plan.color != label.color_index:
        found.steps.append(Step("color", plan.name, label.color_index, plan.color))
    home = bound.groups.get(plan.group)
    if (plan.group and home is None) or label.group != home:
        found.steps.append(Step("group", plan.name, label.group.name if label.group else "", plan.group))
    if label.description != plan.description:
        found.steps.append(Step("description", plan.name, label.description, plan.description))
    if label.archived_at is not None:
        found.steps.append(Step("unarchive", plan.name))


def _compare_stages(found: Difference, taxonomy: Taxonomy, bound: Bound) -> None:
    asked = [plan for plan in taxonomy.labels if plan.takes_off is not None]
    taken = taken_off(label for plan in asked if (label := bound.labels[plan.name]))
    for plan in taxonomy.labels:
        label = bound.labels[plan.name]
        before = label.stuck_after if label else None
        if plan.stuck_after is not ... and plan.stuck_after != before:
            found.steps.append(Step("stuck-after", plan.name, _seconds(before), _seconds(plan.stuck_after)))
        if plan.takes_off is not None:
            now = taken[label.pk] if label else []
            after = bound.takes_off(plan, now)
            if {label for _name, label in after} != set(now):
                found.steps.append(Step("takes-off", plan.name, _names(one.name for one in now), _told(after)))


def _compare_urgency(found: Difference, taxonomy: Taxonomy, bound: Bound) -> None:
    before, after = ranked(bound.living), bound.urgent(taxonomy)
    if before != [label for _name, label in after]:
        found.steps.append(Step("urgency", "", _names(one.name for one in before), _told(after)))


def _told(order: Order) -> str:
    return _names(name for name, _label in order)


def _names(names: Iterable[str]) -> str:
    return ", ".join(names)


def _seconds(span: timedelta | None) -> int | None:
    return None if span is None else int(span.total_seconds())


def _compare_order(found: Difference, taxonomy: Taxonomy, bound: Bound) -> None:
    """Of what both have. The order of groups shows in that of their labels."""
    planned = [label for plan in _by_group(taxonomy) if (label := bound.labels[plan.name])]
    if planned != [label for label in bound.living if label in planned]:
        found.steps.append(Step("order"))


def _by_group(taxonomy: Taxonomy) -> list[LabelPlan]:
    """As screens show them: funnels, other groups, what is in none."""
    places = {group.name: (group.kind != LabelGroup.Kind.FUNNEL, n) for n, group in enumerate(taxonomy.groups)}
    return sorted(taxonomy.labels, key=lambda plan: places.get(plan.group, (True, len(places))))
