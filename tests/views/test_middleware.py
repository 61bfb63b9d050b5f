import logging
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone, translation

from labelapp.models import Instance, User

HTMX = {"HX-Request": "true"}


def test_anonymous_people_go_to_the_login_and_come_back(db: None, client: Client) -> None:
    answer = client.get("/labels/?instance=demo")
    assert (answer.status_code, answer["Location"]) == (302, "/login/?next=/labels/%3Finstance%3Ddemo")


def test_htmx_is_told_to_go_there_with_the_whole_page(db: None, client: Client) -> None:
    page = "http://testserver/chats/?q=label:vip"
    answer = client.get("/labels/", headers={**HTMX, "HX-Current-URL": page})
    assert answer.status_code == 401
    assert answer["HX-Redirect"] == "/login/?next=%2Fchats%2F%3Fq%3Dlabel%3Avip"


def test_htmx_from_another_site_comes_back_to_ours(db: None, client: Client) -> None:
    answer = client.get("/labels/", headers={**HTMX, "HX-Current-URL": "https://evil.example/x"})
    assert answer["HX-Redirect"] == "/login/?next=%2Flabels%2F"


@pytest.mark.parametrize(
    "path", ["/chats/", "/labels/", "/settings/", "/preferences/", "/live/", "/labels/new/", "/settings/new/"]
)
def test_every_page_asks_for_a_login(db: None, client: Client, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer["Location"].startswith("/login/?next=")) == (302, True)


@pytest.mark.parametrize(("browser", "chosen", "language"), [("ar", "", "ar"), ("ar", "en", "en"), ("en", "ar", "ar")])
def test_the_persons_language_wins_over_the_browsers(
    agent: User, client: Client, browser: str, chosen: str, language: str
) -> None:
    User.objects.filter(pk=agent.pk).update(language=chosen)
    client.force_login(agent)
    answer = client.get("/preferences/", headers={"Accept-Language": browser})
    assert (answer.status_code, answer["Content-Language"]) == (200, language)
    assert f'lang="{language}"' in answer.content.decode()


def test_someone_not_logged_in_gets_the_browsers_language(db: None, client: Client) -> None:
    assert client.get("/login/", headers={"Accept-Language": "ar,en;q=0.5"})["Content-Language"] == "ar"
    assert client.get("/login/", headers={"Accept-Language": "fr"})["Content-Language"] == "en"


def test_one_persons_time_zone_does_not_stay_for_the_next(agent: User, client: Client) -> None:
    User.objects.filter(pk=agent.pk).update(time_zone="Africa/Cairo", language="ar")
    client.force_login(agent)
    client.get("/preferences/")
    assert timezone.get_current_timezone_name() == "UTC"
    translation.activate("en")


def test_the_request_log_names_routes_never_paths(
    number: Instance, client: Client, caplog: pytest.LogCaptureFixture, settings: Any
) -> None:
    with caplog.at_level(logging.DEBUG):
        client.post(f"/hooks/{number.slug}/a-secret-nobody-may-see/", b"{}", content_type="application/json")
        client.get("/healthz")
    lines = [record.getMessage() for record in caplog.records if record.name == "labelapp.requests"]
    assert [line.split(" ")[:3] for line in lines] == [
        ["POST", "hooks.receive", "404"],
        ["GET", "health.healthz", "200"],
    ]
    assert "a-secret-nobody-may-see" not in caplog.text


def test_the_admin_has_the_same_door(db: None, client: Client) -> None:
    assert client.get("/admin/")["Location"] == "/admin/login/?next=/admin/"
    assert client.get("/admin/login/").resolver_match.func.__module__ == "labelapp.views.account"
