"""The settings of numbers over HTTP: forms, the connection's test, secrets that stay secret, who may."""

from datetime import timedelta
from html import unescape
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from labelapp.models import Instance, User
from tests.conftest import make_number
from tests.wire import FarSide

TOKEN = "tok-very-secret-77"
FORM = {
    "name": "Downtown shop",
    "slug": "",
    "provider": "wawp",
    "base_url": "https://api.example.com",
    "instance_id": "inst-1",
    "token": TOKEN,
}
PAGE = "/settings/numbers/demo/"
KEEP = {"name": "Demo", "base_url": "http://127.0.0.1:9", "allow_private": "on", "instance_id": "demo", "token": ""}
HTMX = {"HX-Request": "true"}


@pytest.fixture
def desk(client: Client, admin: User, far: FarSide) -> Client:
    """An admin's browser."""
    client.force_login(admin)
    return client


def test_the_list_tells_status_import_and_last_event(desk: Client, number: Instance) -> None:
    make_number("new", status="", import_stage="chats", import_done=50, import_total=200, trouble="said:No plan")
    page = desk.get("/settings/").content.decode()
    assert page.index(">Demo<") < page.index(">New<")
    assert page.count(">connected<") == 1
    assert '<progress max="100" value="25"' in page
    assert "50 / 200" in page
    assert "No plan" in page
    assert page.count("no event yet") == 2


@pytest.mark.parametrize("many", [1, 12])
def test_the_list_asks_the_same_few_queries(
    desk: Client, agent: User, many: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for n in range(many):
        make_number(f"n{n}").people.add(agent)
    desk.get("/settings/")
    with django_assert_num_queries(5):
        assert desk.get("/settings/").content.decode().count("1 person") == many


def test_add_a_number(desk: Client, agent: User) -> None:
    answer = desk.post("/settings/new/", FORM | {"people": [str(agent.pk)]})
    assertRedirects(answer, "/settings/numbers/downtown-shop/", fetch_redirect_response=False)
    made = Instance.objects.get()
    assert (made.name, made.credentials, list(made.people.all())) == ("Downtown shop", TOKEN, [agent])


@pytest.mark.parametrize(
    ("name", "slug"), [("متجر", "number"), ("All", "all-2"), ("Demo", "demo-2"), ("x" * 80, "x" * 30)]
)
def test_the_short_name_is_made_from_the_name(desk: Client, number: Instance, name: str, slug: str) -> None:
    desk.post("/settings/new/", FORM | {"name": name})
    assert Instance.objects.get(instance_id="inst-1").slug == slug


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ({"base_url": "http://127.0.0.1:8090"}, "private"),
        ({"slug": "demo"}, "Another number has, or had, this short name."),
        ({"slug": "all"}, "This short name stands for all numbers."),
        ({"slug": "no slug"}, "Enter a valid “slug”"),
        ({"token": ""}, "Enter the access token."),
        ({"name": ""}, "This field is required."),
        ({"name": "x\0"}, "Null characters are not allowed."),
        ({"provider": "other"}, "Select a valid choice."),
        ({"people": ["999"]}, "Select a valid choice."),
        (KEEP | {"token": "x", "name": "Twin"}, "This instance is connected already."),
    ],
)
def test_a_bad_entry_is_refused_in_words(desk: Client, number: Instance, bad: dict[str, str], said: str) -> None:
    answer = desk.post("/settings/new/", FORM | bad)
    assertContains(answer, said, status_code=422)
    assertNotContains(answer, TOKEN, status_code=422)
    assert Instance.objects.count() == 1


def test_htmx_goes_to_the_new_page_as_a_whole(desk: Client) -> None:
    answer = desk.post("/settings/new/", FORM, headers=HTMX)
    assert answer.headers["HX-Redirect"] == "/settings/numbers/downtown-shop/"


# The connection's test


def test_the_test_before_saving_shows_the_answer(desk: Client, far: FarSide) -> None:
    far.labels = {"1": {"name": "VIP", "color": 3}}
    answer = desk.post("/settings/test/", FORM)
    assertContains(answer, '<b dir="ltr">WORKING</b>')
    assertContains(answer, "+201000000000")
    assertContains(answer, "Nile &amp; Douro")
    assertContains(answer, "<dd>1</dd>")
    assert not Instance.objects.exists()


def test_the_test_shows_the_refusal(desk: Client, far: FarSide) -> None:
    far.status = 401
    assertContains(desk.post("/settings/test/", FORM), "Said 401", status_code=422)
    far.status, far.down = 0, True
    assertContains(desk.post("/settings/test/", FORM), "does not answer", status_code=422)
    assertContains(desk.post("/settings/test/", FORM | {"token": ""}), "Enter the access token.", status_code=422)


def test_the_test_of_a_stored_number_uses_its_token_for_its_address_only(
    desk: Client, number: Instance, far: FarSide
) -> None:
    assertContains(desk.post("/settings/test/", KEEP | {"number": "demo"}), "WORKING")
    far.calls.clear()
    stolen = KEEP | {"number": "demo", "base_url": "http://127.0.0.1:10"}
    assertContains(desk.post("/settings/test/", stolen), "Enter the token again", status_code=422)
    assert far.calls == []


# One number


def test_stored_secrets_are_not_on_the_page(desk: Client, number: Instance) -> None:
    Instance.objects.update(hmac_key="hmac-secret-5", old_hook_secret="old-secret-5")
    page = desk.get(PAGE)
    for secret in ("demo-token", "hmac-secret-5", "old-secret-5"):
        assertNotContains(page, secret)
    assertContains(page, 'placeholder="stored; type to replace"')
    assertContains(page, f"/hooks/demo/{number.hook_secret}/")
    assert "no-store" in page.headers["Cache-Control"]


def test_changing_keeps_the_token_when_none_is_typed(desk: Client, number: Instance, agent: User) -> None:
    answer = desk.post(PAGE, KEEP | {"name": "Renamed", "people": [str(agent.pk)]})
    assertRedirects(answer, PAGE, fetch_redirect_response=False)
    number.refresh_from_db()
    assert (number.name, number.credentials, list(number.people.all())) == ("Renamed", "demo-token", [agent])


def test_a_locked_token_is_asked_for_again(desk: Client, number: Instance, settings: Settings) -> None:
    Instance.objects.filter(pk=number.pk).update(hmac_key="hmac-secret-5")
    settings.ENCRYPTION_KEYS = ["YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXoxMjM0NTY="]
    page = desk.get(PAGE).content.decode()
    assert unescape(page).count("can't be read any more.") == 5  # the token thrice, the hook's secret, the signing key
    assertContains(desk.get("/settings/"), "token is locked")
    assertContains(desk.post(PAGE, KEEP), "Enter the access token.", status_code=422)
    assertRedirects(desk.post(PAGE, KEEP | {"token": TOKEN}), PAGE, fetch_redirect_response=False)
    assert Instance.objects.get().credentials == TOKEN


def test_a_loopback_address_is_warned_about(desk: Client, number: Instance, settings: Settings) -> None:
    warning = "Set PUBLIC_URL to an address it can reach."
    assertNotContains(desk.get(PAGE), warning)  # the provider is on this machine as well
    Instance.objects.update(base_url="https://api.example.com")
    assertContains(desk.get(PAGE), warning)
    settings.PUBLIC_URL = "https://labels.example.com"
    assertNotContains(desk.get(PAGE), warning)


def test_register_shows_the_providers_refusal(desk: Client, number: Instance, far: FarSide) -> None:
    far.status_of = {"POST /webhook": 403}
    assertContains(desk.post(PAGE + "hook/"), "Said 403", status_code=422)
    assertContains(desk.get(PAGE), "not registered")


def test_rotate_says_how_long_the_old_address_lasts(desk: Client, number: Instance) -> None:
    assertRedirects(desk.post(PAGE + "secret/"), PAGE, fetch_redirect_response=False)
    page = desk.get(PAGE)
    assertContains(page, "The address before is accepted till")
    assertNotContains(page, number.hook_secret)
    Instance.objects.update(rotated_at=timezone.now() - timedelta(days=2))
    assertNotContains(desk.get(PAGE), "The address before is accepted till")


def test_the_signing_key_is_set_and_cleared(desk: Client, number: Instance) -> None:
    assert desk.post(PAGE + "signature/", {"hmac_key": "short"}).status_code == 422
    desk.post(PAGE + "signature/", {"hmac_key": "long-enough"})
    assert Instance.objects.get().hmac_key == "long-enough"
    desk.post(PAGE + "signature/", {"clear": "1"})
    assert Instance.objects.get().hmac_key == ""


def test_the_probe_tells_what_it_found(desk: Client, number: Instance, far: FarSide) -> None:
    assertContains(desk.post(PAGE + "placement/", follow=True), "nothing to try it on")
    far.labels, far.tags = {"2": {"name": "VIP", "color": 3}}, {("201@c.us", "2")}
    assertContains(desk.post(PAGE + "placement/", follow=True), "credentials of changes in their body")
    far.status = 500
    assertContains(desk.post(PAGE + "placement/"), "Said 500", status_code=422)


def test_removing_wants_the_short_name_typed(desk: Client, number: Instance) -> None:
    for typed in ("", "Demo", "demo2"):
        assert desk.post(PAGE + "remove/", {"typed": typed}).status_code == 422
    assert Instance.objects.connected().count() == 1
    assertRedirects(desk.post(PAGE + "remove/", {"typed": "demo"}), "/settings/")
    assert (Instance.objects.connected().count(), Instance.objects.count()) == (0, 1)
    assert desk.get(PAGE).status_code == 404


# Who may

READ = ["/settings/", "/settings/new/", PAGE, PAGE + "remove/"]
WRITE = ["/settings/test/", *(PAGE + end for end in ("hook/", "secret/", "signature/", "placement/", "remove/"))]


def test_only_for_people_who_manage_instances(
    client: Client, number: Instance, agent: User, lead: User, far: FarSide
) -> None:
    for path in READ:
        wanted = f"/login/?{urlencode({'next': path}, safe='/')}"
        assertRedirects(client.get(path), wanted, fetch_redirect_response=False)
    for person in (agent, lead):
        client.force_login(person)
        assert {client.get(path).status_code for path in READ} == {403}
        assert {client.post(path, {"typed": "demo"}).status_code for path in WRITE} == {403}
    assert far.calls == []
    assert Instance.objects.connected().get().hook_secret == number.hook_secret


def test_what_changes_something_is_a_post(desk: Client, number: Instance) -> None:
    assert {desk.get(path).status_code for path in WRITE if "remove" not in path} == {405}


@pytest.mark.parametrize("slug", ["nothing", "%00"])
def test_an_unknown_number_is_a_404(desk: Client, slug: str) -> None:
    assert desk.get(f"/settings/numbers/{slug}/").status_code == 404
    assert desk.post("/settings/test/", FORM | {"number": "nothing\0"}).status_code == 404


def test_pace_and_quiet_hours(client: Client, admin: User, lead: User, number: Instance) -> None:
    address, sent = "/settings/numbers/demo/pace/", {"pace": "20", "quiet_from": "22:00", "quiet_until": "08:00"}
    client.force_login(lead)
    assert client.post(address, sent).status_code == 403
    client.force_login(admin)
    assert client.post(address, sent).status_code == 302
    number.refresh_from_db()
    assert (round(number.pace * 60), f"{number.quiet_from}", f"{number.quiet_until}") == (20, "22:00:00", "08:00:00")
    assertContains(client.get("/settings/numbers/demo/"), 'value="22:00"')
    client.post(address, {"pace": "300"})
    number.refresh_from_db()
    assert (number.pace, number.quiet_from, number.quiet_until) == (5, None, None)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("pace", "0", "greater than or equal to 1"),
        ("pace", "nan", "Enter a number"),
        ("pace", "99999", "less than or equal to 6000"),
        ("quiet_until", "", "Enter both times, or none."),
        ("quiet_from", "25:00", "Enter a valid time"),
    ],
)
def test_a_pace_that_makes_no_sense(
    client: Client, admin: User, number: Instance, field: str, value: str, words: str
) -> None:
    client.force_login(admin)
    sent = {"pace": "20", "quiet_from": "22:00", "quiet_until": "08:00", field: value}
    answer = client.post("/settings/numbers/demo/pace/", sent)
    assertContains(answer, words, status_code=422)
    number.refresh_from_db()
    assert (number.pace, number.quiet_from) == (5, None)
