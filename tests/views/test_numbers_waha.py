"""A number at WAHA over HTTP: the form speaks WAHA's words, the connection's test, its deliveries."""

import json
from typing import Any

import httpx
import pytest
from django.test import Client
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from labelapp.models import Instance, User
from tests.conftest import make_number

KEY = "key-very-secret-77"
FORM = {
    "name": "Shop",
    "slug": "",
    "provider": "waha",
    "base_url": "http://10.0.0.7:3000",
    "allow_private": "on",
    "instance_id": "default",
    "token": KEY,
}


class Server:
    """A WAHA with one session. `requests` holds what it was asked, as "METHOD /path"."""

    def __init__(self) -> None:
        self.session: dict[str, Any] = {
            "name": "default",
            "status": "WORKING",
            "me": {"id": "201000000000@c.us", "pushName": "Nile & Douro"},
            "engine": {"engine": "WEBJS"},
            "config": {"metadata": {"a": "b"}, "webhooks": [{"url": "https://n8n.example/x", "events": ["*"]}]},
        }
        self.requests: list[str] = []
        self.keys: set[str] = set()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.raw_path.decode()
        self.requests.append(f"{request.method} {path}")
        self.keys.add(request.headers["X-Api-Key"])
        if path == "/api/default/labels":
            return httpx.Response(200, json=[{"id": "1", "name": "Lead", "color": 1}])
        if path != "/api/sessions/default":
            return httpx.Response(404, json={"message": "Session not found", "statusCode": 404})
        if request.method == "PUT":
            self.session |= json.loads(request.content)
        return httpx.Response(200, json=self.session)


@pytest.fixture
def server(settings: Any) -> Server:
    side = Server()
    settings.PROVIDER_TRANSPORT = httpx.MockTransport(side)
    return side


@pytest.fixture
def desk(client: Client, admin: User) -> Client:
    client.force_login(admin)
    return client


@pytest.fixture
def shop(db: None) -> Instance:
    return make_number("shop", provider="waha", base_url="http://10.0.0.7:3000", instance_id="default", credentials=KEY)


@pytest.mark.parametrize(
    ("address", "here", "words"),
    [
        ("/settings/new/", "wawp", ("Instance id", "Access token", 'value="https://api.wawp.net"')),
        ("/settings/new/?provider=wawp", "wawp", ("Instance id", "Access token", "A hosted service")),
        ("/settings/new/?provider=waha", "waha", ("Session name", "API key", 'placeholder="https://waha.example.com"')),
        ("/settings/new/?provider=else", "wawp", ("Instance id", "Access token", "A hosted service")),
    ],
)
def test_the_form_speaks_the_words_of_the_provider(
    desk: Client, address: str, here: str, words: tuple[str, ...]
) -> None:
    page = desk.get(address)
    assertContains(page, f'<a href="?provider={here}" aria-current="true">')
    assertContains(page, f'<input type="hidden" name="provider" value="{here}" id="id_provider">')
    for word in words:
        assertContains(page, word)


def test_connecting_without_a_script(desk: Client, server: Server) -> None:
    answer = desk.post("/settings/new/?provider=waha", FORM)
    assertRedirects(answer, "/settings/numbers/shop/", fetch_redirect_response=False)
    made = Instance.objects.get()
    assert (made.provider, made.instance_id, made.credentials) == ("waha", "default", KEY)


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ({"token": ""}, "Enter the API key."),
        ({"instance_id": "a/b"}, "The session name may hold letters, digits, hyphens and underscores only."),
        ({"allow_private": ""}, "https://"),
    ],
)
def test_a_bad_entry_is_refused_in_words_that_fit(desk: Client, bad: dict[str, str], said: str) -> None:
    answer = desk.post("/settings/new/", FORM | bad)
    assertContains(answer, said, status_code=422)
    assertContains(answer, "Session name", status_code=422)
    assertNotContains(answer, KEY, status_code=422)
    assert not Instance.objects.exists()


def test_the_test_tells_the_engine(desk: Client, server: Server) -> None:
    answer = desk.post("/settings/test/", FORM)
    assertContains(answer, "+201000000000")
    assertContains(answer, '<span dir="ltr">WEBJS</span>')
    assertContains(answer, "It tells nothing of labels")
    assert server.requests == ["GET /api/sessions/default", "GET /api/default/labels"]
    assert server.keys == {KEY}
    server.session["engine"] = {"engine": "GOWS"}
    assertNotContains(desk.post("/settings/test/", FORM), "It tells nothing of labels")


def test_a_session_that_is_not_there(desk: Client, server: Server) -> None:
    answer = desk.post("/settings/test/", FORM | {"instance_id": "other"})
    assertContains(answer, "Session not found", status_code=422)


def test_the_page_of_a_number_at_waha(desk: Client, shop: Instance) -> None:
    page = desk.get("/settings/numbers/shop/")
    for word in ("Session name", "API key", "WAHA restarts the session"):
        assertContains(page, word)
    for word in ("Where the provider takes credentials", "paid plans", KEY, "?provider="):
        assertNotContains(page, word)


def test_registering_restarts_the_session_only_where_something_is_new(
    desk: Client, shop: Instance, server: Server, settings: Any
) -> None:
    settings.PUBLIC_URL = "https://labels.example.com"
    for _ in range(2):
        desk.post("/settings/numbers/shop/hook/")
    read, write = "GET /api/sessions/default", "PUT /api/sessions/default"
    assert server.requests == [read, write, read]
    theirs, ours = server.session["config"]["webhooks"]
    assert (theirs["url"], ours["url"]) == (
        "https://n8n.example/x",
        f"https://labels.example.com/hooks/shop/{shop.hook_secret}/",
    )
    assert server.session["config"]["metadata"] == {"a": "b"}


def test_a_new_secret_takes_the_place_of_the_one_before(
    desk: Client, shop: Instance, server: Server, settings: Any
) -> None:
    settings.PUBLIC_URL = "https://labels.example.com"
    desk.post("/settings/numbers/shop/hook/")
    desk.post("/settings/numbers/shop/secret/")
    desk.post("/settings/numbers/shop/hook/")
    shop.refresh_from_db()
    addresses = [hook["url"] for hook in server.session["config"]["webhooks"]]
    assert addresses == ["https://n8n.example/x", f"https://labels.example.com/hooks/shop/{shop.hook_secret}/"]
