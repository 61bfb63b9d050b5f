from datetime import timedelta

import pytest
from django.db import InterfaceError, OperationalError, connection
from django.test import Client
from django.utils import timezone

from labelapp.actions.heartbeats import beat
from labelapp.models import Heartbeat


def test_healthz_asks_no_database(client: Client) -> None:
    """Without the `db` fixture any query is an error."""
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_ready_with_a_worker(db: None, client: Client) -> None:
    beat("host:1")
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (
        200,
        {"status": "ok", "database": "ok", "migrations": "ok", "worker": "ok"},
    )


@pytest.mark.parametrize(("age", "status"), [(29, 200), (31, 503)])
def test_a_worker_has_to_beat_within_30_seconds(db: None, client: Client, age: int, status: int) -> None:
    Heartbeat.objects.create(worker="host:1", at=timezone.now() - timedelta(seconds=age))
    assert client.get("/readyz").status_code == status


def test_without_a_worker_it_says_so(db: None, client: Client) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["worker"]) == (503, "no heartbeat for 30 s")


def test_waiting_migrations_are_told(db: None, client: Client) -> None:
    beat("host:1")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'labelapp'")
    assert (client.get("/readyz").status_code, client.get("/readyz").json()["migrations"]) == (503, "waiting")


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_a_database_that_is_away_is_not_an_error_page(
    db: None, client: Client, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def away(*args: object, **kwargs: object) -> None:
        raise error("gone")

    monkeypatch.setattr(Heartbeat.objects, "filter", away)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (503, {"status": "not ready", "database": "not available"})


def test_beats_forget_the_dead(db: None) -> None:
    Heartbeat.objects.create(worker="old", at=timezone.now() - timedelta(days=2))
    beat("host:1")
    beat("host:1")
    assert list(Heartbeat.objects.values_list("worker", flat=True)) == ["host:1"]
