"""What would miss a label: views, runs, stages, and whatever else adds a source of its own to SOURCES."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.db.models import Count, Q

from labelapp.models import (
    ChatLabel,
    EventMapping,
    Label,
    LabelGroup,
    LedgerEntry,
    Rule,
    Run,
    SavedView,
    Source,
    StagePrune,
    User,
    Verb,
)
from labelapp.queries.language.saved import label_pks
from labelapp.queries.rules.specs import Wrong, spec_of

MIX = 200  # the last times that a label was put on, of which the sources are counted


@dataclass(frozen=True, slots=True)
class Use:
    """Something that names a label. `kind`: view, run, rule, event (its mapping), stage (which takes it off), or what another source
    calls its own. A nameless one is somebody else's."""

    kind: str
    pk: int = 0
    name: str = ""
    shared: bool = False


Found = Iterable[tuple[int, Use]]  # label, what uses it
Uses = dict[int, list[Use]]


def _views(user: User, labels: Sequence[Label]) -> Iterator[tuple[int, Use]]:
    asked = {label.pk for label in labels}
    for view in SavedView.objects.only("pk", "name", "terms", "shared", "owner").order_by("-shared", "name", "pk"):
        seen = view.shared or view.owner_id == user.pk
        use = Use("view", view.pk, view.name, view.shared) if seen else Use("view")
        yield from ((pk, use) for pk in label_pks(view.terms) & asked)


def _runs(user: User, labels: Sequence[Label]) -> Iterator[tuple[int, Use]]:
    by_name: dict[tuple[int, str], int] = {(label.instance_id, label.name): label.pk for label in labels}
    numbers = {label.instance_id for label in labels}
    runs = Run.objects.filter(ended_at=None, numbers__in=numbers).distinct().order_by("pk")
    for run in runs.prefetch_related("numbers"):
        for number in run.numbers.all():
            named = (by_name.get((number.pk, name)) for name in (*run.adds, *run.removes))
            yield from ((pk, Use("run", run.pk, str(run.pk))) for pk in dict.fromkeys(named) if pk is not None)


def _stages(user: User, labels: Sequence[Label]) -> Iterator[tuple[int, Use]]:
    rows = StagePrune.objects.filter(label__in=labels, stage__deleted_at=None).order_by("stage__position", "stage")
    for label, stage, name in rows.values_list("label", "stage", "stage__name"):
        yield label, Use("stage", stage, name)


def _rules(user: User, labels: Sequence[Label]) -> Iterator[tuple[int, Use]]:
    asked = {label.pk for label in labels}
    for rule in Rule.objects.filter(instance__in={label.instance_id for label in labels}):
        try:
            named = spec_of(rule).labels
        except Wrong:
            continue
        yield from ((pk, Use("rule", rule.pk, rule.name)) for pk in named & asked)


def _mappings(user: User, labels: Sequence[Label]) -> Iterator[tuple[int, Use]]:
    asked = {label.pk for label in labels}
    for mapping in EventMapping.objects.filter(instance__in={label.instance_id for label in labels}):
        yield from ((pk, Use("event", mapping.pk, mapping.type)) for pk in mapping.labels & asked)


# Whatever else names labels adds its own: each is asked once for all labels of a page
SOURCES: list[Callable[[User, Sequence[Label]], Found]] = [_views, _runs, _stages, _rules, _mappings]


def uses_of(user: User, labels: Sequence[Label]) -> Uses:
    """Label -> what uses it, as far as this person may know. As many queries as there are sources, and one for the runs' numbers."""
    found: Uses = {label.pk: [] for label in labels}
    for source in SOURCES:
        for pk, use in source(user, labels):
            found[pk].append(use)
    return found


@dataclass(frozen=True, slots=True)
class Share:
    """How many of a label's last changes came one way."""

    source: Source
    count: int
    percent: int


def source_mix(label: Label) -> list[Share]:
    """Who put a label on the last MIX times, the most frequent way first. One query."""
    puts = LedgerEntry.objects.filter(label=label, verb=Verb.ADD).order_by("-pk").values_list("source", flat=True)
    counted = Counter(puts[:MIX])
    total = counted.total()
    return [Share(Source(source), n, round(100 * n / total)) for source, n in counted.most_common()]


@dataclass(frozen=True, slots=True)
class Impact:
    """What ending a label touches. `both`: chats that have the other label too, `displaced`: that lose another of its group,
    `unstaged`: that are in no stage of its funnel any more."""

    chats: int
    both: int = 0
    displaced: int = 0
    unstaged: int = 0


def unstaged(label: Label, into: Label | None = None) -> int:
    """How many chats are in no stage of the label's funnel once it is gone, or they have `into` for it. One query at most, and those of
    the groups."""
    group = label.group
    if group is None or group.kind != LabelGroup.Kind.FUNNEL or (into and into.group_id == group.pk):
        return 0
    others = ChatLabel.objects.filter(label__group=group, wanted=True).exclude(label=label)
    alone = ChatLabel.objects.filter(label=label, wanted=True).exclude(chat__in=others.values("chat"))
    return alone.count()


def merge_impact(source: Label, target: Label) -> Impact:
    """What moving all chats of `source` to `target` changes. Three queries at most, and those of the groups."""
    carried = ChatLabel.objects.filter(label=source, wanted=True).values("chat")
    pairs = ChatLabel.objects.filter(chat__in=carried, wanted=True)
    rivals = Q(pk__in=[])
    if target.group is not None and target.group.is_exclusive:
        rivals = Q(label__group=target.group_id) & ~Q(label__in=[source.pk, target.pk])
    counted = pairs.aggregate(
        chats=Count("chat", distinct=True, filter=Q(label=source)),
        both=Count("chat", distinct=True, filter=Q(label=target)),
        displaced=Count("chat", distinct=True, filter=rivals),
    )
    return Impact(**counted, unstaged=unstaged(source, target))
