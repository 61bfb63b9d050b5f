"""The label surface of the Wawp dialect, against literal bodies from the provider contract."""

from typing import Any

import pytest

from tests.simulator.process import SimulatorProcess

SUCCESS = {"success": True, "message": "Operation completed successfully"}
NOT_FOUND = {"message": "Label not found", "error": "Not Found", "statusCode": 404}
VIP = {"id": "7", "name": "VIP", "color": 3, "colorHex": "#dfaef0"}


def unlabelled(simulator: SimulatorProcess) -> str:
    return next(chat["jid"] for chat in simulator.get("/sim/chats") if not chat["labels"])


def refusal(message: str) -> dict[str, Any]:
    return {"message": message, "error": "Unprocessable Entity", "statusCode": 422}


def test_the_directory_is_a_bare_array(simulator: SimulatorProcess) -> None:
    labels = simulator.api("GET", "/v2/labels").json()
    assert [(row["id"], row["name"], row["color"], row["colorHex"]) for row in labels] == [
        ("1", "New lead", 1, "#64c4ff"),
        ("2", "Quoted", 2, "#ffd429"),
        ("3", "Pending payment", 16, "#ffaf04"),
        ("4", "Paid", 12, "#93ceac"),
        ("5", "Shipped", 5, "#55ccb3"),
        ("6", "Closed", 4, "#99b6c1"),
        ("7", "VIP", 3, "#dfaef0"),
        ("8", "عميل دائم", 10, "#00d0e2"),
        ("9", "Atacado", 8, "#6d7cce"),
        ("10", "On hold", 18, "#9ba6ff"),
        ("11", "Send invoice", 9, "#d7e752"),
        ("12", "Refund now", 13, "#f74848"),
        ("13", "يحتاج مدير", 0, "#ff9485"),
        ("14", "Entrega atrasada", 7, "#d3a91d"),
    ]


def test_one_label(simulator: SimulatorProcess) -> None:
    assert simulator.api("GET", "/v2/labels/7").json() == VIP
    missing = simulator.api("GET", "/v2/labels/99")
    assert (missing.status_code, missing.json()) == (404, NOT_FOUND)


@pytest.mark.parametrize("path", ["/v2/labels", "/v2/labels/create"])
def test_create(simulator: SimulatorProcess, path: str) -> None:
    made = simulator.api("POST", path, {"name": "New", "color": 0})
    assert (made.status_code, made.json()) == (201, {"id": "15", "name": "New", "color": 0, "colorHex": "#ff9485"})
    made = simulator.api("POST", path, {"name": "By hex", "colorHex": "#00a0f2", "color": None})
    assert made.json() == {"id": "16", "name": "By hex", "color": 14, "colorHex": "#00a0f2"}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"name": "VIP", "color": 1}, "Label with 'VIP' already exists, id: 7"),
        ({"name": "x", "color": 1, "colorHex": "#64c4ff"}, "Use either 'color' or 'colorHex'"),
        ({"name": "x"}, "'color' or 'colorHex' is required"),
    ],
)
def test_create_is_refused_in_wahas_words(simulator: SimulatorProcess, body: dict[str, Any], message: str) -> None:
    answer = simulator.api("POST", "/v2/labels", body)
    assert (answer.status_code, answer.json()) == (422, refusal(message))
    assert len(simulator.get("/sim/state")["labels"]) == 14


def test_a_hex_is_compared_in_lower_case(simulator: SimulatorProcess) -> None:
    answer = simulator.api("POST", "/v2/labels", {"name": "x", "colorHex": "#FF9485"})
    assert answer.status_code == 422
    assert answer.json()["message"].startswith("Invalid 'colorHex'. Possible values: #ff9485, #64c4ff,")


def test_a_colour_beyond_the_palette_reads_back_black(simulator: SimulatorProcess) -> None:
    made = simulator.api("POST", "/v2/labels", {"name": "x", "color": 99}).json()
    assert made == {"id": "15", "name": "x", "color": 99, "colorHex": "#000000"}


@pytest.mark.parametrize("color", ["blue", True, [1], 1.5])
def test_a_colour_that_is_no_number(simulator: SimulatorProcess, color: object) -> None:
    answer = simulator.api("POST", "/v2/labels", {"name": "x", "color": color})
    assert answer.status_code == 400
    assert answer.json()["message"] == ["color must be a number conforming to the specified constraints"]


def test_twenty_labels_and_no_more(simulator: SimulatorProcess) -> None:
    for number in range(6):
        assert simulator.api("POST", "/v2/labels", {"name": f"n{number}", "color": number}).status_code == 201
    answer = simulator.api("POST", "/v2/labels", {"name": "one more", "color": 1})
    assert (answer.status_code, answer.json()) == (422, refusal("Maximum 20 labels allowed"))


def test_update_takes_a_numeric_string_and_the_same_name(simulator: SimulatorProcess) -> None:
    answer = simulator.api("PUT", "/v2/labels/7", {"name": "VIP", "color": "0"})
    assert answer.json() == {"id": "7", "name": "VIP", "color": 0, "colorHex": "#ff9485"}
    assert simulator.api("PUT", "/v2/labels/7", {"name": "Gold"}).json() == answer.json() | {"name": "Gold"}
    taken = simulator.api("PUT", "/v2/labels/7", {"name": "Paid"})
    assert taken.json() == refusal("Label with 'Paid' already exists, id: 4")


def test_update_with_wahas_quirk_refuses_the_unchanged_name(simulator: SimulatorProcess) -> None:
    simulator.post("/sim/faults", {"duplicate_check_self": True})
    answer = simulator.api("PUT", "/v2/labels/7", {"name": "VIP", "color": 1})
    assert (answer.status_code, answer.json()) == (422, refusal("Label with 'VIP' already exists, id: 7"))


@pytest.mark.parametrize("path", ["/v2/labels/7", "/v2/labels/7/delete"])
def test_delete_takes_the_label_off_every_chat(simulator: SimulatorProcess, path: str) -> None:
    assert simulator.api("GET", "/v2/labels/7/chats").json() != []
    assert simulator.api("DELETE", path).json() == {"result": True}
    assert simulator.api("GET", "/v2/labels/7/chats").json() == []
    assert simulator.api("DELETE", path).json() == NOT_FOUND


@pytest.mark.parametrize(("reuse", "wa_id"), [(True, "14"), (False, "15")])
def test_the_id_of_a_deleted_label_can_come_back(simulator: SimulatorProcess, reuse: bool, wa_id: str) -> None:
    simulator.post("/sim/faults", {"reuse_ids": reuse})
    simulator.api("DELETE", "/v2/labels/14")
    assert simulator.api("POST", "/v2/labels", {"name": "Again", "color": 1}).json()["id"] == wa_id


def test_link_and_unlink(simulator: SimulatorProcess) -> None:
    jid = unlabelled(simulator)
    for _twice in range(2):
        answer = simulator.api("PUT", f"/v2/labels/7/chats/{jid}")
        assert (answer.status_code, answer.json()) == (200, SUCCESS)
    assert simulator.api("GET", f"/v2/labels/chats/{jid}").json() == [VIP]
    assert {"id": jid} in simulator.api("GET", "/v2/labels/7/chats").json()
    assert simulator.api("DELETE", f"/v2/labels/7/chats/{jid}").json() == SUCCESS
    assert simulator.api("GET", f"/v2/labels/chats/{jid}").json() == []


def test_every_spelling_of_an_address(simulator: SimulatorProcess) -> None:
    for raw in ("15550100001:7@s.whatsapp.net", "15550100001%40c.us", "15550100001"):
        assert simulator.api("PUT", f"/v2/labels/7/chats/{raw}").json() == SUCCESS
    assert simulator.api("GET", "/v2/labels/chats/15550100001@c.us").json() == [VIP]


def test_link_of_an_unknown_label_or_of_no_address(simulator: SimulatorProcess) -> None:
    jid = unlabelled(simulator)
    assert simulator.api("PUT", f"/v2/labels/99/chats/{jid}").json() == NOT_FOUND
    answer = simulator.api("PUT", "/v2/labels/7/chats/nobody")
    assert answer.json() == {"status": 400, "message": "Invalid Parameter Format", "error": "Bad Request"}


def test_set_replaces_the_whole_list(simulator: SimulatorProcess) -> None:
    jid = unlabelled(simulator)
    path = f"/v2/labels/chats/{jid}"
    assert simulator.api("PUT", path, {"labels": [{"id": "7"}, {"id": "1"}]}).json() == SUCCESS
    assert simulator.api("PUT", path, {"labels": [{"id": "2"}, {"id": "7"}]}).json() == SUCCESS
    assert [row["id"] for row in simulator.api("GET", path).json()] == ["2", "7"]
    assert simulator.api("PUT", path, []).json() == SUCCESS  # a bare array is accepted and does nothing
    assert [row["id"] for row in simulator.api("GET", path).json()] == ["2", "7"]
    simulator.api("PUT", path, {"labels": []})
    assert simulator.api("GET", path).json() == []


def test_labels_need_a_working_session(simulator: SimulatorProcess) -> None:
    simulator.post("/sim/session", {"status": "STOPPED"})
    answer = simulator.api("GET", "/v2/labels")
    assert (answer.status_code, answer.json()) == (
        422,
        {
            "error": "Session status is not as expected. Try again later or restart the session",
            "session": "wawp-demo",
            "status": "STOPPED",
            "expected": ["WORKING"],
        },
    )


@pytest.mark.parametrize(
    "path",
    ["/v2/send/text", "/v2/chats/15550100001@c.us/messages/read", "/v2/startTyping", "/v2/presence", "/api/sendText"],
)
def test_what_would_send_or_show_is_not_there_and_is_counted(simulator: SimulatorProcess, path: str) -> None:
    assert simulator.api("POST", path, {}).status_code == 404
    assert simulator.get("/sim/state")["forbidden_calls"] == 1


def test_an_unknown_address_is_not_forbidden(simulator: SimulatorProcess) -> None:
    answer = simulator.api("POST", "/v2/labels/7/chats/15550100001@c.us")
    assert answer.status_code == 404
    assert simulator.get("/sim/state")["forbidden_calls"] == 0
