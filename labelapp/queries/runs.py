"""Runs as their pages show them: the list, one run's progress, and what became of its chats."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Count, Prefetch, Q, QuerySet
from django.utils import timezone

from labelapp.models import Instance, Label, LabelGroup, Run, RunChat, RunItem, User
from labelapp.queries.directory import Tag, tag_of
from labelapp.queries.orders import Cursor, Order
from labelapp.queries.run_pace import Load, finish_at
from labelapp.queries.run_tallies import Tally, tallies

PAGE = 50  # chats
RUNS = 20  # runs on a page of the list
RATE = timedelta(seconds=60)  # over which the rate is measured
SHORTEST = 5.0  # seconds: a run that has just begun is not fast
CHUNK = 500
State = RunChat.State
SHOWN: dict[str, tuple[str, ...]] = {
    "": tuple(State.values),
    "changed": (State.CHANGED,),
    "already": (State.ALREADY,),
    "failed": (State.FAILED,),
    "skipped": (State.SKIPPED,),
    "waiting": (State.WAITING, State.SENT),
}
DEEP = State.CHANGED, State.ALREADY, State.FAILED, State.SKIPPED


@dataclass(frozen=True, slots=True)
class RunLine:
    """A run with the labels that it puts on and takes off, and how far it is."""

    run: Run
    tally: Tally
    adds: list[Tag]
    removes: list[Tag]

    @property
    def chosen(self) -> list[tuple[str, int]]:
        """How many chats each filter of the results shows."""
        return [(name, sum(self.tally.of(state) for state in states)) for name, states in SHOWN.items()]


@dataclass(slots=True)
class RunPage:
    lines: list[RunLine]
    following: int | None = None  # the next page begins below this run


def run_page(user: User, before: int | None = None) -> RunPage:
    """The next RUNS runs below `before`, newest first. Four queries."""
    runs = Run.objects.visible_to(user).select_related("user").prefetch_related("numbers")
    if before is not None:
        runs = runs.filter(pk__lt=before)
    found = list(runs.order_by("-pk")[: RUNS + 1])
    shown = found[:RUNS]
    return RunPage(run_lines(shown), shown[-1].pk if len(found) > RUNS else None)


def run_lines(runs: Sequence[Run]) -> list[RunLine]:
    """These runs, whose numbers were prefetched. Two queries."""
    counted, tags = tallies(runs), _tags(runs)
    return [
        RunLine(run, counted[run.pk], list(_named(run, run.adds, tags)), list(_named(run, run.removes, tags)))
        for run in runs
    ]


def _tags(runs: Iterable[Run]) -> dict[tuple[int, str], Tag]:
    """(Number, name) -> how the label looks: a living one before a dead one."""
    numbers = {number.pk for run in runs for number in run.numbers.all()}
    names = {name for run in runs for name in (*run.adds, *run.removes)}
    labels = Label.objects.filter(instance__in=numbers, name__in=names).select_related("group")
    found = {}
    for label in sorted(labels, key=lambda label: (label.deleted_at is None, -label.pk)):
        found[label.instance_id, label.name] = tag_of(label)
    return found


def _named(run: Run, names: Iterable[str], tags: dict[tuple[int, str], Tag]) -> Iterator[Tag]:
    for name in names:
        own = (tags[number.pk, name] for number in run.numbers.all() if (number.pk, name) in tags)
        yield next(own, Tag(0, "", name, "cx"))


@dataclass(slots=True)
class Progress:
    """How a run is doing now. `rests`: numbers that do nothing for it at the moment, as `resting` tells."""

    line: RunLine
    rate: float = 0.0  # chats a minute, lately
    done_at: datetime | None = None
    rests: list[Instance] = field(default_factory=list)
    quiet: list[Instance] = field(default_factory=list)

    @property
    def seconds_left(self) -> int | None:
        """None when nobody can say."""
        if self.done_at is None:
            return None
        return max(0, round((self.done_at - timezone.now()).total_seconds()))


def progress(run: Run) -> Progress:
    """Eight queries at most, whatever the size of the run."""
    now = timezone.now()
    found = Progress(run_lines([run])[0])
    if not run.is_under_way:
        return found
    if run.is_running:
        since = max(now - RATE, run.state_at)
        found.rate = ended_since(run, since) * 60 / max(SHORTEST, (now - since).total_seconds())
        numbers = list(run.numbers.all())
        found.quiet = [number for number in numbers if number.is_quiet(now)]
        found.rests = [number for number in numbers if not number.is_ready or number.trouble]
        found.done_at = finish_at(numbers, _loads(run), now, but=run)
    return found


def ended_since(run: Run, moment: datetime) -> int:
    return RunChat.objects.filter(run=run, at__gte=moment, state__in=DEEP).count()


def _loads(run: Run) -> dict[int, Load]:
    """What is left at each number, as if nothing of it were so already. What is on its way counts half."""
    left = RunChat.objects.filter(run=run, state__in=[State.WAITING, State.SENT])
    rows = left.order_by().values_list("instance", "state").annotate(n=Count("pk"))
    adds, removes = max(len(run.adds), 1), len(run.removes)
    loads: dict[int, Load] = {}
    for number, state, count in rows:
        part = count if state == State.WAITING else (count + 1) // 2
        loads[number] = loads.get(number, Load()) + Load(part * adds, part * removes)
    return loads


@dataclass(frozen=True, slots=True)
class Change:
    """What a run does to a label of a chat."""

    item: RunItem
    tag: Tag


@dataclass(frozen=True, slots=True)
class Result:
    """A chat of a run."""

    place: RunChat
    changes: list[Change]

    @property
    def took(self) -> timedelta | None:
        """From the wish to WhatsApp's word for all of it."""
        wished = [change.item.wished_at for change in self.changes if change.item.wished_at]
        return self.place.at - min(wished) if wished and self.place.state == State.CHANGED else None


@dataclass(slots=True)
class ResultPage:
    rows: list[Result]
    following: Cursor | None = None


def result_page(run: Run, show: str = "", before: Cursor | None = None, size: int = PAGE) -> ResultPage:
    """The next `size` chats below `before`, what happened last first and what has not begun at the end. Two queries."""
    places = _places(run, show)
    if before is not None:
        places = places.filter(at__lte=before.at).filter(Q(at__lt=before.at) | Q(pk__lt=before.pk))
    found = list(places.order_by("-at", "-pk")[: size + 1])
    rows = [Result(place, _changes(place)) for place in found[:size]]
    last = found[size - 1] if len(found) > size else None
    return ResultPage(rows, Cursor(Order.NEWEST, 0, last.at, last.pk) if last else None)


def results_after(run: Run, show: str, after: int, size: int) -> list[Result]:
    """The next `size` chats in the order of the run, after this place. Two queries."""
    places = _places(run, show).filter(pk__gt=after).order_by("pk")[:size]
    return [Result(place, _changes(place)) for place in places]


def all_results(run: Run, show: str = "") -> Iterator[Result]:
    """All of them in the order of the run, CHUNK at a time."""
    last = 0
    while chunk := results_after(run, show, last, CHUNK):
        last = chunk[-1].place.pk
        yield from chunk


def _places(run: Run, show: str) -> QuerySet[RunChat]:
    items = Prefetch("items", RunItem.objects.select_related("label__group").order_by("-on", "pk"))
    places = RunChat.objects.filter(run=run).select_related("chat", "instance").prefetch_related(items)
    return places.filter(state__in=SHOWN[show]) if show else places


def _changes(place: RunChat) -> list[Change]:
    """What was so already is shown only where nothing else is."""
    items = list(place.items.all())
    real = [item for item in items if item.state != RunItem.State.ALREADY]
    return [Change(item, tag_of(item.label)) for item in real or items]


@dataclass(frozen=True, slots=True)
class Choice:
    """A label to choose by its name, which stands for those of the same name on other numbers."""

    tag: Tag
    numbers: list[str]  # the numbers that have it, where not all of them do
    group: str  # of which at most one can be on a chat, "" outside of such
    pks: frozenset[int]  # the labels of this name


def choices(numbers: Sequence[Instance]) -> list[Choice]:
    """The labels of these numbers by name, in the order of the first number that has them. One query."""
    labels = Label.objects.filter(instance__in=numbers, known_at__isnull=False).living().select_related("group")
    found: dict[str, list[Label]] = {}
    rank = {number.pk: place for place, number in enumerate(numbers)}
    for label in sorted(labels.in_order(), key=lambda label: rank[label.instance_id]):
        found.setdefault(label.name, []).append(label)
    names = {number.pk: number.name for number in numbers}
    return [_choice(same, names) for same in found.values()]


def _choice(same: list[Label], names: dict[int, str]) -> Choice:
    first = same[0]
    homes = [] if len(same) == len(names) else [names[label.instance_id] for label in same]
    exclusive = first.group is not None and first.group.kind != LabelGroup.Kind.FREE
    group = first.group.name if exclusive and first.group else ""
    return Choice(tag_of(first), homes, group, frozenset(label.pk for label in same))


def undo_preview(run: Run) -> int:
    """In how many chats the run changed something that was not so before and can be again."""
    if run.retires is not None and run.retires.deleted_at:
        return 0
    return RunItem.objects.filter(place__run=run).real().values("place").distinct().count()
