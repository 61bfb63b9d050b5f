"""Several numbers in one process, each a world of its own."""

import pytest

from tests.simulator.process import CREDENTIALS, SimulatorProcess
from tests.simulator.receiver import Receiver

JID = "15550100001@c.us"


@pytest.fixture
def numbers(simulator: SimulatorProcess) -> SimulatorProcess:
    for name in ("demo2", "demo3"):
        simulator.http.post("/sim/reset", params={"instance": name}, json={"chats": 10})
    return simulator


def test_three_numbers(numbers: SimulatorProcess) -> None:
    assert numbers.get("/sim/numbers") == [
        {"id": "demo", "name": "Nile & Douro", "profile": "GOWS"},
        {"id": "demo2", "name": "Porto shop", "profile": "WEBJS"},
        {"id": "demo3", "name": "Old warehouse phone", "profile": "GOWS"},
    ]
    sizes = [numbers.get("/sim/state", instance=name)["chats"] for name in ("demo", "demo2", "demo3")]
    assert sizes == [40, 10, 10]
    info = numbers.api("GET", "/v2/session/info", instance_id="demo3").json()
    assert (info["name"], info["me"]["pushName"]) == ("wawp-demo3", "Old warehouse phone")


def test_a_change_concerns_one_number(numbers: SimulatorProcess) -> None:
    assert numbers.api("PUT", f"/v2/labels/7/chats/{JID}", instance_id="demo2").status_code == 200
    held = [JID in numbers.get("/sim/truth", instance=name)["tags"]["7"] for name in ("demo", "demo2", "demo3")]
    assert held == [False, True, False]


def test_switches_calls_and_the_session_are_those_of_one_number(numbers: SimulatorProcess) -> None:
    numbers.http.post("/sim/faults", params={"instance": "demo2"}, json={"status": 503})
    numbers.http.post("/sim/session", params={"instance": "demo3"}, json={"status": "SCAN_QR_CODE"})
    statuses = {
        name: numbers.api("GET", "/v2/labels", instance_id=name).status_code for name in ("demo", "demo2", "demo3")
    }
    assert statuses == {"demo": 200, "demo2": 503, "demo3": 422}
    made = [numbers.get("/sim/state", instance=name)["calls"] for name in ("demo", "demo2", "demo3")]
    assert made == [1, 1, 1]


def test_hooks_are_those_of_one_number(numbers: SimulatorProcess, receiver: Receiver) -> None:
    body = {"url": receiver.url, "events": ["*"]}
    numbers.http.post("/v2/webhook/set", params=CREDENTIALS | {"instance_id": "demo3"}, json=body)
    numbers.post("/sim/session", {"status": "WORKING"})
    numbers.http.post("/sim/session", params={"instance": "demo3"}, json={"status": "FAILED"})
    numbers.wait_for(lambda: receiver.got)
    assert [(one.json["session"], one.json["payload"]["status"]) for one in receiver.got] == [("wawp-demo3", "FAILED")]


def test_a_number_that_is_not_there(numbers: SimulatorProcess) -> None:
    answer = numbers.http.get("/sim/truth", params={"instance": "demo9"})
    assert (answer.status_code, answer.json()) == (
        404,
        {"error": "There is no number demo9 here, only demo, demo2, demo3."},
    )
    assert numbers.api("GET", "/v2/labels", instance_id="demo9").json()["code"] == "invalid_instance"
