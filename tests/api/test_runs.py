"""Runs begun and stopped by programs."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from labelapp.models import Chat, Instance, KeptAnswer, Label, Run, RunChat, User
from tests.api.conftest import MakeProgram, Program, in_thread, problem
from tests.conftest import MakeChat
from tests.runs import carry_through
from tests.wire import FarSide

Labels = dict[str, Label]
KEY = "Idempotency-Key"


@pytest.fixture
def chats(make_chat: MakeChat, labels: Labels) -> list[Chat]:
    return [make_chat(labels=(labels["On hold"],)), make_chat(labels=(labels["On hold"],)), make_chat()]


def begun(answer: Any) -> Run:
    assert answer.status_code == 201, answer.content
    return Run.objects.get(pk=answer.json()["id"])


def test_over_all_that_match(
    shop: Program, far: FarSide, chats: list[Chat], labels: Labels, number: Instance, admin: User
) -> None:
    far.labels = {label.wa_id: {"name": label.name, "color": 1} for label in labels.values()}
    run = begun(shop.post("/runs", {"q": 'label:"On hold"', "add": ["VIP"], "remove": ["On hold"]}))
    assert (run.user, run.purpose, run.target) == (admin, "Shop", "query")
    said = shop.get(f"/runs/{run.pk}").json()
    assert (said["state"], said["total"], said["tally"]["waiting"], said["instances"]) == ("running", 2, 2, ["demo"])
    carry_through(run, number)
    said = shop.get(f"/runs/{run.pk}").json()
    assert (said["state"], said["tally"]["changed"]) == ("done", 2)
    assert set(Chat.objects.filter(assignments__label=labels["VIP"])) == {chats[0], chats[1]}


def test_over_a_list(shop: Program, chats: list[Chat], make_chat: MakeChat, other_number: Instance) -> None:
    hidden = make_chat(instance=other_number)
    named = [str(chats[0].pk), chats[1].jid, f"phone:{chats[2].jid[:12]}", "+351911111111", str(hidden.pk), "nobody"]
    answer = shop.post("/runs", {"chats": named, "add": ["VIP"]})
    assert set(RunChat.objects.filter(run=begun(answer)).values_list("chat", flat=True)) == {chat.pk for chat in chats}
    assert answer.json()["unmatched"] == ["+351911111111", str(hidden.pk), "nobody"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"add": ["VIP"]}, 422),
        ({"add": ["VIP"], "q": "is:unanswered", "chats": ["1"]}, 422),
        ({"q": "label:vip"}, 422),
        ({"q": "label:vipp", "add": ["VIP"]}, 422),
        ({"q": "label:vip", "add": ["Nobody"]}, 422),
        ({"q": "no:label", "add": ["VIP"], "remove": ["VIP"]}, 422),
        ({"q": "no:label", "add": ["Paid", "Quoted"]}, 422),
        ({"chats": ["+351911111111"], "add": ["VIP"]}, 422),
        ({"chats": [], "add": ["VIP"]}, 422),
        ({"q": "no:label", "add": ["VIP"], "instance": "other"}, 404),
        ({"q": "no:label", "add": "VIP"}, 422),
        ([], 422),
    ],
)
def test_bad_input_begins_none(
    shop: Program, chats: list[Chat], other_number: Instance, body: Any, status: int
) -> None:
    assert problem(shop.post("/runs", body, **{KEY: "k"}))[0] == status
    assert (Run.objects.count(), KeptAnswer.objects.count()) == (0, 0)


def test_a_run_needs_somebody_who_may(shop: Program, chats: list[Chat], admin: User) -> None:
    admin.groups.set(Group.objects.filter(name="Agent"))
    assert problem(shop.post("/runs", {"q": "no:label", "add": ["VIP"]})) == (403, "forbidden")
    assert Run.objects.count() == 0


def test_state(shop: Program, chats: list[Chat]) -> None:
    run = begun(shop.post("/runs", {"q": "no:label", "add": ["VIP"]}))
    for state in ("paused", "paused", "running", "cancelled", "cancelled"):
        answer = shop.put(f"/runs/{run.pk}/state", {"state": state})
        assert (answer.status_code, answer.json()["state"]) == (200, state)
    assert problem(shop.put(f"/runs/{run.pk}/state", {"state": "running"})) == (409, "conflict")
    assert problem(shop.put(f"/runs/{run.pk}/state", {"state": "done"})) == (422, "invalid")


def test_a_run_over_a_number_that_the_token_does_not_reach(
    make_program: MakeProgram, shop: Program, chats: list[Chat], make_chat: MakeChat, other_number: Instance
) -> None:
    Label.objects.create(instance=other_number, wa_id="9", name="VIP", known_at=timezone.now())
    make_chat(instance=other_number)
    run = begun(make_program("manage", name="CRM").post("/runs", {"q": "no:label", "add": ["VIP"]}))
    assert run.numbers.count() == 2
    assert problem(shop.get(f"/runs/{run.pk}")) == (404, "not-found")
    assert problem(shop.put(f"/runs/{run.pk}/state", {"state": "cancelled"})) == (404, "not-found")
    assert shop.get("/runs").json()["items"] == []
    own = begun(shop.post("/runs", {"q": "no:label", "add": ["VIP"]}))
    assert list(own.numbers.all()) == [chats[0].instance]


def test_the_same_key_begins_one(shop: Program, make_program: MakeProgram, chats: list[Chat]) -> None:
    body = {"q": "no:label", "add": ["VIP"]}
    first, again = (shop.post("/runs", body, **{KEY: "a-1"}) for _ in range(2))
    assert (first.status_code, again.status_code, first.json()) == (201, 201, again.json())
    assert ("Idempotency-Replayed" in first, again["Idempotency-Replayed"]) == (False, "true")
    assert problem(shop.post("/runs", body | {"purpose": "x"}, **{KEY: "a-1"})) == (422, "invalid")
    assert Run.objects.count() == 1
    begun(make_program("manage", name="CRM").post("/runs", body, **{KEY: "a-1"}))
    KeptAnswer.objects.update(at=timezone.now() - timedelta(hours=25))
    begun(shop.post("/runs", body, **{KEY: "a-1"}))
    assert Run.objects.count() == 3


def test_a_key_that_is_under_way_or_was_cut_off(shop: Program, chats: list[Chat]) -> None:
    body = {"q": "no:label", "add": ["VIP"]}
    shop.post("/runs", body, **{KEY: "k"})
    KeptAnswer.objects.update(status=None)
    assert problem(shop.post("/runs", body, **{KEY: "k"})) == (409, "conflict")
    KeptAnswer.objects.update(at=timezone.now() - timedelta(minutes=3))
    begun(shop.post("/runs", body, **{KEY: "k"}))


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 201, "é"])
def test_a_bad_key(shop: Program, chats: list[Chat], key: str) -> None:
    assert problem(shop.post("/runs", {"q": "no:label", "add": ["VIP"]}, **{KEY: key})) == (422, "invalid")
    assert Run.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_many_at_once_with_one_key_begin_one(shop: Program, chats: list[Chat]) -> None:
    answers: list[int] = []
    body = {"q": "no:label", "add": ["VIP"]}
    asking = [in_thread(lambda: answers.append(shop.post("/runs", body, **{KEY: "k"}).status_code)) for _ in range(8)]
    for thread in asking:
        thread.join(timeout=30)
    assert (Run.objects.count(), set(answers) <= {201, 409}, 201 in answers) == (1, True, True)


def test_the_list_and_its_pages(
    shop: Program, chats: list[Chat], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    body = {"q": "no:label", "add": ["VIP"]}
    made: list[int] = []
    for size in (1, 30):
        made = [begun(shop.post("/runs", body)).pk for _ in range(size)] + made
        with django_assert_num_queries(6):
            assert shop.get("/runs").status_code == 200
    first = shop.get("/runs?limit=20").json()
    second = shop.get(f"/runs?limit=20&cursor={first['next']}").json()
    assert len({one["id"] for one in first["items"] + second["items"]}) == 31
    assert second["next"] is None
    assert problem(shop.get("/runs?cursor=x")) == (422, "invalid")
