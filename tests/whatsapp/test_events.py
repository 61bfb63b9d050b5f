import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from labelapp.whatsapp.events import (
    BadDelivery,
    ChatArchived,
    ChatLabelChanged,
    Envelope,
    Event,
    Ignored,
    LabelDeleted,
    LabelUpserted,
    MessageSeen,
    SessionChanged,
    dedupe_key,
    parse,
)
from labelapp.whatsapp.types import LabelInfo, MessageInfo

FIXTURES = Path(__file__).parent.parent / "fixtures" / "whatsapp"
ME, ANA, TEAM = "5215550000001@c.us", "5511955500001@c.us", "120363000000000001@g.us"
SENT = datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
WRITTEN = SENT - timedelta(seconds=1)


def body_of(name: str) -> bytes:
    return (FIXTURES / f"{name}.json").read_bytes()


def only(body: bytes) -> Event:
    [event] = parse(body)
    return event


def delivery(kind: str, payload: object, **more: object) -> bytes:
    return json.dumps({"id": "evt_1", "event": kind, "payload": payload, **more}).encode()


def envelope(kind: str, shape: str) -> Envelope:
    number, at, session = {
        "wawp": (1, SENT + timedelta(milliseconds=123), "wawp-10000001"),
        "waha": (2, SENT + timedelta(milliseconds=456), "default"),
    }[shape]
    return Envelope(f"evt_01jd000000000000000000000{number}", kind, at, session, ME)


@pytest.mark.parametrize(
    ("shape", "label"),
    [
        ("wawp", LabelInfo("7", "Orçamento 📐", None, "#DFE5E7")),
        ("waha", LabelInfo("7", "Orçamento 📐", 12, "#93ceac")),
    ],
)
def test_label_upsert(shape: str, label: LabelInfo) -> None:
    assert only(body_of(f"{shape}-label.upsert")) == LabelUpserted(envelope("label.upsert", shape), label)


@pytest.mark.parametrize("shape", ["wawp", "waha"])
def test_label_deleted(shape: str) -> None:
    assert only(body_of(f"{shape}-label.deleted")) == LabelDeleted(envelope("label.deleted", shape), "7")


@pytest.mark.parametrize("shape", ["wawp", "waha"])
@pytest.mark.parametrize(("kind", "on"), [("label.chat.added", True), ("label.chat.deleted", False)])
def test_chat_label(shape: str, kind: str, on: bool) -> None:
    assert only(body_of(f"{shape}-{kind}")) == ChatLabelChanged(envelope(kind, shape), ANA, "7", on, None)


def test_chat_label_with_the_label_in_it() -> None:
    label = LabelInfo("7", "مؤجل", 0, "#ff9485")
    expected = ChatLabelChanged(envelope("label.chat.added", "waha"), TEAM, "7", True, label)
    assert only(body_of("waha-label.chat.added.noweb")) == expected


@pytest.mark.parametrize(("shape", "status"), [("wawp", "STOPPED"), ("waha", "WORKING")])
def test_session_status(shape: str, status: str) -> None:
    assert only(body_of(f"{shape}-session.status")) == SessionChanged(envelope("session.status", shape), status, ME)


def test_session_status_of_the_first_version() -> None:
    expected = Envelope("", "session.status", SENT, "10000001", "")
    assert only(body_of("wawp-session.status.v1")) == SessionChanged(expected, "SCAN_QR_CODE", "")


@pytest.mark.parametrize(("shape", "archived"), [("wawp", True), ("waha", False)])
def test_chat_archive(shape: str, archived: bool) -> None:
    assert only(body_of(f"{shape}-chat.archive")) == ChatArchived(envelope("chat.archive", shape), ANA, archived)


def seen(name: str) -> MessageSeen:
    event = only(body_of(name))
    assert isinstance(event, MessageSeen)
    return event


def test_message_of_wawps_page() -> None:
    event = seen("wawp-message")
    wa_id = "false_5511955500001@c.us_3A0000000000000000A1"
    message = MessageInfo(wa_id, ANA, WRITTEN, True, "Segue o orçamento", source="api", media="audio")
    assert event == MessageSeen(envelope("message", "wawp"), message, "", "")


@pytest.mark.parametrize(
    ("name", "chat", "from_me", "text", "sender", "names"),
    [
        ("gows.direct-fromme", ANA, True, "combinado", "", ("", "")),
        ("gows.direct-lid", "700000000000044@lid", False, "oi", "", ("Inês", "Inês")),
        ("gows.group", TEAM, False, "bom dia", "Caio", ("", "Caio")),
        ("noweb.direct-fromme", ANA, True, "ok", "", ("", "")),
        ("noweb.group", TEAM, False, "", "5511955500002@c.us", ("", "")),
        ("webjs.direct-fromme", ANA, True, "obrigado", "", ("", "")),
        ("webjs.direct", ANA, False, "valeu", "", ("Rui", "Rui")),
    ],
)
def test_message_of_each_engine(
    name: str, chat: str, from_me: bool, text: str, sender: str, names: tuple[str, str]
) -> None:
    event = seen(f"waha-message.{name}")
    message = event.message
    assert (message.chat_jid, message.from_me, message.text, message.sender) == (chat, from_me, text, sender)
    assert (event.chat_name, event.sender_name) == names
    assert message.at == WRITTEN


def test_media_without_details() -> None:
    assert seen("waha-message.noweb.group").message.media == "document"


def test_a_message_without_a_time_takes_the_deliverys() -> None:
    event = only(delivery("message", {"id": f"false_{ANA}_A1", "body": "x"}, timestamp=1700000000000))
    assert isinstance(event, MessageSeen)
    assert event.message.at == SENT


@pytest.mark.parametrize("stamp", [1700000000, "1700000000", 1700000000000, 1700000000000000])
def test_envelope_time_in_any_unit(stamp: object) -> None:
    assert only(delivery("x", {}, timestamp=stamp)).envelope.at == SENT


@pytest.mark.parametrize("stamp", [None, "", 5, -5, 10**30, 99999999999999, True, [], "soon"])
def test_envelope_time_that_cannot_be(stamp: object) -> None:
    assert only(delivery("x", {}, timestamp=stamp)).envelope.at is None


@pytest.mark.parametrize(
    ("payload", "label"),
    [
        ({"id": 7, "name": "a", "color": "3"}, LabelInfo("7", "a", 3)),
        ({"label": {"id": 7, "name": "a", "color": 19}}, LabelInfo("7", "a", 19)),
        ({"label": {"id": "7", "name": "a\0b", "color": -1}}, LabelInfo("7", "ab", None)),
        ({"id": "7", "name": "n" * 300, "color": 3.0}, LabelInfo("7", "n" * 200, 3)),
        ({"id": "7"}, LabelInfo("7", "", None)),
    ],
)
def test_tolerated_labels(payload: dict[str, Any], label: LabelInfo) -> None:
    event = only(delivery("label.upsert", payload))
    assert isinstance(event, LabelUpserted)
    assert event.label == label


@pytest.mark.parametrize(
    ("kind", "payload", "reason"),
    [
        ("presence.update", {"id": ANA}, "unknown kind"),
        ("message.ack", {"id": f"true_{ANA}_A1"}, "unknown kind"),
        ("", {}, "unknown kind"),
        (None, None, "unknown kind"),
        ("label.upsert", {"name": "x"}, "no label id"),
        ("label.upsert", None, "no label id"),
        ("label.deleted", {"label": None}, "no label id"),
        ("label.chat.added", {"chatId": ANA}, "no label id"),
        ("label.chat.added", {"chatId": "me", "labelId": "1"}, "no such chat"),
        ("label.chat.added", {"chatId": "120363000000000009@newsletter", "labelId": "1"}, "no such chat"),
        ("label.chat.deleted", {"labelId": "1"}, "no such chat"),
        ("message", {"id": "false_status@broadcast_A1_5511955500001@c.us"}, "no such chat"),
        ("message", {"id": "false_120363000000000009@newsletter_A1"}, "no such chat"),
        ("message", {"id": "A1", "from": "1700000001@broadcast"}, "no such chat"),
        ("message", {"from": ANA, "body": "x"}, "no message id"),
        ("message", [], "no such chat"),
        ("session.status", {"name": "x"}, "no status"),
        ("chat.archive", {"id": ANA}, "no archived flag"),
        ("chat.archive", {"archived": True}, "no such chat"),
    ],
)
def test_ignored(kind: object, payload: object, reason: str) -> None:
    event = only(json.dumps({"id": "evt_1", "event": kind, "payload": payload}).encode())
    assert isinstance(event, Ignored)
    assert event.reason == reason
    assert event.envelope.id == "evt_1"


def test_device_suffixes_go() -> None:
    event = only(delivery("label.chat.added", {"chatId": "5511955500001:7@s.whatsapp.net", "labelId": 1}))
    assert isinstance(event, ChatLabelChanged)
    assert (event.jid, event.wa_id) == (ANA, "1")


def test_arrays_and_json_in_a_text() -> None:
    first, second = body_of("wawp-label.deleted"), body_of("waha-label.upsert")
    both = parse(first) + parse(second)
    array = b"[" + first + b"," + second + b"]"
    assert parse(array) == both
    assert parse(json.dumps(array.decode()).encode()) == both
    assert parse(b"[]") == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"5",
        b'"hello"',
        b"[1]",
        b'[{"event":"x"}, null]',
        b"not json",
        b'{"event": "x", "payload": NaN}',
        b'{"timestamp": ' + b"9" * 5000 + b"}",
        b'{"a":' * 100_000,
        b"\xff\xfe\x00",
        json.dumps(json.dumps(json.dumps({"event": "x"}))).encode(),
    ],
)
def test_bad_deliveries(body: bytes) -> None:
    with pytest.raises(BadDelivery) as caught:
        parse(body)
    assert caught.value.__context__ is None
    assert dedupe_key(body, {}) is None


def test_dedupe_key() -> None:
    request = {"X-Webhook-Request-Id": "402wey7ml0vjv9s"}
    assert dedupe_key(body_of("wawp-message"), request) == "evt_01jd0000000000000000000001"
    assert dedupe_key(delivery("x", {}, id=None), request) == "402wey7ml0vjv9s"
    assert dedupe_key(b"not json", {"x-webhook-request-id": "abc"}) == "abc"
    assert dedupe_key(delivery("x", {}, id="e" * 65), {}) is None
    assert dedupe_key(body_of("wawp-session.status.v1"), {}) is None


def test_several_events_in_one_body_share_no_id() -> None:
    one = delivery("x", {})
    assert dedupe_key(b"[" + one + b"]", {}) == "evt_1"
    assert dedupe_key(b"[" + one + b"," + one + b"]", {}) is None
