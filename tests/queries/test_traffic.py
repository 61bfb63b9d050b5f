"""What happens at the moment, told from the tables: at the same cost for one number and for many, and without a text from outside."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from labelapp.actions.actor import Actor
from labelapp.actions.receipts import claim, record_failure, record_sent
from labelapp.actions.tagging import set_label
from labelapp.models import ChatLabel, Heard, HookDelivery, Instance, Label, LedgerEntry, Outcome, Receipt, User
from labelapp.models.effects import Effect
from labelapp.queries import traffic as module
from labelapp.queries.traffic import Traffic, traffic
from labelapp.whatsapp.errors import ProviderError
from tests.conftest import MakeChat, make_number

Labels = dict[str, Label]
PRIVATE = "the words of a provider about +201000000000"


def now() -> Traffic:
    return traffic(Instance.objects.connected())


def wish(user: User, label: Label, make_chat: MakeChat) -> ChatLabel:
    return set_label(Actor.of(user), make_chat(), label, on=True)


def claimed(pair: ChatLabel) -> ChatLabel:
    found = claim(pair.pk)
    assert found is not None
    return found


def delivery(number: Instance, outcome: str, effect: str = "", minutes: float = 1) -> None:
    at = timezone.now() - timedelta(minutes=minutes)
    key, applied = str(HookDelivery.objects.count()), None if outcome == Outcome.WAITING else at
    HookDelivery.objects.create(
        instance=number, dedupe_key=key, body="{}", received_at=at, applied_at=applied, outcome=outcome, effect=effect
    )


def test_what_came_of_the_calls(agent: User, number: Instance, labels: Labels, make_chat: MakeChat) -> None:
    vip = labels["VIP"]
    waiting, sent, confirmed, silent, busy, refused = (wish(agent, vip, make_chat) for _n in range(6))
    record_sent(claimed(sent))
    record_sent(claimed(confirmed), shown=True)
    record_failure(claimed(silent), ProviderError(PRIVATE, unreachable=True))
    record_failure(claimed(busy), ProviderError(PRIVATE, status=500))
    record_failure(claimed(refused), ProviderError(PRIVATE, permanent=True, status=422))
    ChatLabel.objects.filter(pk=waiting.pk).update(held_at=timezone.now())
    wish(agent, vip, make_chat)
    assert now().wishes == {
        ("demo", "held", ""): 1,
        ("demo", "pending", ""): 1,
        ("demo", "sent", ""): 1,
        ("demo", "confirmed", ""): 1,
        ("demo", "retried", "silent"): 1,
        ("demo", "retried", "said"): 1,
        ("demo", "failed", "said"): 1,
    }


def test_a_label_that_was_clicked_many_times_is_one_wish(
    agent: User, number: Instance, labels: Labels, make_chat: MakeChat
) -> None:
    chat = make_chat()
    for n in range(5):
        set_label(Actor.of(agent), chat, labels["VIP"], on=n % 2 == 0)
    assert LedgerEntry.objects.count() == 5
    assert now().wishes == {("demo", "pending", ""): 1}


def test_what_was_done_on_the_phone_or_long_ago_is_no_wish_of_late(
    agent: User, number: Instance, labels: Labels, make_chat: MakeChat
) -> None:
    pair = wish(agent, labels["VIP"], make_chat)
    LedgerEntry.objects.update(at=timezone.now() - timedelta(minutes=16))
    LedgerEntry.objects.create(instance=number, chat=pair.chat, label=pair.label, verb="add", source="phone")
    assert now().wishes == {}


def test_errors_stay_told_until_they_are_settled(
    agent: User, number: Instance, labels: Labels, make_chat: MakeChat
) -> None:
    rows = [("silent:x", Receipt.PENDING), ("silent:y", Receipt.PENDING), ("keys:z", Receipt.FAILED)]
    for error, receipt in [*rows, (PRIVATE, Receipt.SENT), ("", Receipt.SENT), ("said:old", Receipt.CONFIRMED)]:
        ChatLabel.objects.create(chat=make_chat(), label=labels["VIP"], wanted=True, receipt=receipt, error=error)
    assert now().errors == {
        ("demo", "pending", "silent"): 2,
        ("demo", "failed", "keys"): 1,
        ("demo", "sent", "other"): 1,
    }


def test_deliveries_by_what_they_did(number: Instance) -> None:
    delivery(number, Outcome.APPLIED, Effect.CHANGED())
    delivery(number, Outcome.APPLIED, Effect.CONFIRMED())
    delivery(number, Outcome.IGNORED, Effect.IGNORED(PRIVATE))
    delivery(number, Outcome.PARKED)
    delivery(number, Outcome.WAITING)
    delivery(number, Outcome.APPLIED, Effect.CHANGED(), minutes=16)
    effects = ("changed", "confirmed", "ignored", "parked", "waiting")
    assert now().deliveries == {("demo", effect): 1 for effect in effects}


def test_no_scrape_reads_more_than_its_share(number: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 3)
    for minutes in (1, 2, 3, 4, 5):
        delivery(number, Outcome.APPLIED, (Effect.SAME if minutes > 3 else Effect.CHANGED)(), minutes=minutes)
    assert now().deliveries == {("demo", "changed"): 3}


def test_what_was_heard_since_ever_by_kind(number: Instance) -> None:
    for kind, total in (("label.chat.added", 7), ("message.any", 5), ("engine.event", 2), (PRIVATE, 1)):
        Heard.objects.create(instance=number, kind=kind, total=total)
    assert now().heard == {("demo", "label.chat.added"): 7, ("demo", "message.any"): 5, ("demo", "other"): 3}


def test_work_that_fails_and_when_it_was_last_done(number: Instance) -> None:
    at = timezone.now()
    Instance.objects.update(trouble=f"silent:{PRIVATE}", import_error="", reconcile_error=PRIVATE, polled_at=at)
    found = now()
    assert found.failing == [("demo", "call", "silent"), ("demo", "compare", "other")]
    assert (found.done_at["demo", "poll"], found.done_at["demo", "compare"]) == (
        at,
        datetime.fromtimestamp(0, at.tzinfo),
    )


def test_only_the_numbers_that_are_asked_for(
    agent: User, number: Instance, labels: Labels, make_chat: MakeChat
) -> None:
    other = make_number("other")
    wish(agent, labels["VIP"], make_chat)
    delivery(number, Outcome.PARKED)
    Heard.objects.create(instance=number, kind="message", total=1)
    found = traffic(Instance.objects.filter(pk=other.pk))
    assert (found.wishes, found.errors, found.deliveries, found.heard, found.failing) == ({}, {}, {}, {}, [])
    assert {slug for slug, _work in found.done_at} == {"other"}


@pytest.mark.parametrize("many", [1, 30])
def test_any_number_of_numbers_costs_the_same(
    number: Instance, many: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for row in [number, *(make_number(f"n{n}") for n in range(many))]:
        delivery(row, Outcome.PARKED)
        Heard.objects.create(instance=row, kind="message", total=1)
    with django_assert_num_queries(5):
        assert len(now().heard) == many + 1


def test_what_is_done_is_found_by_its_time(number: Instance) -> None:
    """The tables can have millions of rows: on SQLite the plan has to be right without any statistics."""
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL plans with the values at hand")
    plans: list[str] = []

    def explain(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        plans.extend(str(row) for row in context["cursor"].cursor.execute(f"EXPLAIN QUERY PLAN {sql}", params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explain):
        now()
    used = ("delivery_age", "ledger_walk", "pair_open")
    assert [index for index in used if index not in str(plans)] == []
    big = ("labelapp_hookdelivery", "labelapp_ledgerentry", "labelapp_chatlabel", "labelapp_heard")
    assert [line for line in plans if "SCAN" in line and any(table in line for table in big)] == []
