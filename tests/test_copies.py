"""The judge of what is stored twice sees each kind of difference."""

from datetime import UTC, datetime

import pytest
from django.db import transaction

from labelapp.models import Chat, ChatLabel, ChatText, Instance, Label, Message
from tests.conftest import MakeChat
from tests.copies import differences

Labels = dict[str, Label]
LATER = datetime(2026, 11, 2, tzinfo=UTC)


@pytest.fixture
def chat(number: Instance, labels: Labels, make_chat: MakeChat) -> Chat:
    chat = make_chat(name="Mariam Haddad", labels=(labels["VIP"],))
    Message.objects.create(instance=number, chat=chat, wa_id="1", at=chat.last_message_at, text="Até já")
    return chat


def test_nothing_differs_in_what_the_product_wrote(chat: Chat) -> None:
    ChatText.objects.filter(chat=chat).update(
        text="^^mariam ^^haddad ^^201000000001"
    )  # the preview is a stored message
    assert differences() == []


def test_a_pair_that_was_not_moved_with_its_chat(chat: Chat) -> None:
    before = chat.last_message_at
    Chat.objects.filter(pk=chat.pk).update(last_message_at=LATER, last_message_text="")
    pair = ChatLabel.objects.get()
    told = f"pair {pair.pk} of chat {chat.pk} says that its last message came {before}, the chat says {LATER}"
    assert differences()[0] == told


def test_a_count_that_is_not_what_chats_carry(chat: Chat, labels: Labels) -> None:
    Label.objects.filter(pk=labels["VIP"].pk).update(chat_count=7)
    assert f"label {labels['VIP'].pk} says that 7 chats carry it, but 1 do" in differences()


def test_a_name_that_was_not_folded_anew(chat: Chat) -> None:
    ChatText.objects.filter(chat=chat).update(text="^^mariam ^^haddad ^^201000000001")
    Chat.objects.filter(pk=chat.pk).update(name="Sara Leal")
    old, new = "^^mariam ^^haddad ^^201000000001", "^^sara ^^leal ^^201000000001"
    assert differences() == [f"chat {chat.pk} is found by {old!r}, and should be by {new!r}"]
    assert ChatText.objects.get(chat=chat).text == old  # only looked at


def test_a_chat_without_a_text(chat: Chat) -> None:
    with transaction.atomic():
        ChatText.objects.all().delete()
    assert [told.partition(",")[0] for told in differences()] == [f"chat {chat.pk} is found by None"]


def test_a_message_whose_folded_words_are_old(chat: Chat) -> None:
    ChatText.objects.filter(chat=chat).update(text="^^mariam ^^haddad ^^201000000001")
    message = Message.objects.get()
    Message.objects.filter(pk=message.pk).update(text="Olá")
    assert differences() == [f"message {message.pk} is found by other words than it says"]
