"""The session, the directory and what an inbox reads: what goes out to WAHA, and what may come back."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from labelapp.whatsapp import waha
from labelapp.whatsapp.errors import ProviderError
from labelapp.whatsapp.types import LabelInfo, LidPair, SessionInfo
from labelapp.whatsapp.waha import Waha
from tests.whatsapp.waha_end import KEY, SESSION, FarEnd, client

ANA, TEAM, HIDDEN = "5511955500001@c.us", "120363000000000001@g.us", "109320000000001@lid"
LEAD_ROW: dict[str, Any] = {"id": "1", "name": "Lead", "color": 0, "colorHex": "#ff9485"}
PAID_ROW: dict[str, Any] = {"id": "2", "name": "Paid", "color": 19, "colorHex": "#9368cf"}
LEAD, PAID = LabelInfo("1", "Lead", 0, "#ff9485"), LabelInfo("2", "Paid", 19, "#9368cf")
AT = datetime(2022, 11, 4, 11, 31, 25, tzinfo=UTC)


def refusal(status: int, message: str) -> httpx.Response:
    return httpx.Response(status, json={"message": message, "error": "x", "statusCode": status})


def taken() -> httpx.Response:
    return refusal(422, "Label with 'Lead' already exists, id: 1")


@pytest.mark.parametrize(
    "base", ["https://waha.example", "https://waha.example/", "https://waha.example/api", "https://waha.example/api/"]
)
def test_the_key_goes_into_a_header_and_the_session_into_the_path(base: str) -> None:
    far_end = FarEnd([LEAD_ROW])
    assert client(far_end, base).labels() == [LEAD]
    request = far_end.requests[0]
    assert str(request.url) == f"https://waha.example/api/{SESSION}/labels"
    assert (request.headers["X-Api-Key"], far_end.body) == (KEY, None)


@pytest.mark.parametrize(
    ("session", "key", "sentence"),
    [
        ("", "k", "The session name may hold"),
        ("..", "k", "The session name may hold"),
        ("a/b", "k", "The session name may hold"),
        ("متجر", "k", "The session name may hold"),
        ("default", "", "The API key must be a text"),
        ("default", "a b", "The API key must be a text"),
    ],
)
def test_what_cannot_be_sent(session: str, key: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=f"^{sentence}.+\\.$"):
        Waha(base_url="https://a.example", instance_id=session, token=key)


SESSION_ROW: dict[str, Any] = {
    "name": SESSION,
    "status": "WORKING",
    "config": {"webhooks": []},
    "me": {"id": ANA, "pushName": "Lumen", "lid": HIDDEN, "jid": "5511955500001:7@s.whatsapp.net"},
    "presence": None,
    "timestamps": {"activity": 1},
}


@pytest.mark.parametrize(
    ("more", "engine"),
    [
        ({"engine": {"engine": "GOWS", "grpc": {}}}, "GOWS"),
        ({"engine": "webjs"}, "WEBJS"),
        ({}, ""),
        ({"engine": []}, ""),
    ],
)
def test_session(more: dict[str, object], engine: str) -> None:
    far_end = FarEnd({**SESSION_ROW, **more})
    assert client(far_end).session() == SessionInfo(SESSION, "WORKING", ANA, "Lumen", HIDDEN, engine)
    assert far_end.line == f"GET /api/sessions/{SESSION}"


def test_a_session_that_nobody_linked() -> None:
    answer = {"name": SESSION, "status": "SCAN_QR_CODE", "me": None, "config": None}
    assert client(FarEnd(answer)).session() == SessionInfo(SESSION, "SCAN_QR_CODE", "", "")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (
            {
                "error": "Session status is not as expected. Try again later or restart the session",
                "session": SESSION,
                "status": "STOPPED",
                "expected": ["WORKING"],
            },
            "Session status is not as expected",
        ),
        ({"error": f'Session "{SESSION}" does not exist', "session": SESSION}, "does not exist"),
    ],
)
def test_a_session_that_is_not_up_is_no_fault_of_the_wish(answer: object, words: str) -> None:
    with pytest.raises(ProviderError, match=words) as caught:
        client(FarEnd(answer, status=422)).add_label(ANA, "1")
    assert (caught.value.permanent, caught.value.asleep, caught.value.status) == (False, True, 422)


def test_a_phone_without_keys_is_permanent_and_readable() -> None:
    words = "error upserting label: no app state keys found, creating app state keys is not yet supported"
    answer = {
        "statusCode": 500,
        "exception": {"message": words, "stack": "at x"},
        "request": {"body": {"name": "Lead"}},
    }
    with pytest.raises(ProviderError) as caught:
        client(FarEnd(answer, status=500)).create_label("Lead", 0)
    assert (caught.value.message, caught.value.permanent, caught.value.keyless) == (words, True, True)


# The directory


def test_one_label_comes_from_the_list() -> None:
    far_end = FarEnd([LEAD_ROW, PAID_ROW])
    assert client(far_end).label("2") == PAID
    assert far_end.line == f"GET /api/{SESSION}/labels"


@pytest.mark.parametrize(("rows", "gone"), [([LEAD_ROW], True), ([], False)])
def test_a_label_that_is_not_listed(rows: list[object], gone: bool) -> None:
    with pytest.raises(ProviderError) as caught:
        client(FarEnd(rows)).label("2")
    assert (caught.value.gone, caught.value.permanent) == (gone, gone)


def test_create_label() -> None:
    far_end = FarEnd(LEAD_ROW, status=201)
    assert client(far_end).create_label("Lead", 0) == LEAD
    assert (far_end.line, far_end.body) == (f"POST /api/{SESSION}/labels", {"name": "Lead", "color": 0})


def test_a_created_label_that_is_not_shown_is_looked_up() -> None:
    assert client(FarEnd(b"", [PAID_ROW, {**LEAD_ROW, "id": "10"}])).create_label("Lead", 0).wa_id == "10"
    with pytest.raises(ProviderError) as caught:
        client(FarEnd(b"", [])).create_label("Lead", 0)
    assert (caught.value.timed_out, caught.value.permanent) == (True, False)


@pytest.mark.parametrize("message", ["Maximum 20 labels allowed", "Label with 'Lead' already exists, id: 3"])
def test_a_label_that_cannot_be_made(message: str) -> None:
    with pytest.raises(ProviderError) as caught:
        client(FarEnd(refusal(422, message))).create_label("Lead", 0)
    assert (caught.value.message, caught.value.permanent) == (message, True)


def test_update_label() -> None:
    far_end = FarEnd(PAID_ROW)
    assert client(far_end).update_label("2", name="Paid", color=19) == PAID
    assert (far_end.line, far_end.body) == (f"PUT /api/{SESSION}/labels/2", {"name": "Paid", "color": 19})


def test_a_label_that_is_gone() -> None:
    for call in (lambda c: c.update_label("9", name="x", color=1), lambda c: c.delete_label("9")):
        with pytest.raises(ProviderError) as caught:
            call(client(FarEnd(refusal(404, "Label not found"))))
        assert caught.value.gone


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    slept: list[float] = []
    monkeypatch.setattr(waha.time, "sleep", slept.append)
    return slept


def test_a_new_colour_alone_takes_the_name_aside_for_a_moment(naps: list[float]) -> None:
    far_end = FarEnd(taken(), [LEAD_ROW], {**LEAD_ROW, "name": "Lead ·"}, taken(), {**LEAD_ROW, "color": 4})
    assert client(far_end).update_label("1", name="Lead", color=4).color == 4
    sent = [bytes(request.content) for request in far_end.requests]
    assert [request.method for request in far_end.requests] == ["PUT", "GET", "PUT", "PUT", "PUT"]
    assert sent[2] == '{"name":"Lead ·","color":4}'.encode()
    assert sent[0] == sent[3] == sent[4] == b'{"name":"Lead","color":4}'
    assert naps == [0.0, 0.5]


def test_a_colour_that_it_has_already_needs_no_detour() -> None:
    far_end = FarEnd(taken(), [LEAD_ROW])
    assert client(far_end).update_label("1", name="Lead", color=0) == LEAD
    assert len(far_end.requests) == 2


@pytest.mark.parametrize("last", [httpx.ReadTimeout("x"), refusal(500, "broken"), taken()])
def test_a_detour_that_ends_half_way_may_have_acted(last: object, naps: list[float]) -> None:
    far_end = FarEnd(taken(), [LEAD_ROW], {**LEAD_ROW, "name": "Lead ·"}, last)
    with pytest.raises(ProviderError) as caught:
        client(far_end).update_label("1", name="Lead", color=4)
    assert (caught.value.timed_out, caught.value.permanent) == (True, False)


def test_the_name_of_another_label_stays_taken() -> None:
    far_end = FarEnd(taken())
    with pytest.raises(ProviderError, match="already exists"):
        client(far_end).update_label("2", name="Lead", color=4)
    assert len(far_end.requests) == 1


def test_delete_label() -> None:
    far_end = FarEnd({"result": True})
    client(far_end).delete_label("7")
    assert (far_end.line, far_end.body) == (f"DELETE /api/{SESSION}/labels/7", None)
    with pytest.raises(ProviderError):
        client(FarEnd({"result": False})).delete_label("7")


# Readings


@pytest.mark.parametrize(
    "rows",
    [
        [{"id": "5511955500001@s.whatsapp.net"}, {"id": HIDDEN}, {"id": TEAM}, {"id": "0@c.us"}],
        [{"id": {"_serialized": ANA}, "name": "Ana"}, {"id": HIDDEN}, {"id": TEAM}, {"id": "1@newsletter"}],
    ],
)
def test_the_chats_of_a_label(rows: list[object]) -> None:
    far_end = FarEnd(rows)
    assert client(far_end).label_chats("7") == [ANA, HIDDEN, TEAM]
    assert far_end.line == f"GET /api/{SESSION}/labels/7/chats"


@pytest.mark.parametrize("broken", [[LEAD_ROW, {}], {"labels": None}, b"", [LEAD_ROW, None]])
@pytest.mark.parametrize("call", [lambda c: c.labels(), lambda c: c.chat_labels(ANA), lambda c: c.label_chats("1")])
def test_a_list_that_cannot_be_read_is_an_error(call: Callable[[Waha], object], broken: object) -> None:
    with pytest.raises(ProviderError):
        call(client(FarEnd(broken)))


def test_chats() -> None:
    message = {"id": f"true_{ANA}_AAAA", "timestamp": 1667561485, "from": ANA, "fromMe": True, "to": None, "body": "Hi"}
    rows = [
        {"id": TEAM, "name": None, "picture": None, "lastMessage": None},
        {"id": ANA, "name": "Ana", "lastMessage": message},
    ]
    far_end = FarEnd(rows)
    ana, team = client(far_end).chats(limit=50, offset=100)
    assert (far_end.line, far_end.query["limit"], far_end.query["offset"], far_end.query["merge"]) == (
        f"GET /api/{SESSION}/chats/overview", "50", "100", "true",
    )  # fmt: skip
    assert (ana.jid, ana.name, team.jid, team.name, team.last_message) == (ANA, "Ana", TEAM, "", None)
    assert ana.last_message is not None
    assert (ana.last_message.at, ana.last_message.from_me, ana.last_message.text) == (AT, True, "Hi")


def test_messages() -> None:
    row = {
        "id": f"false_{ANA}_B",
        "timestamp": 1667561486,
        "from": ANA,
        "fromMe": False,
        "body": "b",
        "hasMedia": False,
    }
    far_end = FarEnd([row, {**row, "id": f"false_{ANA}_A", "timestamp": 1667561485, "body": "a"}])
    assert [message.text for message in client(far_end).messages(ANA, limit=20)] == ["a", "b"]
    assert far_end.line == f"GET /api/{SESSION}/chats/5511955500001%40c.us/messages"
    assert far_end.query == {"limit": "20", "offset": "0", "downloadMedia": "false", "merge": "true"}


def test_lids() -> None:
    far_end = FarEnd([{"lid": HIDDEN, "pn": ANA}, {"lid": "5@lid", "pn": None}])
    assert client(far_end).lids(limit=100, offset=0) == [LidPair(HIDDEN, ANA), LidPair("5@lid", None)]
    assert (far_end.line, far_end.query) == (f"GET /api/{SESSION}/lids", {"limit": "100", "offset": "0"})
