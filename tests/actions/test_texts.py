"""By what chats are found stays true through everything that happens to them, in whatever order."""

import random
from datetime import timedelta
from itertools import count

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from labelapp.actions.addresses import chats_at
from labelapp.actions.identity import learn_hidden_ids
from labelapp.actions.importing import store_chats
from labelapp.actions.messages import archive_chat, fetch_messages
from labelapp.actions.pruning import prune
from labelapp.actions.receiving import receive_messages
from labelapp.actions.texts import write_texts
from labelapp.models import Chat, ChatAlias, ChatText, Instance, Message
from labelapp.models.folded import fold
from labelapp.sqlite.search import INDEXES, mend_index
from labelapp.whatsapp.events import Envelope, MessageSeen
from labelapp.whatsapp.types import ChatInfo, LidPair, MessageInfo
from tests.conftest import MakeChat
from tests.wire import FarSide

NOW = timezone.now().replace(microsecond=0)
ANNA, HIDDEN, GROUP = "201555000001@c.us", "77001@lid", "12036302@g.us"


def words(key: str, days_ago: float, text: str, jid: str = ANNA) -> MessageInfo:
    return MessageInfo(key, jid, NOW - timedelta(days=days_ago), False, text)


def receive(number: Instance, info: MessageInfo, chat_name: str = "", sender_name: str = "") -> None:
    seen = MessageSeen(Envelope("", "message", None, "", ""), info, chat_name, sender_name)
    receive_messages(number, [(seen, timezone.now())])


def text() -> str:
    return ChatText.objects.get().text


def test_a_chat_is_found_by_its_name_and_the_digits_of_its_address(number: Instance) -> None:
    receive(number, words("a", 1, "Hello"), "Ánna  Müller")
    assert (text(), Message.objects.get().search_text) == ("^^anna ^^muller ^^201555000001", "hello")


def test_a_name_that_comes_later_is_found(number: Instance) -> None:
    receive(number, words("a", 2, "Hello"))
    receive(number, words("b", 1, "Again"), "Anna")
    assert text() == "^^anna ^^201555000001"


def test_a_renamed_chat_is_found_by_its_new_name_alone(number: Instance) -> None:
    store_chats(number, [ChatInfo(ANNA, "Anna", None)], NOW)
    store_chats(number, [ChatInfo(ANNA, "Hanna", None)], NOW)
    assert text() == "^^hanna ^^201555000001"


def test_who_writes_in_a_group_is_found_by_name_and_by_number(number: Instance) -> None:
    receive(number, words("a", 2, "One", GROUP), sender_name="Rui Tavares")
    receive(number, MessageInfo("b", GROUP, NOW, False, "Two", sender="201555000009@c.us"))
    assert list(Message.objects.order_by("pk").values_list("search_text", flat=True)) == [
        "rui tavares one",
        "201555000009 two",
    ]


def test_a_preview_is_found_until_a_stored_message_takes_its_place(number: Instance) -> None:
    number.import_stage = Instance.ImportStage.CHATS  # later the messages of the overview are stored
    store_chats(number, [ChatInfo(ANNA, "", words("x", 2, "See the invoice"))], NOW)
    assert text() == "^^201555000001 ^ see the invoice"
    receive(number, words("y", 1, "Thanks"))
    assert (text(), ChatText.objects.get().has_preview) == ("^^201555000001", False)


def test_a_preview_is_found_again_once_its_message_was_pruned(number: Instance) -> None:
    receive(number, words("a", 40, "Long ago"))
    assert (text(), prune(), text()) == ("^^201555000001", 1, "^^201555000001 ^ long ago")


def test_opening_a_chat_stores_its_messages_and_no_preview(number: Instance, far: FarSide) -> None:
    number.import_stage = Instance.ImportStage.CHATS
    store_chats(number, [ChatInfo(ANNA, "", words("x", 1, "Hi"))], NOW)
    at = int((NOW - timedelta(days=1)).timestamp())
    far.messages[ANNA] = [{"id": f"false_{ANNA}_x", "timestamp": at, "from": ANNA, "fromMe": False, "body": "Hi"}]
    fetch_messages(Chat.objects.select_related("instance").get())
    assert (text(), Message.objects.get().search_text) == ("^^201555000001", "hi")


def test_both_addresses_of_a_person_are_found_whenever_that_becomes_known(number: Instance) -> None:
    receive(number, words("a", 1, "Hello"))
    learn_hidden_ids(number, [LidPair(HIDDEN, ANNA)])
    assert text() == "^^201555000001 ^^77001"


def test_merged_chats_are_found_as_one(number: Instance, make_chat: MakeChat) -> None:
    make_chat(jid=HIDDEN, name="Anna", at=NOW)
    make_chat(jid=ANNA, name="Muller")
    learn_hidden_ids(number, [LidPair(HIDDEN, ANNA)])
    assert text() == "^^muller ^^77001 ^^201555000001 ^ hello 1"


def do_something(number: Instance, chance: random.Random, key: str) -> None:
    """One of the things that happen to chats."""
    jids = [f"2015550000{n:02d}@c.us" for n in range(6)] + [f"770{n:02d}@lid" for n in range(6)] + [GROUP]
    jid, name = chance.choice(jids), chance.choice(["", "", "Anna", "هدى"])
    info = words(key, chance.choice([0, 1, 2, 29, 31, 40]), chance.choice(["Hi", "فاتورة", "a b", ""]), jid)
    match chance.randrange(6):
        case 0 | 1:
            receive(number, info, name, chance.choice(["", "Rui"]))
        case 2:
            store_chats(number, [ChatInfo(jid, name, chance.choice([info, None]))], NOW)
        case 3:
            learn_hidden_ids(
                number, [LidPair(f"770{n:02d}@lid", f"2015550000{n:02d}@c.us") for n in [chance.randrange(6)]]
            )
        case 4:
            archive_chat(number, jid, True, at=NOW, event_id=key)
            chats_at(number, {jid: name})
        case _:
            prune()


@pytest.mark.parametrize("seed", range(6))
def test_whatever_happens_texts_stay_those_of_their_chats(number: Instance, seed: int) -> None:
    chance, keys = random.Random(seed), count()  # noqa: S311
    for _ in range(60):
        do_something(number, chance, f"m{next(keys)}")
    kept = dict(ChatText.objects.values_list("chat_id", "text"))
    flags = dict(ChatText.objects.values_list("chat_id", "has_preview"))
    ChatText.objects.all().delete()
    write_texts(Chat.objects.values_list("pk", flat=True))
    assert dict(ChatText.objects.values_list("chat_id", "text")) == kept
    assert dict(ChatText.objects.values_list("chat_id", "has_preview")) == flags
    assert set(ChatAlias.objects.values_list("chat_id", flat=True)) == set(kept)
    for message in Message.objects.all():
        assert message.search_text == fold(f"{message.sender} {message.text}")
    check_index()


def check_index() -> None:
    """SQLite compares its trigrams with the texts; PostgreSQL keeps them itself."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            for index in INDEXES:
                cursor.execute(f"INSERT INTO {index.name}({index.name}, rank) VALUES ('integrity-check', 1)")  # noqa: S608


def test_what_was_written_while_triggers_were_missing_is_found_after_mending(number: Instance) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL has no triggers to lose")
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER message_trigrams_insert")
        receive(number, words("a", 1, "Unheard"))
        cursor.execute("SELECT count(*) FROM message_trigrams WHERE message_trigrams MATCH 'unh'")
        before = cursor.fetchone()[0]
        with pytest.raises(DatabaseError), transaction.atomic():
            check_index()
        mend_index(cursor)
        receive(number, words("b", 1, "Unheard"))
        cursor.execute("SELECT count(*) FROM message_trigrams WHERE message_trigrams MATCH 'unh'")
        assert (before, cursor.fetchone()[0]) == (0, 2)
    check_index()
