"""What a number hears, and how often it is asked."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from labelapp.models import Heard, HookDelivery, Instance, Outcome
from labelapp.models.fields import NEVER
from labelapp.queries import health
from tests.conftest import make_number


def ago(**span: float) -> datetime:
    return timezone.now() - timedelta(**span)


def test_a_label_event_of_the_last_day_counts_as_hearing(number: Instance) -> None:
    assert not health.hears_labels(number)
    number.label_event_at = ago(hours=23)
    assert health.hears_labels(number)
    number.label_event_at = ago(hours=25)
    assert not health.hears_labels(number)


def test_chats_are_read_often_only_while_no_event_comes(number: Instance, settings: Any) -> None:
    settings.POLL_SECONDS, settings.POLL_HEARING_SECONDS, settings.SILENCE_SECONDS = 45.0, 600.0, 1800.0
    assert health.poll_every(number) == 45.0
    number.last_event_at = ago(seconds=1700)
    assert health.poll_every(number) == 600.0
    number.last_event_at = ago(seconds=1900)
    assert health.poll_every(number) == 45.0


def test_labels_are_compared_often_when_the_engine_tells_nothing_of_them(number: Instance, settings: Any) -> None:
    settings.RECONCILE_SECONDS, settings.RECONCILE_BLIND_SECONDS = 14400.0, 300.0
    number.last_event_at = ago(seconds=1)  # messages come: that says nothing about labels
    assert health.compare_every(number) == 300.0
    number.label_event_at = ago(hours=2)
    assert health.compare_every(number) == 14400.0


# The hook


def health_of(number: Instance) -> health.HookHealth:
    return health.hook_health([number])[0]


def test_silence_alarms_only_where_something_should_come(number: Instance) -> None:
    number.last_event_at = since = ago(hours=2)
    assert (health_of(number).silent_since, health_of(number).tone) == (since, "bad")
    for calm in (
        {"status": "STOPPED"},
        {"frozen_at": since},
        {"last_event_at": NEVER},
        {"last_event_at": ago(minutes=1)},
    ):
        other = make_number(f"n{Instance.objects.count()}", **({"last_event_at": since} | calm))
        assert health_of(other).silent_since is None


def test_silence_begins_when_the_number_could_speak(number: Instance) -> None:
    number.last_event_at, number.status_since = ago(days=2), ago(minutes=5)
    assert health_of(number).silent_since is None  # it came back just now
    number.status_since, number.hook_registered_at = ago(days=1), ago(hours=1)
    assert health_of(number).silent_since == number.hook_registered_at


def test_the_state_in_one_sentence(number: Instance, settings: Any) -> None:
    settings.POLL_SECONDS, settings.RECONCILE_BLIND_SECONDS = 45.0, 300.0
    assert health_of(number).words == "No event has come yet; polling every 45 s."
    number.last_event_at = ago(seconds=5)
    assert (health_of(number).words, health_of(number).tone) == ("No label event seen yet; polling every 5 min.", "ok")
    number.imported_at = ago(days=2)
    assert health_of(number).words == "This number's engine sends no label events; polling every 5 min."
    assert health_of(number).tone == "warn"
    number.label_event_at = ago(days=3)
    assert health_of(number).words == "No label event for over a day; polling every 5 min."
    number.label_event_at = ago(hours=3)
    assert (health_of(number).words, health_of(number).tone) == ("Events arrive.", "ok")
    number.last_event_at = ago(hours=3)
    assert health_of(number).words == "No event for 3 h, although the number is connected."


def test_an_engine_is_called_deaf_only_after_a_day_of_other_events(number: Instance) -> None:
    number.imported_at, number.last_event_at = ago(days=2), ago(minutes=1)
    assert health.is_deaf(number)
    for fresh in ({"imported_at": ago(hours=2)}, {"imported_at": None}, {"hook_registered_at": ago(hours=2)}):
        other = make_number(f"n{Instance.objects.count()}", **({"last_event_at": ago(minutes=1)} | fresh))
        assert (health.is_deaf(other), health_of(other).state) == (False, health.Hearing.NO_LABELS_YET)
    number.label_event_at = ago(days=30)
    assert (health.is_deaf(number), health_of(number).state) == (False, health.Hearing.NO_LABELS_LATELY)
    number.last_event_at = number.label_event_at = NEVER
    assert not health.is_deaf(number)  # nothing comes at all: that says nothing about the engine


def test_a_hook_that_brought_nothing_does_not_say_that_events_arrive(number: Instance) -> None:
    number.hook_registered_at, number.imported_at = ago(seconds=20), None
    assert health_of(number).words.startswith("No event has come yet; polling every ")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "1 s"), (89, "89 s"), (90, "2 min"), (300, "5 min"), (7200, "2 h"), (130_000, "2 days"), (864_000, "10 days")],
)
def test_spans_of_time(seconds: float, words: str) -> None:
    assert health.span(seconds) == words


@pytest.mark.parametrize("many", [1, 12])
def test_two_queries_however_many_numbers(
    db: None, many: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    numbers = [make_number(f"n{n}") for n in range(many)]
    for n, number in enumerate(numbers):
        Heard.objects.create(instance=number, kind="message", at=ago(minutes=5), total=n)
        Heard.objects.create(instance=number, kind="label.upsert", at=ago(minutes=1))
        HookDelivery.objects.create(instance=number, dedupe_key="1", body="{}", outcome=Outcome.PARKED)
    with django_assert_num_queries(2):
        found = health.hook_health(numbers)
    assert [(each.number, each.parked) for each in found] == [(number, 1) for number in numbers]
    assert {tuple(row.kind for row in each.heard) for each in found} == {("label.upsert", "message")}
