"""How long runs take: calls, the pace of their numbers, what else waits there, and the hours in which they rest."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count
from django.utils import timezone

from labelapp.models import Instance, Run, RunChat
from labelapp.queries.health import hears_labels
from labelapp.queries.states import number_states
from labelapp.whatsapp.waha import Waha
from labelapp.whatsapp.wawp import Wawp

LISTED = 0.05  # readings per label that was put on: one list confirms about twenty
LATEST = timedelta(days=60)  # nobody waits for what is further away


@dataclass(slots=True)
class Load:
    """Changes of labels that a number has to make."""

    adds: int = 0
    removes: int = 0

    @property
    def changes(self) -> int:
        return self.adds + self.removes

    def count(self, on: bool) -> None:
        if on:
            self.adds += 1
        else:
            self.removes += 1

    def __add__(self, other: "Load") -> "Load":
        return Load(self.adds + other.adds, self.removes + other.removes)


def places_for(number: Instance, load: Load) -> float:
    """How many places in the number's pace these changes take, with the readings that confirm them."""
    if number.provider == Instance.Provider.WAHA:  # each change reads back by itself
        return Waha.calls_a_change * load.changes
    readings = 0 if hears_labels(number) else load.adds * LISTED + load.removes
    return Wawp.calls_a_change * load.changes + readings


def finish_at(
    numbers: Iterable[Instance], loads: Mapping[int, Load], now: datetime, but: Run | None = None
) -> datetime | None:
    """When the last of these numbers would be through with its load, what else waits there included (`but` this run).

    None when there is nothing to do. Two queries.
    """
    numbers = [number for number in numbers if loads.get(number.pk)]
    if not numbers:
        return None
    others = _other_runs(numbers, but)
    ends = []
    for state in number_states(numbers):
        own = places_for(state.number, loads[state.number.pk])
        shared = sum(min(own, count) for count in others.get(state.number.pk, []))
        waiting = 0 if but else state.waiting  # of a run under way they are its own for the most part
        ends.append(after_work(state.number, now, (own + shared + waiting) / state.number.pace))
    return max(ends)


def _other_runs(numbers: list[Instance], but: Run | None) -> dict[int, list[int]]:
    """How many chats of each other run wait at these numbers."""
    rows = RunChat.objects.filter(instance__in=numbers, state=RunChat.State.WAITING, run__state=Run.State.RUNNING)
    if but is not None:
        rows = rows.exclude(run=but)
    found: dict[int, list[int]] = {}
    for number, _run, count in rows.order_by().values_list("instance", "run").annotate(n=Count("pk")):
        found.setdefault(number, []).append(count)
    return found


def after_work(number: Instance, start: datetime, seconds: float) -> datetime:
    """When so many seconds of work are over that begin at `start` and rest in the number's quiet hours."""
    left, moment = timedelta(seconds=min(seconds, LATEST.total_seconds())), start
    if number.quiet_from is None or number.quiet_until is None or number.quiet_from == number.quiet_until:
        return moment + left
    while moment < start + 2 * LATEST:
        if number.is_quiet(moment):
            moment = next_at(number.quiet_until, moment)
            continue
        rest = next_at(number.quiet_from, moment)
        if rest - moment >= left:
            break
        left -= rest - moment
        moment = rest
    return moment + left


def next_at(clock: time, moment: datetime) -> datetime:
    """The next time after `moment` at which the site's clocks show `clock`."""
    zone = ZoneInfo(settings.TIME_ZONE)
    here = timezone.localtime(moment, zone)
    for days in range(3):
        found = datetime.combine(here.date() + timedelta(days=days), clock, zone)
        if found > moment:
            return found
    raise AssertionError("a clock shows every time once in two days")
