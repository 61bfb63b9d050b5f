"""Labels and chats as programs see them."""

from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from labelapp.models import ChatAlias, ChatLabel, Instance, Label, MergedChat, Receipt
from tests.api.conftest import MakeProgram, Program, problem
from tests.conftest import MakeChat

Labels = dict[str, Label]


def ids(answer: Any) -> list[int]:
    assert answer.status_code == 200
    return [one["id"] for one in answer.json()["items"]]


def test_labels_with_their_places(shop: Program, labels: Labels) -> None:
    labels["VIP"].deleted_at = timezone.now()
    labels["VIP"].save()
    found = {one["name"]: one for one in shop.get("/labels").json()["items"]}
    assert list(found) == ["New lead", "Quoted", "Paid", "On hold"]
    assert (found["Quoted"]["stage"], found["Quoted"]["kind"], found["On hold"]["stage"]) == (2, "funnel", None)
    assert found["Paid"] == {
        "id": labels["Paid"].pk,
        "instance": "demo",
        "wa_id": "3",
        "name": "Paid",
        "color": 12,
        "description": "",
        "group": "Sales funnel",
        "kind": "funnel",
        "stage": 3,
        "chats": 0,
        "archived": False,
    }


def test_the_language_of_the_search(shop: Program, make_chat: MakeChat, labels: Labels) -> None:
    vip = make_chat(labels=(labels["VIP"],))
    both = make_chat(labels=(labels["VIP"], labels["On hold"]))
    none = make_chat()
    assert ids(shop.get("/chats")) == [none.pk, both.pk, vip.pk]
    assert ids(shop.get("/chats?q=label:vip")) == [both.pk, vip.pk]
    assert ids(shop.get('/chats?q=label:vip -label:"On hold"')) == [vip.pk]
    assert ids(shop.get("/chats?q=no:label")) == [none.pk]


@pytest.mark.parametrize("q", ["label:vipp", "colour:red", "stage:", "is:happy", "number:elsewhere"])
def test_what_is_not_understood_is_refused(shop: Program, make_chat: MakeChat, labels: Labels, q: str) -> None:
    make_chat()
    answer = shop.get(f"/chats?q={q}")
    assert problem(answer) == (422, "invalid")
    assert [one["field"] for one in answer.json()["errors"]] == ["q"]


def test_a_guess_helps(shop: Program, labels: Labels) -> None:
    assert "VIP" in shop.get("/chats?q=label:vipp").json()["detail"]


def test_pages_follow_each_other(shop: Program, make_chat: MakeChat) -> None:
    made = [make_chat().pk for _ in range(7)]
    found, cursor = [], ""
    for _page in range(4):
        answer = shop.get(f"/chats?limit=2{cursor}")
        found += ids(answer)
        cursor = f"&cursor={answer.json()['next']}"
    assert (found, answer.json()["next"]) == (made[::-1], None)


@pytest.mark.parametrize(
    "params", ["cursor=x", "cursor=w0-1-1", "limit=0", "limit=201", "limit=x", "order=best", "q=" + "x" * 1001, "q=%00"]
)
def test_bad_parameters(shop: Program, params: str) -> None:
    answer = shop.get(f"/chats?{params}")
    assert problem(answer) == (422, "invalid")
    assert [one["field"] for one in answer.json()["errors"]] == [params.partition("=")[0]]


def test_a_chat_by_each_of_its_names(shop: Program, make_chat: MakeChat, number: Instance) -> None:
    chat = make_chat("201001234567@c.us")
    ChatAlias.objects.create(instance=number, jid="99887766@lid", chat=chat)
    MergedChat.objects.create(old=77_777, chat=chat)
    names = [
        str(chat.pk), "77777", "201001234567@c.us", "201001234567:3@s.whatsapp.net", "99887766@lid", "+201001234567",
        "+20 100 123 4567", "phone:01001234567", "phone:201001234567", "phone:00201001234567",
    ]  # fmt: skip
    for name in names:
        answer = shop.get(f"/chats/{name}")
        assert (answer.status_code, answer.json()["id"]) == (200, chat.pk), name


def test_the_older_spelling_of_a_brazilian_number(shop: Program, make_chat: MakeChat) -> None:
    chat = make_chat("551187654321@c.us")
    assert shop.get("/chats/+5511987654321").json()["id"] == chat.pk


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("0", 404),
        ("9" * 30, 404),
        ("nobody", 404),
        ("+201009999999", 404),
        ("x@g.us", 404),
        ("+12", 404),
        ("a@b@c", 404),
        ("phone:", 404),
        ("%00", 422),
    ],
)
def test_no_such_chat(shop: Program, number: Instance, name: str, status: int) -> None:
    assert problem(shop.get(f"/chats/{name}"))[0] == status


def test_a_person_at_two_numbers(make_program: MakeProgram, make_chat: MakeChat, other_number: Instance) -> None:
    here, there = make_chat("351911111111@c.us"), make_chat("351911111111@c.us", instance=other_number)
    program = make_program("read")
    assert problem(program.get("/chats/+351911111111")) == (409, "conflict")
    assert program.get("/chats/+351911111111?instance=demo").json()["id"] == here.pk
    assert program.get("/chats/+351911111111?instance=other").json()["id"] == there.pk


def test_a_chat_with_its_receipts(shop: Program, make_chat: MakeChat, labels: Labels) -> None:
    chat = make_chat(labels=(labels["VIP"], labels["Paid"]))
    ChatLabel.objects.filter(label=labels["VIP"]).update(receipt=Receipt.FAILED, error="said:No", remote=False)
    found = shop.get(f"/chats/{chat.pk}").json()
    assert (found["phone"], found["instance"], found["waiting_since"]) == (chat.phone, "demo", None)
    receipts = {
        one["name"]: (one["wanted"], one["on_whatsapp"], one["receipt"], one["error"]) for one in found["labels"]
    }
    assert receipts == {
        "Paid": (True, True, "confirmed", ""),
        "VIP": (True, False, "failed", "The provider says: No"),
    }


def test_many_cost_no_more_queries(
    shop: Program, make_chat: MakeChat, labels: Labels, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for size in (1, 30):
        for _n in range(size):
            make_chat(labels=(labels["VIP"], labels["Paid"]))
        shop.get("/chats")
        with django_assert_num_queries(7):
            assert shop.get("/chats").status_code == 200
        with django_assert_num_queries(4):
            assert shop.get("/labels").status_code == 200
