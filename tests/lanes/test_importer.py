from datetime import timedelta

import pytest
from django.utils import timezone

from labelapp.actions.importing import start_import
from labelapp.lanes import importer, watch
from labelapp.lanes.reach import Reach
from labelapp.models import Instance, Label
from tests.posted import fresh
from tests.wire import FarSide


@pytest.fixture
def due(number: Instance) -> Instance:
    start_import(number)
    return fresh(number)


def test_a_due_number_is_imported(due: Instance, far: FarSide) -> None:
    far.labels = {"1": {"name": "VIP", "color": 3}}
    assert importer.run_due(due, Reach()) == 1
    assert (fresh(due).import_stage, Label.objects.get().name) == ("done", "VIP")
    assert importer.run_due(fresh(due), Reach()) == 0


def test_a_number_that_is_not_due_is_left_alone(number: Instance, far: FarSide) -> None:
    assert importer.run_due(number, Reach()) == 0
    number.import_due_at = timezone.now() + timedelta(minutes=1)
    assert importer.run_due(number, Reach()) == 0
    assert far.calls == []


def test_a_provider_that_is_down_is_shown_and_tried_again(due: Instance, far: FarSide) -> None:
    far.down, reach = True, Reach()
    assert importer.run_due(due, reach) == 1
    number = fresh(due)
    assert number.import_error == number.trouble == "silent:No connection."
    assert importer.run_due(number, reach) == 0  # spared for a moment
    far.down, reach.closed_until = False, 0
    importer.run_due(fresh(due), reach)
    number = fresh(due)
    assert (number.import_stage, number.import_error, number.trouble) == ("done", "", "")


@pytest.mark.parametrize("status", [401, 422])
def test_a_refusal_is_shown_and_tried_after_a_while(due: Instance, far: FarSide, status: int) -> None:
    far.status = status
    importer.run_due(due, Reach())
    number = fresh(due)
    assert f"Said {status}" in number.import_error
    assert number.import_due_at is not None
    assert number.import_due_at > timezone.now() + timedelta(seconds=20)


def test_a_token_that_can_not_be_read_waits_for_an_admin(due: Instance, far: FarSide) -> None:
    due.credentials = ""
    assert (importer.run_due(due, Reach()), far.calls) == (0, [])


def test_a_number_that_is_not_connected_is_said_and_tried_after_a_while(due: Instance, far: FarSide) -> None:
    far.session["status"] = "SCAN_QR_CODE"
    assert importer.run_due(due, Reach()) == 0
    number = fresh(due)
    assert (number.import_stage, number.import_error) == ("labels", "offline:SCAN_QR_CODE")
    assert importer.run_due(number, Reach()) == 0
    far.session["status"] = "WORKING"
    watch.run_due(fresh(due), Reach())  # once somebody scanned the code
    assert importer.run_due(fresh(due), Reach()) == 1
    assert (fresh(due).import_stage, fresh(due).import_error) == ("done", "")


@pytest.mark.parametrize(("stage", "calls"), [("waiting", 1), ("chats", 0)])
def test_it_goes_on_only_when_it_is_known_who_answers(due: Instance, far: FarSide, stage: str, calls: int) -> None:
    Instance.objects.update(session_due_at=timezone.now(), import_stage=stage)
    importer.run_due(fresh(due), Reach())
    assert bool(far.calls) is bool(calls)
