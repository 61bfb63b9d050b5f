"""Logging in and out, the throttle, preferences, languages, the demo's one-click login."""

import pytest
from django.conf import settings as plain_settings
from django.test import Client
from pytest_django import Settings
from pytest_django.asserts import assertContains, assertRedirects

from labelapp.actions.demo import make_people
from labelapp.models import User
from tests.conftest import PASSWORD

WRONG = {"username": "agent", "password": "not it"}


def log_in(client: Client, username: str, **more: str) -> object:
    return client.post("/login/", {"username": username, "password": PASSWORD, **more})


def person_of(client: Client) -> str | None:
    pk = client.session.get("_auth_user_id")
    return User.objects.get(pk=pk).username if pk else None


@pytest.mark.parametrize("typed", ["agent", "agent@example.com", "AGENT@Example.com"])
def test_login_by_username_or_email(client: Client, agent: User, typed: str) -> None:
    assertRedirects(log_in(client, typed), "/chats/", fetch_redirect_response=False)
    assert person_of(client) == "agent"


def test_the_name_is_a_text_field_and_the_page_says_nothing_of_who_exists(client: Client, agent: User) -> None:
    known = client.post("/login/", WRONG)
    unknown = client.post("/login/", WRONG | {"username": "nobody"})
    for answer in (known, unknown):
        assertContains(answer, "That name and password do not match. 4 tries left.", status_code=422)
        assertContains(answer, 'type="text" name="username"', status_code=422)
    assert person_of(client) is None


def test_too_many_tries_lock_with_the_time_to_wait(client: Client, agent: User) -> None:
    said = [client.post("/login/", WRONG) for _n in range(5)]
    assertContains(said[3], "1 try left.", status_code=422)
    assertContains(said[4], "Try again in 15 minutes", status_code=429)
    assert said[4].headers["Retry-After"] == "900"
    assertContains(log_in(client, "agent"), "Too many tries", status_code=429)
    assert person_of(client) is None


def test_an_email_in_other_letters_buys_no_more_tries(client: Client, agent: User) -> None:
    for typed in ("agent", "agent@example.com", "AGENT@example.com", "Agent@Example.com"):
        client.post("/login/", WRONG | {"username": typed})
    assertContains(client.post("/login/", WRONG), "Too many tries", status_code=429)


def test_the_lock_is_for_one_name_only(client: Client, agent: User, agent2: User) -> None:
    for _n in range(5):
        client.post("/login/", WRONG)
    log_in(client, "agent2")
    assert person_of(client) == "agent2"


@pytest.mark.parametrize(("stay", "at_close"), [({}, True), ({"stay": "on"}, False)])
def test_stay_signed_in_is_a_choice(client: Client, agent: User, stay: dict[str, str], at_close: bool) -> None:
    log_in(client, "agent", **stay)
    assert client.session.get_expire_at_browser_close() is at_close
    age = client.cookies[plain_settings.SESSION_COOKIE_NAME]["max-age"]
    assert age == ("" if at_close else plain_settings.SESSION_COOKIE_AGE)


@pytest.mark.parametrize(
    ("wanted", "target"),
    [
        ("/labels/?instance=demo", "/labels/?instance=demo"),
        ("https://evil.example/", "/chats/"),
        ("//evil.example", "/chats/"),
    ],
)
def test_next_leads_to_our_own_pages_only(client: Client, agent: User, wanted: str, target: str) -> None:
    assertRedirects(log_in(client, "agent", next=wanted), target, fetch_redirect_response=False)


def test_whoever_is_logged_in_goes_on(client: Client, agent: User) -> None:
    client.force_login(agent)
    assertRedirects(client.get("/login/?next=/labels/"), "/labels/", fetch_redirect_response=False)


def test_odd_input_is_refused_in_words(client: Client, agent: User) -> None:
    for username in ("", "\0", "a" * 300, "' or 1=1 --"):
        answer = client.post("/login/", {"username": username, "password": "x"})
        assert answer.status_code == 422
        assertContains(answer, "Sign in", status_code=422)


def test_logout_is_a_post(client: Client, agent: User) -> None:
    client.force_login(agent)
    assert client.get("/logout/").status_code == 405
    assert person_of(client) == "agent"
    assertRedirects(client.post("/logout/"), "/login/", fetch_redirect_response=False)
    assert person_of(client) is None


def test_the_admin_has_the_same_door(client: Client, agent: User) -> None:
    for _n in range(5):
        client.post("/admin/login/", WRONG)
    assertContains(log_in(client, "agent"), "Too many tries", status_code=429)


# Preferences


CHOICE = {"language": "ar", "time_zone": "Africa/Cairo", "theme": "dark", "density": "relaxed"}


def test_preferences_are_stored_and_used(client: Client, agent: User) -> None:
    client.force_login(agent)
    assertRedirects(client.post("/preferences/", CHOICE), "/preferences/", fetch_redirect_response=False)
    agent.refresh_from_db()
    assert {name: getattr(agent, name) for name in CHOICE} == CHOICE
    assert agent.shortcuts is False  # a box that is not ticked is not sent
    assertContains(client.get("/preferences/"), '<html lang="ar" dir="rtl" data-theme="dark">')


@pytest.mark.parametrize("bad", [{"time_zone": "Mars/Base"}, {"language": "xx"}, {"theme": "pink"}, {"density": ""}])
def test_unknown_preferences_change_nothing(client: Client, agent: User, bad: dict[str, str]) -> None:
    client.force_login(agent)
    assert client.post("/preferences/", CHOICE | bad).status_code == 422
    agent.refresh_from_db()
    assert (agent.language, agent.time_zone, agent.theme) == ("", "", "")


def test_a_new_password_keeps_this_browser_and_ends_the_others(client: Client, agent: User) -> None:
    other = Client()
    client.force_login(agent)
    other.force_login(agent)
    new = {"old_password": PASSWORD, "new_password1": "quite-long-and-new", "new_password2": "quite-long-and-new"}
    assertRedirects(client.post("/preferences/password/", new), "/preferences/", fetch_redirect_response=False)
    assert client.get("/preferences/").status_code == 200
    assertRedirects(other.get("/preferences/"), "/login/?next=/preferences/", fetch_redirect_response=False)


def test_the_old_password_is_asked_for(client: Client, agent: User) -> None:
    client.force_login(agent)
    new = {"old_password": "wrong", "new_password1": "quite-long-and-new", "new_password2": "quite-long-and-new"}
    assert client.post("/preferences/password/", new).status_code == 422
    agent.refresh_from_db()
    assert agent.check_password(PASSWORD)


# Languages


def test_anonymous_people_choose_a_language(client: Client, db: None) -> None:
    assertRedirects(
        client.post("/language/", {"language": "ar", "next": "/login/"}), "/login/", fetch_redirect_response=False
    )
    assertContains(client.get("/login/"), '<html lang="ar" dir="rtl">')


def test_a_persons_choice_is_remembered_with_the_person(client: Client, agent: User) -> None:
    client.force_login(agent)
    client.post("/language/", {"language": "ar"})
    agent.refresh_from_db()
    assert agent.language == "ar"


def test_an_unknown_language_or_place_changes_nothing(client: Client, agent: User) -> None:
    client.force_login(agent)
    answer = client.post("/language/", {"language": "tlh", "next": "https://evil.example/"})
    assertRedirects(answer, "/chats/", fetch_redirect_response=False)
    assert plain_settings.LANGUAGE_COOKIE_NAME not in client.cookies
    assert client.get("/language/").status_code == 405


# The demo


@pytest.fixture
def demo(db: None, settings: Settings) -> None:
    settings.DEMO = True
    make_people()


def test_one_click_logs_in_from_another_site(demo: None) -> None:
    client = Client(enforce_csrf_checks=True)
    answer = client.post("/demo/login/", {"role": "agent_ar", "next": "/chats/?q=x"})
    assertRedirects(answer, "/chats/?q=x", fetch_redirect_response=False)
    assert person_of(client) == "agent_ar"


def test_outside_the_demo_the_page_is_not_there(client: Client, demo: None, settings: Settings) -> None:
    settings.DEMO = False
    assert client.post("/demo/login/", {"role": "agent"}).status_code == 404
    assert person_of(client) is None
    assert b"demo/login" not in client.get("/login/").content


def test_real_people_are_not_let_in(client: Client, settings: Settings, admin: User) -> None:
    settings.DEMO = True
    assert client.post("/demo/login/", {"role": "admin"}).status_code == 404  # her password is not the demo's
    assert client.post("/demo/login/", {"role": "stranger"}).status_code == 404
    assert person_of(client) is None
