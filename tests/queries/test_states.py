"""How each number is doing, at the cost of one query."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from labelapp.actions.held import hold_old
from labelapp.models import ChatLabel, Instance, Label, Receipt, User
from labelapp.queries.held import held_pairs
from labelapp.queries.states import NumberState, number_state, number_states, switcher
from tests.conftest import MakeChat, make_number

Labels = dict[str, Label]


def pair(chat: Any, label: Label, receipt: Receipt, **more: Any) -> ChatLabel:
    return ChatLabel.objects.create(chat=chat, label=label, wanted=True, receipt=receipt, **more)


def test_what_waits_in_a_number(number: Instance, labels: Labels, make_chat: MakeChat) -> None:
    chat, old = make_chat(labels=(labels["Quoted"],)), timezone.now() - timedelta(days=3)
    pair(chat, labels["VIP"], Receipt.SENT)
    pair(chat, labels["On hold"], Receipt.FAILED)
    held = pair(chat, labels["Paid"], Receipt.PENDING, held_at=timezone.now(), wanted_at=old)
    ChatLabel.objects.filter(label=labels["Quoted"]).update(
        wanted=False, receipt=Receipt.PENDING, held_at=timezone.now(), waits_for=held
    )
    state = number_state(number)
    assert (state.waiting, state.held, state.failed, state.open) == (
        1,
        1,
        1,
        2,
    )  # the old stage counts with the new one
    assert ChatLabel.objects.filter(wanted_at=state.held_since).exists()


@pytest.mark.parametrize("many", [1, 6])
def test_any_number_of_numbers_costs_the_same(
    number: Instance,
    labels: Labels,
    make_chat: MakeChat,
    agent: User,
    many: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    pair(make_chat(), labels["VIP"], Receipt.PENDING)
    numbers = [number, *(make_number(f"n{n}") for n in range(many))]
    with django_assert_num_queries(1):
        assert [state.waiting for state in number_states(numbers)] == [1, *[0] * many]
    agent.has_perm("labelapp.apply_labels")  # a request has asked for the permissions before
    with django_assert_num_queries(3):
        assert len(switcher(agent)) == many + 1


@pytest.mark.parametrize("read", [number_state, hold_old, held_pairs])
def test_settled_pairs_are_not_read(number: Instance, read: Callable[[Instance], object]) -> None:
    """SQLite has to find the open pairs in their own small index: an account can have millions of settled ones."""
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL plans with the values at hand")
    plans: list[str] = []
    with connection.execute_wrapper(_explaining(plans)):
        read(number)
    assert any("pair_open" in line for line in plans)
    assert not any("pair_by_label" in line for line in plans)


def _explaining(plans: list[str]) -> Any:
    def wrap(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        cursor = context["cursor"].cursor
        plans.extend(str(row) for row in cursor.execute(f"EXPLAIN QUERY PLAN {sql}", params).fetchall())
        return execute(sql, params, many, context)

    return wrap


def test_who_waits_for_an_answer(agent: User, number: Instance, make_chat: MakeChat) -> None:
    now, other = timezone.now(), make_number("other")
    make_chat(instance=other, at=now, last_in_at=now)
    make_chat(instance=other, at=now, last_in_at=now - timedelta(hours=1), last_out_at=now)
    make_chat(instance=other, at=now - timedelta(days=2), last_in_at=now - timedelta(days=2))
    assert {state.number.slug: state.unanswered for state in switcher(agent)} == {"demo": 0, "other": 1}


def test_a_stranger_sees_no_state(stranger: User, other_number: Instance) -> None:
    assert switcher(stranger) == []


@pytest.mark.parametrize(
    ("values", "tone", "words"),
    [
        ({}, "ok", "Connected"),
        ({"status": "STOPPED"}, "bad", "Not connected"),
        ({"frozen_at": timezone.now(), "status": "STOPPED"}, "bad", "Another account answers"),
        ({"trouble": "silent:x"}, "warn", "The provider can't be reached"),
        ({"imported_at": None}, "warn", "Being imported"),
    ],
)
def test_a_state_in_words(number: Instance, values: dict[str, Any], tone: str, words: str) -> None:
    for field, value in values.items():
        setattr(number, field, value)
    state = NumberState(number)
    assert (state.tone, state.words) == (tone, words)


def test_an_engine_that_tells_nothing(number: Instance, settings: Any) -> None:
    settings.RECONCILE_BLIND_SECONDS, settings.POLL_SECONDS = 300, 45
    state = NumberState(number)
    assert (state.is_polled, state.hears_messages, state.label_minutes, state.message_minutes) == (True, False, 5, 1)
    assert state.removal_minutes == 10
    number.label_event_at = timezone.now()
    assert not NumberState(number).is_polled
    number.label_event_at, number.status = timezone.now() - timedelta(days=2), "STOPPED"
    assert not NumberState(number).is_polled  # that it is away matters more


@pytest.mark.parametrize(("seconds", "shown"), [(1, False), (30, True), (4000, False)])
def test_a_comparison_is_told_once_it_lasts(number: Instance, seconds: int, shown: bool) -> None:
    number.reconcile_started_at, number.reconcile_total = timezone.now() - timedelta(seconds=seconds), 20
    assert NumberState(number).is_comparing is shown
