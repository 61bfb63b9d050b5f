"""What operators watch, at the same cost for one number and for many."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from labelapp.actions.actor import Actor
from labelapp.actions.held import hold_old
from labelapp.actions.tagging import set_label
from labelapp.models import ChatLabel, Finding, Heartbeat, HookDelivery, Instance, Label, Outcome, Receipt, User
from labelapp.queries.metrics import NumberFigures, figures
from tests.conftest import MakeChat, make_number

ALIVE = timedelta(seconds=30)
Labels = dict[str, Label]


def only(number: Instance) -> NumberFigures:
    [found] = figures(Instance.objects.filter(pk=number.pk), ALIVE).numbers
    return found


def delivery(number: Instance, minutes: float, **more: Any) -> HookDelivery:
    at = timezone.now() - timedelta(minutes=minutes)
    key = str(HookDelivery.objects.count())
    return HookDelivery.objects.create(instance=number, dedupe_key=key, body="{}", received_at=at, **more)


def test_a_number_that_never_did_anything_has_no_ages(number: Instance) -> None:
    found = only(number)
    assert found == NumberFigures("demo", True, None, None, None, None)


def test_what_waits_in_the_inbox(number: Instance) -> None:
    delivery(number, 9, applied_at=timezone.now(), outcome=Outcome.APPLIED)
    delivery(number, 8, applied_at=timezone.now(), outcome=Outcome.PARKED)
    delivery(number, 3)
    delivery(number, 1)
    found = only(number)
    assert (found.deliveries_waiting, found.deliveries_parked) == (2, 1)
    assert found.deliveries_age == pytest.approx(180, abs=5)


def test_a_replayed_delivery_waits_since_it_was_put_back(number: Instance) -> None:
    delivery(number, 60 * 24, replayed_at=timezone.now() - timedelta(minutes=2))
    assert only(number).deliveries_age == pytest.approx(120, abs=5)


def test_pairs_by_how_far_they_came(number: Instance, labels: Labels, make_chat: MakeChat) -> None:
    chat, now = make_chat(labels=(labels["Quoted"],)), timezone.now()
    old = {"wanted": True, "wanted_at": now - timedelta(days=3)}
    rows = [("VIP", Receipt.SENT, {}), ("On hold", Receipt.FAILED, {}), ("Paid", Receipt.PENDING, {"held_at": now})]
    for name, receipt, more in rows:
        ChatLabel.objects.create(chat=chat, label=labels[name], receipt=receipt, **(old | more))
    ChatLabel.objects.filter(receipt=Receipt.SENT).update(wanted_at=now - timedelta(seconds=40))
    found = only(number)
    assert (found.pairs_open, found.pairs_held, found.pairs_failed) == (1, 1, 1)
    assert found.pairs_age == pytest.approx(40, abs=5)


def test_a_change_of_stage_that_is_held_is_one_decision(
    lead: User, number: Instance, labels: Labels, make_chat: MakeChat
) -> None:
    chat = make_chat(labels=(labels["Quoted"],))
    set_label(Actor.of(lead), chat, labels["Paid"], on=True)
    ChatLabel.objects.filter(chat=chat).update(wanted_at=timezone.now() - timedelta(days=3))
    hold_old(number)
    assert ChatLabel.objects.filter(held_at__isnull=False).count() == 2
    found = only(number)
    assert (found.pairs_open, found.pairs_held) == (0, 1)


def test_findings_that_still_wait(number: Instance) -> None:
    for n, settled in enumerate([None, None, timezone.now()]):
        Finding.objects.create(instance=number, kind=Finding.Kind.GUARD, key=str(n), settled_at=settled)
    assert only(number).findings == 2


@pytest.mark.parametrize("state", [{"status": "STOPPED"}, {"frozen_at": timezone.now()}, {"credentials": ""}])
def test_a_number_that_needs_somebody_is_not_ready(number: Instance, state: dict[str, Any], settings: Any) -> None:
    if "credentials" in state:
        settings.ENCRYPTION_KEYS = ["OTEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="]  # another key: unreadable
    else:
        Instance.objects.update(**state)
    assert only(number).is_ready is False


def test_ages_are_counted_back_from_now(number: Instance) -> None:
    now = timezone.now()
    names = ("last_event", "label_event", "reconciled", "polled")
    Instance.objects.update(**{f"{name}_at": now - timedelta(minutes=n) for n, name in enumerate(names, 1)})
    found = only(number)
    ages = (found.last_event_age, found.label_event_age, found.compared_age, found.polled_age)
    assert ages == pytest.approx((60, 120, 180, 240), abs=5)


def test_workers_that_are_silent_do_not_count(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now)
    for seconds in (1, 29, 31):
        Heartbeat.objects.create(worker=str(seconds), at=now - timedelta(seconds=seconds))
    Heartbeat.objects.create(worker="yesterday", at=now - timedelta(days=1))
    found = figures(Instance.objects.connected(), ALIVE)
    assert found.workers == 2
    assert {worker: round(age) for worker, age in found.signs.items()} == {"1": 1, "29": 29, "31": 31}


@pytest.mark.parametrize("many", [1, 30])
def test_any_number_of_numbers_costs_the_same(
    number: Instance, many: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for row in [number, *(make_number(f"n{n}") for n in range(many))]:
        delivery(row, 1)
    with django_assert_num_queries(7):
        assert len(figures(Instance.objects.connected(), ALIVE).numbers) == many + 1


def test_what_is_done_is_not_read(number: Instance) -> None:
    """SQLite has to find what waits in the small partial indexes: the tables can have millions of rows."""
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL plans with the values at hand")
    plans: list[str] = []

    def explain(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        plans.extend(str(row) for row in context["cursor"].cursor.execute(f"EXPLAIN QUERY PLAN {sql}", params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explain):
        only(number)
    used = {name for name in ("delivery_waiting", "delivery_parked", "pair_open", "finding_") if name in str(plans)}
    assert used == {"delivery_waiting", "delivery_parked", "pair_open", "finding_"}
    assert [line for line in plans if "SCAN" in line and "labelapp_heartbeat" not in line] == []
