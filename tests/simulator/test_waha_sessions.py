"""Sessions, their config with hooks, and who is let in, in the WAHA dialect."""

import hashlib
import hmac
from typing import Any

import httpx
import pytest

from tests.simulator.process import SimulatorProcess
from tests.simulator.receiver import Receiver
from tests.simulator.test_hooks import arrived, settled

JID = "15550100001@c.us"
KEY = {"X-Api-Key": "demo-token"}


def server(simulator: SimulatorProcess, method: str, path: str, json: Any = None, **params: Any) -> httpx.Response:
    return simulator.http.request(method, f"/api/{path}", params=params, json=json, headers=KEY)


@pytest.fixture(autouse=True)
def no_hooks(simulator: SimulatorProcess) -> None:
    configure(simulator)


def configure(simulator: SimulatorProcess, *webhooks: dict[str, Any], **config: Any) -> httpx.Response:
    answer = server(simulator, "PUT", "sessions/demo", {"config": config | {"webhooks": list(webhooks)}})
    simulator.wait_for(lambda: simulator.get("/sim/truth")["status"] == "WORKING")
    return answer


@pytest.mark.parametrize("headers", [{}, {"X-Api-Key": "wrong"}, {"Authorization": "Bearer demo-token"}])
def test_without_the_key_nothing(simulator: SimulatorProcess, headers: dict[str, str]) -> None:
    for path in ("demo/labels", "sessions", "sessions/demo", "version"):
        answer = simulator.http.get(f"/api/{path}", headers=headers)
        assert (answer.status_code, answer.json()) == (401, {"message": "Unauthorized", "statusCode": 401})


def test_the_key_is_in_no_log(simulator: SimulatorProcess) -> None:
    simulator.waha("GET", "labels")
    call = simulator.calls()[-1]
    assert (call["path"], call["credentials"], call["status"]) == ("/api/demo/labels", "header", 200)
    assert "demo-token" not in simulator.http.get("/sim/calls").text


def test_a_session_that_is_not_there(simulator: SimulatorProcess) -> None:
    answer = simulator.waha("GET", "labels", session="other")
    told = {"error": 'Session "other" does not exist', "session": "other"}
    assert (answer.status_code, answer.json()) == (422, told)
    missing = server(simulator, "GET", "sessions/other")
    assert (missing.status_code, missing.json()["message"]) == (404, "Session not found")


def test_a_session_that_does_not_work(simulator: SimulatorProcess) -> None:
    simulator.post("/sim/session", {"status": "SCAN_QR_CODE"})
    answer = simulator.waha("GET", "labels")
    assert (answer.status_code, answer.json()) == (
        422,
        {
            "error": "Session status is not as expected. Try again later or restart the session",
            "session": "demo", "status": "SCAN_QR_CODE", "expected": ["WORKING"],
        },
    )  # fmt: skip
    info = server(simulator, "GET", "sessions/demo").json()
    assert (info["status"], info["me"]) == ("SCAN_QR_CODE", None)


def test_a_call_waits_for_a_session_that_is_starting(simulator: SimulatorProcess) -> None:
    answer = server(simulator, "PUT", "sessions/demo", {"config": {}})
    assert (answer.status_code, answer.json()["status"]) == (200, "STARTING")
    assert simulator.waha("GET", "labels").status_code == 200


def test_the_sessions(simulator: SimulatorProcess) -> None:
    simulator.http.post("/sim/reset", params={"instance": "demo2"}, json={"chats": 5})
    info = server(simulator, "GET", "sessions/demo2").json()
    assert {name: info[name] for name in ("name", "status", "me", "engine")} == {
        "name": "demo2",
        "status": "WORKING",
        "me": {"id": "35190000000002@c.us", "lid": "100000000000002@lid", "pushName": "Porto shop"},
        "engine": {"engine": "WEBJS"},
    }
    assert [row["name"] for row in server(simulator, "GET", "sessions").json()] == ["demo", "demo2", "demo3"]
    simulator.post("/sim/session", {"status": "STOPPED"})
    assert [row["name"] for row in server(simulator, "GET", "sessions").json()] == ["demo2", "demo3"]
    assert len(server(simulator, "GET", "sessions", all="true").json()) == 3
    assert server(simulator, "GET", "sessions/demo2/me").json() == info["me"]


def test_the_version(simulator: SimulatorProcess) -> None:
    told = server(simulator, "GET", "version").json()
    assert (told["version"], told["engine"], told["tier"]) == ("2026.7.1", "GOWS", "PLUS")
    assert server(simulator, "GET", "server/version").json() == told


def test_the_config_is_replaced_as_a_whole(simulator: SimulatorProcess) -> None:
    hook = {
        "url": "http://127.0.0.1:9/hook",
        "events": ["label.upsert"],
        "hmac": {"key": "k"},
        "retries": {"delaySeconds": 3, "attempts": 4, "policy": "linear"},
        "customHeaders": [{"name": "X-Mine", "value": "1"}],
    }
    configure(simulator, hook, metadata={"user.id": "5"})
    told = server(simulator, "GET", "sessions/demo").json()["config"]
    assert told == {"metadata": {"user.id": "5"}, "webhooks": [hook]}
    assert simulator.api("GET", "/v2/session/webhook").json()["webhooks"] == []
    configure(simulator)
    assert server(simulator, "GET", "sessions/demo").json()["config"] == {"webhooks": []}


@pytest.mark.parametrize(
    "hook",
    [
        {"url": "http://example.com/", "events": ["*"]},
        {"url": "http://127.0.0.1:9/", "events": []},
        {"url": "http://127.0.0.1:9/", "events": ["*"], "retries": {"policy": "often"}},
        {"url": "http://127.0.0.1:9/", "events": ["*"], "customHeaders": [{"name": "X-Bad", "value": "a\nb"}]},
        {"url": "http://127.0.0.1:9/", "events": ["*"], "hmac": {"key": 5}},
    ],
)
def test_a_bad_config_changes_nothing(simulator: SimulatorProcess, hook: dict[str, Any]) -> None:
    answer = configure(simulator, hook)
    assert (answer.status_code, answer.json()["error"]) == (400, "Bad Request")
    assert server(simulator, "GET", "sessions/demo").json()["config"] == {"webhooks": []}


def test_deliveries_to_a_sessions_hook(simulator: SimulatorProcess, receiver: Receiver) -> None:
    hook = {
        "url": receiver.url, "events": ["label.chat.added"], "hmac": {"key": "secret"},
        "customHeaders": [{"name": "X-Mine", "value": "1"}],
    }  # fmt: skip
    configure(simulator, hook, metadata={"shop": "north"})
    simulator.post("/sim/faults", {"payload_shape": "wawp", "hmac_algorithm": "sha256"})  # Wawp's manners, not WAHA's
    simulator.waha("PUT", f"labels/chats/{JID}", {"labels": [{"id": "7"}]})
    delivery = arrived(simulator, receiver, "label.chat.added")[0]
    headers = delivery.headers
    assert headers["x-webhook-hmac"] == hmac.new(b"secret", delivery.body, hashlib.sha512).hexdigest()
    assert (headers["x-webhook-hmac-algorithm"], headers["x-mine"]) == ("sha512", "1")
    assert (headers["x-webhook-timestamp"], bool(headers["x-webhook-request-id"])) == (
        str(delivery.json["timestamp"]),
        True,
    )
    told = {name: delivery.json[name] for name in ("session", "metadata", "payload")}
    payload = {"labelId": "7", "chatId": JID, "label": None}
    assert told == {"session": "demo", "metadata": {"shop": "north"}, "payload": payload}


def test_only_what_a_hook_is_subscribed_to(simulator: SimulatorProcess, receiver: Receiver) -> None:
    configure(simulator, {"url": receiver.url, "events": ["session.status"]})
    settled(simulator, 0.1)
    simulator.waha("PUT", f"labels/chats/{JID}", {"labels": [{"id": "7"}]})
    settled(simulator)
    assert [one.json["payload"]["status"] for one in receiver.got] == ["STARTING", "WORKING"]


def test_chat_archive_is_for_webjs(simulator: SimulatorProcess, receiver: Receiver) -> None:
    configure(simulator, {"url": receiver.url, "events": ["chat.archive"]})
    jid = simulator.get("/sim/chats")[0]["jid"]
    simulator.post("/sim/phone/archive", {"chat": jid, "archived": True})
    settled(simulator, 0.1)
    assert receiver.got == []
    simulator.post("/sim/profile", {"profile": "WEBJS"})
    simulator.post("/sim/phone/archive", {"chat": jid, "archived": False})
    assert arrived(simulator, receiver, "chat.archive")[0].json["payload"]["id"] == jid


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "sendText"), ("POST", "sendSeen"), ("POST", "startTyping"), ("POST", "demo/presence"),
        ("POST", f"demo/chats/{JID}/messages/read"), ("POST", f"demo/chats/{JID}/unread"), ("PUT", "reaction"),
    ],
)  # fmt: skip
def test_what_must_never_be_asked_is_counted(simulator: SimulatorProcess, method: str, path: str) -> None:
    answer = server(simulator, method, path, {"session": "demo", "chatId": JID})
    assert answer.status_code == 404
    assert simulator.get("/sim/state")["forbidden_calls"] == 1


def test_an_error_of_the_engine_prints_the_request(simulator: SimulatorProcess) -> None:
    simulator.post("/sim/faults", {"status": 500})
    answer = simulator.waha("PUT", f"labels/chats/{JID}", {"labels": [{"id": "7"}]}, why="x")
    told = answer.json()
    assert (answer.status_code, told["statusCode"], told["exception"]["message"]) == (500, 500, "Internal Server Error")
    assert told["request"] == {
        "path": f"/api/demo/labels/chats/{JID}?why=x", "method": "PUT",
        "body": {"labels": [{"id": "7"}]}, "query": {"why": "x"},
    }  # fmt: skip
    simulator.post("/sim/faults", {"status": None, "no_keys": True})
    words = simulator.waha("POST", "labels", {"name": "x", "color": 1}).json()["exception"]["message"]
    assert words.startswith("no app state keys found")


@pytest.mark.parametrize(("content", "status"), [(b"{", 400), (b"[]", 400)])
def test_a_body_that_makes_no_sense(simulator: SimulatorProcess, content: bytes, status: int) -> None:
    answer = simulator.http.post("/api/demo/labels", content=content, headers=KEY)
    assert (answer.status_code, answer.json()["statusCode"]) == (status, status)
