import psycopg
import pytest
from django.db import connection

from labelapp.actions.actor import Actor
from labelapp.actions.notices import CHANNEL, count_chats, enter, note
from labelapp.lanes.wires import wire_parameters
from labelapp.models import Change, Instance, Label, LedgerEntry, Source, User, Verb
from tests.conftest import MakeChat


def test_a_notice_for_a_number_or_for_each_chat(number: Instance, make_chat: MakeChat) -> None:
    chats = [make_chat(), make_chat()]
    note(number, Change.Kind.LABELS)
    note(number, Change.Kind.CHAT, chats)
    note(number, Change.Kind.CHAT, [])
    rows = Change.objects.order_by("id").values_list("instance", "chat", "kind")
    assert list(rows) == [(number.pk, None, "labels"), *((number.pk, chat.pk, "chat") for chat in chats)]


def test_the_ledger_tells_who_why_and_where(agent: User, make_chat: MakeChat, labels: dict[str, Label]) -> None:
    chat = make_chat()
    enter(Actor(agent, Source.API, "invoice 7" * 100), Verb.ADD, chat=chat, label=labels["VIP"])
    enter(Actor(None, Source.PHONE), Verb.LABEL_DELETE, label=labels["VIP"])
    enter(Actor(None, Source.IMPORT), Verb.IMPORT, instance=chat.instance)
    rows = LedgerEntry.objects.order_by("pk")
    assert {row.instance_id for row in rows} == {chat.instance_id}
    assert [(row.source, row.actor, len(row.cause)) for row in rows] == [
        ("api", agent, 300),
        ("phone", None, 0),
        ("import", None, 0),
    ]


def test_counts_move_by_their_difference(labels: dict[str, Label]) -> None:
    count_chats({labels["VIP"].pk: 3, labels["Paid"].pk: 0})
    count_chats({labels["VIP"].pk: -1})
    assert Label.objects.filter(name__in=["VIP", "Paid"]).order_by("pk").values_list("chat_count", flat=True)[1] == 2


@pytest.mark.django_db(transaction=True)
def test_postgresql_wakes_whoever_listens_on_commit(number: Instance) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no NOTIFY; its data version is watched")
    with psycopg.connect(**wire_parameters(), autocommit=True) as ear:
        ear.execute(f"LISTEN {CHANNEL}")
        note(number, Change.Kind.INSTANCE)
        assert len(list(ear.notifies(timeout=20, stop_after=1))) == 1
