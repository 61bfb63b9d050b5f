"""Addresses that lead to another chat from one moment to the next: two are found to be one person while news of them comes in."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import connection, transaction
from django.utils import timezone

from labelapp.actions.addresses import by_address, chats_at
from labelapp.actions.identity import learn_hidden_ids
from labelapp.actions.messages import archive_chat
from labelapp.models import Chat, ChatAlias, Instance
from labelapp.whatsapp.types import LidPair
from tests.conftest import MakeChat
from tests.lanes.test_locks import becomes

LID, PN = "10931@lid", "201555000001@c.us"
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE pg_backend_pid() = ANY(pg_blocking_pids(pid))"
Look = Callable[[Instance], object]


@contextmanager
def while_mapping_is_learnt(number: Instance) -> Iterator[None]:
    """Another process has learnt the mapping and commits it once what is done here waits for it."""
    learnt = threading.Event()

    def learn() -> None:
        with transaction.atomic():
            learn_hidden_ids(number, [LidPair(LID, PN)])
            learnt.set()
            with connection.cursor() as cursor:
                assert becomes(lambda: bool(cursor.execute(WAITING) or cursor.fetchone()[0]))
        connection.close()

    thread = threading.Thread(target=learn)
    thread.start()
    assert learnt.wait(10)
    yield
    thread.join()


@pytest.fixture
def number_on_postgresql(transactional_db: None, number: Instance) -> Instance:
    if connection.vendor != "postgresql":
        pytest.skip("on SQLite one transaction follows the other")
    return number


LOOKS: list[Look] = [
    lambda number: by_address(number, [LID, PN]),
    lambda number: by_address(number, [LID]),
    lambda number: chats_at(number, {LID: "Anna"}),
    lambda number: archive_chat(number, LID, True, at=timezone.now(), event_id="evt"),
]


@pytest.mark.parametrize("look", LOOKS)
def test_a_chat_that_is_joined_meanwhile_is_found_where_it_went(
    number_on_postgresql: Instance, make_chat: MakeChat, look: Look
) -> None:
    number = number_on_postgresql
    shown = make_chat(jid=PN)
    make_chat(jid=LID)
    with while_mapping_is_learnt(number), transaction.atomic():
        told = look(number)
    assert list(Chat.objects.values_list("jid", flat=True)) == [PN]
    assert set(ChatAlias.objects.values_list("jid", "chat")) == {(LID, shown.pk), (PN, shown.pk)}
    if isinstance(told, dict):
        assert {chat.pk for chat in told.values()} == {shown.pk}


def test_an_address_that_is_given_away_meanwhile_makes_no_chat(
    number_on_postgresql: Instance, make_chat: MakeChat
) -> None:
    number = number_on_postgresql
    shown = make_chat(jid=PN)
    with while_mapping_is_learnt(number), transaction.atomic():
        assert chats_at(number, {LID: "Anna"}) == {LID: shown}
    assert list(Chat.objects.values_list("jid", flat=True)) == [PN]


def test_a_chat_with_two_addresses_is_one_object(number: Instance, make_chat: MakeChat) -> None:
    chat = make_chat(jid=PN)
    ChatAlias.objects.create(instance=number, jid=LID, chat=chat)
    found = chats_at(number, {PN: "", LID: "", "9@c.us": "New"})
    assert found[PN] is found[LID]
    assert (found[PN].pk, found["9@c.us"].name, Chat.objects.count()) == (chat.pk, "New", 2)
