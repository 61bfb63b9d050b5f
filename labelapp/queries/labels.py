"""The label directory as its page shows it."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Count, OuterRef, Subquery
from django.utils import timezone

from labelapp.models import ChatLabel, Instance, Label, LabelGroup, LedgerEntry, User, Verb
from labelapp.models.labels import SLOTS
from labelapp.queries.colors import confusable, offered_to
from labelapp.queries.directory import Tag, tag_of

SAME_SUBMIT = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class LabelRow:
    """A label in its place, as chip and as row."""

    label: Label
    tag: Tag
    share: int  # length of the bar, 0 to 100; the square root, so that small labels still show
    near: tuple[str, ...] = ()  # names of the other labels whose colour looks the same to somebody

    @property
    def last_at(self) -> datetime | None:
        """When it was last put on a chat that still has it; 1970 for before labelapp, None where no chat has it."""
        found: datetime | None = getattr(self.label, "last_at", None)
        return found


@dataclass(frozen=True, slots=True)
class LabelSection:
    """The labels of one group, perhaps none; without a group, those that belong to none."""

    group: LabelGroup | None
    rows: list[LabelRow]

    @property
    def pk(self) -> int:
        return self.group.pk if self.group else 0


@dataclass(frozen=True, slots=True)
class Directory:
    """All living labels of a number: sections, the archived ones, and the ghosts that the directory does not know."""

    sections: list[LabelSection] = field(default_factory=list)
    ghosts: list[Label] = field(default_factory=list)
    archived: list[LabelRow] = field(default_factory=list)

    @property
    def shown(self) -> list[LabelRow]:
        """Those that are not archived."""
        return [row for section in self.sections for row in section.rows]

    @property
    def rows(self) -> list[LabelRow]:
        """All that take a slot and have a name."""
        return [*self.shown, *self.archived]

    @property
    def groups(self) -> list[LabelGroup]:
        return [section.group for section in self.sections if section.group is not None]

    @property
    def layout(self) -> list[tuple[int, list[int]]]:
        """Group (0: none) and its labels, in order: what can be sent back in another one."""
        return [(section.pk, [row.label.pk for row in section.rows]) for section in self.sections]

    @property
    def used(self) -> int:
        """How many of the account's slots are taken."""
        return len(self.rows)

    @property
    def slots(self) -> int:
        return SLOTS

    @property
    def free(self) -> range:
        """One entry per free slot, numbered on from the used ones."""
        return range(self.used, SLOTS)

    def users_of_colors(self, but: Label | None = None) -> dict[int, list[str]]:
        """Colour index -> names of the labels that have it, without `but`."""
        found: dict[int, list[str]] = defaultdict(list)
        for row in self.rows:
            if row.label.color_index is not None and (but is None or row.label.pk != but.pk):
                found[row.label.color_index].append(row.label.name)
        return dict(found)

    def free_color(self) -> int:
        """For a new label, which is not urgent yet: the first colour that no label has; when each has one, the one that fewest have."""
        users = self.users_of_colors()
        return min(offered_to(urgent=False), key=lambda color: len(users.get(color, ())))


def directory(number: Instance) -> Directory:
    """The directory of a number in display order. Two queries."""
    newest = ChatLabel.objects.filter(label=OuterRef("pk"), wanted=True).order_by("-wanted_at").values("wanted_at")
    living = Label.objects.living().filter(instance=number).select_related("group").in_order()
    labels = list(living.annotate(last_at=Subquery(newest[:1])))
    known = [label for label in labels if not label.is_ghost]
    rows = _rows(known)
    groups = list(LabelGroup.objects.filter(instance=number))
    groups.sort(key=lambda group: (group.kind != LabelGroup.Kind.FUNNEL, group.position, group.pk))
    homes: list[LabelGroup | None] = [*groups, None]
    sections = [LabelSection(group, _members(rows, group)) for group in homes]
    return Directory(
        [section for section in sections if section.group or section.rows],
        [label for label in labels if label.is_ghost],
        [row for row in rows if row.label.archived_at],
    )


def _members(rows: Iterable[LabelRow], group: LabelGroup | None) -> list[LabelRow]:
    pk = group.pk if group else None
    return [row for row in rows if row.label.group_id == pk and row.label.archived_at is None]


def _rows(labels: list[Label]) -> list[LabelRow]:
    """In their order. A stage's place counts the archived ones of its funnel too, as chips everywhere do."""
    top = max((label.chat_count for label in labels), default=0)
    places: dict[int, list[int]] = defaultdict(list)
    for label in labels:
        if label.group is not None and label.group.kind == LabelGroup.Kind.FUNNEL:
            places[label.group.pk].append(label.pk)
    rows = []
    for label in labels:
        stages = places.get(label.group_id or 0, [])
        stage = stages.index(label.pk) + 1 if stages else 0
        rows.append(LabelRow(label, tag_of(label, stage, len(stages)), _share(label, top), _near(label, labels)))
    return rows


def _near(label: Label, labels: Iterable[Label]) -> tuple[str, ...]:
    if label.color_index is None or label.archived_at:
        return ()
    alike = {label.color_index, *confusable()[label.color_index]}
    others = (other for other in labels if other.pk != label.pk and other.archived_at is None)
    return tuple(other.name for other in others if other.color_index in alike)


def _share(label: Label, top: int) -> int:
    return max(1, round(100 * (label.chat_count / top) ** 0.5)) if label.chat_count and top else 0


def chats_touched(label: Label) -> int:
    """On how many chats the label is now, counted and not remembered: people type this number before they delete it."""
    return ChatLabel.objects.filter(label=label, wanted=True).count()


def doubled(group: LabelGroup) -> int:
    """On how many chats more than one label of the group is."""
    pairs = ChatLabel.objects.filter(label__group=group, wanted=True).order_by().values("chat")
    return pairs.annotate(n=Count("pk")).filter(n__gt=1).count()


def just_made(user: User, number: Instance, *, name: str, color: int) -> Label | None:
    """The label that this person made a moment ago with the same form: a second click must not make another."""
    made = LedgerEntry.objects.filter(
        instance=number,
        actor=user,
        verb=Verb.LABEL_CREATE,
        at__gte=timezone.now() - SAME_SUBMIT,
        label__name=name,
        label__color_index=color,
        label__deleted_at=None,
    ).select_related("label")
    entry = made.order_by("-at").first()
    return entry.label if entry else None
