import math
from itertools import pairwise

import pytest

from labelapp.actions.actor import Refused
from labelapp.lanes import reach as module
from labelapp.lanes.reach import LONGEST, Reach
from labelapp.models import Change, Instance
from labelapp.whatsapp.errors import ProviderError
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
