"""Labels on the drift page: how each of them compares, and those that the directory does not show."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Case, Count, Q, QuerySet, Sum, Value, When

from labelapp.models import ChatLabel, Finding, Instance, Label
from labelapp.queries.differences import MOST, UNKNOWN, Ref, Row
from labelapp.queries.directory import Directory, Tag
from labelapp.queries.states import UNSETTLED

NAMED = 3  # chats that are named of an unknown label


@dataclass(frozen=True, slots=True)
class LabelLine:
    """A label's chats here and in WhatsApp, as far as is known now: what its list said, and what was heard since."""

    label: Label
    tag: Tag
    differences: int
    is_empty: bool  # the list is empty, and nobody believes that
    more_here: int

    @property
    def on_phone(self) -> int | None:
        """None where its list was never read."""
        return None if self.label.remote_count is None else max(0, self.label.chat_count - self.more_here)


def label_lines(
    number: Instance, directory: Directory, counts: dict[tuple[int, bool], int], findings: Iterable[Finding]
) -> list[LabelLine]:
    """Every living label, those with differences first. Two queries."""
    findings = list(findings)
    surplus = _surplus(number)
    lines = []
    for label in Label.objects.living().filter(instance=number, known_at__isnull=False).in_order():
        about = [one for one in findings if one.label_id == label.pk]
        n = counts.get((label.pk, True), 0) + counts.get((label.pk, False), 0) + len(about)
        empty = any(one.kind == Finding.Kind.EMPTY for one in about)
        doubtful = sum(one.count if one.chat_id is None else 1 for one in about if one.kind == Finding.Kind.REMOVAL)
        lines.append(LabelLine(label, directory.tags[label.pk], n, empty, surplus.get(label.pk, 0) + doubtful))
    return sorted(lines, key=lambda line: not line.differences)


def _surplus(number: Instance) -> dict[int, int]:
    """How many chats more carry each label here than in WhatsApp, by what is not settled. One query."""
    more = Case(
        When(Q(wanted=True) & ~Q(remote=True), Value(1)),
        When(wanted=False, remote=True, then=Value(-1)),
        default=Value(0),
    )
    open_ones = ChatLabel.objects.filter(receipt__in=UNSETTLED, label__instance=number).order_by()
    return dict(open_ones.values_list("label").annotate(more=Sum(more)))


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
