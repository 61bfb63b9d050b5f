"""The labels of one or more numbers as screens show them: shape, colour, place in the funnel. One query."""

from collections.abc import Container
from dataclasses import dataclass, replace
from typing import NamedTuple

from django.db.models import F
from django.db.models.lookups import IsNull

from labelapp.models import Instance, Label, LabelGroup
from labelapp.models.labels import color_class


class _Row(NamedTuple):
    """Of a label what its chips and counts show. Every page reads the whole directory: no models are made for that."""

    pk: int
    instance_id: int
    wa_id: str
    name: str
    color_index: int | None
    description: str
    urgency: int | None
    chat_count: int
    group_id: int | None
    group__name: str | None
    group__kind: str | None
    is_ghost: bool
    is_dead: bool
    is_archived: bool

    @property
    def is_exclusive(self) -> bool:
        return self.group__kind is not None and self.group__kind != LabelGroup.Kind.FREE


COLUMNS = _Row._fields[:-3]
STATES = (IsNull(F("known_at"), True), IsNull(F("deleted_at"), False), IsNull(F("archived_at"), False))


class Tag(NamedTuple):
    """What a chip needs to know of a label. Holds no count: two equal tags look the same, so their HTML can be cached."""

    pk: int
    wa_id: str
    name: str  # "" for one that only an event has named so far
    color: str  # a class: c0 to c19, cx
    exclusive: bool = False  # round: at most one of its group on a chat
    stage: int = 0  # place in its funnel from 1, 0 outside a funnel
    stages: int = 0
    ghost: bool = False
    dead: bool = False
    archived: bool = False  # kept at WhatsApp and on its chats, offered to nobody
    description: str = ""


@dataclass(slots=True)
class Section:
    """A group of labels with its rule; the labels without a group have none (pk 0)."""

    pk: int
    name: str
    kind: str
    tags: list[Tag]

    @property
    def is_funnel(self) -> bool:
        return self.kind == LabelGroup.Kind.FUNNEL

    @property
    def is_exclusive(self) -> bool:
        return self.kind != LabelGroup.Kind.FREE


@dataclass(slots=True)
class Directory:
    """All labels of the numbers by pk (dead ones too: a failed wish still names them), the living ones by section."""

    tags: dict[int, Tag]
    sections: list[Section]
    counts: dict[int, int]  # chats whose `wanted` holds the label
    groups: dict[int, int]  # label -> exclusive group
    rank: dict[int, int]  # label -> its place on screens
    homes: dict[int, int]  # label -> its number
    urgency: dict[int, int]  # living labels that have one; 1 is the most urgent

    def only(self, number: int) -> "Directory":
        """The same with the sections of one number alone: what its chats can be given."""
        own = [section for section in self.sections if self.homes[section.tags[0].pk] == number]
        return self if len(own) == len(self.sections) else replace(self, sections=own)

    def offered(self, held: Container[int] = ()) -> list[Section]:
        """The sections as pickers show them: archived labels only where the chat has them (`held`)."""
        kept = (
            replace(one, tags=[tag for tag in one.tags if not tag.archived or tag.pk in held]) for one in self.sections
        )
        return [section for section in kept if section.tags]

    @property
    def funnels(self) -> frozenset[int]:
        """The numbers that have one."""
        return frozenset(self.homes[section.tags[0].pk] for section in self.sections if section.is_funnel)

    @property
    def used(self) -> int:
        """Slots taken. A label that only an event has named counts too: WhatsApp has it."""
        return sum(len(section.tags) for section in self.sections)

    @property
    def usable(self) -> list[Tag]:
        """Those that are offered for a chat."""
        return [tag for section in self.sections for tag in section.tags if not tag.ghost and not tag.archived]

    @property
    def numbered(self) -> dict[int, Tag]:
        """The first nine of them, by the key that does it."""
        return dict(enumerate(self.usable[:9], 1))


def directory_of(*numbers: Instance) -> Directory:
    """Every label of these numbers, number by number, in the order of their screens."""
    places = {number.pk: n for n, number in enumerate(numbers)}
    rows = Label.objects.filter(instance__in=list(places)).in_order().values_list(*COLUMNS, *STATES)
    labels = sorted(map(_Row._make, rows), key=lambda label: places[label.instance_id])
    living = [label for label in labels if not label.is_dead]
    sections: dict[tuple[int, int], list[_Row]] = {}
    for label in living:
        sections.setdefault((label.instance_id, label.group_id or 0), []).append(label)
    found = Directory(
        tags={label.pk: _tag(label) for label in labels if label.is_dead},
        sections=[],
        counts={label.pk: label.chat_count for label in labels},
        groups={},
        rank={label.pk: n for n, label in enumerate(labels)},
        homes={label.pk: label.instance_id for label in labels},
        urgency={label.pk: label.urgency for label in living if label.urgency is not None},
    )
    for members in sections.values():
        found.sections.append(_section(members, found))
    return found


def _section(members: list[_Row], found: Directory) -> Section:
    first = members[0]
    funnel = first.group__kind == LabelGroup.Kind.FUNNEL
    tags = [_tag(label, n if funnel else 0, len(members)) for n, label in enumerate(members, 1)]
    found.tags.update({tag.pk: tag for tag in tags})
    if first.group_id is None:
        return Section(0, "", LabelGroup.Kind.FREE, tags)
    if first.is_exclusive:
        found.groups.update(dict.fromkeys((tag.pk for tag in tags), first.group_id))
    return Section(first.group_id, first.group__name or "", first.group__kind or "", tags)


def _tag(row: _Row, stage: int = 0, stages: int = 0) -> Tag:
    return Tag(
        row.pk,
        row.wa_id,
        row.name,
        color_class(row.color_index),
        row.is_exclusive,
        stage,
        stages if stage else 0,
        row.is_ghost,
        row.is_dead,
        row.is_archived,
        row.description,
    )


def tag_of(label: Label, stage: int = 0, stages: int = 0) -> Tag:
    """A label outside its directory, e.g. in a form's preview: a stage whose place nobody asked for has no pie."""
    return Tag(
        pk=label.pk,
        wa_id=label.wa_id,
        name=label.name,
        color=label.color_class,
        exclusive=label.group is not None and label.group.is_exclusive,
        stage=stage,
        stages=stages if stage else 0,
        ghost=label.is_ghost,
        dead=label.deleted_at is not None,
        archived=label.archived_at is not None,
        description=label.description,
    )
