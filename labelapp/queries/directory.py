"""A number's labels as screens show them: shape, colour, place in the funnel. One query."""

from dataclasses import dataclass

from labelapp.models import Instance, Label, LabelGroup


@dataclass(frozen=True, slots=True)
class Tag:
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
    """All labels of a number by pk (dead ones too: a failed wish still names them), the living ones by section."""

    tags: dict[int, Tag]
    sections: list[Section]
    counts: dict[int, int]  # chats whose `wanted` holds the label
    groups: dict[int, int]  # label -> exclusive group
    rank: dict[int, int]  # label -> its place on screens

    @property
    def used(self) -> int:
        """Slots taken. A label that only an event has named counts too: WhatsApp has it."""
        return sum(len(section.tags) for section in self.sections)

    def living(self, pk: int) -> Tag | None:
        tag = self.tags.get(pk)
        return None if tag is None or tag.dead else tag


def directory_of(instance: Instance) -> Directory:
    """Every label of the number in the order of its screens."""
    labels = list(Label.objects.filter(instance=instance).select_related("group").in_order())
    sections: dict[int, list[Label]] = {}
    for label in labels:
        if label.deleted_at is None:
            sections.setdefault(label.group_id or 0, []).append(label)
    found = Directory({}, [], {label.pk: label.chat_count for label in labels}, {}, {})
    for label in labels:
        if label.deleted_at is not None:
            found.tags[label.pk] = tag_of(label)
    for members in sections.values():
        found.sections.append(_section(members, found))
    found.rank = {label.pk: n for n, label in enumerate(labels)}
    return found


def _section(members: list[Label], found: Directory) -> Section:
    group = members[0].group
    funnel = group is not None and group.kind == LabelGroup.Kind.FUNNEL
    tags = [tag_of(label, n if funnel else 0, len(members)) for n, label in enumerate(members, 1)]
    found.tags.update({tag.pk: tag for tag in tags})
    if group is None:
        return Section(0, "", LabelGroup.Kind.FREE, tags)
    if group.is_exclusive:
        found.groups.update(dict.fromkeys((tag.pk for tag in tags), group.pk))
    return Section(group.pk, group.name, group.kind, tags)


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
        description=label.description,
    )
