"""What a stage makes redundant: a setting of the stage."""

from dataclasses import dataclass

from labelapp.models import Label, StagePrune
from labelapp.queries.directory import Tag
from labelapp.queries.labels import Directory


@dataclass(frozen=True, slots=True)
class Prunes:
    """The labels that a stage could take off a chat, in the order of their page, and the keys of those that it does."""

    tags: list[Tag]
    chosen: list[int]


def redundant_of(stage: Label) -> list[int]:
    """The keys of the living labels that come off when a chat enters the stage, in rising order. One query."""
    rows = StagePrune.objects.filter(stage=stage, label__deleted_at=None)
    return list(rows.order_by("label").values_list("label", flat=True))


def prunes_of(label: Label, listing: Directory) -> Prunes | None:
    """None for a label that is no stage: nothing comes off for it. Its own group comes off anyway; archived labels are offered only
    where they come off already."""
    if label.group is None or not label.group.is_exclusive:
        return None
    chosen = redundant_of(label)
    others = [row for row in listing.rows if row.label.group_id != label.group_id]
    offered = [row.tag for row in others if row.label.archived_at is None or row.label.pk in chosen]
    return Prunes(offered, chosen)
