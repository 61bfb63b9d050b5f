"""Chats, messages, contacts and hidden ids in the WAHA dialect."""

from typing import Any

import pytest

from tests.simulator.process import SimulatorProcess


@pytest.fixture
def twin(simulator: SimulatorProcess) -> tuple[str, str]:
    """A hidden id and its number, each with a chat; the mapping is known."""
    twins = simulator.post("/sim/world", {"chats": 40, "seed": 1, "lids": 3})["twins"]
    lid, pn = next(iter(twins.items()))
    simulator.post("/sim/lids", {"map": {lid: pn}})
    return lid, pn


def ids(rows: list[dict[str, Any]]) -> list[str]:
    return [row["id"] for row in rows]


def test_the_overview(simulator: SimulatorProcess) -> None:
    rows = simulator.waha("GET", "chats/overview").json()
    assert len(rows) == 20
    assert {frozenset(row) for row in rows} == {frozenset({"id", "name", "picture", "lastMessage", "_chat"})}
    times = [row["lastMessage"]["timestamp"] for row in rows]
    assert times == sorted(times, reverse=True)
    assert ids(simulator.waha("GET", "chats/overview", limit=3, offset=2).json()) == ids(rows)[2:5]
    some = ids(rows)[:2]
    assert sorted(ids(simulator.waha("GET", "chats/overview", ids=some).json())) == sorted(some)


def test_the_overview_by_body(simulator: SimulatorProcess) -> None:
    rows = simulator.waha("GET", "chats/overview").json()
    body = {"pagination": {"limit": 2, "offset": 1}, "filter": {}}
    answer = simulator.waha("POST", "chats/overview", body)
    assert (answer.status_code, answer.json()) == (201, rows[1:3])
    one = simulator.waha("POST", "chats/overview", {"pagination": {}, "filter": {"ids": [rows[4]["id"]]}})
    assert ids(one.json()) == [rows[4]["id"]]


def test_two_chats_of_one_person_are_merged_unless_told(simulator: SimulatorProcess, twin: tuple[str, str]) -> None:
    lid, pn = twin
    simulator.post("/sim/phone/message", {"chat": lid, "text": "from the other one"})
    top = simulator.waha("GET", "chats/overview", limit=1).json()[0]
    assert (top["id"], top["lastMessage"]["body"]) == (pn, "from the other one")
    assert top["lastMessage"]["id"].startswith(f"false_{lid}_")
    for path in ("chats", "chats/overview"):
        assert lid not in ids(simulator.waha("GET", path, limit=100).json())
        assert {lid, pn} <= set(ids(simulator.waha("GET", path, limit=100, merge="false").json()))


def test_a_mapping_that_is_unknown_merges_nothing(simulator: SimulatorProcess, twin: tuple[str, str]) -> None:
    lid, pn = twin
    simulator.post("/sim/lids", {"map": {lid: None}})
    assert {lid, pn} <= set(ids(simulator.waha("GET", "chats", limit=100).json()))


def test_labels_are_never_merged(simulator: SimulatorProcess, twin: tuple[str, str]) -> None:
    lid, pn = twin
    for jid, labels in ((lid, [{"id": "14"}]), (pn, [])):
        simulator.waha("PUT", f"labels/chats/{jid}", {"labels": labels})
    assert lid in ids(simulator.waha("GET", "labels/14/chats").json())
    assert simulator.waha("GET", f"labels/chats/{pn}").json() == []


def test_the_list_of_chats(simulator: SimulatorProcess) -> None:
    rows = simulator.waha("GET", "chats").json()
    assert (len(rows), set(rows[0])) == (40, {"id", "name", "conversationTimestamp"})
    by_id = simulator.waha("GET", "chats", sortBy="id", sortOrder="asc", limit=5).json()
    assert ids(by_id) == sorted(ids(rows))[:5]


@pytest.mark.parametrize("query", [{"sortOrder": "DESC"}, {"sortBy": "age"}, {"limit": "many"}, {"merge": "maybe"}])
def test_a_query_that_makes_no_sense(simulator: SimulatorProcess, query: dict[str, str]) -> None:
    answer = simulator.waha("GET", "chats", **query)
    assert (answer.status_code, answer.json()["error"]) == (400, "Bad Request")
    assert isinstance(answer.json()["message"], list)


def test_messages(simulator: SimulatorProcess, twin: tuple[str, str]) -> None:
    lid, pn = twin
    simulator.post("/sim/phone/message", {"chat": lid, "text": "there"})
    simulator.post("/sim/phone/message", {"chat": pn, "text": "here", "from_me": True})
    rows = simulator.waha("GET", f"chats/{pn}/messages", limit=2).json()
    assert sorted(row["body"] for row in rows) == ["here", "there"]
    alone = simulator.waha("GET", f"chats/{pn}/messages", limit=100, merge="false").json()
    assert {row["id"].split("_")[1] for row in alone} == {pn}
    ours = simulator.waha("GET", f"chats/{pn}/messages", **{"limit": 100, "filter.fromMe": "true"}).json()
    assert ours
    assert all(row["fromMe"] for row in ours)
    last = alone[0]["timestamp"]
    late = simulator.waha("GET", f"chats/{pn}/messages", **{"limit": 100, "filter.timestamp.gte": last}).json()
    assert {row["timestamp"] >= last for row in late} == {True}


def test_hidden_ids(simulator: SimulatorProcess, twin: tuple[str, str]) -> None:
    lid, pn = twin
    count = simulator.waha("GET", "lids/count").json()["count"]
    rows = simulator.waha("GET", "lids", limit=100).json()
    assert (len(rows), {"lid": lid, "pn": pn} in rows) == (count, True)
    assert simulator.waha("GET", f"lids/{lid}").json() == {"lid": lid, "pn": pn}
    assert simulator.waha("GET", f"lids/pn/{pn.partition('@')[0]}").json() == {"lid": lid, "pn": pn}
    assert simulator.waha("GET", "lids/4242@lid").json() == {"lid": "4242@lid", "pn": None}
    assert simulator.waha("GET", "lids/pn/15559990000").json() == {"lid": None, "pn": "15559990000@c.us"}


def test_a_contact(simulator: SimulatorProcess) -> None:
    row = next(chat for chat in simulator.get("/sim/chats") if chat["kind"] == "person")
    known = simulator.waha("GET", f"contacts/{row['jid']}").json()
    assert (known["id"], set(known)) == (row["jid"], {"id", "name", "pushname"})
    headers = {"X-Api-Key": "demo-token"}
    query = {"contactId": row["jid"], "session": "demo"}
    assert simulator.http.get("/api/contacts", params=query, headers=headers).json() == known
