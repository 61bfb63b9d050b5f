"""Where credentials may be, and what is kept of them."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.simulator.process import CREDENTIALS, SimulatorProcess

PLACES: dict[str, dict[str, Any]] = {
    "query": {"params": CREDENTIALS},
    "body": {"json": CREDENTIALS},
    "header": {"headers": {"access-token": "demo-token", "X-Instance-ID": "demo"}},
}
BEARER = {"headers": {"Authorization": "Bearer demo-token", "X-Instance-ID": "demo"}}
REFUSED = {"status": 401, "message": "Invalid or Missing Access Token", "error": "Unauthorized"}


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
@pytest.mark.parametrize(
    "how", [*PLACES.values(), BEARER, {"params": {"instance_id": "demo"}, "headers": {"access-token": "demo-token"}}]
)
def test_each_place_is_taken(simulator: SimulatorProcess, method: str, how: dict[str, Any]) -> None:
    path = "/v2/labels" if method == "GET" else "/v2/labels/7/chats/15550100001@c.us"
    assert simulator.http.request(method, path, **how).status_code == 200


@pytest.mark.parametrize(
    "how", [{}, {"params": CREDENTIALS | {"access_token": "wrong"}}, {"json": {"instance_id": "demo"}}]
)
def test_a_wrong_token(simulator: SimulatorProcess, how: dict[str, Any]) -> None:
    answer = simulator.http.request("GET", "/v2/labels", **how)
    assert (answer.status_code, answer.json()) == (401, REFUSED)


def test_an_unknown_instance(simulator: SimulatorProcess) -> None:
    answer = simulator.http.get("/v2/labels", params=CREDENTIALS | {"instance_id": "other"})
    assert answer.json() == {
        "status": 404, "message": "Instance not found", "error": "Not Found", "code": "invalid_instance",
    }  # fmt: skip


def test_the_log_tells_the_place_and_never_the_token(simulator: SimulatorProcess) -> None:
    for how in PLACES.values():
        simulator.http.request("PUT", "/v2/labels/7/chats/15550100001@c.us", **how)
    log = simulator.get("/sim/calls")
    calls = log["calls"]
    assert [(call["credentials"], call["token_in_url"], call["status"]) for call in calls] == [
        ("query", True, 200), ("body", False, 200), ("header", False, 200),
    ]  # fmt: skip
    assert {(call["path"], call["chat"], call["in_flight"]) for call in calls} == {
        ("/v2/labels/7/chats/15550100001@c.us", "15550100001@c.us", 1)
    }
    assert "demo-token" not in simulator.http.get("/sim/calls").text
    assert simulator.get("/sim/calls", since=2) == {"calls": calls[2:], "last": 3}


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, SimulatorProcess]]:
    """A provider for each place, started side by side."""
    folder = tmp_path_factory.mktemp("strict")
    made = {place: SimulatorProcess(folder / place, "--chats", "2", "--strict", place) for place in PLACES}
    with ThreadPoolExecutor() as pool:
        list(pool.map(SimulatorProcess.start, made.values()))
        yield made
        list(pool.map(SimulatorProcess.stop, made.values()))
    for running in made.values():
        running.http.close()


@pytest.mark.parametrize("place", PLACES)
def test_a_strict_provider_takes_one_place_only(strict: dict[str, SimulatorProcess], place: str) -> None:
    http = strict[place].http
    taken = {name: http.request("GET", "/v2/labels", **how).status_code for name, how in PLACES.items()}
    assert taken == {name: 200 if name == place else 401 for name in PLACES}
