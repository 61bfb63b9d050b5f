"""What became of a run's chats, told to programs, and a run taken back by one."""

import csv
import io

import pytest
from pytest_django import DjangoAssertNumQueries

from labelapp.models import ChatLabel, Instance, Label, Run
from tests.api.conftest import MakeProgram, Program, problem
from tests.conftest import MakeChat
from tests.runs import carry_through
from tests.wire import FarSide

Labels = dict[str, Label]


@pytest.fixture
def done(shop: Program, far: FarSide, make_chat: MakeChat, labels: Labels, number: Instance) -> Run:
    """A run that put VIP on two chats of three: one had it, and one is called like a formula."""
    far.labels = {label.wa_id: {"name": label.name, "color": 1} for label in labels.values()}
    chats = [make_chat(name="=1+1"), make_chat(), make_chat(labels=(labels["VIP"],))]
    answer = shop.post("/runs", {"chats": [str(chat.pk) for chat in chats], "add": ["VIP"]})
    run = Run.objects.get(pk=answer.json()["id"])
    carry_through(run, number)
    return run


def test_each_chat_in_the_order_of_the_run(
    shop: Program, done: Run, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(7):
        page = shop.get(f"/runs/{done.pk}/results").json()
    assert [(row["state"], row["add"], row["remove"], row["name"][:4]) for row in page["items"]][0] == (
        "changed",
        ["VIP"],
        [],
        "=1+1",
    )
    assert [row["state"] for row in page["items"]] == ["changed", "changed", "already"]
    assert page["next"] is None
    assert [row["id"] for row in page["items"]] == sorted(row["id"] for row in page["items"])


def test_pages_and_states(shop: Program, done: Run) -> None:
    first = shop.get(f"/runs/{done.pk}/results?limit=2")
    following = first.json()["next"]
    assert f"cursor={following}" in first["Link"]
    second = shop.get(f"/runs/{done.pk}/results?limit=2&cursor={following}").json()
    assert (len(first.json()["items"]), [row["state"] for row in second["items"]]) == (2, ["already"])
    changed = shop.get(f"/runs/{done.pk}/results?state=changed").json()
    assert [row["state"] for row in changed["items"]] == ["changed", "changed"]
    assert problem(shop.get(f"/runs/{done.pk}/results?state=odd")) == (422, "invalid")
    assert problem(shop.get(f"/runs/{done.pk + 1}/results")) == (404, "not-found")


def test_as_a_table_in_which_no_cell_begins_a_formula(shop: Program, done: Run) -> None:
    answer = shop.get(f"/runs/{done.pk}/results?format=csv&state=changed")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert [(row["add"], row["state"]) for row in rows] == [("VIP", "changed")] * 2
    assert not rows[0]["name"].startswith("=")
    assert "1+1" in rows[0]["name"]


def test_taken_back_once(shop: Program, done: Run, number: Instance, labels: Labels) -> None:
    key = {"Idempotency-Key": "back"}
    first, again = (shop.post(f"/runs/{done.pk}/undo", {}, **key) for _ in range(2))
    assert (first.status_code, again.status_code, first.json()) == (201, 201, again.json())
    assert problem(shop.post(f"/runs/{done.pk}/undo", {})) == (409, "conflict")
    made = Run.objects.get(undoes=done)
    assert (made.pk, first.json()["remove"], first.json()["total"]) == (first.json()["id"], ["VIP"], 2)
    carry_through(made, number)
    assert ChatLabel.objects.filter(label=labels["VIP"], wanted=True).count() == 1


def test_a_run_that_is_under_way_is_not_taken_back(shop: Program, make_chat: MakeChat, labels: Labels) -> None:
    run = shop.post("/runs", {"chats": [str(make_chat().pk)], "add": ["VIP"]}).json()["id"]
    assert problem(shop.post(f"/runs/{run}/undo", {})) == (409, "conflict")
    assert Run.objects.count() == 1


def test_a_program_that_may_not(make_program: MakeProgram, done: Run) -> None:
    reader = make_program("read", name="Reader")
    assert reader.get(f"/runs/{done.pk}/results").status_code == 200
    assert problem(reader.post(f"/runs/{done.pk}/undo", {})) == (403, "forbidden")
    assert Run.objects.count() == 1
