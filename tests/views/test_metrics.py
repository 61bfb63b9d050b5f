import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import DjangoAssertNumQueries

from labelapp.actions.actor import Actor
from labelapp.actions.heartbeats import beat
from labelapp.actions.tagging import set_label
from labelapp.models import ChatLabel, Heard, Heartbeat, HookDelivery, Instance, Label, User
from labelapp.views import counters as counting
from labelapp.views import metrics as view
from labelapp.views.counters import Counters
from tests.conftest import MakeChat, make_number
from tests.raw import ask_now

TOKEN = "metrics-token-of-the-test"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Counters:
    """Counters that no other test has counted in, and a token."""
    from labelapp import asgi  # noqa: PLC0415  sets up Django as it is imported
    from labelapp.views import middleware  # noqa: PLC0415

    settings.METRICS_TOKEN = TOKEN
    made = Counters()
    for module in (counting, view, asgi, middleware):
        monkeypatch.setattr(module, "counters", made)
    return made


def samples(text: str) -> Samples:
    families = text_string_to_metric_families(text)
    return {
        (row.name, tuple(sorted((key, value) for key, value in row.labels.items() if key != "process"))): row.value
        for family in families
        for row in family.samples
    }


def scrape(client: Client) -> Samples:
    answer = client.get("/metrics", headers=BEARER)
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")
    return samples(answer.content.decode())


def test_the_figures_of_a_number(number: Instance, client: Client) -> None:
    HookDelivery.objects.create(instance=number, dedupe_key="1", body="{}")
    beat("host:1")
    found, demo = scrape(client), (("instance", "demo"),)
    assert (found["labelapp_workers_alive", ()], found["labelapp_database_up", ()]) == (1, 1)
    assert (found["labelapp_ready", demo], found["labelapp_deliveries_waiting", demo]) == (1, 1)
    assert found["labelapp_pairs", (*demo, ("state", "held"))] == 0
    assert ("labelapp_last_event_age_seconds", demo) not in found


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {TOKEN}"}])
def test_without_the_token_nobody_sees_a_figure(number: Instance, client: Client, headers: dict[str, str]) -> None:
    answer = client.get("/metrics", headers=headers)
    assert (answer.status_code, answer["WWW-Authenticate"], answer.content) == (401, "Bearer", b"")


@pytest.mark.parametrize("sent", ["Bearer ", "Bearer", "Bearer  ", "Bearer \xe9"])
def test_an_empty_token_opens_nothing(number: Instance, client: Client, settings: Any, sent: str) -> None:
    settings.METRICS_TOKEN = ""
    assert client.get("/metrics", headers={"Authorization": sent}).status_code == 401


def test_a_login_needs_the_permission(agent: User, lead: User, number: Instance, client: Client) -> None:
    client.force_login(agent)
    assert (client.get("/metrics").status_code, b"labelapp_" in client.get("/metrics").content) == (403, False)
    client.force_login(lead)
    assert lead.has_perm("labelapp.see_operations")
    assert client.get("/metrics").status_code == 200


def test_a_login_sees_its_own_numbers_alone(
    lead: User, number: Instance, other_number: Instance, client: Client
) -> None:
    client.force_login(lead)
    told = client.get("/metrics").content.decode()
    assert ('instance="demo"' in told, 'instance="other"' in told) == (True, False)
    assert 'instance="other"' in client.get("/metrics", headers=BEARER).content.decode()


def test_what_happens_and_why_it_fails(
    agent: User, number: Instance, labels: dict[str, Label], make_chat: MakeChat, client: Client
) -> None:
    set_label(Actor.of(agent), make_chat(), labels["VIP"], on=True)
    ChatLabel.objects.update(error="silent:refused")
    HookDelivery.objects.create(instance=number, dedupe_key="1", body="{}", outcome="parked")
    Heard.objects.create(instance=number, kind="message.any", total=9)
    Instance.objects.update(trouble="token:No", polled_at=datetime(2026, 11, 1, tzinfo=UTC))
    beat("host:1")
    found, demo = scrape(client), ("instance", "demo")
    assert {
        "wish": found["labelapp_wishes_recent", (("error", "silent"), demo, ("state", "retried"))],
        "error": found["labelapp_pairs_error", (("error", "silent"), demo, ("state", "pending"))],
        "delivery": found["labelapp_deliveries_recent", (("effect", "parked"), demo)],
        "heard": found["labelapp_deliveries_applied_total", (demo, ("kind", "message.any"))],
        "failing": found["labelapp_failing", (("error", "token"), demo, ("work", "call"))],
    } == {"wish": 1, "error": 1, "delivery": 1, "heard": 9, "failing": 1}
    assert found["labelapp_done_timestamp_seconds", (demo, ("work", "poll"))] == 1793491200
    assert ("labelapp_done_timestamp_seconds", (demo, ("work", "compare"))) not in found
    assert found["labelapp_worker_sign_age_seconds", (("worker", "host:1"),)] < 30


@pytest.mark.parametrize("many", [1, 30])
def test_a_scrape_costs_the_same_however_many_numbers(
    number: Instance, client: Client, many: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for row in [number, *(make_number(f"n{n}") for n in range(many))]:
        HookDelivery.objects.create(instance=row, dedupe_key="1", body="{}")
    with django_assert_num_queries(12):
        assert len([name for name, _labels in scrape(client) if name == "labelapp_ready"]) == many + 1


def test_no_secret_and_no_name_is_told(number: Instance, client: Client) -> None:
    Instance.objects.update(
        name="Nile Trading", me_name="Nile & Douro", hmac_key="a-key-of-signatures", trouble="said:No 201000000000"
    )
    Heard.objects.create(instance=number, kind="about.Nile", total=1)
    told = client.get("/metrics", headers=BEARER).content.decode()
    private = ["Nile", "demo-token", number.hook_secret, "a-key-of-signatures", "201000000000", TOKEN]
    assert [word for word in private if word in told] == []


def test_a_database_that_is_away_is_a_figure(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the `db` fixture any query that is not this one is an error."""

    def away(*args: object) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(view, "figures", away)
    found = scrape(client)
    assert {name: value for (name, _labels), value in found.items() if "request" not in name} == {
        "labelapp_database_up": 0
    }


def test_requests_are_counted_by_route(number: Instance, agent: User, client: Client) -> None:
    client.force_login(agent)
    client.get("/chats/?q=a-customers-name")
    client.get("/no/such/a-customers-name/")
    client.generic("BREW", "/healthz")
    answer = client.get("/metrics", headers=BEARER).content.decode()
    counted = {key[1]: value for key, value in samples(answer).items() if key[0] == "labelapp_requests_total"}
    assert counted == {
        (("method", "GET"), ("route", "chats.index"), ("status", "2xx")): 1,
        (("method", "GET"), ("route", "-"), ("status", "4xx")): 1,
        (("method", "other"), ("route", "health.healthz"), ("status", "2xx")): 1,
    }
    assert "a-customers-name" not in answer


def test_deliveries_that_take_the_short_way_are_counted(number: Instance, client: Client) -> None:
    ask_now("POST", "/hooks/demo/a-secret-nobody-may-see/", b"{}")
    ask_now("GET", "/hooks/demo/a-secret-nobody-may-see/")
    ask_now("POST", "/login/", [b"x" * 1024 * 1024, b"x"])
    answer = client.get("/metrics", headers=BEARER).content.decode()
    rows = re.findall(
        r'labelapp_requests_total{method="(\w+)",process="[^"]+",route="([^"]+)",status="4xx"} (\S+)', answer
    )
    assert sorted(rows) == [("GET", "hooks.receive", "1.0"), ("POST", "-", "1.0"), ("POST", "hooks.receive", "1.0")]
    assert "labelapp_request_seconds_count{process=" in answer
    assert "a-secret-nobody-may-see" not in answer


def test_what_one_process_counted_says_so(number: Instance, client: Client) -> None:
    client.get("/healthz")
    told = client.get("/metrics", headers=BEARER).content.decode()
    helps = re.findall(r"# HELP (labelapp_request\w+) .*each process counts for itself\.", told)
    assert helps == ["labelapp_requests_total", "labelapp_request_seconds"]
    assert re.search(r'labelapp_requests_total{.*process="[^":]+:\d+"', told)


def test_only_reading(number: Instance, client: Client) -> None:
    assert client.post("/metrics", headers=BEARER).status_code == 405
    assert Heartbeat.objects.count() == 0
