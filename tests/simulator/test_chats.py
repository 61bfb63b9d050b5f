"""Chats, messages, contacts, lids and the session, as the provider tells them."""

from typing import Any

import pytest

from tests.simulator.process import SimulatorProcess


def rows(simulator: SimulatorProcess, path: str, **params: Any) -> list[dict[str, Any]]:
    answer = simulator.api("GET", path, **params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_overview_is_newest_first_and_pages(simulator: SimulatorProcess) -> None:
    everything = rows(simulator, "/v2/chats/overview", limit=100)
    assert len(everything) == 40
    times = [row["lastMessage"]["timestamp"] for row in everything]
    assert times == sorted(times, reverse=True)
    paged = [row for offset in (0, 25) for row in rows(simulator, "/v2/chats/overview", limit=25, offset=offset)]
    assert paged == everything
    assert rows(simulator, "/v2/chats/overview") == everything[:20]


def test_a_row_of_the_overview(simulator: SimulatorProcess) -> None:
    chat = simulator.post("/sim/phone/chats", {"name": "Ana Test", "jid": "15550100001@c.us", "kind": "person"})
    message = simulator.post("/sim/phone/message", {"chat": chat["jid"], "text": "Olá"})
    row = rows(simulator, "/v2/chats/overview", limit=1)[0]
    assert row == {
        "id": "15550100001@c.us",
        "name": "Ana Test",
        "picture": None,
        "unreadCount": 1,
        "lastMessage": {
            "id": f"false_15550100001@c.us_{message['id']}",
            "timestamp": message["at"] // 1000,
            "from": "15550100001@c.us",
            "fromMe": False,
            "source": "app",
            "to": None,
            "participant": None,
            "body": "Olá",
            "hasMedia": False,
            "ack": 1,
            "ackName": "SERVER",
            "_data": {
                "Info": {
                    "Chat": "15550100001@c.us",
                    "Sender": "15550100001@c.us",
                    "ID": message["id"],
                    "IsFromMe": False,
                    "IsGroup": False,
                    "PushName": "Ana Test",
                }
            },
        },
        "_chat": {
            "id": "15550100001@c.us",
            "name": "Ana Test",
            "conversationTimestamp": message["at"] // 1000,
            "archived": False,
        },
    }


def test_messages_are_newest_first(simulator: SimulatorProcess) -> None:
    jid = max(simulator.get("/sim/chats"), key=lambda chat: len(chat["labels"]))["jid"]
    shown = simulator.get(f"/sim/chats/{jid}")["messages"]
    found = rows(simulator, "/v2/chats/messages", chatId=jid, limit=100)
    assert [(row["body"], row["timestamp"]) for row in reversed(found)] == [
        (one["text"], one["at"] // 1000) for one in shown
    ]
    assert rows(simulator, "/v2/chats/messages", chatId=jid, limit=2, offset=1) == found[1:3]


def test_a_group_message_names_its_writer(simulator: SimulatorProcess) -> None:
    group = simulator.post("/sim/phone/chats", {"name": "Buyers", "kind": "group"})["jid"]
    simulator.post("/sim/phone/message", {"chat": group, "text": "hi all", "sender": "Rui Tavares"})
    simulator.post("/sim/phone/message", {"chat": group, "text": "hello", "from_me": True})
    ours, theirs = rows(simulator, "/v2/chats/messages", chatId=group)
    writer = theirs["participant"]
    assert (theirs["from"], theirs["to"]) == (group, writer)
    assert theirs["id"].startswith(f"false_{group}_3EB0")
    assert theirs["id"].endswith(f"_{writer}")
    assert theirs["_data"]["Info"]["PushName"] == "Rui Tavares"
    assert (ours["from"], ours["fromMe"], ours["participant"]) == (group, True, "201000000000@c.us")
    contact = simulator.api("GET", "/v2/contacts", contactId=writer).json()
    assert contact == {"id": writer, "name": None, "pushname": "Rui Tavares"}


def test_contacts_of_a_chat_and_of_nobody(simulator: SimulatorProcess) -> None:
    chat = simulator.post("/sim/phone/chats", {"name": "Ana Test"})
    known = simulator.api("GET", "/v2/contacts", contactId=chat["jid"]).json()
    assert known == {"id": chat["jid"], "name": "Ana Test", "pushname": "Ana Test"}
    nobody = simulator.api("GET", "/v2/contacts", contactId="15550100009@c.us").json()
    assert nobody == {"id": "15550100009@c.us", "name": None, "pushname": None}


def test_lids_both_ways(simulator: SimulatorProcess) -> None:
    simulator.post("/sim/phone/chats", {"name": "H", "kind": "lid", "jid": "109900000000001@lid", "pn": "15550100001"})
    found = rows(simulator, "/v2/lids", limit=1000)
    assert {"lid": "109900000000001@lid", "pn": "15550100001@c.us"} in found
    assert simulator.api("GET", "/v2/lids/count").json() == {"count": len(found)}
    assert rows(simulator, "/v2/lids", limit=2, offset=1) == found[1:3]
    number = simulator.api("GET", "/v2/lids/pn/15550100001").json()
    assert number == {"lid": "109900000000001@lid", "number": "15550100001"}
    assert simulator.api("GET", "/v2/lids/pn/15550100002").json() == {"lid": None, "number": "15550100002"}
    known = simulator.api("GET", "/v2/lids/109900000000001@lid").json()
    assert known == {"lid": "109900000000001@lid", "pn": "15550100001@c.us"}
    assert simulator.api("GET", "/v2/lids/5555").json() == {"lid": "5555@lid", "pn": None}


def test_the_plain_list_sorts(simulator: SimulatorProcess) -> None:
    found = rows(simulator, "/v2/chats", sortBy="id", sortOrder="ASC", limit=50)
    assert [set(row) for row in found[:1]] == [{"id", "name", "conversationTimestamp"}]
    assert [row["id"] for row in found] == sorted(row["id"] for row in found)
    assert simulator.api("POST", "/v2/chats", {"limit": 3}).json() == rows(simulator, "/v2/chats", limit=3)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_session_info(simulator: SimulatorProcess, method: str) -> None:
    assert simulator.api(method, "/v2/session/info").json() == {
        "name": "wawp-demo",
        "status": "WORKING",
        "config": {"webhooks": [], "proxy": None},
        "me": {"id": "201000000000@c.us", "lid": "100000000000001@lid", "pushName": "Nile & Douro"},
    }


@pytest.mark.parametrize(
    ("path", "params", "message"),
    [
        ("/v2/chats/overview", {"limit": "many"}, "Invalid Parameter Format"),
        ("/v2/chats/overview", {"offset": "-1"}, "Invalid Parameter Format"),
        ("/v2/chats/messages", {}, "Missing Required Parameter(s): chatId"),
        ("/v2/chats/messages", {"chatId": "x"}, "Invalid Parameter Format"),
        ("/v2/chats", {"sortBy": "color"}, "Invalid Parameter Format"),
        ("/v2/contacts", {}, "Missing Required Parameter(s): contactId"),
    ],
)
def test_bad_parameters(simulator: SimulatorProcess, path: str, params: dict[str, str], message: str) -> None:
    answer = simulator.api("GET", path, **params)
    assert (answer.status_code, answer.json()) == (400, {"status": 400, "message": message, "error": "Bad Request"})


def test_a_body_that_is_no_json(simulator: SimulatorProcess) -> None:
    answer = simulator.http.post(
        "/v2/labels", params={"instance_id": "demo", "access_token": "demo-token"}, content=b"{"
    )
    assert answer.json() == {"status": 400, "message": "Bad Request: the body is no JSON", "error": "Bad Request"}
