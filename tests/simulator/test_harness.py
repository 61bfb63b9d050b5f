"""What the fault harness asks: recorded deliveries, the truth, bulk changes, worlds with twins, another account, the pace."""

import hashlib
import hmac
import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.simulator.process import SimulatorProcess
from tests.simulator.receiver import Receiver

JID = "15550100001@c.us"


def recorded(simulator: SimulatorProcess, **query: int) -> list[dict[str, Any]]:
    return [json.loads(row["body"]) for row in simulator.get("/sim/outbox", **query)["rows"]]


def some_chats(simulator: SimulatorProcess, count: int) -> list[str]:
    return [chat["jid"] for chat in simulator.get("/sim/chats", limit=count)]


@pytest.fixture
def recording(simulator: SimulatorProcess, hook: Receiver) -> Receiver:
    simulator.post("/sim/record", {"on": True})
    return hook


def test_recorded_deliveries_are_those_that_would_have_been_sent(
    simulator: SimulatorProcess, recording: Receiver
) -> None:
    jid = some_chats(simulator, 1)[0]
    simulator.post("/sim/bulk", {"changes": [{"chat": jid, "label": "7", "on": on} for on in (False, True, False)]})
    rows = simulator.get("/sim/outbox")["rows"]
    assert recording.got == []
    for row in rows:
        assert row["url"] == recording.url
        signature = hmac.new(b"a-key", row["body"].encode(), hashlib.sha512).hexdigest()
        assert row["headers"]["X-Webhook-Hmac"] == signature
        assert row["headers"]["X-Webhook-Timestamp"] == str(json.loads(row["body"])["timestamp"])


def test_ids_and_times_rise_also_within_a_millisecond(simulator: SimulatorProcess, recording: Receiver) -> None:
    jid = some_chats(simulator, 1)[0]
    simulator.post("/sim/phone/label", {"chat": jid, "label": "7", "on": False})
    before = simulator.get("/sim/outbox")["last"]
    changes = [{"chat": jid, "label": "7", "on": place % 2 == 0} for place in range(600)]
    assert simulator.post("/sim/bulk", {"changes": changes})["changed"] == 600
    bodies = recorded(simulator, after=before, limit=600)
    marks = [(body["timestamp"], body["id"]) for body in bodies]
    assert marks == sorted(set(marks))
    assert len({stamp for stamp, _id in marks}) < 600
    assert [body["event"][11:] for body in bodies] == ["added", "deleted"] * 300


def test_an_echo_on_its_way_counts_as_waiting(simulator: SimulatorProcess, recording: Receiver) -> None:
    simulator.api("PUT", f"/v2/labels/7/chats/{JID}")
    assert simulator.get("/sim/state")["deliveries"]["waiting"] == 1
    simulator.wait_for(lambda: simulator.get("/sim/state")["deliveries"]["waiting"] == 0)
    assert [body["event"] for body in recorded(simulator)] == ["label.chat.added"]


def test_the_outbox_is_read_in_pages_and_starts_anew(simulator: SimulatorProcess, recording: Receiver) -> None:
    for _ in range(5):
        simulator.post("/sim/session", {"status": "WORKING"})
    page = simulator.wait_for(lambda: (got := simulator.get("/sim/outbox", after=2, limit=2))["last"] == 5 and got)
    assert ([row["n"] for row in page["rows"]], page["next"], page["first"]) == ([3, 4], 4, 1)
    assert simulator.get("/sim/outbox", after=5)["rows"] == []
    assert simulator.post("/sim/record", {"on": False})["last"] == 5
    simulator.post("/sim/session", {"status": "WORKING"})
    simulator.wait_for(lambda: recording.got)
    assert simulator.post("/sim/record", {"on": True})["last"] == 0


def test_the_truth_is_what_the_phone_holds(simulator: SimulatorProcess) -> None:
    truth = simulator.get("/sim/truth")
    chats = simulator.get("/sim/chats", limit=1000)
    pairs = {(label, chat["jid"]) for chat in chats for label in chat["labels"]}
    assert {(label, jid) for label, jids in truth["tags"].items() for jid in jids} == pairs
    assert (truth["labels"]["7"], len(truth["labels"]), truth["chats"]) == (["VIP", 3], 14, 40)
    assert (truth["me"], truth["status"]) == ("201000000000@c.us", "WORKING")
    simulator.post("/sim/phone/archive", {"chat": chats[3]["jid"], "archived": True})
    archived = {chat["jid"]: chat["archived"] for chat in simulator.get("/sim/chats", limit=1000)}
    assert simulator.get("/sim/truth")["archived"] == archived
    assert archived[chats[3]["jid"]] is True
    assert truth["lids"] == {row["lid"]: row["pn"] for row in simulator.api("GET", "/v2/lids", limit=1000).json()}


def test_five_thousand_changes_at_once(simulator: SimulatorProcess, recording: Receiver) -> None:
    jids = some_chats(simulator, 40)
    wanted = {(jid, str(label)): (place + label) % 3 == 0 for place, jid in enumerate(jids) for label in range(1, 15)}
    changes = [{"chat": jid, "label": label, "on": on} for (jid, label), on in wanted.items()]
    noise = [change | {"on": not change["on"]} for change in changes] * 8
    begun = time.monotonic()
    answer = simulator.post("/sim/bulk", {"changes": [*noise, *changes][-5000:]})
    assert time.monotonic() - begun < 8  # about half a second; machines differ
    assert answer["changed"] == simulator.get("/sim/outbox", limit=1)["last"]
    tags = simulator.get("/sim/truth")["tags"]
    assert {(jid, label) for label, jids in tags.items() for jid in jids} == {pair for pair, on in wanted.items() if on}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"label": "99"}, "Change 1: there is no such label on the phone."),
        ({"on": 1}, "Change 1: on takes true or false."),
        ({"chat": "15559999999@c.us"}, "The phone knows no chat with 15559999999@c.us."),
        ({"chat": "?"}, "'?' is no chat address."),
    ],
)
def test_bulk_is_all_or_nothing(simulator: SimulatorProcess, change: dict[str, Any], sentence: str) -> None:
    fine = {"chat": some_chats(simulator, 1)[0], "label": "7", "on": True}
    before = simulator.get("/sim/truth")
    answer = simulator.http.post("/sim/bulk", json={"changes": [fine, fine | change]})
    assert (answer.status_code, answer.json()) == (400, {"error": sentence})
    assert simulator.get("/sim/truth") == before


def test_a_world_with_twins_whose_mapping_comes_late(simulator: SimulatorProcess) -> None:
    made = simulator.post("/sim/world", {"chats": 50, "seed": 4, "lids": 12})
    assert (made["chats"], len(made["twins"])) == (62, 12)
    lid, pn = next(iter(made["twins"].items()))
    assert {chat["jid"] for chat in simulator.get("/sim/chats", limit=100)} >= {lid, pn}
    assert simulator.api("GET", f"/v2/lids/{lid}").json() == {"lid": lid, "pn": None}
    assert set(made["twins"].values()).isdisjoint(simulator.get("/sim/truth")["lids"].values())
    assert simulator.post("/sim/lids", {"map": {lid: pn}}) == {"mapped": 1}
    assert simulator.api("GET", f"/v2/lids/{lid}").json() == {"lid": lid, "pn": pn}
    assert simulator.post("/sim/lids", {"map": {lid: None}}) == {"mapped": 1}
    assert simulator.get("/sim/truth")["lids"][lid] is None


@pytest.mark.parametrize(
    ("path", "body", "sentence"),
    [
        ("world", {"chats": 10, "lids": 10}, "lids takes at most"),
        ("world", {"profile": "BAILEYS"}, "profile takes GOWS, NOWEB, WEBJS."),
        ("lids", {"map": {"1555@c.us": "1556@c.us"}}, "1555@c.us: 1556@c.us maps no hidden id to a number."),
        ("record", {"on": 1}, "on takes true or false."),
        ("account", {"jid": "nobody"}, "'nobody' is no chat address."),
        ("relabel", {"labels": [{"id": "x"}]}, "A label takes id, name and color."),
    ],
)
def test_what_makes_no_sense_changes_nothing(
    simulator: SimulatorProcess, path: str, body: dict[str, Any], sentence: str
) -> None:
    before = simulator.get("/sim/truth")
    answer = simulator.http.post(f"/sim/{path}", json=body)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith(sentence)
    assert simulator.get("/sim/truth") == before


def test_the_session_comes_back_as_another_account(simulator: SimulatorProcess, recording: Receiver) -> None:
    other = {"jid": "15550199999@c.us", "lid": "100000000000099@lid", "name": "Somebody else"}
    simulator.post("/sim/account", other | {"labels": [{"id": "1", "name": "Theirs", "color": 5}]})
    me = simulator.api("GET", "/v2/session/info").json()["me"]
    assert me == {"id": "15550199999@c.us", "lid": "100000000000099@lid", "pushName": "Somebody else"}
    truth = simulator.get("/sim/truth")
    assert (truth["labels"], truth["tags"]) == ({"1": ["Theirs", 5]}, {"1": []})
    assert [(body["event"], body["me"]["id"]) for body in recorded(simulator)] == [
        ("session.status", "15550199999@c.us")
    ]


def test_labels_are_deleted_and_their_ids_reused_in_one_call(simulator: SimulatorProcess, recording: Receiver) -> None:
    simulator.post("/sim/phone/label", {"chat": some_chats(simulator, 1)[0], "label": "1", "on": True})
    before = simulator.get("/sim/outbox")["last"]
    simulator.post("/sim/relabel", {"labels": [{"id": "1", "name": "Another", "color": 9}]})
    truth = simulator.get("/sim/truth")
    assert (truth["labels"]["1"], truth["tags"]["1"]) == (["Another", 9], [])
    assert [body["event"] for body in recorded(simulator, after=before)] == ["label.deleted", "label.upsert"]


def test_the_pace_counts_assignment_calls(simulator: SimulatorProcess) -> None:
    simulator.delete("/sim/pace")
    for label in ("7", "8", "9"):
        simulator.api("PUT", f"/v2/labels/{label}/chats/{JID}")
    simulator.api("GET", "/v2/labels")
    pace = simulator.get("/sim/pace")
    assert (pace["total"], pace["most"], pace["outcomes"]) == (3, 3, {"200": 3})
    assert (pace["all"]["total"], pace["in_flight"]) == (4, {"now": 0, "most": 1, "chat": JID})
    assert simulator.delete("/sim/pace")["total"] == 0


def test_calls_at_once_are_counted_per_chat(simulator: SimulatorProcess) -> None:
    simulator.post("/sim/faults", {"latency_ms": 300})
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda label: simulator.api("PUT", f"/v2/labels/{label}/chats/{JID}"), (7, 8, 9)))
    assert simulator.get("/sim/pace")["in_flight"] == {"now": 0, "most": 3, "chat": JID}
