"""Every method: what goes out, and every shape that may come back."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from labelapp.whatsapp.errors import ProviderError
from labelapp.whatsapp.types import HookInfo, LabelInfo, SessionInfo
from labelapp.whatsapp.wawp import Wawp
from tests.whatsapp.far_end import INSTANCE, TOKEN, FarEnd, client

ANA, TEAM = "5511955500001@c.us", "120363000000000001@g.us"
CREDENTIALS = {"instance_id": INSTANCE, "access_token": TOKEN}
LEAD_ROW: dict[str, Any] = {"id": "1", "name": "Lead", "color": 0, "colorHex": "#ff9485"}
PAID_ROW: dict[str, Any] = {"id": 31, "name": None, "color": "19"}
LEAD, PAID = LabelInfo("1", "Lead", 0, "#ff9485"), LabelInfo("31", "", 19)
DONE = {"success": True, "message": "Operation completed successfully"}
AT = datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)


@pytest.mark.parametrize("answer", [LEAD_ROW, {"success": True, "data": LEAD_ROW}, {"label": LEAD_ROW}, [LEAD_ROW]])
def test_label(answer: object) -> None:
    far_end = FarEnd(answer)
    assert client(far_end).label("1") == LEAD
    assert far_end.line == "GET /v2/labels/1"


@pytest.mark.parametrize("answer", [DONE, [], {"id": "1"}, [LEAD_ROW, PAID_ROW]])
def test_no_label(answer: object) -> None:
    with pytest.raises(ProviderError, match="no label"):
        client(FarEnd(answer)).label("1")


@pytest.mark.parametrize(("path", "line"), [("labels", "POST /v2/labels"), ("labels/create", "POST /v2/labels/create")])
def test_create_label(path: str, line: str) -> None:
    far_end = FarEnd({"data": LEAD_ROW}, status=201)
    assert client(far_end, create_path=path).create_label("Lead", 0) == LEAD
    assert (far_end.line, far_end.query) == (line, {})
    assert far_end.body == {"name": "Lead", "color": 0, **CREDENTIALS}


def test_a_created_label_that_is_not_shown_is_looked_up() -> None:
    far_end = FarEnd(DONE, [{"id": "9", "name": "Lead"}, {"id": "10", "name": "Lead"}, {"id": "11", "name": "x"}])
    assert client(far_end).create_label("Lead", 0) == LabelInfo("10", "Lead", None)
    assert [request.method for request in far_end.requests] == ["POST", "GET"]


def test_a_created_label_that_nobody_shows() -> None:
    with pytest.raises(ProviderError) as caught:
        client(FarEnd(DONE, [])).create_label("Lead", 0)
    assert (caught.value.timed_out, caught.value.permanent) == (True, False)


def test_update_label() -> None:
    far_end = FarEnd(LEAD_ROW)
    assert client(far_end).update_label("1", name="Lead", color=0) == LEAD
    assert (far_end.line, far_end.query) == ("PUT /v2/labels/1", {})
    assert far_end.body == {"name": "Lead", "color": 0, **CREDENTIALS}


def test_an_updated_label_that_is_not_shown_is_looked_up() -> None:
    far_end = FarEnd(DONE, [PAID_ROW, LEAD_ROW])
    assert client(far_end).update_label("1", name="Lead", color=0) == LEAD


TAKEN = httpx.Response(422, json={"message": "Label with 'Lead' already exists, id: 1", "statusCode": 422})


def test_a_label_whose_own_name_is_called_taken_is_recoloured_alone() -> None:
    far_end = FarEnd(TAKEN, {**LEAD_ROW, "color": 4})
    assert client(far_end).update_label("1", name="Lead", color=4).color == 4
    assert far_end.body == {"color": 4, **CREDENTIALS}


def test_a_recolouring_that_got_no_answer_may_have_acted() -> None:
    with pytest.raises(ProviderError) as caught:
        client(FarEnd(TAKEN, httpx.ReadTimeout("x"))).update_label("1", name="Lead", color=4)
    assert (caught.value.timed_out, caught.value.permanent) == (True, False)


@pytest.mark.parametrize(("wa_id", "calls"), [("1", 2), ("2", 1)])
def test_a_name_that_is_taken_stays_refused(wa_id: str, calls: int) -> None:
    far_end = FarEnd(TAKEN, httpx.Response(400, json={"message": "name is required"}))
    with pytest.raises(ProviderError) as caught:
        client(far_end).update_label(wa_id, name="Lead", color=4)
    assert (caught.value.message, caught.value.permanent) == ("Label with 'Lead' already exists, id: 1", True)
    assert len(far_end.requests) == calls


@pytest.mark.parametrize(
    ("path", "line"), [("labels/{id}", "DELETE /v2/labels/7"), ("labels/{id}/delete", "DELETE /v2/labels/7/delete")]
)
def test_delete_label(path: str, line: str) -> None:
    far_end = FarEnd({"result": True})
    client(far_end, delete_path=path).delete_label("7")
    assert (far_end.line, far_end.query, far_end.body) == (line, {}, CREDENTIALS)


SUBJECT = {"id": "7", "labelId": "7", "chatId": ANA}
WRITES: list[tuple[Callable[[Wawp], None], str]] = [
    (lambda c: c.add_label(ANA, "7"), "PUT /v2/labels/7/chats/5511955500001%40c.us"),
    (lambda c: c.remove_label(ANA, "7"), "DELETE /v2/labels/7/chats/5511955500001%40c.us"),
]


@pytest.mark.parametrize(("write", "line"), WRITES)
@pytest.mark.parametrize("answer", [DONE, b"", {}, True, "", {"data": []}])
def test_link_and_unlink_as_on_the_customers_page(write: Callable[[Wawp], None], line: str, answer: object) -> None:
    far_end = FarEnd(answer)
    write(client(far_end))
    assert (far_end.line, far_end.query) == (line, {})
    assert far_end.body == {**SUBJECT, **CREDENTIALS}
    assert "access-token" not in far_end.requests[0].headers
    assert far_end.requests[0].headers["content-type"] == "application/json"


@pytest.mark.parametrize(("write", "line"), WRITES)
def test_link_and_unlink_by_query(write: Callable[[Wawp], None], line: str) -> None:
    far_end = FarEnd(DONE)
    write(client(far_end, write_placement="query"))
    assert (far_end.line, far_end.query, far_end.body) == (line, {**SUBJECT, **CREDENTIALS}, None)


@pytest.mark.parametrize(("write", "line"), WRITES)
def test_link_and_unlink_by_header(write: Callable[[Wawp], None], line: str) -> None:
    far_end = FarEnd(DONE)
    write(client(far_end, write_placement="header"))
    assert (far_end.line, far_end.query, far_end.body) == (line, {}, SUBJECT)
    assert (far_end.requests[0].headers["access-token"], far_end.requests[0].headers["x-instance-id"]) == (
        TOKEN,
        INSTANCE,
    )


@pytest.mark.parametrize(("write", "line"), WRITES)
@pytest.mark.parametrize(
    "answer", [{"success": False, "message": "no"}, {"status": "error", "message": "no"}, b"<p>no</p>"]
)
def test_a_good_status_that_says_no(write: Callable[[Wawp], None], line: str, answer: object) -> None:
    with pytest.raises(ProviderError, match=r"^no$"):
        write(client(FarEnd(answer)))


@pytest.mark.parametrize("wa_id", ["", "chats", "../x", "a b", "1/2", "9" * 65, ".", "١"])
def test_odd_label_ids_never_reach_an_address(wa_id: str) -> None:
    far_end = FarEnd(DONE)
    with pytest.raises(ProviderError) as caught:
        client(far_end).add_label(ANA, wa_id)
    assert caught.value.permanent
    assert far_end.requests == []


@pytest.mark.parametrize("jid", ["", "me", "x/../y@c.us", "a b@c.us"])
def test_odd_chat_ids_never_reach_an_address(jid: str) -> None:
    far_end = FarEnd(DONE)
    for call in (lambda c: c.add_label(jid, "1"), lambda c: c.messages(jid, limit=1), lambda c: c.chat_labels(jid)):
        with pytest.raises(ProviderError, match="not a chat address"):
            call(client(far_end))
    assert far_end.requests == []


def refusal() -> httpx.Response:
    return httpx.Response(401, json={"message": "Invalid or Missing Access Token"})


@pytest.mark.parametrize(("refusals", "placement"), [(0, "body"), (1, "query"), (2, "header")])
def test_probe_placement(refusals: int, placement: str) -> None:
    far_end = FarEnd(*[refusal() for _ in range(refusals)], DONE)
    assert client(far_end).probe_placement(ANA, "7") == placement
    assert far_end.line == "PUT /v2/labels/7/chats/5511955500001%40c.us"
    assert len(far_end.requests) == refusals + 1


def test_probe_placement_that_finds_none() -> None:
    far_end = FarEnd(refusal(), refusal(), httpx.Response(403, json={"message": "the last"}))
    with pytest.raises(ProviderError, match="the last") as caught:
        client(far_end).probe_placement(ANA, "7")
    assert caught.value.refused


@pytest.mark.parametrize("answer", [httpx.ConnectError("x"), httpx.Response(429)])
def test_probe_placement_stops_at_what_is_no_refusal(answer: object) -> None:
    far_end = FarEnd(answer, DONE)
    with pytest.raises(ProviderError):
        client(far_end).probe_placement(ANA, "7")
    assert len(far_end.requests) == 1


SESSION_ROW = {
    "name": "wawp-10000001",
    "status": "WORKING",
    "config": {"webhooks": {}},
    "me": {"id": ANA, "pushName": "Lumen"},
}


@pytest.mark.parametrize(
    "answer",
    [
        SESSION_ROW,
        {"success": True, "data": SESSION_ROW},
        {"status": "success", "data": SESSION_ROW},
        {"session": SESSION_ROW},
    ],
)
def test_session(answer: object) -> None:
    far_end = FarEnd(answer)
    assert client(far_end).session() == SessionInfo("wawp-10000001", "WORKING", ANA, "Lumen")
    assert (far_end.line, far_end.query, far_end.body) == ("POST /v2/session/info", {}, CREDENTIALS)


def test_session_by_get() -> None:
    far_end = FarEnd(SESSION_ROW)
    client(far_end, session_method="GET").session()
    assert (far_end.line, far_end.query) == ("GET /v2/session/info", CREDENTIALS)


@pytest.mark.parametrize("answer", [DONE, [], b""])
def test_no_session(answer: object) -> None:
    with pytest.raises(ProviderError, match="no session"):
        client(FarEnd(answer)).session()


HOOK_ROW = {"url": "https://a.example/h", "events": ["message"], "is_active": 1}


@pytest.mark.parametrize(
    "answer", [{"webhooks": [HOOK_ROW], "systemConfig": {}}, {"data": {"webhooks": {"0": HOOK_ROW}}}, [HOOK_ROW]]
)
def test_hooks(answer: object) -> None:
    far_end = FarEnd(answer)
    assert client(far_end).hooks() == [HookInfo("https://a.example/h", ("message",), True)]
    assert far_end.line == "GET /v2/session/webhook"


@pytest.mark.parametrize("answer", [{"webhooks": {}}, {"data": {"webhooks": []}}, []])
def test_no_hooks(answer: object) -> None:
    assert client(FarEnd(answer)).hooks() == []


def test_register_hook() -> None:
    far_end = FarEnd(DONE)
    client(far_end).register_hook("https://a.example/h", ("message", "label.upsert"), "")
    expected = {"url": "https://a.example/h", "events": ["message", "label.upsert"], "is_active": 1}
    assert (far_end.line, far_end.query, far_end.body) == ("POST /v2/webhook/set", {}, {**expected, **CREDENTIALS})
    client(far_end).register_hook("https://a.example/h", (), "k3y")
    assert far_end.body["hmac"] == "k3y"


@pytest.mark.parametrize(
    ("base", "address"),
    [
        ("https://api.wawp.example", "https://api.wawp.example/v2/labels"),
        ("https://api.wawp.example/v2/", "https://api.wawp.example/v2/labels"),
        ("https://proxy.example/wawp", "https://proxy.example/wawp/v2/labels"),
        ("https://wawp.example/wp-json/awp/v1", "https://wawp.example/wp-json/awp/v1/labels"),
    ],
)
def test_the_version_is_part_of_the_base(base: str, address: str) -> None:
    far_end = FarEnd([])
    Wawp(base_url=base, instance_id="i", token="t", transport=httpx.MockTransport(far_end)).labels()
    assert str(far_end.requests[0].url.copy_with(query=None)) == address


@pytest.mark.parametrize(
    ("instance_id", "token"), [("", "t"), ("i", ""), ("i", "a b"), ("i", "clé"), ("i\n", "a\nb"), ("i", "a\0")]
)
def test_credentials_that_cannot_be_sent(instance_id: str, token: str) -> None:
    with pytest.raises(ValueError, match="must be a text without spaces") as caught:
        Wawp(base_url="https://a.example", instance_id=instance_id, token=token)
    assert str(caught.value).endswith("without spaces or special letters.")


def test_a_closed_client_sends_nothing() -> None:
    far_end = FarEnd([])
    with client(far_end) as wawp:
        wawp.labels()
    with pytest.raises(RuntimeError):
        wawp.labels()
    assert len(far_end.requests) == 1
