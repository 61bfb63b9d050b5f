import math
from itertools import pairwise
from typing import Any

import pytest
from django.utils import timezone

from labelapp.actions.actor import Refused
from labelapp.lanes import directory, importer, poll, reconcile, watch
from labelapp.lanes import reach as module
from labelapp.lanes.reach import CHATS, LONGEST, Reach
from labelapp.models import Change, ChatLabel, Instance, Label
from labelapp.whatsapp.errors import ProviderError
from tests.conftest import MakeChat
from tests.posted import fresh
from tests.wire import FarSide

DOWN = ProviderError("No connection.", unreachable=True)


class Clock:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    return clock


@pytest.mark.parametrize("pace", [0.3, 1, 5, 7.5, 40])
@pytest.mark.parametrize("late", [0.0, 0.9])
def test_never_more_calls_in_ten_seconds_than_the_pace_allows(clock: Clock, pace: float, late: float) -> None:
    """`late`: how much of a turn the caller oversleeps, now and then."""
    reach, calls = Reach(), []
    clock.now += 60  # waiting earns nothing: the bucket starts empty
    for n in range(int(pace * 40) + 2):
        clock.now += reach.wait_for_turn(pace) + (late / pace if n % 7 == 3 else 0)
        calls.append(clock.now)
    most = max(sum(1 for at in calls if start <= at < start + 10) for start in calls)
    assert most <= math.ceil(10 * pace) + 1
    assert min(after - before for before, after in pairwise(calls)) > 0


@pytest.mark.parametrize("pace", [0.3, 1, 5, 7.5, 40])
def test_uneven_calls_keep_the_pace_too(clock: Clock, pace: float) -> None:
    """Those of runs, with clicks in between."""
    reach, calls = Reach(), []
    for n in range(int(pace * 60) + 2):
        uneven = n % 5 != 2
        clock.now += reach.turn_for(uneven)
        reach.take_turn(clock.now, pace, uneven=uneven)
        calls.append(clock.now)
    most = max(sum(1 for at in calls if start <= at < start + 10) for start in calls)
    assert most <= math.ceil(10 * pace) + 1
    mean = (len(calls) - 1) / (calls[-1] - calls[0])
    assert 0.95 * pace <= mean <= 1.05 * pace
    assert len({round(after - before, 6) for before, after in pairwise(calls)}) > len(calls) / 2  # no two alike


def test_a_steady_caller_reaches_the_pace(clock: Clock) -> None:
    reach, start = Reach(), clock.now
    for _n in range(101):
        clock.now += reach.wait_for_turn(5)
    assert clock.now - start == pytest.approx(20)


def test_an_idle_number_saves_up_no_burst(clock: Clock) -> None:
    reach = Reach()
    reach.wait_for_turn(5)
    clock.now += 3600
    assert [reach.wait_for_turn(5) for _n in range(3)] == pytest.approx([0, 0.2, 0.4])


def test_pauses_grow_to_their_longest(clock: Clock, number: Instance) -> None:
    reach, pauses = Reach(), []
    for _n in range(8):
        reach.failed(number, DOWN)
        pauses.append(reach.closed_until - clock.now)
    assert all(0.75 * 2**n * 0.999 <= pause <= 2**n for n, pause in enumerate(pauses[:3]))
    assert max(pauses) <= LONGEST
    assert reach.is_open is False
    clock.now += LONGEST
    assert reach.is_open is True


def test_the_provider_may_ask_for_a_longer_pause(clock: Clock, number: Instance) -> None:
    reach = Reach()
    reach.failed(number, ProviderError("slow down", status=429, retry_after=120))
    assert reach.closed_until - clock.now == 120


def test_a_server_that_breaks_over_one_chat_is_not_down(clock: Clock, number: Instance) -> None:
    reach, broken = Reach(), ProviderError("Oops", status=500)
    for _n in range(9):
        reach.broke(number, broken, 1)
    for chat in range(9):  # others are answered in between
        reach.broke(number, broken, chat)
        reach.answered(number)
    assert (reach.is_open, reach.failures, fresh(number).trouble) == (True, 0, "")


def test_a_server_that_breaks_over_several_chats_in_a_row_is_down(clock: Clock, number: Instance) -> None:
    reach, pauses = Reach(), []
    for chat in range(CHATS + 3):
        reach.broke(number, ProviderError("Oops", status=500), chat)
        pauses.append(reach.closed_until - clock.now)
    assert max(pauses[: CHATS - 1]) < 0
    assert 0.74 < pauses[CHATS - 1] < pauses[CHATS] < pauses[CHATS + 1] <= LONGEST
    assert fresh(number).trouble == "said:Oops"
    reach.answered(number)
    assert (reach.broken, fresh(number).trouble) == (set(), "")


def test_several_calls_take_as_many_places(clock: Clock) -> None:
    reach = Reach()
    waits = [reach.wait_for_turn(5, calls) for calls in (1, 3, 1)]
    assert waits == pytest.approx([0, 0.2, 0.8])
    assert reach.turn_in == pytest.approx(1)


def test_trouble_is_shown_once_and_taken_back(number: Instance) -> None:
    reach = Reach()
    for _twice in range(2):
        reach.failed(number, DOWN)
    number = fresh(number)
    assert number.trouble == "silent:No connection."
    since = number.trouble_at
    assert since is not None
    reach.failed(number, ProviderError("Bad", refused=True, status=401))
    assert (fresh(number).trouble, fresh(number).trouble_at) == ("token:Bad", since)
    for _twice in range(2):
        reach.answered(number)
    assert (fresh(number).trouble, fresh(number).trouble_at) == ("", None)
    assert list(Change.objects.values_list("kind", flat=True)) == ["instance"] * 3


READINGS: dict[str, tuple[Any, dict[str, Any]]] = {
    "poll": (poll.run_due, {}),
    "directory": (directory.run_due, {"directory_due_at": timezone.now()}),
    "reconcile": (reconcile.run_due, {}),
    "import": (importer.run_due, {"import_due_at": timezone.now(), "import_stage": "waiting"}),
    "watch": (watch.run_due, {}),
}


@pytest.mark.parametrize("lane", READINGS)
@pytest.mark.parametrize("waits", [True, False])
def test_readings_take_trouble_back_only_while_no_change_waits(
    number: Instance, far: FarSide, make_chat: MakeChat, labels: dict[str, Label], lane: str, waits: bool
) -> None:
    run_due, state = READINGS[lane]
    far.labels = {label.wa_id: {"name": label.name, "color": label.color_index} for label in labels.values()}
    make_chat(labels=(labels["VIP"],))
    ChatLabel.objects.update(receipt="pending" if waits else "confirmed")
    Instance.objects.update(trouble="token:No writes.", trouble_at=timezone.now(), **state)
    assert run_due(fresh(number), Reach()) == 1
    assert fresh(number).trouble == ("token:No writes." if waits else "")


def test_a_client_is_kept_until_the_number_changes(number: Instance, far: FarSide) -> None:
    reach = Reach()
    first = reach.connect(number)
    assert reach.connect(fresh(number)) is first
    number.credentials = "another-token"
    second = reach.connect(number)
    assert second is not first
    reach.drop()
    assert reach.connect(number) is not second


def test_a_number_without_a_token_is_refused(number: Instance, far: FarSide) -> None:
    number.credentials = ""
    with pytest.raises(Refused):
        Reach().connect(number)
