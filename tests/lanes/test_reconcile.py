import time
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from labelapp.actions.reconciling import schedule
from labelapp.lanes import reconcile
from labelapp.lanes.reach import Reach
from labelapp.models import ChatLabel, HookDelivery, Instance, Label
from labelapp.models.fields import NEVER
from tests.conftest import MakeChat
from tests.posted import fresh
from tests.wire import FarSide


@pytest.fixture
def world(far: FarSide, number: Instance, labels: dict[str, Label], make_chat: MakeChat) -> FarSide:
    """One chat that both sides know, and one more label on it that only WhatsApp knows."""
    far.labels = {label.wa_id: {"name": label.name, "color": label.color_index} for label in labels.values()}
    chat = make_chat(labels=(labels["VIP"],))
    far.tags = {(chat.jid, "4"), (chat.jid, "5")}
    Instance.objects.update(pace=10_000)
    return far


def ago(**span: float) -> Any:
    return timezone.now() - timedelta(**span)


def begun() -> Reach:
    """A lane of a worker that started long ago."""
    return Reach(started_at=NEVER)


def test_the_worker_begins_with_a_cycle(number: Instance, world: FarSide) -> None:
    Instance.objects.update(reconciled_at=timezone.now(), label_event_at=timezone.now())
    reach = Reach()
    assert [reconcile.run_due(fresh(number), reach) for _time in range(2)] == [1, 0]
    assert ChatLabel.objects.filter(wanted=True).count() == 2


def test_the_lane_of_another_worker_that_takes_over_does_not_begin_anew(number: Instance, world: FarSide) -> None:
    Instance.objects.update(reconciled_at=timezone.now(), label_event_at=timezone.now())
    assert reconcile.run_due(fresh(number), Reach(started_at=ago(minutes=1))) == 0


@pytest.mark.parametrize(
    ("heard", "compared", "due"),
    [
        ({"hours": 1}, {"hours": 3}, 0),
        ({"hours": 1}, {"hours": 5}, 1),
        ({"hours": 30}, {"seconds": 200}, 0),
        ({"hours": 30}, {"seconds": 400}, 1),
    ],
)
def test_the_rhythm_follows_whether_label_events_come(
    number: Instance, world: FarSide, heard: dict[str, float], compared: dict[str, float], due: int
) -> None:
    Instance.objects.update(label_event_at=ago(**heard), reconciled_at=ago(**compared), last_event_at=ago(hours=4))
    assert reconcile.run_due(fresh(number), begun()) == due


@pytest.mark.parametrize(("minutes", "due"), [(29, 0), (31, 1)])
def test_once_after_the_events_fell_silent(number: Instance, world: FarSide, minutes: int, due: int) -> None:
    Instance.objects.update(label_event_at=ago(hours=1), last_event_at=ago(minutes=minutes), reconciled_at=ago(hours=1))
    assert reconcile.run_due(fresh(number), begun()) == due
    assert reconcile.run_due(fresh(number), begun()) == 0


def test_when_somebody_asks(number: Instance, world: FarSide) -> None:
    Instance.objects.update(label_event_at=timezone.now(), reconciled_at=timezone.now())
    assert reconcile.run_due(fresh(number), begun()) == 0
    schedule(number, seconds=30)
    assert reconcile.run_due(fresh(number), begun()) == 0
    schedule(number)
    assert reconcile.run_due(fresh(number), begun()) == 1
    assert fresh(number).reconcile_due_at is None


@pytest.mark.parametrize(("since", "due"), [({"seconds": 1}, 0), ({"minutes": 3}, 1)])
def test_it_waits_for_a_backlog_of_deliveries(
    number: Instance, world: FarSide, since: dict[str, float], due: int
) -> None:
    HookDelivery.objects.create(instance=number, dedupe_key="1", body="{}", received_at=ago(seconds=5))
    Instance.objects.update(label_event_at=timezone.now(), reconciled_at=ago(minutes=5), reconcile_due_at=ago(**since))
    assert reconcile.run_due(fresh(number), begun()) == due
    HookDelivery.objects.update(applied_at=timezone.now())
    assert reconcile.run_due(fresh(number), begun()) == 1 - due


def test_what_is_missing_is_looked_at_again_soon(number: Instance, world: FarSide) -> None:
    world.tags = {tag for tag in world.tags if tag[1] != "4"}
    reconcile.run_due(fresh(number), Reach())
    due = fresh(number).reconcile_due_at
    assert due is not None
    assert 50 < (due - timezone.now()).total_seconds() < 61


@pytest.mark.parametrize(
    "state",
    [
        {"frozen_at": timezone.now()},
        {"status": "SCAN_QR_CODE"},
        {"session_due_at": timezone.now()},
        {"import_stage": "chats"},
    ],
)
def test_a_number_that_is_not_ready_is_left_alone(number: Instance, world: FarSide, state: dict[str, Any]) -> None:
    Instance.objects.update(**state)
    assert (reconcile.run_due(fresh(number), Reach()), world.calls) == (0, [])


def test_a_number_that_turns_out_not_to_be_connected_is_said(number: Instance, world: FarSide) -> None:
    world.session["status"], reach = "STOPPED", Reach()
    assert [reconcile.run_due(fresh(number), reach) for _time in range(2)] == [0, 0]
    assert (fresh(number).reconcile_error, fresh(number).status, len(world.calls)) == ("offline:STOPPED", "STOPPED", 1)
    world.session["status"], reach.rests_until = "WORKING", 0
    Instance.objects.update(status="WORKING")
    assert reconcile.run_due(fresh(number), reach) == 1
    assert fresh(number).reconcile_error == ""


def test_a_provider_that_is_down_is_spared_and_asked_again(number: Instance, world: FarSide) -> None:
    world.down, reach = True, Reach()
    assert [reconcile.run_due(fresh(number), reach) for _time in range(2)] == [0, 0]
    assert (len(world.calls), fresh(number).reconcile_error) == (1, "silent:No connection.")
    world.down, reach.closed_until = False, 0.0
    assert reconcile.run_due(fresh(number), reach) == 1


def test_a_cycle_that_breaks_off_again_and_again_rests_longer_each_time(number: Instance, world: FarSide) -> None:
    world.status_of, reach = {"GET /labels": 500}, Reach()
    rests = []
    for _time in range(7):
        reach.closed_until = reach.rests_until = 0.0
        assert reconcile.run_due(fresh(number), reach) == 0
        assert not reach.is_open
        rests.append(round((reach.rests_until - time.monotonic()) / 60))
    assert rests == [1, 2, 4, 8, 15, 15, 15]
    world.status_of, reach.closed_until = {}, 0.0
    calls = len(world.calls)
    assert (reconcile.run_due(fresh(number), reach), len(world.calls)) == (0, calls)
    reach.rests_until = 0.0
    assert (reconcile.run_due(fresh(number), reach), reach.broken_off) == (1, 0)


def test_one_label_that_can_not_be_read_is_told_and_tried_in_the_usual_rhythm(number: Instance, world: FarSide) -> None:
    world.status_of, reach = {"GET /labels/4/chats": 500}, Reach()
    Instance.objects.update(label_event_at=timezone.now())
    assert [reconcile.run_due(fresh(number), reach) for _time in range(2)] == [1, 0]
    reach.rests_until = 0.0
    assert reconcile.run_due(fresh(number), reach) == 0
    assert (reach.is_open, fresh(number).reconcile_error) == (True, "part:VIP (Said 500)")
    assert ChatLabel.objects.filter(wanted=True).count() == 2


def test_at_most_half_the_pace(number: Instance, world: FarSide) -> None:
    Instance.objects.update(pace=100)
    started = time.monotonic()
    reconcile.run_due(fresh(number), Reach())
    assert time.monotonic() - started >= 4 / 50  # five lists, the first at once


def test_a_token_that_can_not_be_read_calls_nobody(number: Instance, world: FarSide) -> None:
    number.credentials = ""
    assert (reconcile.run_due(number, Reach()), world.calls) == (0, [])
