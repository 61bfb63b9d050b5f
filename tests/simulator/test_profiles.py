"""The engines beneath: who emits what, whether a change by API echoes, what rows hold, how old a reading is."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.simulator.process import SimulatorProcess
from tests.simulator.receiver import Receiver
from tests.simulator.test_hooks import arrived, settled

JID = "15550100001@c.us"
ME = "201000000000@c.us"


def become(simulator: SimulatorProcess, profile: str, **switches: Any) -> None:
    assert simulator.post("/sim/profile", {"profile": profile}) == {"profile": profile}
    simulator.post("/sim/faults", switches)


@pytest.fixture(autouse=True)
def gows_again(simulator: SimulatorProcess) -> Iterator[None]:
    yield
    simulator.post("/sim/profile", {"profile": "GOWS"})


def chat(simulator: SimulatorProcess, kind: str) -> str:
    return next(row["jid"] for row in simulator.get("/sim/chats") if row["kind"] == kind and not row["labels"])


@pytest.mark.parametrize(("profile", "by_phone", "by_api"), [("GOWS", 1, 2), ("NOWEB", 1, 1), ("WEBJS", 0, 0)])
def test_who_tells_of_labels(
    simulator: SimulatorProcess, hook: Receiver, profile: str, by_phone: int, by_api: int
) -> None:
    become(simulator, profile)
    jid = chat(simulator, "person")
    simulator.post("/sim/phone/label", {"chat": jid, "label": "7", "on": True})
    settled(simulator, 0.1)
    assert len(hook.named("label.chat.added")) == by_phone
    assert simulator.api("PUT", f"/v2/labels/8/chats/{jid}").status_code == 200
    settled(simulator)
    assert len(hook.named("label.chat.added")) == by_api
    simulator.post("/sim/phone/message", {"chat": jid, "text": "hi"})
    assert arrived(simulator, hook, "message")[0].json["engine"] == profile


@pytest.mark.parametrize(("profile", "label"), [("GOWS", None), ("NOWEB", "VIP")])
def test_the_label_beside_its_id(simulator: SimulatorProcess, hook: Receiver, profile: str, label: str | None) -> None:
    become(simulator, profile)
    simulator.post("/sim/phone/label", {"chat": chat(simulator, "person"), "label": "7", "on": True})
    told = arrived(simulator, hook, "label.chat.added")[0].json["payload"]["label"]
    assert (told and told["name"]) == label


def test_the_rows_of_a_labels_chats(simulator: SimulatorProcess) -> None:
    known = chat(simulator, "group")
    for jid in (known, JID):  # the second is in no chat list
        simulator.api("PUT", f"/v2/labels/14/chats/{jid}")
    ids = {}
    for profile in ("GOWS", "NOWEB", "WEBJS"):
        become(simulator, profile, stale_reads_ms=0)
        rows = simulator.api("GET", "/v2/labels/14/chats").json()
        mine = [row for row in rows if known.partition("@")[0] in str(row["id"])]
        ids[profile] = (set(mine[0]) > {"id", "name"}, JID in str(rows), mine[0]["id"])
    user, _, server = known.partition("@")
    assert ids == {
        "GOWS": (False, True, known),
        "NOWEB": (True, False, known),
        "WEBJS": (True, False, {"server": server, "user": user, "_serialized": known}),
    }


@pytest.mark.parametrize(
    ("profile", "incoming", "ours", "in_group"),
    [
        ("GOWS", ("{chat}", None), ("{chat}", None), ("{group}", "{sender}", "{sender}")),
        ("NOWEB", ("{chat}", "absent"), ("{chat}", "absent"), ("{group}", "{group}", "{sender}")),
        ("WEBJS", ("{chat}", ME), (ME, "{chat}"), ("{group}", ME, "{sender}")),
    ],
)
def test_where_a_message_names_its_chat(
    simulator: SimulatorProcess, hook: Receiver, profile: str, incoming: Any, ours: Any, in_group: Any
) -> None:
    become(simulator, profile)
    person, group = chat(simulator, "person"), chat(simulator, "group")
    for body in ({"chat": person}, {"chat": person, "from_me": True}, {"chat": group, "sender": "Ana Reis"}):
        simulator.post("/sim/phone/message", body | {"text": "hi"})
    got = [one.json["payload"] for one in arrived(simulator, hook, "message.any", 3)]
    by_id = {row["id"].split("_")[0] + row["id"].split("_")[1]: row for row in got}
    sender = by_id[f"false{group}"]["participant"]
    fill = {"{chat}": person, "{group}": group, "{sender}": sender}
    wanted = [[fill.get(word, word) for word in words] for words in (incoming, ours, in_group)]
    found = [by_id[f"false{person}"], by_id[f"true{person}"], by_id[f"false{group}"]]
    keys = ("from", "to", "participant")
    assert [
        [row.get(key, "absent") for key in keys[: len(words)]] for row, words in zip(found, wanted, strict=True)
    ] == wanted


def test_a_read_is_as_old_as_it_is_told(simulator: SimulatorProcess) -> None:
    jid = chat(simulator, "person")
    simulator.api("PUT", f"/v2/labels/7/chats/{jid}")
    simulator.api("PUT", "/v2/labels/8", {"name": "Renamed"})
    for ms, mine in ((60_000, []), (0, ["7"])):
        simulator.post("/sim/faults", {"stale_reads_ms": ms})
        assert [row["id"] for row in simulator.api("GET", f"/v2/labels/chats/{jid}").json()] == mine
        assert (jid in str(simulator.api("GET", "/v2/labels/7/chats").json())) is bool(mine)
        names = [row["name"] for row in simulator.api("GET", "/v2/labels").json()]
        assert ("Renamed" in names) is bool(mine)


def test_a_label_that_was_deleted_lives_on_in_old_reads(simulator: SimulatorProcess) -> None:
    jid = chat(simulator, "person")
    simulator.post("/sim/phone/label", {"chat": jid, "label": "7", "on": True})
    simulator.post("/sim/faults", {"stale_reads_ms": 300})
    simulator.wait_for(lambda: simulator.api("GET", f"/v2/labels/chats/{jid}").json())
    simulator.delete("/sim/phone/labels/7")
    assert [row["name"] for row in simulator.api("GET", f"/v2/labels/chats/{jid}").json()] == ["VIP"]
    simulator.wait_for(lambda: simulator.api("GET", f"/v2/labels/chats/{jid}").json() == [])


def test_noweb_reads_lag_behind_its_writes(simulator: SimulatorProcess) -> None:
    become(simulator, "NOWEB")
    simulator.api("PUT", f"/v2/labels/7/chats/{JID}")
    assert simulator.api("GET", f"/v2/labels/chats/{JID}").json() == []
    simulator.wait_for(lambda: simulator.api("GET", f"/v2/labels/chats/{JID}").json())
