"""A taxonomy by itself: labels, groups, stages and the order by urgency, without any number. As a file, and against a number."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from labelapp.models import Instance, Label, LabelGroup
from labelapp.models.labels import SLOTS

VERSION = 1


@dataclass(frozen=True, slots=True)
class GroupPlan:
    """A group as it is to be."""

    name: str
    kind: str
    conflict_policy: str


@dataclass(frozen=True, slots=True)
class LabelPlan:
    """A label as it is to be. `group`: the name of one, "" for none. `color` None: whichever it has, or one that is free."""

    name: str
    color: int | None
    group: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """In their order; `urgent` names labels, the most urgent first."""

    groups: tuple[GroupPlan, ...] = ()
    labels: tuple[LabelPlan, ...] = ()
    urgent: tuple[str, ...] = ()
    title: str = ""


def taxonomy_of(number: Instance) -> Taxonomy:
    """What a number has, without what is archived or unknown. Two queries."""
    groups = sorted(LabelGroup.objects.filter(instance=number), key=_rank)
    labels = [label for label in _living(number) if label.archived_at is None]
    plans = (
        LabelPlan(label.name, label.color_index, label.group.name if label.group else "", label.description)
        for label in labels
    )
    ranked = sorted((label for label in labels if label.urgency is not None), key=lambda label: label.urgency or 0)
    return Taxonomy(
        tuple(GroupPlan(group.name, group.kind, group.conflict_policy) for group in groups),
        tuple(plans),
        tuple(label.name for label in ranked),
    )


def _rank(group: LabelGroup) -> tuple[bool, int, int]:
    return group.kind != LabelGroup.Kind.FUNNEL, group.position, group.pk


def _living(number: Instance) -> list[Label]:
    living = Label.objects.living().filter(instance=number).select_related("group").in_order()
    return [label for label in living if not label.is_ghost]


def write_taxonomy(taxonomy: Taxonomy) -> str:
    """The file of a taxonomy: JSON, each group and label in a line of its own."""
    groups = ({"name": one.name, "kind": one.kind, "conflict_policy": one.conflict_policy} for one in taxonomy.groups)
    labels = (
        {"name": one.name, "color": one.color, "group": one.group, "description": one.description}
        for one in taxonomy.labels
    )
    parts = [f'"version": {VERSION}', _lines("groups", groups), _lines("labels", labels)]
    return "{\n  " + ",\n  ".join([*parts, f'"urgent": {_json(list(taxonomy.urgent))}']) + "\n}\n"


def _lines(name: str, rows: Iterable[object]) -> str:
    inside = ",\n".join(f"    {_json(row)}" for row in rows)
    return f'"{name}": [\n{inside}\n  ]' if inside else f'"{name}": []'


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Step:
    """One difference. `kind`: label-add, label-name, color, group, description, unarchive, group-add, group-change, order, urgency."""

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
        return _json(
            [self.number.pk, self.lacking, [[one.kind, one.name, one.before, one.after] for one in self.steps]]
        )


def difference(number: Instance, taxonomy: Taxonomy) -> Difference:
    """A label or group is the number's own of the same name, whatever its case. Three queries."""
    found = Difference(number)
    groups = {group.name.casefold(): group for group in LabelGroup.objects.filter(instance=number)}
    for plan in taxonomy.groups:
        _compare_group(found, plan, groups.get(plan.name.casefold()))
    living = _living(number)
    labels = {label.name.casefold(): label for label in living}
    for one in taxonomy.labels:
        _compare_label(found, one, labels.pop(one.name.casefold(), None))
    found.kept = [label.name for label in labels.values()]
    if not any(step.kind in ("label-add", "group-add", "group") for step in found.steps):
        _compare_order(found, taxonomy, living)
    elif taxonomy.labels:
        found.steps.append(Step("order"))
    ranked = sorted((label for label in living if label.urgency is not None), key=lambda label: label.urgency or 0)
    before, after = [label.name for label in ranked], list(taxonomy.urgent)
    if before != after:
        found.steps.append(Step("urgency", "", ", ".join(before), ", ".join(after)))
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


def _compare_label(found: Difference, plan: LabelPlan, label: Label | None) -> None:
    if label is None:
        found.steps.append(Step("label-add", plan.name, None, plan.color))
        return
    if label.name != plan.name:
        found.steps.append(Step("label-name", plan.name, label.name, plan.name))
    if plan.color is not None and plan.color != label.color_index:
        found.steps.append(Step("color", plan.name, label.color_index, plan.color))
    group = label.group.name if label.group else ""
    if group.casefold() != plan.group.casefold():
        found.steps.append(Step("group", plan.name, group, plan.group))
    if label.description != plan.description:
        found.steps.append(Step("description", plan.name, label.description, plan.description))
    if label.archived_at is not None:
        found.steps.append(Step("unarchive", plan.name))


def _compare_order(found: Difference, taxonomy: Taxonomy, living: Sequence[Label]) -> None:
    """Of what both have. The order of groups shows in that of their labels."""
    planned = [plan.name.casefold() for plan in taxonomy.labels]
    present = [label.name.casefold() for label in living if label.name.casefold() in planned]
    if _by_group(taxonomy, planned) != present:
        found.steps.append(Step("order"))


def _by_group(taxonomy: Taxonomy, names: Sequence[str]) -> list[str]:
    """As screens show them: funnels, other groups, what is in none."""
    kinds = {
        group.name.casefold(): (group.kind != LabelGroup.Kind.FUNNEL, n) for n, group in enumerate(taxonomy.groups)
    }
    homes = {plan.name.casefold(): plan.group.casefold() for plan in taxonomy.labels}
    return sorted(names, key=lambda name: kinds.get(homes[name], (True, len(kinds))))
