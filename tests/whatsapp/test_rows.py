import pytest

from labelapp.whatsapp.rows import hook_of, jid_of, label_of, lid_pair_of, session_of, unread_of
from labelapp.whatsapp.types import HookInfo, LabelInfo, LidPair, SessionInfo


@pytest.mark.parametrize(
    ("row", "label"),
    [
        ({"id": "3", "name": "Quoted", "color": 0, "colorHex": "#ff9485"}, LabelInfo("3", "Quoted", 0, "#ff9485")),
        ({"id": 3, "name": "عميل", "color": "14"}, LabelInfo("3", "عميل", 14)),
        ({"labelId": "3", "name": None, "color": "#FF9485"}, LabelInfo("3", "", 0, "#FF9485")),
        ({"id": "3", "name": "Grey", "color": "#DFE5E7"}, LabelInfo("3", "Grey", None, "#DFE5E7")),
        ({"id": "3", "name": "N", "color": 99, "colorHex": "#000000"}, LabelInfo("3", "N", None, "#000000")),
        ({"id": "3", "name": "N", "color": -1}, LabelInfo("3", "N", None)),
        ({"id": "3", "name": "N", "color": None, "colorHex": "#9368CF"}, LabelInfo("3", "N", 19, "#9368CF")),
        ({"id": "3", "name": "a\0b", "color": [], "colorHex": "url(x)"}, LabelInfo("3", "ab", None)),
    ],
)
def test_labels(row: object, label: LabelInfo) -> None:
    assert label_of(row) == label


@pytest.mark.parametrize("row", [None, [], "3", {}, {"id": None}, {"id": ""}, {"id": "9" * 65}, {"id": True}])
def test_no_label(row: object) -> None:
    assert label_of(row) is None


@pytest.mark.parametrize(
    ("value", "jid"),
    [
        ("201001110001@s.whatsapp.net", "201001110001@c.us"),
        ({"id": "700000000000044@lid"}, "700000000000044@lid"),
        ({"id": {"_serialized": "201001110001@c.us", "user": "201001110001"}}, "201001110001@c.us"),
        (201001110001, "201001110001@c.us"),
        ("me", ""),
        (None, ""),
        ({"id": {"id": {}}}, ""),
    ],
)
def test_addresses(value: object, jid: str) -> None:
    assert jid_of(value) == jid


@pytest.mark.parametrize("key", ["_serialized", "id", "jid"])
def test_an_address_is_not_looked_for_without_end(key: str) -> None:
    value: object = "201001110001@c.us"
    for _level in range(5000):
        value = {key: value}
    assert jid_of(value) == ""


def test_session() -> None:
    me = {"id": "5215550000001:7@s.whatsapp.net", "lid": "700000000000001@lid", "pushName": "Lumen"}
    row = {"name": "wawp-10000001", "status": "working", "me": me}
    assert session_of(row) == SessionInfo(
        "wawp-10000001", "WORKING", "5215550000001@c.us", "Lumen", "700000000000001@lid"
    )
    assert session_of({"status": "STOPPED", "me": None}) == SessionInfo("", "STOPPED", "", "")
    assert session_of({"name": "x"}) is None


@pytest.mark.parametrize(
    ("row", "pair"),
    [
        (
            {"lid": "700000000000044@lid", "pn": "201001110001@c.us"},
            LidPair("700000000000044@lid", "201001110001@c.us"),
        ),
        ({"lid": "700000000000044", "number": "201001110001"}, LidPair("700000000000044@lid", "201001110001@c.us")),
        ({"lid": "700000000000044@lid", "pn": None}, LidPair("700000000000044@lid", None)),
        ({"lid": "201001110001@c.us", "pn": None}, None),
        ({"lid": None, "pn": "201001110001@c.us"}, None),
    ],
)
def test_lid_pairs(row: object, pair: LidPair | None) -> None:
    assert lid_pair_of(row) == pair


def test_hooks() -> None:
    row = {"url": "https://a.example/h", "events": {"0": "message"}, "is_active": 0}
    assert hook_of(row) == HookInfo("https://a.example/h", ("message",), False)
    assert hook_of({"url": "https://a.example/h"}) == HookInfo("https://a.example/h", (), True)
    assert hook_of({"events": []}) is None


@pytest.mark.parametrize(
    ("row", "count"),
    [({"unreadCount": 0}, 0), ({"unreadCount": "5"}, 5), ({"_chat": {"unreadCount": 2}}, 2), ({}, None)],
)
def test_unread(row: dict[str, object], count: int | None) -> None:
    assert unread_of(row) == count
