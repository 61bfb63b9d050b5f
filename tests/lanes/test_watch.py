"""A number that goes away, or comes back, is noticed without any event."""

import time
from datetime import timedelta

import pytest
from django.utils import timezone

from labelapp.actions.accounts import ask_session
from labelapp.lanes import watch
from labelapp.lanes.reach import Reach
from labelapp.models import ChatLabel, HookDelivery, Instance, Label
from tests.conftest import MakeChat
from tests.posted import fresh
from tests.wire import FarSide


def test_a_number_is_asked_now_and_then(number: Instance, far: FarSide) -> None:
    reach, began = Reach(), time.monotonic()
    assert [watch.run_due(fresh(number), reach) for _turn in range(3)] == [1, 0, 0]
    assert far.calls == ["POST /session/info"]
    assert began <= reach.next_call - watch.WORKING_SECONDS <= time.monotonic()


def test_away_and_back_without_events(number: Instance, far: FarSide) -> None:
    reach, began = Reach(), time.monotonic()
    far.session["status"] = "STOPPED"
    watch.run_due(fresh(number), reach)
    assert (fresh(number).status, fresh(number).reconcile_due_at) == ("STOPPED", None)
    assert began <= reach.next_call - watch.DOWN_SECONDS <= time.monotonic()
    far.session["status"], reach.next_call = "WORKING", 0
    watch.run_due(fresh(number), reach)
    assert fresh(number).is_ready
    assert fresh(number).reconcile_due_at is not None


def test_a_doubt_is_answered_at_once(number: Instance, far: FarSide) -> None:
    reach = Reach()
    watch.run_due(fresh(number), reach)
    ask_session(number)
    assert not fresh(number).is_ready
    assert watch.run_due(fresh(number), reach) == 1
    assert fresh(number).is_ready


def test_a_session_that_never_tells_its_account(number: Instance, far: FarSide) -> None:
    far.session.pop("me")
    Instance.objects.filter(pk=number.pk).update(status="STOPPED")
    reach = Reach()
    watch.run_due(fresh(number), reach)
    assert not fresh(number).is_ready  # it came back: asked once more
    watch.run_due(fresh(number), reach)
    assert fresh(number).is_ready


def test_somebody_else_answers(number: Instance, far: FarSide) -> None:
    far.session["me"] = {"id": "201999999999@c.us", "pushName": "Douro"}
    watch.run_due(number, Reach())
    row = fresh(number)
    assert (row.is_frozen, row.rival_jid, row.rival_name) == (True, "201999999999@c.us", "Douro")


def test_a_frozen_number_is_asked_when_a_notice_comes(number: Instance, far: FarSide) -> None:
    known, far.session["me"] = far.session["me"], {"id": "201999999999@c.us", "pushName": "Douro"}
    reach = Reach()
    assert [watch.run_due(fresh(number), reach) for _turn in range(2)] == [1, 0]
    HookDelivery.objects.create(instance=number, dedupe_key="1", body="{}", kind="message.any")
    assert watch.run_due(fresh(number), reach) == 0
    HookDelivery.objects.create(instance=number, dedupe_key="2", body="{}", kind="session.status")
    assert [watch.run_due(fresh(number), reach) for _turn in range(2)] == [1, 0]  # once for each notice
    far.session["me"] = known
    HookDelivery.objects.create(instance=number, dedupe_key="3", body="{}", kind="session.status")
    assert watch.run_due(fresh(number), reach) == 1
    assert not fresh(number).is_frozen


@pytest.mark.parametrize(("minutes", "seconds"), [(5, watch.DOWN_SECONDS), (15, watch.LONG_DOWN_SECONDS)])
def test_what_lasts_is_asked_less_often(number: Instance, minutes: int, seconds: float) -> None:
    number.status, number.status_since = "STOPPED", timezone.now() - timedelta(minutes=minutes)
    assert watch.every(number) == seconds


def test_a_provider_that_is_down_is_spared(number: Instance, far: FarSide) -> None:
    far.down, reach = True, Reach()
    assert [watch.run_due(fresh(number), reach) for _turn in range(2)] == [0, 0]
    assert (len(far.calls), fresh(number).trouble, fresh(number).status) == (1, "silent:No connection.", "WORKING")
    far.down, reach.closed_until = False, 0
    watch.run_due(fresh(number), reach)
    assert fresh(number).trouble == ""


def test_trouble_with_changes_is_not_taken_back_here(
    number: Instance, far: FarSide, make_chat: MakeChat, labels: dict[str, Label]
) -> None:
    make_chat(labels=(labels["VIP"],))
    ChatLabel.objects.update(receipt="pending")
    Instance.objects.filter(pk=number.pk).update(trouble="token:No writes.")
    watch.run_due(fresh(number), Reach())
    assert fresh(number).trouble == "token:No writes."


def test_trouble_is_taken_back_when_only_held_changes_wait(
    number: Instance, far: FarSide, make_chat: MakeChat, labels: dict[str, Label]
) -> None:
    make_chat(labels=(labels["VIP"],))
    ChatLabel.objects.update(receipt="pending", held_at=timezone.now())
    Instance.objects.filter(pk=number.pk).update(trouble="silent:No connection.")
    watch.run_due(fresh(number), Reach())
    assert fresh(number).trouble == ""


def test_a_token_that_can_not_be_read_calls_nobody(number: Instance, far: FarSide) -> None:
    Instance.objects.filter(pk=number.pk).update(credentials="")
    assert watch.run_due(fresh(number), Reach()) == 0
    assert far.calls == []
