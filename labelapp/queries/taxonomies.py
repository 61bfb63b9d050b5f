"""A taxonomy by itself: labels, groups, stages and the order by urgency, without any number. And that of a number."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from types import EllipsisType
from typing import Protocol, TypeVar

from labelapp.models import Instance, Label, LabelGroup, StagePrune


@dataclass(frozen=True, slots=True)
class GroupPlan:
    """A group as it is to be."""

    name: str
    kind: str
    conflict_policy: str


@dataclass(frozen=True, slots=True)
class LabelPlan:
    """A label as it is to be. `group`: the name of one, "" for none. `color` None: whichever it has, or one that is free.

    stuck_after  of a stage of a funnel: None for never, ... for whatever it has
    takes_off    of a stage: the names of the labels that come off a chat that enters it; None for whichever it has
    """

    name: str
    color: int | None
    group: str = ""
    description: str = ""
    stuck_after: timedelta | EllipsisType | None = ...
    takes_off: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """In their order, each name once; `urgent` names labels, the most urgent first."""

    groups: tuple[GroupPlan, ...] = ()
    labels: tuple[LabelPlan, ...] = ()
    urgent: tuple[str, ...] = ()
    title: str = ""


class _Named(Protocol):
    @property
    def name(self) -> str: ...


Row = TypeVar("Row", bound=_Named)


def namesakes(names: Iterable[str], rows: Iterable[Row]) -> dict[str, Row | None]:
    """The row that each of these names means: one that is spelled the same before any that differs in case, and no row twice."""
    left = list(rows)
    found: dict[str, Row | None] = dict.fromkeys(names)
    same: Callable[[str, str], bool]
    for same in (str.__eq__, _same_folded):
        for name in (name for name, row in found.items() if row is None):
            row = next((row for row in left if same(row.name, name)), None)
            if row is not None:
                found[name] = row
                left.remove(row)
    return found


def _same_folded(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()


Order = list[tuple[str, Label | None]]  # names as they will be, with the labels; None for one that is not there yet


@dataclass(frozen=True, slots=True)
class Bound:
    """A number's own groups and labels by the names of a taxonomy, None where it lacks one; and the labels that it has besides.

    `living`: all its labels, in order.
    """

    groups: dict[str, LabelGroup | None]
    labels: dict[str, Label | None]
    others: list[Label]
    living: list[Label]

    def urgent(self, taxonomy: Taxonomy) -> Order:
        """The order by urgency that publishing makes: the taxonomy's, then what the number ranks besides."""
        return [*self._named(taxonomy.urgent), *((label.name, label) for label in ranked(self.others))]

    def takes_off(self, plan: LabelPlan, now: Sequence[Label]) -> Order:
        """What comes off for a stage once it is published: what the taxonomy says, then what comes off now of what the number has
        besides, unless it is of the stage's group by then."""
        home = self.groups.get(plan.group)
        besides = (label for label in now if label in self.others and (home is None or label.group_id != home.pk))
        return [*self._named(plan.takes_off or ()), *((label.name, label) for label in besides)]

    def _named(self, names: Iterable[str]) -> Order:
        return [(name, self.labels.get(name)) for name in names]


def bind(number: Instance, taxonomy: Taxonomy) -> Bound:
    """What of the number a taxonomy is about. Labels that are offered go before archived ones of the name. Two queries."""
    groups = LabelGroup.objects.filter(instance=number)
    living = _living(number)
    offered_first = sorted(living, key=lambda label: label.archived_at is not None)
    labels = namesakes((plan.name for plan in taxonomy.labels), offered_first)
    meant = {label.pk for label in labels.values() if label}
    return Bound(
        namesakes((plan.name for plan in taxonomy.groups), groups),
        labels,
        [label for label in living if label.pk not in meant],
        living,
    )


def taxonomy_of(number: Instance) -> Taxonomy:
    """What a number has, without what is archived or unknown. Three queries at most.

    Of two labels with the very same name the first counts: WhatsApp would let nobody make the second one.
    """
    groups = sorted(LabelGroup.objects.filter(instance=number), key=_rank)
    labels: dict[str, Label] = {}
    for label in _living(number):
        if label.archived_at is None:
            labels.setdefault(label.name, label)
    taken = taken_off(label for label in labels.values() if _is_stage(label))
    return Taxonomy(
        tuple(GroupPlan(group.name, group.kind, group.conflict_policy) for group in groups),
        tuple(_plan(label, taken[label.pk], labels) for label in labels.values()),
        tuple(label.name for label in ranked(labels.values())),
    )


def _plan(label: Label, taken: Sequence[Label], shown: dict[str, Label]) -> LabelPlan:
    return LabelPlan(
        label.name,
        label.color_index,
        label.group.name if label.group else "",
        label.description,
        label.stuck_after if label.group and label.group.kind == LabelGroup.Kind.FUNNEL else ...,
        tuple(other.name for other in taken if shown.get(other.name) == other) if _is_stage(label) else None,
    )


def _is_stage(label: Label) -> bool:
    """Whether other labels come off for it."""
    return label.group is not None and label.group.is_exclusive


def ranked(labels: Iterable[Label]) -> list[Label]:
    """Those that are in the order by urgency, the most urgent first."""
    return sorted((label for label in labels if label.urgency is not None), key=lambda label: label.urgency or 0)


def taken_off(stages: Iterable[Label]) -> dict[int, list[Label]]:
    """Stage -> the living labels that come off when a chat enters it, without those of its own group, which do so anyway. One query,
    none for no stages."""
    found: dict[int, list[Label]] = defaultdict(list)
    rows = StagePrune.objects.filter(stage__in=list(stages), label__deleted_at=None).select_related("stage", "label")
    for row in rows.order_by("label"):
        if row.label.group_id is None or row.label.group_id != row.stage.group_id:
            found[row.stage_id].append(row.label)
    return found


def _rank(group: LabelGroup) -> tuple[bool, int, int]:
    return group.kind != LabelGroup.Kind.FUNNEL, group.position, group.pk


def _living(number: Instance) -> list[Label]:
    """In order, with their groups; without those that only an event has named. One query."""
    living = Label.objects.living().filter(instance=number).select_related("instance", "group").in_order()
    return [label for label in living if not label.is_ghost]
