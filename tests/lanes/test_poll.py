from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from labelapp.lanes import poll
from labelapp.lanes.reach import Reach
from labelapp.models import Chat, Instance
from tests.posted import fresh
from tests.wire import FarSide

OVERVIEW = ["GET /chats/overview"]


@pytest.mark.parametrize(
    ("heard", "polled", "due"), [(3600, 40, 0), (3600, 50, 1), (60, 50, 0), (60, 590, 0), (60, 610, 1)]
)
def test_the_rhythm_follows_whether_events_come(
    number: Instance, far: FarSide, heard: int, polled: int, due: int
) -> None:
    now = timezone.now()
    Instance.objects.update(last_event_at=now - timedelta(seconds=heard), polled_at=now - timedelta(seconds=polled))
    assert (poll.run_due(fresh(number), Reach()), far.calls) == (due, OVERVIEW * due)


def test_once_it_is_asked_for(number: Instance, far: FarSide) -> None:
    Instance.objects.update(polled_at=timezone.now(), poll_due_at=timezone.now())
    assert [poll.run_due(fresh(number), Reach()) for _time in range(2)] == [1, 0]


@pytest.mark.parametrize("state", [{"frozen_at": timezone.now()}, {"status": "STOPPED"}, {"import_stage": "chats"}])
def test_a_number_that_is_not_ready_is_left_alone(number: Instance, far: FarSide, state: dict[str, Any]) -> None:
    Instance.objects.update(**state)
    assert (poll.run_due(fresh(number), Reach()), far.calls) == (0, [])


def test_a_provider_that_is_down_is_spared(number: Instance, far: FarSide) -> None:
    far.down, reach = True, Reach()
    assert [poll.run_due(fresh(number), reach) for _time in range(2)] == [0, 0]
    assert (far.calls, fresh(number).trouble) == (OVERVIEW, "silent:No connection.")


def test_a_refusal_is_not_repeated_at_once(number: Instance, far: FarSide) -> None:
    far.status, reach = 401, Reach()
    poll.run_due(fresh(number), reach)
    reach.closed_until = 0.0
    assert (poll.run_due(fresh(number), reach), far.calls) == (0, OVERVIEW)


def test_what_the_provider_never_tells_is_no_trouble_of_the_number(number: Instance, far: FarSide) -> None:
    far.status, reach = 422, Reach()
    assert [poll.run_due(fresh(number), reach) for _time in range(2)] == [0, 0]
    assert (far.calls, fresh(number).trouble) == (OVERVIEW, "")


def test_a_token_that_can_not_be_read_calls_nobody(number: Instance, far: FarSide) -> None:
    number.credentials = ""
    assert (poll.run_due(number, Reach()), far.calls, Chat.objects.count()) == (0, [], 0)
