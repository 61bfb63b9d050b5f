from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from labelapp.actions.accounts import observe_session
from labelapp.lanes import directory
from labelapp.lanes.reach import Reach
from labelapp.models import Instance, Label
from labelapp.whatsapp.types import SessionInfo
from tests.posted import fresh
from tests.wire import FarSide


def due(number: Instance, seconds: int = 0) -> Instance:
    Instance.objects.filter(pk=number.pk).update(directory_due_at=timezone.now() + timedelta(seconds=seconds))
    return fresh(number)


def test_a_due_directory_is_read_once(number: Instance, far: FarSide) -> None:
    far.labels = {"1": {"name": "VIP", "color": 3}}
    assert directory.run_due(due(number), Reach()) == 1
    assert Label.objects.get().name == "VIP"
    assert directory.run_due(fresh(number), Reach()) == 0
    assert far.calls == ["GET /labels", "POST /session/info"]  # there was news: is it ours?


def test_not_before_it_is_due(number: Instance, far: FarSide) -> None:
    assert directory.run_due(number, Reach()) == 0
    assert directory.run_due(due(number, seconds=30), Reach()) == 0
    assert far.calls == []


def test_a_provider_that_is_down_stays_due(number: Instance, far: FarSide) -> None:
    far.down, reach = True, Reach()
    assert directory.run_due(due(number), reach) == 0
    assert fresh(number).directory_due_at is not None
    assert directory.run_due(fresh(number), reach) == 0
    assert (len(far.calls), fresh(number).trouble) == (1, "silent:No connection.")


def test_a_token_that_can_not_be_read_calls_nobody(number: Instance, far: FarSide) -> None:
    number = due(number)
    number.credentials = ""
    assert (directory.run_due(number, Reach()), far.calls) == (0, [])


@pytest.mark.parametrize(
    "state", [{"session_due_at": timezone.now()}, {"status": "STOPPED"}, {"frozen_at": timezone.now()}]
)
def test_a_number_that_is_not_ready_is_left_alone(number: Instance, far: FarSide, state: dict[str, Any]) -> None:
    stale = due(number)
    Instance.objects.filter(pk=number.pk).update(**state)
    assert (directory.run_due(stale, Reach()), far.calls) == (0, [])


def test_a_number_that_comes_back_as_another_keeps_its_labels(
    number: Instance, far: FarSide, labels: dict[str, Label]
) -> None:
    """It was stopped, another phone was linked, and the notice that it works again does not say who it is."""
    observe_session(number, SessionInfo("demo", "STOPPED", "", ""), timezone.now() - timedelta(seconds=9))
    far.labels = {"1": {"name": "Boda", "color": 5}}
    far.session["me"] = {"id": "201999999999@c.us", "pushName": "Douro"}
    observe_session(number, SessionInfo("demo", "WORKING", "", ""), timezone.now())
    assert directory.run_due(fresh(number), Reach()) == 0
    assert (Label.objects.living().count(), far.calls) == (5, [])
