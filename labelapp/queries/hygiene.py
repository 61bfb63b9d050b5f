"""What could be better about the labels of a number. Findings are advice: nothing is changed by looking."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import combinations

from django.db.models import Max
from django.utils import timezone

from labelapp.models import ChatLabel, Instance, Label, LabelGroup, LedgerEntry, Verb
from labelapp.queries.colors import REDS, Likeness, clear_of, likeness
from labelapp.queries.directory import Directory, Tag, directory_of
from labelapp.queries.insights import Period, funnels, report
from labelapp.queries.names import nearly_same, passive
from labelapp.queries.stale import Crowded, crowded
from labelapp.queries.untagged import Untagged, untagged

UNUSED = timedelta(days=30)
LATELY = 30  # days whose moves are looked at


class Kind(StrEnum):
    """What a finding is about."""

    UNUSED = "unused"
    NAMES = "names"
    COLORS = "colors"
    PASSIVE = "passive"
    REDS = "reds"
    SKIPPED = "skipped"
    BACKWARD = "backward"


@dataclass(frozen=True, slots=True)
class Finding:
    """A piece of advice about one label or two. `since`: last used then, None: never seen. `color`: one that would do, None where
    there is none left, or another finding about the label has named it."""

    kind: Kind
    tags: tuple[Tag, ...]
    fix: int  # the label to change
    count: int = 0
    since: datetime | None = None
    words: str = ""
    like: Likeness | None = None
    color: int | None = None


@dataclass(slots=True)
class Palette:
    """Colours to advise, each once: clear of those that labels have, and of each other."""

    used: set[int]
    advised: set[int] = field(default_factory=set)  # labels

    def color_for(self, label: Label) -> int | None:
        """No red for what is not urgent."""
        if label.pk in self.advised:
            return None
        self.advised.add(label.pk)
        color = next(iter(clear_of(self.used, urgent=label.urgency is not None)), None)
        self.used |= set() if color is None else {color}
        return color


@dataclass(slots=True)
class Hygiene:
    """All findings about a number, kind by kind, the chats with too many labels, and the share of those with none."""

    untagged: Untagged
    findings: list[Finding] = field(default_factory=list)
    crowded: list[Crowded] = field(default_factory=list)
    crowds: int = 0

    @property
    def total(self) -> int:
        return len(self.findings) + bool(self.crowds)


def hygiene(number: Instance) -> Hygiene:
    """Everything at once. The number of queries goes with the number of funnels alone."""
    directory = directory_of(number)
    labels = list(
        Label.objects.living().filter(instance=number, known_at__isnull=False).select_related("group").in_order()
    )
    labels = [label for label in labels if label.archived_at is None]
    found = Hygiene(untagged(number))
    palette = Palette({label.color_index for label in labels if label.color_index is not None})
    found.findings += _unused(number, labels, directory)
    found.findings += _names(labels, directory)
    found.findings += _colors(labels, directory, palette)
    found.findings += _passive(labels, directory)
    found.findings += _reds(labels, directory, palette)
    found.findings += _ways(number)
    found.crowded, found.crowds = crowded(number, directory)
    return found


def _unused(number: Instance, labels: list[Label], directory: Directory) -> Iterator[Finding]:
    """Labels that nobody has put on for long, as far as the number is known."""
    limit = timezone.now() - UNUSED
    if number.imported_at is None or number.imported_at > limit:
        return
    old = [label for label in labels if label.known_at and label.known_at <= limit]
    added = LedgerEntry.objects.filter(label__in=old, verb=Verb.ADD, at__gt=limit).order_by()
    used = set(added.values_list("label_id", flat=True).distinct())
    last = ChatLabel.objects.filter(label__in=old, wanted=True, wanted_at__gt=number.imported_at).order_by()
    seen = dict(last.values_list("label_id").annotate(at=Max("wanted_at")))
    for label in old:
        if label.pk not in used:
            yield Finding(Kind.UNUSED, (directory.tags[label.pk],), label.pk, label.chat_count, seen.get(label.pk))


def _names(labels: list[Label], directory: Directory) -> Iterator[Finding]:
    """Names that nearly say the same. The label on fewer chats is the one to change."""
    for n, m in nearly_same([label.name for label in labels]):
        pair = sorted((labels[n], labels[m]), key=lambda label: label.chat_count)
        yield Finding(Kind.NAMES, (directory.tags[labels[n].pk], directory.tags[labels[m].pk]), pair[0].pk)


def _colors(labels: list[Label], directory: Directory, palette: Palette) -> Iterator[Finding]:
    """Colours that are mixed up, by everybody first. Of a stage and a free label the free one is to change, else the one on fewer chats."""
    colored = [label for label in labels if label.color_index is not None]
    pairs = ((likeness(a.color_index or 0, b.color_index or 0), a, b) for a, b in combinations(colored, 2))
    found = [(like, one, other) for like, one, other in pairs if like]
    for like, one, other in sorted(found, key=lambda each: (each[0].eyes != "normal", each[0].distance)):
        fix = min((one, other), key=lambda label: (_is_stage(label), label.chat_count))
        tags = directory.tags[one.pk], directory.tags[other.pk]
        yield Finding(Kind.COLORS, tags, fix.pk, like=like, color=palette.color_for(fix))


def _passive(labels: list[Label], directory: Directory) -> Iterator[Finding]:
    """Names that tell what was done. Stages are left alone: they tell where a chat is."""
    for label in labels:
        words = None if _is_stage(label) else passive(label.name)
        if words is not None:
            yield Finding(Kind.PASSIVE, (directory.tags[label.pk],), label.pk, words=words)


def _reds(labels: list[Label], directory: Directory, palette: Palette) -> Iterator[Finding]:
    """Red labels that are not in the order by urgency."""
    for label in labels:
        if label.color_index in REDS and label.urgency is None:
            yield Finding(Kind.REDS, (directory.tags[label.pk],), label.pk, color=palette.color_for(label))


def _ways(number: Instance) -> Iterator[Finding]:
    """Stages that were skipped or gone back from lately."""
    for funnel in funnels(number):
        told, tags = report(number, funnel, Period.last(LATELY)), dict(zip(funnel.pks, funnel.stages, strict=True))
        for stage, n in told.left_out.most_common():
            yield Finding(Kind.SKIPPED, (tags[stage][0],), funnel.pk, n)
        back = Counter({way: n for way, n in told.moves.items() if told.step(way) < 0})
        for (old, new), n in back.most_common():
            yield Finding(Kind.BACKWARD, (tags[old][0], tags[new][0]), funnel.pk, n)


def _is_stage(label: Label) -> bool:
    return label.group is not None and label.group.kind == LabelGroup.Kind.FUNNEL
