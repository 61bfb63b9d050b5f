"""Labels on the drift page: how each of them compares, and those that the directory does not show."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from labelapp.models import ChatLabel, Finding, Instance, Label
from labelapp.queries.differences import MOST, UNKNOWN, Ref, Row
from labelapp.queries.directory import Directory, Tag

NAMED = 3  # chats that are named of an unknown label


@dataclass(frozen=True, slots=True)
class LabelLine:
    """A label's chats here and in WhatsApp's list as it was last read."""

    label: Label
    tag: Tag
    differences: int
    is_empty: bool  # the list is empty, and nobody believes that

    @property
    def more_here(self) -> int:
        return self.label.chat_count - (self.label.remote_count or 0)


def label_lines(
    number: Instance, directory: Directory, counts: dict[tuple[int, bool], int], findings: Iterable[Finding]
) -> list[LabelLine]:
    """Every living label, those with differences first. One query."""
    findings = list(findings)
    lines = []
    for label in Label.objects.living().filter(instance=number, known_at__isnull=False).in_order():
        about = [one for one in findings if one.label_id == label.pk]
        n = counts.get((label.pk, True), 0) + counts.get((label.pk, False), 0) + len(about)
        empty = any(one.kind == Finding.Kind.EMPTY for one in about)
        lines.append(LabelLine(label, directory.tags[label.pk], n, empty))
    return sorted(lines, key=lambda line: not line.differences)


def unknown_rows(ghosts: QuerySet[Label], directory: Directory, label: int | None) -> list[Row]:
    """A row for each of these labels, with some of the chats that carry it. Two queries."""
    on = Q(assignments__wanted=True) | Q(assignments__remote=True)
    counted = list(ghosts.annotate(carried=Count("assignments", filter=on)).order_by("-pk")[:MOST])
    carrying: dict[int, list[ChatLabel]] = {}
    pairs = ChatLabel.objects.filter(Q(wanted=True) | Q(remote=True), label__in=counted)
    for pair in pairs.select_related("chat").order_by("-last_message_at", "-chat")[:MOST]:
        carrying.setdefault(pair.label_id, []).append(pair)
    return [
        Row(
            "unknown",
            Ref(UNKNOWN, ghost.pk, seen=f"n{ghost.carried}"),
            max((pair.wanted_at for pair in carrying.get(ghost.pk, [])), default=ghost.seen_at),
            tags=[directory.tags[ghost.pk]],
            chats=[pair.chat for pair in carrying.get(ghost.pk, [])[:NAMED]],
            count=ghost.carried,
        )
        for ghost in counted
        if label in (None, ghost.pk) and ghost.pk in directory.tags
    ]
