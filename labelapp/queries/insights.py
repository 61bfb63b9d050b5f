"""A funnel in figures: how long chats stay in each stage, how far they come, which ways they go, and which of them are stuck."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Count
from django.utils import timezone

from labelapp.models import Instance, Label, LabelGroup, LedgerEntry, Source, Verb
from labelapp.queries.directory import Tag, tag_of
from labelapp.queries.stays import History, Stay, histories, middle, ninth, rows_of

SOURCES = tuple(source for source in Source if source != Source.IMPORT)


@dataclass(frozen=True, slots=True)
class Funnel:
    """A funnel and its stages in order, each with its label."""

    pk: int
    name: str
    stages: list[tuple[Tag, Label]]

    @property
    def pks(self) -> list[int]:
        return [tag.pk for tag, _label in self.stages]

    @property
    def places(self) -> dict[int, int]:
        """Stage -> its place, from 0."""
        return {pk: n for n, pk in enumerate(self.pks)}


def funnels(number: Instance) -> list[Funnel]:
    """The funnels of a number that have stages. One query."""
    labels = Label.objects.living().filter(instance=number, group__kind=LabelGroup.Kind.FUNNEL, known_at__isnull=False)
    grouped: dict[int, list[Label]] = {}
    for label in labels.select_related("group").in_order():
        grouped.setdefault(label.group_id or 0, []).append(label)
    return [_funnel(pk, members) for pk, members in grouped.items()]


def _funnel(pk: int, members: list[Label]) -> Funnel:
    stages = [(tag_of(label, n, len(members)), label) for n, label in enumerate(members, 1)]
    return Funnel(pk, members[0].group.name if members[0].group else "", stages)


@dataclass(frozen=True, slots=True)
class Period:
    """What is asked for: from then on, what came in this way ("": any)."""

    since: datetime
    source: str = ""

    @classmethod
    def last(cls, days: int, source: str = "") -> "Period":
        return cls(timezone.now() - timedelta(days=days), source)

    def holds(self, at: datetime | None, source: str) -> bool:
        return at is not None and at >= self.since and self.source in ("", source)


@dataclass(slots=True)
class StageTime:
    """How long chats were in a stage that they left in the period. `unseen`: so many more whose beginning nobody saw, half of them
    for at least `unseen_half`; they are in neither figure."""

    tag: Tag
    count: int = 0
    half: timedelta | None = None
    most: timedelta | None = None  # nine of ten not longer than that
    unseen: int = 0
    unseen_half: timedelta | None = None


@dataclass(slots=True)
class Report:
    """The funnel in one period."""

    times: list[StageTime]
    moves: Counter[tuple[int, int]]  # (from, to)
    reached: list[int]  # of the chats that entered the first stage in the period: how many came as far as each
    places: dict[int, int]

    @property
    def steps(self) -> list[tuple[Tag, int, int]]:
        """Each stage, how many came so far, and the percentage of those who entered the first one."""
        all_of = self.reached[0] if self.reached else 0
        pairs = zip(self.times, self.reached, strict=True)
        return [(time.tag, n, round(100 * n / all_of) if all_of else 0) for time, n in pairs]

    @property
    def total(self) -> int:
        return self.moves.total()

    @property
    def backward(self) -> int:
        return sum(n for way, n in self.moves.items() if self.step(way) < 0)

    @property
    def skipped(self) -> int:
        """Moves that left out one stage or more on the way forward."""
        return sum(n for way, n in self.moves.items() if self.step(way) > 1)

    @property
    def left_out(self) -> Counter[int]:
        """How often each stage was skipped."""
        found: Counter[int] = Counter()
        order = list(self.places)
        for way, n in self.moves.items():
            for stage in order[self.places[way[0]] + 1 : self.places[way[1]]]:
                found[stage] += n
        return found

    def step(self, way: tuple[int, int]) -> int:
        return self.places[way[1]] - self.places[way[0]]


def report(number: Instance, funnel: Funnel, period: Period) -> Report:
    """What became of the chats of a funnel in a period. One query; the time it takes goes with the chats that were moved in it."""
    lately = rows_of(funnel.pks).filter(at__gte=period.since).order_by().values("chat_id")
    return tally(number, funnel, period, histories(rows_of(funnel.pks).filter(chat__in=lately)))


def tally(number: Instance, funnel: Funnel, period: Period, told: Iterable[History]) -> Report:
    """The figures of these histories."""
    sums, places = Sums(number.imported_at), funnel.places
    for one in told:
        for stay in one.stays:
            if period.holds(stay.until, stay.out_by):
                sums.add(stay)
        for move in one.moves:
            if period.holds(move.at, move.by):
                sums.moves[move.old, move.new] += 1
        if (far := _far(one, places, period)) is not None:
            sums.ends[far] += 1
    reached = [sum(n for end, n in sums.ends.items() if end >= place) for place in range(len(places))]
    return Report([sums.time(tag) for tag, _label in funnel.stages], sums.moves, reached, places)


def _far(one: History, places: dict[int, int], period: Period) -> int | None:
    """How far a chat came that entered the first stage in the period; None for others."""
    entered = [stay.since for stay in one.stays if not places[stay.stage] and period.holds(stay.since, stay.by)]
    first = min((at for at in entered if at), default=None)
    if first is None:
        return None
    return max(places[stay.stage] for stay in one.stays if stay.since and stay.since >= first)


@dataclass(slots=True)
class Sums:
    """Collects stays by stage, and moves."""

    known_since: datetime | None  # when the number was first read
    seen: dict[int, list[timedelta]] = field(default_factory=lambda: defaultdict(list))
    unseen: dict[int, list[timedelta]] = field(default_factory=lambda: defaultdict(list))
    moves: Counter[tuple[int, int]] = field(default_factory=Counter)
    ends: Counter[int] = field(default_factory=Counter)

    def add(self, stay: Stay) -> None:
        """Count a stay that is over."""
        if stay.until is None:
            return
        if stay.since is not None:
            self.seen[stay.stage].append(stay.until - stay.since)
        else:
            since = min(self.known_since or stay.until, stay.until)
            self.unseen[stay.stage].append(stay.until - since)

    def time(self, tag: Tag) -> StageTime:
        """What was collected of a stage."""
        seen, unseen = sorted(self.seen[tag.pk]), sorted(self.unseen[tag.pk])
        found = StageTime(tag, len(seen), unseen=len(unseen), unseen_half=middle(unseen) if unseen else None)
        if seen:
            found.half, found.most = middle(seen), ninth(seen)
        return found


def labelled_by(number: Instance, labels: Sequence[int], since: datetime) -> Counter[str]:
    """How many changes of these labels on chats came in each way. One query."""
    rows = LedgerEntry.objects.filter(
        label__in=labels, at__gte=since, verb__in=(Verb.ADD, Verb.REMOVE), chat__isnull=False
    )
    return Counter(dict(rows.order_by().values_list("source").annotate(n=Count("pk"))))
