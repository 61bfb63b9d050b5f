"""The label directory as its page shows it."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import groupby

from django.utils import timezone

from labelapp.models import ChatLabel, Instance, Label, LabelGroup, LedgerEntry, User, Verb
from labelapp.models.labels import SLOTS
from labelapp.queries.directory import Tag, tag_of

SAME_SUBMIT = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class LabelRow:
    """A label in its place, as chip and as row."""

    label: Label
    tag: Tag
    share: int  # length of the bar, 0 to 100; the square root, so that small labels still show


@dataclass(frozen=True, slots=True)
class LabelSection:
    """The labels of one group; without a group, those that belong to none."""

    group: LabelGroup | None
    rows: list[LabelRow]


@dataclass(frozen=True, slots=True)
class Directory:
    """All living labels of a number: sections, and the ghosts that the directory does not know."""

    sections: list[LabelSection] = field(default_factory=list)
    ghosts: list[Label] = field(default_factory=list)

    @property
    def rows(self) -> list[LabelRow]:
        return [row for section in self.sections for row in section.rows]

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
        """The first colour that no label has; the first of all when every one is used."""
        used = self.users_of_colors()
        return next((color for color in range(20) if color not in used), 0)


def directory(number: Instance) -> Directory:
    """The directory of a number in display order. One query."""
    living = list(Label.objects.living().filter(instance=number).select_related("group").in_order())
    known = [label for label in living if not label.is_ghost]
    top = max((label.chat_count for label in known), default=0)
    grouped = groupby(known, key=lambda label: label.group)
    sections = [LabelSection(group, _rows(group, labels, top)) for group, labels in grouped]
    return Directory(sections, [label for label in living if label.is_ghost])


def _rows(group: LabelGroup | None, labels: Iterable[Label], top: int) -> list[LabelRow]:
    found = list(labels)
    funnel = group is not None and group.kind == LabelGroup.Kind.FUNNEL
    return [
        LabelRow(label, tag_of(label, n if funnel else 0, len(found)), _share(label, top))
        for n, label in enumerate(found, 1)
    ]


def _share(label: Label, top: int) -> int:
    return max(1, round(100 * (label.chat_count / top) ** 0.5)) if label.chat_count and top else 0


def chats_touched(label: Label) -> int:
    """On how many chats the label is now, counted and not remembered: people type this number before they delete it."""
    return ChatLabel.objects.filter(label=label, wanted=True).count()


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
