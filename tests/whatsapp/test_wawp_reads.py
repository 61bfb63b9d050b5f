"""The lists that Wawp gives: every shape that may come back, and no list taken for an empty one."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from labelapp.whatsapp.errors import ProviderError
from labelapp.whatsapp.types import ChatInfo, LabelInfo, LidPair, MessageInfo
from labelapp.whatsapp.wawp import Wawp
from tests.whatsapp.far_end import INSTANCE, TOKEN, FarEnd, client

ANA, TEAM = "5511955500001@c.us", "120363000000000001@g.us"
CREDENTIALS = {"instance_id": INSTANCE, "access_token": TOKEN}
LEAD_ROW: dict[str, Any] = {"id": "1", "name": "Lead", "color": 0, "colorHex": "#ff9485"}
PAID_ROW: dict[str, Any] = {"id": 31, "name": None, "color": "19"}
LEAD, PAID = LabelInfo("1", "Lead", 0, "#ff9485"), LabelInfo("31", "", 19)
DONE = {"success": True, "message": "Operation completed successfully"}
AT = datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)

READS: list[tuple[Callable[[Wawp], object], str]] = [
    (lambda c: c.labels(), "/v2/labels"),
    (lambda c: c.chat_labels(ANA), "/v2/labels/chats/5511955500001%40c.us"),
    (lambda c: c.label_chats("1"), "/v2/labels/1/chats"),
    (lambda c: c.chats(limit=50, offset=0), "/v2/chats/overview"),
    (lambda c: c.messages(ANA, limit=10), "/v2/chats/messages"),
    (lambda c: c.lids(limit=100, offset=0), "/v2/lids"),
]


def wrapped(rows: list[Any], name: str) -> list[object]:
    """The same rows in every shape that Wawp's pages or WAHA's types suggest."""
    keyed = {str(index): row for index, row in enumerate(rows)}
    return [
        rows,
        keyed,
        {"success": True, "data": rows},
        {"data": keyed},
        {name: rows},
        {"data": {name: rows}},
        {"result": rows},
    ]


@pytest.mark.parametrize(("read", "path"), READS)
def test_where_reads_put_credentials(read: Callable[[Wawp], object], path: str) -> None:
    far_end = FarEnd([])
    assert read(client(far_end)) == []
    assert far_end.line == f"GET {path}"
    assert {key: far_end.query[key] for key in CREDENTIALS} == CREDENTIALS
    assert far_end.body is None


@pytest.mark.parametrize(("read", "path"), READS)
def test_reads_by_header_have_no_credential_in_the_address(read: Callable[[Wawp], object], path: str) -> None:
    far_end = FarEnd([])
    read(client(far_end, read_placement="header"))
    assert not set(CREDENTIALS) & set(far_end.query)
    assert (far_end.requests[0].headers["access-token"], far_end.requests[0].headers["x-instance-id"]) == (
        TOKEN,
        INSTANCE,
    )


@pytest.mark.parametrize(("read", "path"), READS)
@pytest.mark.parametrize(
    "answer", [DONE, {}, None, b"", {"data": None}, {"success": True, "data": {}}, {"id": "1"}, "x", [5]]
)
def test_no_list_is_an_error_and_never_an_empty_list(read: Callable[[Wawp], object], path: str, answer: object) -> None:
    with pytest.raises(ProviderError) as caught:
        read(client(FarEnd(answer)))
    assert (caught.value.permanent, caught.value.unreachable) == (False, False)


@pytest.mark.parametrize("answer", wrapped([LEAD_ROW, PAID_ROW], "labels"))
def test_labels_in_every_shape(answer: object) -> None:
    assert client(FarEnd(answer)).labels() == [LEAD, PAID]
    assert client(FarEnd(answer)).chat_labels(ANA) == [LEAD, PAID]


def test_a_label_that_cannot_be_read_is_not_left_out() -> None:
    with pytest.raises(ProviderError, match="can't be read"):
        client(FarEnd([LEAD_ROW, {"name": "no id"}])).labels()


@pytest.mark.parametrize(
    "rows",
    [
        [{"id": ANA}, {"id": TEAM}],
        [ANA, TEAM],
        [{"id": {"_serialized": ANA}}, {"chatId": TEAM}],
        [
            {"id": "5511955500001:3@s.whatsapp.net", "name": "Ana"},
            {"id": TEAM},
            {"id": ANA},
            {"id": "status@broadcast"},
        ],
    ],
)
def test_label_chats(rows: list[object]) -> None:
    for answer in wrapped(rows, "chats"):
        assert client(FarEnd(answer)).label_chats("1") == [ANA, TEAM]


LAST = {"id": f"true_{ANA}_A1", "body": "Hello!", "timestamp": 1700000000, "fromMe": True}


@pytest.mark.parametrize("last", [LAST, {**LAST, "timestamp": "1700000000000"}])
def test_chats_in_every_shape(last: object) -> None:
    rows = [
        {"id": TEAM, "name": None, "lastMessage": None},
        {"id": ANA, "name": "Ana", "unreadCount": 5, "lastMessage": last},
    ]
    message = MessageInfo(f"true_{ANA}_A1", ANA, AT, True, "Hello!")
    expected = [ChatInfo(ANA, "Ana", message, unread=5), ChatInfo(TEAM, "", None)]
    for answer in wrapped([*rows, {"id": "status@broadcast"}, {"id": None}], "chats"):
        far_end = FarEnd(answer)
        assert client(far_end).chats(limit=50, offset=100) == expected
        assert (far_end.query["limit"], far_end.query["offset"]) == ("50", "100")


def test_a_page_of_channels_only_is_empty() -> None:
    assert client(FarEnd([{"id": "status@broadcast"}])).chats(limit=1, offset=0) == []


def test_a_last_message_without_an_address_belongs_to_its_row() -> None:
    row = {
        "id": ANA,
        "name": "Ana",
        "archived": True,
        "lastMessage": {"id": "ABC123", "body": "x", "timestamp": 1700000000},
    }
    [chat] = client(FarEnd({"0": row})).chats(limit=1, offset=0)
    assert chat == ChatInfo(ANA, "Ana", MessageInfo("ABC123", ANA, AT, False, "x"), archived=True)


def test_messages_come_oldest_first() -> None:
    rows = [{"id": f"false_{ANA}_{n}", "timestamp": 1700000000 + n, "body": str(n)} for n in (2, 1)]
    for answer in wrapped([*rows, {"body": "no id"}], "messages"):
        far_end = FarEnd(answer)
        found = client(far_end).messages("5511955500001:2@s.whatsapp.net", limit=20)
        assert [(message.text, message.chat_jid) for message in found] == [("1", ANA), ("2", ANA)]
        wanted = {"chatId": ANA, "limit": "20", "offset": "0", "downloadMedia": "false"}
        assert far_end.query == {**wanted, **CREDENTIALS}


def test_lids() -> None:
    rows = [{"lid": "700000000000044@lid", "pn": ANA}, {"lid": "700000000000045", "number": None}, {"lid": None}]
    for answer in wrapped(rows, "lids"):
        pairs = client(FarEnd(answer)).lids(limit=10, offset=0)
        assert pairs == [LidPair("700000000000044@lid", ANA), LidPair("700000000000045@lid", None)]
