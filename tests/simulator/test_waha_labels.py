"""The label surface of the WAHA dialect, against literal bodies from the provider contract."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.simulator.process import SimulatorProcess
from tests.simulator.receiver import Receiver
from tests.simulator.test_hooks import arrived, settled

VIP = {"id": "7", "name": "VIP", "color": 3, "colorHex": "#dfaef0"}
JID = "15550100001@c.us"
MINE = f"labels/chats/{JID}"


def put(simulator: SimulatorProcess, *ids: str) -> Any:
    return simulator.waha("PUT", MINE, {"labels": [{"id": wa_id} for wa_id in ids]})


def mine(simulator: SimulatorProcess) -> list[str]:
    return [row["id"] for row in simulator.waha("GET", MINE).json()]


def test_the_directory(simulator: SimulatorProcess) -> None:
    rows = simulator.waha("GET", "labels").json()
    assert (len(rows), rows[6]) == (14, VIP)
    assert rows == simulator.api("GET", "/v2/labels").json()


def test_create(simulator: SimulatorProcess) -> None:
    made = simulator.waha("POST", "labels", {"name": "New", "color": 0, "colorHex": None, "unknown": 1})
    assert (made.status_code, made.json()) == (201, {"id": "15", "name": "New", "color": 0, "colorHex": "#ff9485"})
    assert simulator.waha("POST", "labels", {"name": "Black", "color": 99}).json()["colorHex"] == "#000000"


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({"name": "VIP", "color": 1}, 422, "Label with 'VIP' already exists, id: 7"),
        ({"name": "x", "color": 1, "colorHex": "#64c4ff"}, 422, "Use either 'color' or 'colorHex'"),
        ({"name": "x"}, 422, "'color' or 'colorHex' is required"),
        ({"color": 1}, 400, ["name must be a string", "name should not be empty"]),
        ({"name": "x", "color": "1"}, 400, ["color must be a number conforming to the specified constraints"]),
    ],
)
def test_what_create_refuses(
    simulator: SimulatorProcess, body: dict[str, Any], status: int, message: str | list[str]
) -> None:
    answer = simulator.waha("POST", "labels", body)
    error = {400: "Bad Request", 422: "Unprocessable Entity"}[status]
    assert (answer.status_code, answer.json()) == (status, {"message": message, "error": error, "statusCode": status})


def test_the_twenty_first_label(simulator: SimulatorProcess) -> None:
    for number in range(6):
        assert simulator.waha("POST", "labels", {"name": f"N{number}", "color": 1}).status_code == 201
    assert simulator.waha("POST", "labels", {"name": "x", "color": 1}).json() == {
        "message": "Maximum 20 labels allowed", "error": "Unprocessable Entity", "statusCode": 422,
    }  # fmt: skip


def test_update_wants_both_and_a_name_that_is_not_its_own(simulator: SimulatorProcess) -> None:
    changed = simulator.waha("PUT", "labels/7", {"name": "Gold", "color": 2})
    assert (changed.status_code, changed.json()) == (200, VIP | {"name": "Gold", "color": 2, "colorHex": "#ffd429"})
    recoloured = simulator.waha("PUT", "labels/7", {"name": "Gold", "color": 5})
    assert (recoloured.status_code, recoloured.json()["message"]) == (422, "Label with 'Gold' already exists, id: 7")
    assert simulator.waha("PUT", "labels/7", {"name": "Again"}).status_code == 422
    assert simulator.waha("PUT", "labels/7", {"color": 1}).status_code == 400


def test_delete_and_an_unknown_label(simulator: SimulatorProcess) -> None:
    gone = simulator.waha("DELETE", "labels/7")
    assert (gone.status_code, gone.json()) == (200, {"result": True})
    missing = {"message": "Label not found", "error": "Not Found", "statusCode": 404}
    assert simulator.waha("DELETE", "labels/7").json() == missing
    assert simulator.waha("PUT", "labels/7", {"name": "x", "color": 1}).json() == missing
    assert simulator.waha("GET", "labels/7/chats").json() == []


def test_a_chats_list_is_replaced_and_the_answer_is_empty(simulator: SimulatorProcess) -> None:
    answer = put(simulator, "7", "9", "99")
    assert (answer.status_code, answer.content, "content-type" in answer.headers) == (200, b"", False)
    assert mine(simulator) == ["7", "9"]
    put(simulator, "9", "8")
    assert mine(simulator) == ["8", "9"]
    assert {"id": JID} in simulator.waha("GET", "labels/8/chats").json()
    put(simulator)
    assert mine(simulator) == []


def test_a_bare_array_does_nothing(simulator: SimulatorProcess) -> None:
    put(simulator, "7")
    answer = simulator.waha("PUT", MINE, [{"id": "8"}])
    assert (answer.status_code, answer.content, mine(simulator)) == (200, b"", ["7"])


@pytest.mark.parametrize("body", [{}, {"labels": "7"}, {"labels": [7]}, {"labels": [{"id": 7}]}])
def test_a_list_that_makes_no_sense(simulator: SimulatorProcess, body: dict[str, Any]) -> None:
    put(simulator, "7")
    answer = simulator.waha("PUT", MINE, body)
    assert (answer.status_code, answer.json()["error"], mine(simulator)) == (400, "Bad Request", ["7"])


def test_replacing_echoes_one_event_per_step_adds_first(simulator: SimulatorProcess, hook: Receiver) -> None:
    put(simulator, "7")
    arrived(simulator, hook, "label.chat.added")
    put(simulator, "8")
    arrived(simulator, hook, "label.chat.deleted")
    settled(simulator, 0)
    told = {(one.json["event"], one.json["payload"]["labelId"]): one.json["id"] for one in hook.got}
    assert [pair for pair, _id in sorted(told.items(), key=lambda item: item[1])] == [
        ("label.chat.added", "7"), ("label.chat.added", "8"), ("label.chat.deleted", "7"),
    ]  # fmt: skip


def test_a_failure_half_way_leaves_a_mix(simulator: SimulatorProcess) -> None:
    put(simulator, "7")
    simulator.post("/sim/faults", {"halfway_rate": 1})
    answer = put(simulator, "8")
    assert (answer.status_code, mine(simulator)) == (500, ["7", "8"])


def test_two_writers_interleave(simulator: SimulatorProcess) -> None:
    """Each works out its steps from what it saw: lost updates are what this call is known for."""
    ids = [str(number) for number in range(1, 15)]
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda some: put(simulator, *some).status_code, [ids[:7], ids[7:]]))
    assert both == [200, 200]
    assert len(mine(simulator)) >= 7


def test_a_lie_is_as_empty_as_the_truth(simulator: SimulatorProcess) -> None:
    simulator.post("/sim/faults", {"lie": True})
    answer = put(simulator, "7")
    assert (answer.status_code, answer.content, mine(simulator)) == (200, b"", [])
    assert simulator.calls()[0]["note"] == "lied"
    assert simulator.get("/sim/pace")["outcomes"] == {"lied": 1}
