from datetime import UTC, datetime

import pytest

from labelapp.whatsapp.messages import chat_of, message_of
from labelapp.whatsapp.types import MessageInfo

ME, ANA, RUI, TEAM = "5215550000001@c.us", "5511955500001@c.us", "5511955500002@c.us", "120363000000000001@g.us"


@pytest.mark.parametrize(
    ("row", "chat"),
    [
        ({"id": f"true_{ANA}_A1", "from": ME, "to": RUI}, ANA),
        ({"id": f"false_{TEAM}_A1_{RUI}", "from": RUI}, TEAM),
        ({"id": {"_serialized": f"true_{ANA}_A1"}, "from": ME}, ANA),
        ({"id": "A1", "chatId": ANA, "from": RUI}, ANA),
        ({"id": "A1", "from": ANA, "to": ME, "fromMe": False}, ANA),
        ({"id": "A1", "from": ANA, "to": None, "fromMe": True}, ANA),  # GOWS, also NOWEB without "to"
        ({"id": "A1", "from": ANA, "fromMe": True}, ANA),
        ({"id": "A1", "from": ME, "to": ANA, "fromMe": True}, ANA),  # WEBJS
        ({"id": "A1", "from": ANA, "to": ME, "fromMe": True}, ANA),
        ({"id": "A1", "from": TEAM, "to": RUI, "participant": RUI, "fromMe": True}, TEAM),  # GOWS, group
        ({"id": "A1", "from": ME, "to": TEAM, "fromMe": True}, TEAM),  # WEBJS, group
        ({"id": "A1"}, ""),
        ({"id": "true_nobody_A1", "from": "me"}, ""),
    ],
)
def test_which_chat(row: dict[str, object], chat: str) -> None:
    assert chat_of(row, ME) == chat


def test_a_whole_message() -> None:
    row = {
        "id": f"true_{ANA}_A1",
        "timestamp": 1700000000,
        "fromMe": True,
        "source": "api",
        "body": "a\0b" + "c" * 5000,
    }
    assert message_of(row) == MessageInfo(
        wa_id=f"true_{ANA}_A1",
        chat_jid=ANA,
        at=datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC),
        from_me=True,
        text="ab" + "c" * 4094,
        source="api",
    )


def test_without_a_chat_there_is_no_message() -> None:
    assert message_of({"id": "A1", "body": "x"}) is None
    assert message_of({"id": "A1", "body": "x"}, chat_jid=ANA) == MessageInfo("A1", ANA, None, False, "x")


@pytest.mark.parametrize(
    ("more", "sender"),
    [
        ({"participant": RUI}, RUI),
        ({"author": RUI}, RUI),
        ({}, RUI),
        ({"participant": RUI, "_data": {"notifyName": "Rui"}}, "Rui"),
        ({"participant": RUI, "_data": {"Info": {"PushName": "Rui"}}}, "Rui"),
        ({"participant": RUI, "_data": {"pushName": "Rui"}}, "Rui"),
        ({"participant": RUI, "pushName": "Rui"}, "Rui"),
        ({"participant": RUI, "fromMe": True}, ""),
    ],
)
def test_who_wrote_in_a_group(more: dict[str, object], sender: str) -> None:
    message = message_of({"id": f"false_{TEAM}_A1_{RUI}", **more})
    assert message is not None
    assert message.sender == sender


def test_digits_at_the_end_of_an_id_are_no_author() -> None:
    message = message_of({"id": f"false_{TEAM}_1234567890"})
    assert message is not None
    assert message.sender == ""


@pytest.mark.parametrize(
    ("more", "media"),
    [
        ({"hasMedia": False, "media": None, "location": None, "vCards": []}, ""),
        ({"hasMedia": True, "media": {"mimetype": "audio/ogg; codecs=opus"}}, "audio"),
        ({"hasMedia": True, "media": {"mimetype": "image/jpeg"}}, "image"),
        ({"hasMedia": True, "media": {"mimetype": "image/webp"}}, "sticker"),
        ({"hasMedia": True, "media": {"mimetype": "application/pdf"}}, "document"),
        ({"hasMedia": True, "media": None}, "document"),
        ({"hasMedia": True, "media": None, "_data": {"type": "ptt"}}, "audio"),
        ({"location": {"latitude": 1}}, "location"),
        ({"vCards": {"0": "BEGIN:VCARD"}}, "contact"),
        ({"type": "chat"}, ""),
    ],
)
def test_media(more: dict[str, object], media: str) -> None:
    message = message_of({"id": f"false_{ANA}_A1", **more})
    assert message is not None
    assert message.media == media


def test_raw_cards_and_thumbnails_are_no_text() -> None:
    rows = [{"vCards": ["x"], "body": "BEGIN:VCARD\nN:Rui"}, {"location": {"latitude": 1}, "body": "/9j/4AAQ"}]
    messages = [message_of({"id": f"false_{ANA}_A1", **row}) for row in rows]
    assert [message and message.text for message in messages] == ["", ""]


@pytest.mark.parametrize(
    ("row", "from_me", "source"),
    [
        ({"fromMe": True, "source": "app"}, True, "app"),
        ({"fromMe": True, "source": "web"}, True, ""),
        ({"fromMe": False, "source": "app"}, False, ""),
        ({"fromMe": "true"}, True, ""),
        ({}, False, ""),
    ],
)
def test_the_flag_wins_over_the_id(row: dict[str, object], from_me: bool, source: str) -> None:
    message = message_of({"id": f"false_{ANA}_A1", **row})
    assert message is not None
    assert (message.from_me, message.source) == (from_me, source)
