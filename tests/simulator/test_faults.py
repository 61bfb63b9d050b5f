"""Each switch does what it says."""

from typing import Any

import httpx
import pytest

from tests.simulator.process import SimulatorProcess
from tests.simulator.receiver import Receiver
from tests.simulator.test_hooks import arrived, settled

JID = "15550100001@c.us"
PAIR = f"/v2/labels/7/chats/{JID}"
SUCCESS = {"success": True, "message": "Operation completed successfully"}


def faults(simulator: SimulatorProcess, **switches: Any) -> dict[str, Any]:
    return simulator.post("/sim/faults", switches)


def test_merge_and_reset(simulator: SimulatorProcess) -> None:
    before = simulator.get("/sim/state")["faults"]
    faults(simulator, lie=True)
    assert faults(simulator, latency_ms=5) == before | {"lie": True, "latency_ms": 5}
    assert faults(simulator, lie=None) == before | {"latency_ms": 5}
    assert simulator.delete("/sim/faults") == before


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"slow": True}, "Unknown switch: slow. Known: latency_ms, jitter_ms, status,"),
        ({"lie": True, "drop_rate": 2}, "drop_rate takes a share from 0 to 1."),
        ({"lie": "yes"}, "lie takes true or false."),
        ({"status": 42}, "status takes an HTTP status or null."),
        ({"echo": "never"}, "echo takes after, before or none."),
    ],
)
def test_bad_switches_change_nothing(simulator: SimulatorProcess, body: dict[str, Any], sentence: str) -> None:
    before = simulator.get("/sim/state")["faults"]
    answer = simulator.http.post("/sim/faults", json=body)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith(sentence)
    assert simulator.get("/sim/state")["faults"] == before


def test_lie(simulator: SimulatorProcess, hook: Receiver) -> None:
    faults(simulator, lie=True)
    assert simulator.api("PUT", PAIR).json() == SUCCESS
    settled(simulator)
    faults(simulator, lie=False)
    assert simulator.api("GET", f"/v2/labels/chats/{JID}").json() == []
    assert hook.got == []
    assert [call["note"] for call in simulator.calls() if call["method"] == "PUT"] == ["lied"]


def test_success_false(simulator: SimulatorProcess) -> None:
    faults(simulator, success_false="Number not registered")
    answer = simulator.api("PUT", PAIR)
    assert (answer.status_code, answer.json()) == (200, {"success": False, "message": "Number not registered"})
    assert simulator.api("GET", f"/v2/labels/chats/{JID}").json() == []


def test_status_and_retry_after(simulator: SimulatorProcess) -> None:
    faults(simulator, status=429, retry_after=7)
    answer = simulator.api("GET", "/v2/labels")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")
    assert answer.json() == {"status": 429, "message": "Too Many Requests", "error": "Too Many Requests"}


def test_a_status_of_changes_alone(simulator: SimulatorProcess) -> None:
    faults(simulator, status=422, status_of="changes")
    got = [simulator.api(method, path).status_code for method, path in [("GET", "/v2/labels"), ("PUT", PAIR)]]
    assert (got, simulator.api("DELETE", PAIR).status_code) == ([200, 422], 422)


def test_some_calls_fail(simulator: SimulatorProcess) -> None:
    faults(simulator, fail_rate=0.5, fail_status=503)
    got = [simulator.api("GET", "/v2/lids/count").status_code for _ in range(40)]
    assert set(got) == {200, 503}


def test_html(simulator: SimulatorProcess) -> None:
    faults(simulator, html=True)
    answer = simulator.api("GET", "/v2/labels")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")


def test_down_cuts_the_line_and_holds_the_events(simulator: SimulatorProcess, hook: Receiver) -> None:
    faults(simulator, down=True)
    with pytest.raises(httpx.TransportError):
        simulator.api("PUT", PAIR)
    simulator.delete("/sim/phone/labels/14")
    state = simulator.get("/sim/state")
    assert (state["deliveries"]["waiting"], hook.got) == (1, [])
    call = simulator.calls()[-1]
    assert (call["status"], call["note"]) == (0, "dropped")
    faults(simulator, down=False)
    arrived(simulator, hook, "label.deleted")
    assert simulator.api("PUT", PAIR).json() == SUCCESS


def test_latency(simulator: SimulatorProcess) -> None:
    faults(simulator, latency_ms=150)
    simulator.api("GET", "/v2/labels")
    assert simulator.calls()[-1]["ms"] >= 150


def test_what_a_client_no_longer_waits_for_happens_all_the_same(simulator: SimulatorProcess) -> None:
    faults(simulator, latency_ms=300)
    with pytest.raises(httpx.TimeoutException):
        simulator.http.put(PAIR, params={"instance_id": "demo", "access_token": "demo-token"}, timeout=0.1)
    simulator.wait_for(lambda: simulator.calls()[-1]["status"] == 200)
    faults(simulator, latency_ms=0)
    assert [row["id"] for row in simulator.api("GET", f"/v2/labels/chats/{JID}").json()] == ["7"]


def test_lists(simulator: SimulatorProcess) -> None:
    whole = simulator.api("GET", "/v2/labels").json()
    faults(simulator, empty_lists=True)
    assert simulator.api("GET", "/v2/labels").json() == []
    faults(simulator, empty_lists=False, partial_lists=0.5)
    assert 0 < len(simulator.api("GET", "/v2/chats/overview", limit=40).json()) < 40
    faults(simulator, partial_lists=None, keyed=True)
    assert simulator.api("GET", "/v2/labels").json() == {str(place): row for place, row in enumerate(whole)}
    faults(simulator, keyed=False, wrapped=True)
    assert simulator.api("GET", "/v2/labels").json() == {"success": True, "data": whole}


@pytest.mark.parametrize(("color_as", "color"), [("index", 3), ("string", "3"), ("hex", "#DFAEF0")])
def test_colours(simulator: SimulatorProcess, hook: Receiver, color_as: str, color: Any) -> None:
    faults(simulator, color_as=color_as)
    assert simulator.api("GET", "/v2/labels/7").json()["color"] == color
    simulator.api("PUT", "/v2/labels/7", {"name": "Gold"})
    assert arrived(simulator, hook, "label.upsert")[0].json["payload"]["color"] == color


def test_deliveries_drop_repeat_and_mute(simulator: SimulatorProcess, hook: Receiver) -> None:
    faults(simulator, repeat=2)
    simulator.post("/sim/session", {"status": "WORKING"})
    arrived(simulator, hook, "session.status", 3)
    assert len({one.body for one in hook.got}) == 1
    for switches in ({"drop_rate": 1}, {"mute": True, "drop_rate": 0}):
        faults(simulator, **switches)
        simulator.post("/sim/session", {"status": "WORKING"})
    settled(simulator, 0.1)
    assert len(hook.got) == 3


def test_one_delivery_in_five_is_repeated(simulator: SimulatorProcess, hook: Receiver) -> None:
    faults(simulator, repeat=0.2)
    for _ in range(60):
        simulator.post("/sim/session", {"status": "WORKING"})
    settled(simulator, 0.1)
    assert len({one.body for one in hook.got}) == 60
    assert 60 < len(hook.got) < 90


def test_deliveries_late_and_shuffled(simulator: SimulatorProcess, hook: Receiver) -> None:
    faults(simulator, shuffle=True, delay_ms=1)
    statuses = [f"S{chr(65 + number)}" for number in range(12)]
    for status in statuses:
        simulator.post("/sim/session", {"status": status})
    came = [one.json["payload"]["status"] for one in arrived(simulator, hook, "session.status", 12)]
    assert sorted(came) == statuses
    assert came != statuses


def test_an_assignment_comes_before_its_label(simulator: SimulatorProcess, hook: Receiver) -> None:
    faults(simulator, unknown_first=True)
    made = simulator.api("POST", "/v2/labels", {"name": "New", "color": 1}).json()
    simulator.api("PUT", f"/v2/labels/{made['id']}/chats/{JID}")
    arrived(simulator, hook, "label.upsert")
    assert [one.json["event"] for one in hook.got] == ["label.chat.added", "label.upsert"]


def test_the_label_in_a_chat_event(simulator: SimulatorProcess, hook: Receiver) -> None:
    faults(simulator, label_null=False)
    simulator.api("PUT", PAIR)
    payload = arrived(simulator, hook, "label.chat.added")[0].json["payload"]
    assert payload["label"] == {"id": "7", "name": "VIP", "color": 3, "colorHex": "#dfaef0"}
