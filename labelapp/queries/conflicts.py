"""Conflicts that a group's rule settles without asking: found by when a label came on, not by looking through all chats."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Exists, OuterRef

from labelapp.models import ChatLabel, Instance, Label, LabelGroup, Receipt
from labelapp.queries.clashes import ONE_ALONE

Policy = LabelGroup.ConflictPolicy
MOST = 200  # in one look


def ruled_groups(instance: Instance) -> dict[int, LabelGroup]:
    """The number's groups that allow one label and say by themselves which of two wins."""
    rows = LabelGroup.objects.filter(instance=instance, kind__in=ONE_ALONE).exclude(conflict_policy=Policy.ASK)
    return {group.pk: group for group in rows}


def fresh_conflicts(groups: Iterable[int], since: datetime) -> set[tuple[int, int]]:
    """Chats that hold two labels of one of these groups, both sides agreeing, one of which came on after `since`; with the group.

    Walks `pair_age`: costs what changed, whatever the number holds."""
    labels = Label.objects.living().filter(group__in=list(groups), known_at__isnull=False)
    homes = dict(labels.values_list("pk", "group"))
    held = ChatLabel.objects.filter(wanted=True, receipt=Receipt.CONFIRMED)
    second = held.filter(chat=OuterRef("chat"), label__group=OuterRef("label__group")).exclude(label=OuterRef("label"))
    found = held.filter(label__in=homes, wanted_at__gt=since).filter(Exists(second)).order_by("pk")
    return {(chat, homes[label]) for chat, label in found.values_list("chat", "label")[:MOST]}


def winner(group: LabelGroup, pairs: Iterable[ChatLabel]) -> ChatLabel:
    """Which of the labels of a group stays by its rule, archived ones only among themselves. Their labels are at hand."""
    pairs = list(pairs)
    offered = [pair for pair in pairs if pair.label.archived_at is None] or pairs
    if group.conflict_policy == Policy.LATEST:
        return max(offered, key=lambda pair: (pair.wanted_at, pair.label.position, pair.label_id))
    return max(offered, key=lambda pair: (pair.label.position, pair.label_id))
