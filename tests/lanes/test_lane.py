"""One lane's line of numbers: real threads, more numbers than threads, and no sweep that would come to help."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.utils import timezone

from labelapp.actions.actor import Actor
from labelapp.actions.tagging import set_label
from labelapp.lanes import lane as lanes
from labelapp.lanes import push
from labelapp.lanes.lane import NUMBERS_AT_ONCE, Lane
from labelapp.lanes.locks import Locks
from labelapp.lanes.reach import Reach
from labelapp.lanes.roster import Roster
from labelapp.lanes.turns import Turns
from labelapp.models import Instance, Label, User
from tests.conftest import MakeChat, make_number
from tests.lanes.test_worker import until
from tests.wire import FarSide

pytestmark = pytest.mark.django_db(transaction=True)
Stop = Callable[[], bool]
Begin = Callable[[lanes.RunDue], Lane]


@pytest.fixture
def numbers() -> list[Instance]:
    """Two more than there are threads."""
    return [make_number(f"n{n}") for n in range(NUMBERS_AT_ONCE + 2)]


@pytest.fixture
def turns() -> Iterator[Turns]:
    with Locks() as locks:
        yield Turns(locks, Roster("here"))


@pytest.fixture
def begin(turns: Turns, settings: Any) -> Iterator[Begin]:
    """Starts a lane, which sweeps once."""
    settings.SWEEP_SECONDS, stopping, started = 60, threading.Event(), []

    def begin(run_due: lanes.RunDue) -> Lane:
        lane = Lane("test", run_due, stopping, turns)
        started.append(lane)
        lane.start()
        return lane

    yield begin
    stopping.set()
    for lane in started:
        lane.wake()
        lane.join(20)
        assert not lane.is_alive()


@pytest.fixture
def release() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def test_four_bursts_stop_no_click(
    begin: Begin, numbers: list[Instance], far: FarSide, admin: User, make_chat: MakeChat
) -> None:
    """Bursts that last longer than a run, a click at the number behind them, and nothing else that wakes the lane."""
    Instance.objects.update(pace=20)
    for n, number in enumerate(numbers):
        label = Label.objects.create(instance=number, wa_id=str(50 + n), name=f"L{n}", known_at=timezone.now())
        far.labels[label.wa_id] = {"name": label.name, "color": 1}
        for _wish in range(30 if n < NUMBERS_AT_ONCE else 1):
            set_label(Actor.of(admin), make_chat(instance=number), label, on=True)
    begin(push.run_due)
    assert until(lambda: len(far.tags) == 30 * NUMBERS_AT_ONCE + 2, 30)
    labels = [call.split("/")[2] for call in far.writes]
    clicks = [labels.index(str(50 + n)) for n in (NUMBERS_AT_ONCE, NUMBERS_AT_ONCE + 1)]
    assert all(click < min(last(labels, str(50 + n)) for n in range(NUMBERS_AT_ONCE)) for click in clicks)


def last(values: list[str], value: str) -> int:
    return len(values) - 1 - values[::-1].index(value)


def test_more_to_do_goes_to_the_end_of_the_line(begin: Begin, numbers: list[Instance]) -> None:
    begun: list[str] = []

    def run_due(instance: Instance, _reach: Reach, _stop: Stop) -> int:
        begun.append(instance.slug)
        return 1

    begin(run_due)
    assert until(lambda: len(begun) >= 60)
    counts = Counter(begun[:60])
    assert (len(counts), max(counts.values()) - min(counts.values()) <= 2) == (len(numbers), True)


def test_news_during_a_run_has_the_number_looked_at_again(
    begin: Begin, number: Instance, release: threading.Event
) -> None:
    begun: list[int] = []

    def run_due(instance: Instance, _reach: Reach, _stop: Stop) -> int:
        begun.append(instance.pk)
        release.wait(20)
        return 0

    lane = begin(run_due)
    assert until(lambda: begun)
    lane.wake()
    assert until(lambda: not lane.woken.is_set())  # it has looked, while the run goes on
    release.set()
    assert until(lambda: len(begun) == 2)


def test_what_is_taken_up_again_is_read_again(begin: Begin, number: Instance) -> None:
    names: list[str] = []

    def run_due(instance: Instance, _reach: Reach, _stop: Stop) -> int:
        names.append(instance.name)
        Instance.objects.update(name="after the first run")
        return 2 - len(names)

    begin(run_due)
    assert until(lambda: len(names) == 2)
    assert names[1] == "after the first run"


@pytest.fixture
def held_up(begin: Begin, numbers: list[Instance], release: threading.Event) -> list[Instance]:
    """The numbers that a lane has no thread for: its runs last until `release`."""
    begun: list[int] = []

    def run_due(instance: Instance, _reach: Reach, _stop: Stop) -> int:
        begun.append(instance.pk)
        release.wait(20)
        return 0

    begin(run_due)
    assert until(lambda: len(begun) == NUMBERS_AT_ONCE)
    return [number for number in numbers if number.pk not in begun]


def test_no_lock_is_taken_without_a_thread_for_it(held_up: list[Instance], settings: Any) -> None:
    if settings.ON_SQLITE:
        pytest.skip("on SQLite there is one worker")
    with Locks() as other:
        assert [other.hold(f"test:{number.pk}") for number in held_up] == [True, True]


def test_a_lock_from_before_is_given_up_when_the_line_stands_still(
    turns: Turns, numbers: list[Instance], begin: Begin, release: threading.Event, settings: Any, monkeypatch: Any
) -> None:
    if settings.ON_SQLITE:
        pytest.skip("on SQLite there is one worker")
    monkeypatch.setattr(lanes, "IN_LINE_SECONDS", 0.2)
    names = [f"test:{number.pk}" for number in numbers]
    assert all(turns.take(name) for name in names)
    begun: list[int] = []

    def run_due(instance: Instance, _reach: Reach, _stop: Stop) -> int:
        begun.append(instance.pk)
        release.wait(20)
        return 0

    lane = begin(run_due)
    assert until(lambda: len(begun) == NUMBERS_AT_ONCE)
    settings.SWEEP_SECONDS = 0.05
    lane.wake()
    with Locks() as other:
        assert until(lambda: [other.hold(name) for name in names[NUMBERS_AT_ONCE:]] == [True, True])
        assert not any(other.hold(name) for name in names[:NUMBERS_AT_ONCE])
