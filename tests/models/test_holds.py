"""A label comes to its end between the changes of chats that carry it, never in the middle of one."""

import threading

import pytest
from django.db import connection, transaction
from django.utils import timezone

from labelapp.actions.directory import remove_label
from labelapp.actions.pairs import lock_chat
from labelapp.models import ChatLabel, Label
from tests.conftest import MakeChat
from tests.posted import show


@pytest.mark.django_db(transaction=True)
def test_a_chat_that_takes_up_a_label_while_it_ends_has_it_no_more(
    make_chat: MakeChat, labels: dict[str, Label]
) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time")
    chat, vip = make_chat(), labels["VIP"]

    def end() -> None:
        with transaction.atomic():
            remove_label(vip, timezone.now())
        connection.close()

    other = threading.Thread(target=end)
    with transaction.atomic():
        lock_chat(chat.pk)
        other.start()
        other.join(0.5)
        assert other.is_alive()  # it waits
        show(chat, vip)
    other.join(20)
    assert not other.is_alive()
    pair = ChatLabel.objects.get(chat=chat, label=vip)
    assert (pair.wanted, pair.remote) == (False, False)


@pytest.mark.django_db(transaction=True)
def test_chats_change_side_by_side(make_chat: MakeChat, labels: dict[str, Label]) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time")
    one, two = make_chat(), make_chat()

    def change() -> None:
        with transaction.atomic():
            show(two, labels["Paid"])
        connection.close()

    other = threading.Thread(target=change)
    with transaction.atomic():
        show(one, labels["VIP"])
        other.start()
        other.join(20)
        assert not other.is_alive()
