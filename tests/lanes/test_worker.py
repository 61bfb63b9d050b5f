"""The worker itself: real threads with connections of their own, on whichever database the suite runs."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import Error, InterfaceError, OperationalError

from labelapp.actions.actor import Actor
from labelapp.actions.importing import start_import
from labelapp.actions.tagging import set_label
from labelapp.lanes import lane as lanes
from labelapp.lanes import worker
from labelapp.lanes.lane import Lane
from labelapp.lanes.locks import Locks
from labelapp.lanes.reach import Reach
from labelapp.lanes.roster import Roster
from labelapp.lanes.turns import Turns
from labelapp.models import ChatLabel, Heartbeat, HookDelivery, Instance, Label, Receipt, User
from tests.conftest import MakeChat, make_number
from tests.lanes.test_locks import end_session
from tests.posted import fresh, said, store
from tests.wire import FarSide

pytestmark = pytest.mark.django_db(transaction=True)


def until(true: Callable[[], Any], seconds: float = 20) -> bool:
    """`seconds`: a hang, not a promise; it takes a moment where the machine has nothing else to do."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


@pytest.fixture
def stopping() -> threading.Event:
    return threading.Event()


@pytest.fixture
def turns() -> Iterator[Turns]:
    with Locks() as locks:
        yield Turns(locks, Roster("here"))


@pytest.fixture
def side(far: FarSide, number: Instance, labels: dict[str, Label], settings: Any) -> FarSide:
    settings.SWEEP_SECONDS, settings.READ_BACK_SECONDS = 0.2, 0
    Instance.objects.filter(pk=number.pk).update(pace=1000)
    far.labels = {label.wa_id: {"name": label.name, "color": label.color_index} for label in labels.values()}
    return far


@pytest.fixture
def running(side: FarSide, stopping: threading.Event) -> Iterator[threading.Thread]:
    """The whole worker in a thread."""
    thread = threading.Thread(target=worker.work, args=[stopping], daemon=True)
    thread.start()
    yield thread
    stopping.set()
    thread.join(20)
    assert not thread.is_alive()


def receipts() -> set[str]:
    return set(ChatLabel.objects.values_list("receipt", flat=True))


def test_wishes_deliveries_and_imports_are_worked_off(
    running: threading.Thread,
    side: FarSide,
    number: Instance,
    agent: User,
    make_chat: MakeChat,
    labels: dict[str, Label],
) -> None:
    chat = make_chat()
    set_label(Actor.of(agent), chat, labels["VIP"], on=True)
    store(number, [said(chat.jid, "Hello", 1)])
    start_import(number)
    assert until(lambda: receipts() == {Receipt.CONFIRMED}), receipts()
    assert until(lambda: fresh(number).import_stage == "done")
    assert until(lambda: HookDelivery.objects.get().outcome == "applied")
    assert side.has(chat.jid, "4")
    assert until(Heartbeat.objects.exists)


def test_a_wish_is_sent_without_waiting_for_a_sweep(
    running: threading.Thread, side: FarSide, settings: Any, agent: User, make_chat: MakeChat, labels: dict[str, Label]
) -> None:
    assert until(Heartbeat.objects.exists)
    settings.SWEEP_SECONDS = 60
    time.sleep(0.3)  # the sweeps that began before
    chat = make_chat()
    set_label(Actor.of(agent), chat, labels["VIP"], on=True)
    assert until(lambda: side.has(chat.jid, "4"))


def test_stopping_takes_less_than_five_seconds(
    running: threading.Thread, stopping: threading.Event, side: FarSide, agent: User, make_chat: MakeChat, labels: Any
) -> None:
    side.delay = 0.5
    set_label(Actor.of(agent), make_chat(), labels["VIP"], on=True)
    assert until(lambda: side.writes)
    start = time.monotonic()
    stopping.set()
    running.join(6)
    assert time.monotonic() - start < 5
    assert receipts() == {Receipt.SENT}  # the call in flight was still recorded


def test_a_number_that_breaks_holds_up_no_other(stopping: threading.Event, turns: Turns, settings: Any) -> None:
    settings.SWEEP_SECONDS = 0.05
    make_number("bad"), make_number("good")
    seen: list[str] = []

    def run_due(instance: Instance, reach: Reach, stop: Callable[[], bool]) -> int:
        seen.append(instance.slug)
        if instance.slug == "bad":
            raise RuntimeError("boom")
        return 0

    lane = Lane("test", run_due, stopping, turns)
    lane.start()
    assert until(lambda: min(seen.count("bad"), seen.count("good")) >= 2)
    stopping.set()
    lane.join(20)
    assert not lane.is_alive()


def test_a_slow_number_is_not_started_twice_and_holds_up_no_other(
    stopping: threading.Event, turns: Turns, settings: Any
) -> None:
    settings.SWEEP_SECONDS = 0.02
    make_number("slow"), make_number("quick")
    release, seen = threading.Event(), []

    def run_due(instance: Instance, reach: Reach, stop: Callable[[], bool]) -> int:
        seen.append(instance.slug)
        if instance.slug == "slow":
            release.wait(20)
        return 0

    lane = Lane("test", run_due, stopping, turns)
    lane.start()
    assert until(lambda: seen.count("quick") >= 3)
    assert seen.count("slow") == 1
    stopping.set()
    release.set()
    lane.join(5)


def test_removed_numbers_are_left_alone(stopping: threading.Event, turns: Turns, settings: Any) -> None:
    settings.SWEEP_SECONDS = 0.02
    gone, here = make_number("gone"), make_number("here")
    Instance.objects.filter(pk=gone.pk).update(removed_at=gone.created_at)
    seen: list[str] = []
    lane = Lane("test", lambda instance, reach, stop: seen.append(instance.slug) or 0, stopping, turns)
    lane.start()
    assert until(lambda: len(seen) >= 2)
    stopping.set()
    lane.join(5)
    assert set(seen) == {here.slug}


def test_a_database_that_is_away_ends_no_lane(
    stopping: threading.Event, turns: Turns, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every kind of database error that Django knows, one sweep each; then the database is back."""
    settings.SWEEP_SECONDS = 0.02
    make_number("here")
    errors = iter([OperationalError("gone"), Error("gone"), InterfaceError("connection is closed")])
    connected, seen = Instance.objects.connected, []

    def away() -> Any:
        for error in errors:
            raise error
        return connected()

    monkeypatch.setattr(Instance.objects, "connected", away)
    lane = Lane("test", lambda instance, reach, stop: seen.append(instance.slug) or 0, stopping, turns)
    lane.start()
    assert until(lambda: seen)
    stopping.set()
    lane.join(5)


def test_only_the_holder_of_the_lock_runs(
    stopping: threading.Event, turns: Turns, settings: Any, number: Instance
) -> None:
    if settings.ON_SQLITE:
        pytest.skip("on SQLite there is one worker")
    settings.SWEEP_SECONDS = 0.02
    seen: list[str] = []
    with Locks() as other:
        assert other.hold(f"test:{number.pk}")
        lane = Lane("test", lambda instance, reach, stop: seen.append(instance.slug) or 0, stopping, turns)
        lane.start()
        time.sleep(0.2)
        assert seen == []
        other.close()  # as after a kill -9
        assert until(lambda: seen)
    stopping.set()
    lane.join(5)


def test_a_runner_stops_as_soon_as_its_lock_is_lost(
    stopping: threading.Event, turns: Turns, settings: Any, number: Instance
) -> None:
    if settings.ON_SQLITE:
        pytest.skip("on SQLite there is one worker")
    settings.SWEEP_SECONDS = 0.02
    asked: list[bool] = []

    def run_due(instance: Instance, reach: Reach, stop: Callable[[], bool]) -> int:
        asked.append(stop())
        until(stop)
        asked.append(stop())
        stopping.set()
        return 0

    lane = Lane("test", run_due, stopping, turns)
    lane.start()
    assert until(lambda: asked)
    end_session(turns.locks)
    lane.join(20)
    assert asked == [False, True]


def test_a_lane_that_dies_ends_the_worker(
    side: FarSide, stopping: threading.Event, number: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Any error but the database's means that the lane is broken: the process has to be started again."""
    monkeypatch.setattr(threading, "excepthook", lambda _trace: None)
    monkeypatch.setattr(Lane, "_look", broken)
    with pytest.raises(worker.LaneDied, match=r"ended by themselves: apply, push"):
        worker.work(stopping)


def broken(lane: Lane, pool: Any) -> None:
    raise RuntimeError("boom")


def test_a_lane_that_hangs_ends_the_worker_and_frees_its_locks(
    side: FarSide, stopping: threading.Event, number: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = Lane._look
    monkeypatch.setattr(lanes, "STUCK_SECONDS", 3)

    def hang(lane: Lane, pool: Any) -> None:
        look(lane, pool)
        if lane.name == "push":
            stopping.wait(30)

    monkeypatch.setattr(Lane, "_look", hang)
    with pytest.raises(worker.LaneDied, match=r"hang: push\.$"):
        worker.work(stopping)
    with Locks() as other:
        assert other.hold(f"push:{number.pk}")


@pytest.mark.parametrize("asks", [True, False])
def test_a_run_that_begins_no_step_for_long_hangs(
    stopping: threading.Event,
    turns: Turns,
    number: Instance,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    asks: bool,
) -> None:
    settings.SWEEP_SECONDS = 0.05
    monkeypatch.setattr(lanes, "RUN_STUCK_SECONDS", 2)
    is_over = threading.Event()

    def run_due(instance: Instance, reach: Reach, stop: Callable[[], bool]) -> int:
        while not is_over.wait(0.05):
            if asks:
                stop()
        return 0

    lane = Lane("test", run_due, stopping, turns)
    lane.start()
    assert until(lambda: lane.steps)
    assert until(lambda: lane.is_stuck, 3) is not asks
    is_over.set()
    assert until(lambda: not lane.steps)
    assert not lane.is_stuck
    stopping.set()
    lane.join(20)


def test_a_worker_that_stops_takes_its_sign_of_life_with_it(
    running: threading.Thread, stopping: threading.Event
) -> None:
    assert until(Heartbeat.objects.exists)
    stopping.set()
    running.join(20)
    assert not Heartbeat.objects.exists()
