import itertools
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from labelapp.actions.actor import Refused
from labelapp.actions.messages import fetch_messages, mark_read
from labelapp.actions.receiving import receive_messages
from labelapp.models import Change, Chat, ChatLabel, ChatRead, Fact, Instance, Label, Message, User
from labelapp.models.effects import Effect
from labelapp.whatsapp.events import Envelope, MessageSeen
from labelapp.whatsapp.types import MessageInfo
from tests.conftest import MakeChat
from tests.wire import FarSide

NOW = timezone.now().replace(microsecond=0)
ANNA = "201555000001@c.us"
GROUP = "12036302@g.us"


def words(key: str, seconds_ago: int, *, from_me: bool = False, jid: str = ANNA, **more: Any) -> MessageInfo:
    at = NOW - timedelta(seconds=seconds_ago)
    return MessageInfo(key, jid, at, from_me, more.pop("text", f"Text {key}"), **more)


def seen(info: MessageInfo, chat_name: str = "", sender_name: str = "") -> tuple[MessageSeen, datetime]:
    return MessageSeen(Envelope("", "message", None, "", ""), info, chat_name, sender_name), timezone.now()


def receive_message(number: Instance, info: MessageInfo, **names: str) -> bool:
    """Whether it was new."""
    return receive_messages(number, [seen(info, **names)]) == [Effect.CHANGED]


@pytest.mark.parametrize("at_once", [1, 2, 5])
def test_messages_in_any_order_give_the_same_chat(number: Instance, at_once: int) -> None:
    infos = [words("a", 30), words("b", 20, from_me=True), words("c", 10), words("d", 10), words("e", 15)]
    ends = set()
    for order in itertools.permutations(infos):
        Message.objects.all().delete()
        Chat.objects.all().delete()
        for start in range(0, len(order), at_once):
            receive_messages(number, [seen(info) for info in order[start : start + at_once]])
        chat = Chat.objects.get()
        ends.add((chat.last_message_text, chat.last_message_at, chat.last_in_at, chat.last_out_at))
    ago = [NOW - timedelta(seconds=n) for n in (10, 10, 20)]
    assert ends == {("Text d", *ago)}


def test_a_message_is_stored_once(number: Instance) -> None:
    assert [receive_message(number, words("a", 5)) for _twice in range(2)] == [True, False]
    assert (Message.objects.count(), Change.objects.filter(kind="message").count()) == (1, 1)


def test_the_same_id_at_another_number_is_another_message(number: Instance, other_number: Instance) -> None:
    assert receive_message(number, words("a", 5)) is True
    assert receive_message(other_number, words("a", 5)) is True


def test_unanswered_until_our_last_message_is_younger(number: Instance) -> None:
    receive_message(number, words("a", 20))
    receive_message(number, words("b", 10))
    chat = Chat.objects.get()
    assert (chat.is_unanswered, chat.waiting_since) == (True, NOW - timedelta(seconds=10))
    receive_message(number, words("c", 5, from_me=True))
    chat.refresh_from_db()
    assert (chat.is_unanswered, chat.waiting_since, chat.last_message_from_me) == (False, None, True)


def test_a_groups_preview_names_the_sender(number: Instance) -> None:
    receive_message(number, words("a", 5, jid=GROUP, sender="201555000009@c.us"), sender_name="Rui")
    group = Chat.objects.get()
    assert (group.is_group, group.name, group.last_message_sender) == (True, "", "Rui")
    assert Message.objects.get().sender == "Rui"
    receive_message(number, words("b", 1, jid=GROUP, from_me=True))
    group.refresh_from_db()
    assert group.last_message_sender == ""


def test_media_without_words_has_a_kind(number: Instance) -> None:
    receive_message(number, words("a", 5, text="", media="image"))
    chat = Chat.objects.get()
    assert (chat.last_message_text, chat.last_message_media) == ("", "image")


def test_the_time_is_copied_to_the_chips(number: Instance, make_chat: MakeChat, labels: dict[str, Label]) -> None:
    chat = make_chat(jid=ANNA, labels=(labels["VIP"], labels["Paid"]), at=NOW - timedelta(days=1))
    receive_message(number, words("a", 5))
    receive_message(number, words("b", 50))
    assert set(ChatLabel.objects.values_list("last_message_at", flat=True)) == {NOW - timedelta(seconds=5)}
    chat.refresh_from_db()
    assert chat.last_message_at == NOW - timedelta(seconds=5)


def test_a_message_from_the_future_counts_as_now(number: Instance) -> None:
    receive_message(number, words("a", -3600))
    assert Chat.objects.get().last_message_at <= timezone.now()


def test_a_name_is_taken_only_where_there_is_none(number: Instance, make_chat: MakeChat) -> None:
    chat = make_chat(jid=ANNA, name="Anna Costa")
    receive_message(number, words("a", 5), chat_name="~anna")
    chat.refresh_from_db()
    assert chat.name == "Anna Costa"


def test_opening_a_chat_fetches_its_last_messages(number: Instance, make_chat: MakeChat, far: FarSide) -> None:
    chat = make_chat(jid=ANNA, at=NOW - timedelta(days=40))
    old = int((NOW - timedelta(days=35)).timestamp())
    far.messages[ANNA] = [
        {"id": f"false_{ANNA}_A", "timestamp": int(NOW.timestamp()), "fromMe": False, "body": "New", "from": ANNA},
        {"id": f"false_{ANNA}_B", "timestamp": old, "fromMe": False, "body": "Too old to keep", "from": ANNA},
    ]
    for _twice in range(2):
        fetch_messages(chat)
    assert list(Message.objects.values_list("text", flat=True)) == ["New"]
    assert Change.objects.filter(kind="message", chat=chat).count() == 1
    assert far.calls == ["GET /chats/messages"] * 2


def test_rules_hear_of_a_message_that_an_opened_chat_showed_first(
    number: Instance, make_chat: MakeChat, far: FarSide
) -> None:
    """Its event comes a moment later, and is a repeat by then."""
    chat, now = make_chat(jid=ANNA, at=NOW - timedelta(days=1)), timezone.now()
    far.messages[ANNA] = [
        {"id": f"false_{ANNA}_{n}", "timestamp": int((now - ago).timestamp()), "fromMe": False, "body": n, "from": ANNA}
        for n, ago in (("now", timedelta(0)), ("hours ago", timedelta(hours=2)))
    ]
    for _twice in range(2):
        fetch_messages(chat)
    assert receive_message(number, words(f"false_{ANNA}_now", 0)) is False
    assert list(Fact.objects.values_list("kind", "chat", "message__text")) == [("message.in", chat.pk, "now")]


@pytest.mark.parametrize("trouble", [{"down": True}, {"status": 500}, {"status": 401}])
def test_a_provider_that_can_not_be_asked_is_a_sentence(
    number: Instance, make_chat: MakeChat, far: FarSide, trouble: dict[str, Any]
) -> None:
    vars(far).update(trouble)
    with pytest.raises(Refused) as refused:
        fetch_messages(make_chat())
    assert str(refused.value.message).endswith((".", ")", "Said 500", "Said 401"))
    assert "demo-token" not in str(refused.value.message)
    assert refused.value.status in (422, 503)


def test_reading_is_per_person(agent: User, agent2: User, make_chat: MakeChat, far: FarSide) -> None:
    chat = make_chat()
    mark_read(agent, chat)
    mark_read(agent, chat)
    assert list(ChatRead.objects.values_list("user", "chat")) == [(agent.pk, chat.pk)]
    assert far.calls == []  # the customer's ticks stay grey


def test_reading_covers_what_was_there_and_no_later_delivery(
    number: Instance, agent: User, make_chat: MakeChat
) -> None:
    chat = make_chat()
    mark_read(agent, chat)
    assert ChatRead.objects.get(user=agent, chat=chat).at == chat.last_message_at
