"""The activity, exported."""

import csv
import io

import pytest
from pytest_django import DjangoAssertNumQueries

from labelapp.actions.actor import Actor
from labelapp.actions.tagging import set_label
from labelapp.models import Instance, Label, LedgerEntry, User
from tests.api.conftest import Program, problem
from tests.conftest import MakeChat

Labels = dict[str, Label]


@pytest.fixture
def entries(make_chat: MakeChat, labels: Labels, agent: User) -> list[LedgerEntry]:
    chats = [make_chat() for _ in range(3)]
    for chat in chats:
        set_label(Actor.of(agent), chat, labels["VIP"], on=True)
    return list(LedgerEntry.objects.order_by("pk"))


def test_oldest_first_page_by_page(shop: Program, entries: list[LedgerEntry]) -> None:
    first = shop.get("/ledger?limit=2")
    said = first.json()
    assert [one["id"] for one in said["items"]] == [entries[0].pk, entries[1].pk]
    assert said["items"][0] | {"at": ""} == {
        "id": entries[0].pk,
        "at": "",
        "instance": "demo",
        "chat": entries[0].chat_id,
        "jid": "201000000001@c.us",
        "label": entries[0].label_id,
        "label_name": "VIP",
        "verb": "add",
        "source": "agent",
        "actor": "agent",
        "cause": "",
    }
    following = first["Link"].partition("<")[2].partition(">")[0].removeprefix("/api/v1")
    last = shop.get(following)
    assert ([one["id"] for one in last.json()["items"]], last.json()["next"], "Link" in last) == (
        [entries[2].pk],
        None,
        False,
    )


def test_of_one_chat_and_time(shop: Program, entries: list[LedgerEntry]) -> None:
    def ids(params: str) -> list[int]:
        return [one["id"] for one in shop.get(f"/ledger?{params}").json()["items"]]

    middle = entries[1].at.isoformat().replace("+00:00", "Z")
    assert ids(f"chat={entries[1].chat_id}") == [entries[1].pk]
    assert ids(f"since={middle}") == [entries[1].pk, entries[2].pk]
    assert ids(f"until={middle}") == [entries[0].pk]


def test_a_table_in_which_no_cell_begins_a_formula(shop: Program, entries: list[LedgerEntry]) -> None:
    Label.objects.filter(name="VIP").update(name="=cmd|calc")
    LedgerEntry.objects.update(cause="@sum(1)")
    answer = shop.get("/ledger?format=csv")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [(row["label_name"], row["cause"], row["id"]) for row in rows] == [
        ("'=cmd|calc", "'@sum(1)", str(entry.pk)) for entry in entries
    ]


@pytest.mark.parametrize(
    ("params", "status"),
    [
        ("cursor=x", 422),
        ("since=2026-11-23T09:00:00", 422),
        ("since=yesterday", 422),
        ("until=2026-11-23", 422),
        ("limit=1001", 422),
        ("format=xml", 422),
        ("chat=999999", 404),
    ],
)
def test_bad_parameters(shop: Program, entries: list[LedgerEntry], params: str, status: int) -> None:
    assert problem(shop.get(f"/ledger?{params}"))[0] == status


def test_other_numbers_stay_out(shop: Program, entries: list[LedgerEntry], other_number: Instance) -> None:
    LedgerEntry.objects.update(instance=other_number)
    assert shop.get("/ledger").json() == {"items": [], "next": None}


def test_many_cost_no_more_queries(
    shop: Program, entries: list[LedgerEntry], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    shop.get("/ledger")
    for limit in (1, 30):
        LedgerEntry.objects.bulk_create(
            LedgerEntry(instance_id=entries[0].instance_id, chat_id=entries[0].chat_id, verb="add", source="agent")
            for _ in range(limit)
        )
        with django_assert_num_queries(4):
            shop.get(f"/ledger?limit={limit}")
