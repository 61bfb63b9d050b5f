"""Who comes in, and how a refusal looks."""

from datetime import timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError
from django.test import Client
from django.utils import timezone
from pytest_django import Settings as SettingsWrapper

from labelapp.actions.actor import Actor
from labelapp.actions.tokens import revoke_token, rotate_token
from labelapp.api import labels as labels_module
from labelapp.models import ApiToken, Chat, ChatLabel, Instance, Label, User
from tests.api.conftest import ROOT, MakeProgram, Program, problem
from tests.conftest import MakeChat

Labels = dict[str, Label]
ADDRESSES = [
    ("GET", "/instances", "read"),
    ("GET", "/labels", "read"),
    ("GET", "/chats", "read"),
    ("GET", "/chats/1", "read"),
    ("GET", "/chats/1/labels/1", "read"),
    ("GET", "/runs", "read"),
    ("GET", "/runs/1", "read"),
    ("GET", "/ledger", "read"),
    ("PUT", "/chats/1/labels/1", "tag"),
    ("DELETE", "/chats/1/labels/1", "tag"),
    ("PUT", "/chats/1/stage", "tag"),
    ("POST", "/events", "tag"),
    ("POST", "/runs", "manage"),
    ("PUT", "/runs/1/state", "manage"),
]


@pytest.mark.parametrize(("method", "path", "scope"), ADDRESSES)
def test_without_a_token_or_its_scope(make_program: MakeProgram, method: str, path: str, scope: str) -> None:
    answer = Client().generic(method, f"{ROOT}{path}", "{}", content_type="application/json")
    assert problem(answer) == (401, "unauthorized")
    assert answer["WWW-Authenticate"].startswith("Bearer")
    others = {"read", "tag", "manage"} - {scope}
    answer = make_program(*others).ask(method, path, {})
    assert problem(answer) == (403, "forbidden")
    assert f"“{scope}”" in answer.json()["detail"]


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Bearer la_x", "Basic YTpi", "Bearer " + "x" * 5000, "Bearer \xff"]
)
def test_what_is_no_token(db: None, header: str) -> None:
    assert problem(Client().get(f"{ROOT}/labels", headers={"Authorization": header})) == (401, "unauthorized")


def test_a_login_opens_nothing(client: Client, admin: User) -> None:
    client.force_login(admin)
    assert problem(client.get(f"{ROOT}/labels")) == (401, "unauthorized")


def test_expired_ended_and_rotated(make_program: MakeProgram, admin: User) -> None:
    program = make_program("read")
    token = ApiToken.objects.get()
    assert program.get("/labels").status_code == 200
    ApiToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert problem(program.get("/labels")) == (401, "unauthorized")
    ApiToken.objects.update(expires_at=None)
    new = Program(rotate_token(Actor.of(admin), token))
    assert problem(program.get("/labels")) == (401, "unauthorized")
    assert new.get("/labels").status_code == 200
    revoke_token(Actor.of(admin), token)
    assert problem(new.get("/labels")) == (401, "unauthorized")


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/chats/{chat}"), ("PUT", "/chats/{chat}/labels/name:VIP"), ("DELETE", "/chats/{chat}/labels/name:VIP")],
)
def test_a_number_that_the_token_does_not_reach(
    make_program: MakeProgram, shop: Program, other_number: Instance, make_chat: MakeChat, method: str, path: str
) -> None:
    Label.objects.create(instance=other_number, wa_id="9", name="VIP", known_at=timezone.now())
    chat = make_chat("351911111111@c.us", instance=other_number)
    everywhere = make_program("read", "tag", name="CRM")
    for name in (str(chat.pk), chat.jid):
        assert problem(shop.ask(method, path.format(chat=name))) == (404, "not-found")
    assert ChatLabel.objects.count() == 0
    assert everywhere.ask(method, path.format(chat=chat.pk)).status_code in (200, 202)


def test_lists_leave_out_what_the_token_does_not_reach(
    shop: Program, other_number: Instance, make_chat: MakeChat, number: Instance, labels: Labels
) -> None:
    Label.objects.create(instance=other_number, wa_id="9", name="Secret", known_at=timezone.now())
    make_chat(instance=other_number)
    chat = make_chat()
    assert [one["id"] for one in shop.get("/chats").json()["items"]] == [chat.pk]
    assert {one["instance"] for one in shop.get("/labels").json()["items"]} == {"demo"}
    assert [one["instance"] for one in shop.get("/instances").json()["items"]] == ["demo"]
    for path in ("/chats", "/labels", "/ledger"):
        assert problem(shop.get(f"{path}?instance=other")) == (404, "not-found")


def test_a_removed_number_is_gone(shop: Program, number: Instance, make_chat: MakeChat) -> None:
    chat = make_chat()
    Instance.objects.update(removed_at=timezone.now())
    assert problem(shop.get(f"/chats/{chat.pk}")) == (404, "not-found")
    assert shop.get("/chats").json() == {"items": [], "next": None}


def test_the_rate_of_a_token(make_program: MakeProgram, settings: SettingsWrapper) -> None:
    settings.API_RATE = 2
    program, other = make_program("read"), make_program("read", name="CRM")
    answers = [program.get("/labels") for _ in range(3)]
    assert [answer["RateLimit-Remaining"] for answer in answers] == ["1", "0", "0"]
    assert [answer.status_code for answer in answers[:2]] == [200, 200]
    assert problem(answers[2]) == (429, "too-many-requests")
    assert 1 <= int(answers[2]["Retry-After"]) <= 61
    assert (answers[2]["RateLimit-Limit"], answers[2]["RateLimit-Policy"]) == ("2", "2;w=60")
    assert other.get("/labels").status_code == 200


@pytest.mark.parametrize("path", ["/", "/nothing", "/chats/", "/chats/1/", "/chats/1/labels/", "/labels/1"])
def test_no_such_address(shop: Program, path: str) -> None:
    assert problem(shop.get(path)) == (404, "not-found")


def test_methods(shop: Program) -> None:
    for method, path, allowed in (
        ("POST", "/labels", {"GET"}),
        ("PATCH", "/chats/1/labels/2", {"GET", "PUT", "DELETE"}),
    ):
        answer = shop.ask(method, path)
        assert problem(answer) == (405, "method-not-allowed")
        assert set(answer["Allow"].split(", ")) == allowed


def test_bodies(shop: Program, number: Instance) -> None:
    assert problem(shop.post("/runs", "{}", **{"Content-Type": "text/plain"})) == (415, "unsupported-media-type")
    assert problem(shop.post("/runs", "{")) == (400, "bad-request")
    assert problem(shop.post("/runs", "[" * 100_000)) == (400, "bad-request")
    assert problem(shop.post("/runs", '"' + "x" * 2_000_000 + '"')) == (413, "too-large")
    answer = shop.post("/runs", {"add": "VIP", "colour": 3})
    assert problem(answer) == (422, "invalid")
    assert {one["field"] for one in answer.json()["errors"]} == {"add", "colour"}


def test_a_storage_that_is_away_and_a_fault(shop: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_args: object) -> None:
        raise OperationalError("no")

    def broken(*_args: object) -> None:
        raise ImproperlyConfigured("secret words")

    monkeypatch.setattr(labels_module, "living_labels", away)
    answer = shop.get("/labels")
    assert (problem(answer), answer["Retry-After"]) == ((503, "unavailable"), "5")
    monkeypatch.setattr(labels_module, "living_labels", broken)
    answer = shop.get("/labels")
    assert problem(answer) == (500, "server-error")
    assert "secret" not in answer.content.decode()


def test_answers_are_kept_by_nobody(shop: Program) -> None:
    answer = shop.get("/labels")
    assert (answer["Cache-Control"], answer.cookies) == ("no-store", {})


def test_what_a_token_may_not_the_actions_refuse_too(
    make_program: MakeProgram, make_chat: MakeChat, labels: Labels
) -> None:
    """The scope is asked at the door; the action asks the actor once more."""
    chat = make_chat()
    assert make_program("read").put(f"/chats/{chat.pk}/labels/name:VIP").status_code == 403
    assert Chat.objects.get().assignments.count() == 0
