"""The controls: the phone's side, the state, and what they refuse."""

from typing import Any

import pytest

from tests.simulator.process import SimulatorProcess


def one_chat(simulator: SimulatorProcess, kind: str = "person") -> dict[str, Any]:
    return next(chat for chat in simulator.get("/sim/chats") if chat["kind"] == kind and not chat["labels"])


def test_the_state_names_what_it_knows(simulator: SimulatorProcess) -> None:
    state = simulator.get("/sim/state")
    assert {
        "labels",
        "chats",
        "messages",
        "session",
        "faults",
        "life",
        "forbidden_calls",
        "hooks",
        "deliveries",
    } <= set(state)
    assert (state["chats"], state["life"], state["forbidden_calls"], state["hooks"]) == (40, 0, 0, [])
    assert {name: state["session"][name] for name in ("instance_id", "status")} == {
        "instance_id": "demo",
        "status": "WORKING",
    }
    assert sum(label["chats"] for label in state["labels"]) == sum(
        len(chat["labels"]) for chat in simulator.get("/sim/chats", limit=100)
    )


def test_label_and_unlabel_on_the_phone(simulator: SimulatorProcess) -> None:
    jid = one_chat(simulator)["jid"]
    for on, labels in ((True, ["7"]), (True, ["7"]), (False, [])):
        simulator.post("/sim/phone/label", {"chat": jid, "label": "7", "on": on})
        assert simulator.get(f"/sim/chats/{jid}")["labels"] == labels


def test_a_message_moves_its_chat_to_the_top(simulator: SimulatorProcess) -> None:
    jid = simulator.get("/sim/chats")[-1]["jid"]
    simulator.post("/sim/phone/message", {"chat": jid, "text": "Hello?"})
    top = simulator.get("/sim/chats", limit=1)[0]
    assert (top["jid"], top["last_message"]["text"]) == (jid, "Hello?")
    assert simulator.get(f"/sim/chats/{jid}")["messages"][-1]["text"] == "Hello?"


def test_the_phones_directory(simulator: SimulatorProcess) -> None:
    made = simulator.post("/sim/phone/labels", {"name": "Summer", "color": 2})
    assert made == {"id": "15", "name": "Summer", "color": 2, "colorHex": "#ffd429"}
    changed = simulator.http.patch("/sim/phone/labels/15", json={"color": 3}).json()
    assert changed == {"id": "15", "name": "Summer", "color": 3, "colorHex": "#dfaef0"}
    assert simulator.delete("/sim/phone/labels/15") == {"deleted": "15"}
    assert "Summer" not in [label["name"] for label in simulator.get("/sim/state")["labels"]]


def test_search(simulator: SimulatorProcess) -> None:
    chat = simulator.post("/sim/phone/chats", {"name": "Quite Unusual", "kind": "group"})
    assert [row["jid"] for row in simulator.get("/sim/chats", q="unusual")] == [chat["jid"]]
    assert [row["jid"] for row in simulator.get("/sim/chats", q=chat["jid"][:18])] == [chat["jid"]]


@pytest.mark.parametrize(
    ("path", "body", "sentence"),
    [
        ("phone/label", {"chat": "nobody", "label": "7", "on": True}, "'nobody' is no chat address."),
        ("phone/label", {"chat": "{jid}", "label": "99", "on": True}, "There is no such label on the phone."),
        ("phone/label", {"chat": "{jid}", "label": "7", "on": "yes"}, "on takes true or false."),
        (
            "phone/label",
            {"chat": "5550000@c.us", "label": "7", "on": True},
            "The phone knows no chat with 5550000@c.us.",
        ),
        ("phone/message", {"chat": "{jid}", "text": "  "}, "text takes 1 to 4000 characters."),
        ("phone/message", {"chat": "{jid}", "text": "x", "from_me": 1}, "from_me takes true or false."),
        ("phone/labels", {"name": "", "color": 1}, "name takes 1 to 100 characters."),
        ("phone/labels", {"name": "x", "color": 20}, "color takes a number from 0 to 19."),
        ("phone/labels", {"name": "VIP", "color": 2}, "There is a label with this name already."),
        ("phone/archive", {"chat": "{jid}"}, "archived takes true or false."),
        ("phone/chats", {"name": "x", "kind": "broadcast"}, "kind takes person, group or lid."),
        ("phone/chats", {"name": "x", "jid": "123@g.us"}, "123@g.us is not the address of a person."),
        ("session", {"status": 5}, "status takes a word in capitals, such as WORKING or STOPPED."),
        ("life", {"every": -1}, "every takes seconds from 0 (off) to 86400."),
        ("reset", {"chats": "many"}, "chats takes a whole number up to 2000000."),
    ],
)
def test_bad_input_gets_a_sentence_and_changes_nothing(
    simulator: SimulatorProcess, path: str, body: dict[str, Any], sentence: str
) -> None:
    jid = one_chat(simulator)["jid"]
    before = simulator.get("/sim/state")
    body = {name: jid if value == "{jid}" else value for name, value in body.items()}
    answer = simulator.http.post(f"/sim/{path}", json=body)
    assert (answer.status_code, answer.json()) == (400, {"error": sentence})
    assert simulator.get("/sim/state") == before


@pytest.mark.parametrize("content", [b"{", b"[]", b'"x"'])
def test_a_body_that_is_no_object(simulator: SimulatorProcess, content: bytes) -> None:
    assert simulator.http.post("/sim/faults", content=content).status_code == 400


def test_the_wrong_method(simulator: SimulatorProcess) -> None:
    answer = simulator.http.get("/sim/faults")
    assert (answer.status_code, answer.json()) == (405, {"error": "This address takes POST and DELETE."})


def test_no_other_site_reaches_the_controls(simulator: SimulatorProcess) -> None:
    assert simulator.http.post("/sim/faults", json={}, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert simulator.http.get("/sim/state", headers={"Host": "evil.example"}).status_code == 400


def test_life(simulator: SimulatorProcess) -> None:
    version = simulator.get("/sim/state")["version"]
    assert simulator.post("/sim/life", {"every": 0.05}) == {"life": 0.05}
    simulator.wait_for(lambda: simulator.get("/sim/state")["version"] > version + 3)
    simulator.post("/sim/life", {"every": 0})
    assert simulator.get("/sim/state")["seen"] == {}  # nobody did this at the phone's page


def test_reset_makes_the_world_anew(simulator: SimulatorProcess) -> None:
    simulator.post("/sim/faults", {"lie": True})
    simulator.delete("/sim/phone/labels/7")
    state = simulator.post("/sim/reset", {"seed": 2, "chats": 5})
    assert (state["chats"], len(state["labels"]), state["faults"]["lie"]) == (5, 14, False)
