"""Registration of hooks, and what arrives at them."""

import hashlib
import hmac
import re
import time
from typing import Any

import pytest

from tests.simulator.process import SimulatorProcess
from tests.simulator.receiver import Received, Receiver

SUCCESS = {"success": True, "message": "Operation completed successfully"}
JID = "15550100001@c.us"


def arrived(simulator: SimulatorProcess, hook: Receiver, name: str, count: int = 1) -> list[Received]:
    simulator.wait_for(lambda: len(hook.named(name)) >= count)
    return hook.named(name)


def settled(simulator: SimulatorProcess, seconds: float = 0.4) -> None:
    """Long enough for an echo to go out, and nothing on its way."""
    time.sleep(seconds)
    simulator.wait_for(lambda: simulator.get("/sim/state")["deliveries"]["waiting"] == 0)


def test_the_envelope_is_wahas(simulator: SimulatorProcess, hook: Receiver) -> None:
    simulator.api("PUT", f"/v2/labels/7/chats/{JID}")
    delivery = arrived(simulator, hook, "label.chat.added")[0]
    body = delivery.json
    assert re.fullmatch(r"evt_[0-9a-hjkmnp-tv-z]{26}", body.pop("id"))
    assert abs(body["timestamp"] / 1000 - time.time()) < 10
    assert delivery.headers["x-webhook-timestamp"] == str(body.pop("timestamp"))
    assert body == {
        "event": "label.chat.added",
        "session": "wawp-demo",
        "metadata": {},
        "me": {"id": "201000000000@c.us", "lid": "100000000000001@lid", "pushName": "Nile & Douro"},
        "payload": {"labelId": "7", "chatId": JID, "label": None},
        "engine": "GOWS",
        "environment": {"version": "2026.7.1", "engine": "GOWS", "tier": "PLUS", "browser": None},
    }


@pytest.mark.parametrize(("algorithm", "digest"), [("sha512", hashlib.sha512), ("sha256", hashlib.sha256)])
def test_the_signature_is_over_the_bytes(
    simulator: SimulatorProcess, hook: Receiver, algorithm: str, digest: Any
) -> None:
    simulator.post("/sim/faults", {"hmac_algorithm": algorithm})
    simulator.api("PUT", f"/v2/labels/8/chats/{JID}")
    delivery = arrived(simulator, hook, "label.chat.added")[0]
    assert delivery.headers["x-webhook-hmac"] == hmac.new(b"a-key", delivery.body, digest).hexdigest()
    assert delivery.headers["x-webhook-hmac-algorithm"] == algorithm
    assert delivery.headers["content-type"] == "application/json"


def test_without_a_key_there_is_no_signature(simulator: SimulatorProcess, receiver: Receiver) -> None:
    simulator.api("POST", "/v2/webhook/set", {"url": receiver.url, "events": ["label.chat.added"]})
    simulator.api("PUT", f"/v2/labels/7/chats/{JID}")
    assert "x-webhook-hmac" not in arrived(simulator, receiver, "label.chat.added")[0].headers


WAHA = {
    "label.upsert": {"id": "15", "name": "New", "color": 14, "colorHex": "#00a0f2"},
    "label.chat.added": {"labelId": "15", "chatId": JID, "label": None},
    "label.chat.deleted": {"labelId": "15", "chatId": JID, "label": None},
    "label.deleted": {"id": "15", "name": "", "color": 14, "colorHex": "#00a0f2"},
}
WAWP = {
    "label.upsert": {"label": {"id": "15", "name": "New", "color": "#00A0F2"}},
    "label.chat.added": {"chatId": JID, "labelId": "15"},
    "label.chat.deleted": {"chatId": JID, "labelId": "15"},
    "label.deleted": {"labelId": "15"},
}


@pytest.mark.parametrize(("shape", "payloads"), [("waha", WAHA), ("wawp", WAWP)])
def test_label_payloads(simulator: SimulatorProcess, hook: Receiver, shape: str, payloads: dict[str, Any]) -> None:
    simulator.post("/sim/faults", {"payload_shape": shape})
    simulator.api("POST", "/v2/labels", {"name": "New", "color": 14})
    simulator.api("PUT", f"/v2/labels/15/chats/{JID}")
    simulator.api("DELETE", f"/v2/labels/15/chats/{JID}")
    simulator.api("DELETE", "/v2/labels/15")
    arrived(simulator, hook, "label.deleted")
    settled(simulator, 0)
    assert {one.json["event"]: one.json["payload"] for one in hook.got} == payloads


def test_the_keys_of_wawps_envelope(simulator: SimulatorProcess, hook: Receiver) -> None:
    simulator.post("/sim/faults", {"payload_shape": "wawp"})
    simulator.post("/sim/session", {"status": "STOPPED"})
    body = arrived(simulator, hook, "session.status")[0].json
    assert list(body) == ["id", "timestamp", "session", "metadata", "engine", "event", "payload", "me"]
    assert body["payload"] == {"name": "wawp-demo", "status": "STOPPED"}


def test_session_status_and_archive(simulator: SimulatorProcess, hook: Receiver) -> None:
    jid = simulator.get("/sim/chats")[0]["jid"]
    simulator.post("/sim/session", {"status": "FAILED"})
    simulator.post("/sim/phone/archive", {"chat": jid, "archived": True})
    status = arrived(simulator, hook, "session.status")[0].json["payload"]
    assert [one["status"] for one in status["statuses"]] == ["STARTING", "WORKING", "FAILED"]
    archived = arrived(simulator, hook, "chat.archive")[0].json["payload"]
    assert (archived["id"], archived["archived"]) == (jid, True)


def test_an_incoming_message_is_two_events_and_our_own_is_one(simulator: SimulatorProcess, hook: Receiver) -> None:
    jid = next(chat["jid"] for chat in simulator.get("/sim/chats") if chat["kind"] == "person")
    simulator.post("/sim/phone/message", {"chat": jid, "text": "hi"})
    simulator.post("/sim/phone/message", {"chat": jid, "text": "ok", "from_me": True})
    both = arrived(simulator, hook, "message.any", 2)
    incoming = arrived(simulator, hook, "message")
    assert [one.json["payload"]["body"] for one in incoming] == ["hi"]
    hi = next(one for one in both if one.json["payload"]["body"] == "hi")
    ok = next(one.json["payload"] for one in both if one.json["payload"]["body"] == "ok")
    assert hi.json["payload"] == incoming[0].json["payload"]
    assert hi.json["id"] != incoming[0].json["id"]
    assert (ok["from"], ok["to"], ok["fromMe"], ok["source"]) == (jid, None, True, "app")
    assert ok["id"].startswith(f"true_{jid}_3EB0")


def test_a_deleted_label_tells_of_no_chat(simulator: SimulatorProcess, hook: Receiver) -> None:
    assert simulator.api("GET", "/v2/labels/1/chats").json() != []
    simulator.delete("/sim/phone/labels/1")
    arrived(simulator, hook, "label.deleted")
    settled(simulator, 0.1)
    assert [one.json["event"] for one in hook.got] == ["label.deleted"]


def test_a_refused_delivery_comes_again_with_the_same_bytes(simulator: SimulatorProcess, hook: Receiver) -> None:
    hook.answers = [500, 404]
    simulator.post("/sim/session", {"status": "WORKING"})
    tries = arrived(simulator, hook, "session.status", 3)
    settled(simulator, 0)
    assert len({one.body for one in tries}) == 1
    assert len({tuple(sorted(one.headers.items())) for one in tries}) == 1
    assert simulator.get("/sim/state")["deliveries"]["sent"] >= 1


def test_attempts_end(simulator: SimulatorProcess, hook: Receiver) -> None:
    failed = simulator.get("/sim/state")["deliveries"]["failed"]
    hook.answers = [500] * 10
    simulator.post("/sim/session", {"status": "WORKING"})
    simulator.wait_for(lambda: simulator.get("/sim/state")["deliveries"]["failed"] == failed + 1)
    assert len(hook.got) == 4  # once, and three repeats


@pytest.mark.parametrize("echo", ["after", "before", "none"])
def test_the_echo_of_a_change_by_api(simulator: SimulatorProcess, hook: Receiver, echo: str) -> None:
    simulator.post("/sim/faults", {"echo": echo})
    simulator.api("PUT", f"/v2/labels/7/chats/{JID}")
    came = len(hook.got)
    settled(simulator)
    assert (came, len(hook.got)) == {"after": (0, 1), "before": (1, 1), "none": (0, 0)}[echo]


def test_only_what_is_subscribed_and_active(simulator: SimulatorProcess, receiver: Receiver) -> None:
    simulator.api("POST", "/v2/webhook/set", {"url": receiver.url, "events": ["label.deleted"]})
    simulator.post("/sim/phone/labels", {"name": "One", "color": 1})
    simulator.delete("/sim/phone/labels/15")
    arrived(simulator, receiver, "label.deleted")
    simulator.api("PATCH", "/v2/webhook/update", {"url": receiver.url, "is_active": 0})
    simulator.delete("/sim/phone/labels/14")
    settled(simulator, 0.1)
    assert [one.json["event"] for one in receiver.got] == ["label.deleted"]


def test_registration(simulator: SimulatorProcess) -> None:
    url = "http://127.0.0.1:9/hook"
    first = {"url": url, "events": ["message"], "hmac": "k"}
    assert simulator.api("POST", "/v2/webhook/set", first).json() == SUCCESS
    assert simulator.api("POST", "/v2/webhook/set", first | {"events": ["label.upsert"]}).json() == SUCCESS
    change = {"url": url, "name": "Ours", "retries": {"delay": 5, "attempts": 10}}
    assert simulator.api("PATCH", "/v2/webhook/update", change).json() == SUCCESS
    assert simulator.api("GET", "/v2/session/webhook").json() == {
        "webhooks": [
            {
                "url": url,
                "name": "Ours",
                "events": ["label.upsert"],
                "is_active": 1,
                "retries": {"delay": 5.0, "attempts": 10},
            }
        ],
        "systemConfig": {},
    }
    other = {"webhooks": [{"url": "https://example.com/a", "events": ["*"], "is_active": False}]}
    assert simulator.api("POST", "/v2/session/webhook", other).json() == SUCCESS
    assert [hook["url"] for hook in simulator.get("/sim/state")["hooks"]] == ["https://example.com/…"]
    assert simulator.api("DELETE", "/v2/webhook/delete", {"url": "https://example.com/a"}).json() == SUCCESS
    gone = simulator.api("DELETE", "/v2/webhook/delete", {"url": "https://example.com/a"})
    assert gone.json() == {"status": 404, "message": "Webhook not found", "error": "Not Found"}


@pytest.mark.parametrize(
    "body",
    [
        {"url": "http://example.com/hook", "events": ["*"]},
        {"url": "http://192.168.1.4/hook", "events": ["*"]},
        {"url": "ftp://127.0.0.1/", "events": ["*"]},
        {"url": "", "events": ["*"]},
        {"url": "http://127.0.0.1:9/", "events": []},
        {"url": "http://127.0.0.1:9/", "events": "message"},
        {"url": "http://127.0.0.1:9/", "events": ["*"], "retries": {"delay": "soon"}},
        {"url": "http://127.0.0.1:9/", "events": ["*"], "is_active": "maybe"},
        {"url": 5, "events": ["*"]},
    ],
)
def test_a_bad_registration_changes_nothing(simulator: SimulatorProcess, body: dict[str, Any]) -> None:
    answer = simulator.api("POST", "/v2/webhook/set", body)
    assert (answer.status_code, answer.json()["error"]) == (400, "Bad Request")
    assert simulator.get("/sim/state")["hooks"] == []


def test_hooks_are_for_paid_plans(simulator: SimulatorProcess) -> None:
    simulator.post("/sim/faults", {"free_plan": True})
    for method, path in [
        ("POST", "/v2/webhook/set"),
        ("PATCH", "/v2/webhook/update"),
        ("DELETE", "/v2/webhook/delete"),
        ("GET", "/v2/session/webhook"),
        ("POST", "/v2/session/webhook"),
    ]:
        answer = simulator.api(method, path, {"url": "https://example.com/", "events": ["*"]})
        assert (answer.status_code, answer.json()["code"]) == (403, "subscription_required")
    assert simulator.get("/sim/state")["hooks"] == []


def test_nothing_is_told_of_a_world_that_was_made_anew(simulator: SimulatorProcess, hook: Receiver) -> None:
    """Its echoes were under way."""
    simulator.api("PUT", f"/v2/labels/8/chats/{JID}")
    simulator.post("/sim/reset", {"seed": 1, "chats": 40})
    settled(simulator, 0.8)
    assert hook.named("label.chat.added") == []
