"""Shares of calls that go wrong, and lists that are short at one source."""

import time
from typing import Any

import httpx
import pytest

from tests.simulator.process import CREDENTIALS, SimulatorProcess
from tests.simulator.test_faults import JID, PAIR, SUCCESS, faults


def on_phone(simulator: SimulatorProcess) -> bool:
    return JID in simulator.get("/sim/truth")["tags"]["7"]


def test_reset_after_acting(simulator: SimulatorProcess) -> None:
    faults(simulator, reset_rate=1)
    with pytest.raises(httpx.TransportError):
        simulator.api("PUT", PAIR)
    assert on_phone(simulator)
    call = simulator.calls()[-1]
    assert (call["note"], call["status"]) == ("reset", 0)


@pytest.mark.parametrize("acts", [True, False])
def test_never_answered_done_or_not(simulator: SimulatorProcess, acts: bool) -> None:
    faults(simulator, hang_rate=1, hang_ms=60_000, hang_acts=acts)
    begun = time.monotonic()
    with pytest.raises(httpx.TimeoutException):
        simulator.http.request("PUT", PAIR, params=CREDENTIALS, timeout=0.3)
    assert time.monotonic() - begun < 1.5
    assert on_phone(simulator) is acts
    simulator.wait_for(lambda: simulator.get("/sim/pace")["in_flight"]["now"] == 0)  # who hung up waits no longer
    assert simulator.calls()[-1]["status"] is None


def test_busy_says_when_to_come_back(simulator: SimulatorProcess) -> None:
    faults(simulator, busy_rate=1, busy_seconds=3)
    answer = simulator.api("PUT", PAIR)
    assert (answer.status_code, answer.headers["retry-after"], on_phone(simulator)) == (429, "3", False)


@pytest.mark.parametrize(
    ("switch", "seen"),
    [
        ("html_rate", lambda answer: "text/html" in answer.headers["content-type"]),
        ("lie_rate", lambda answer: answer.json() == SUCCESS),
    ],
)
def test_a_share_of_writes_has_no_effect(simulator: SimulatorProcess, switch: str, seen: Any) -> None:
    faults(simulator, **{switch: 1})
    answer = simulator.api("PUT", PAIR)
    assert (answer.status_code, seen(answer), on_phone(simulator)) == (200, True, False)


def test_half_of_the_calls(simulator: SimulatorProcess) -> None:
    faults(simulator, html_rate=0.5)
    kinds = [simulator.api("GET", "/v2/lids/count").headers["content-type"] for _ in range(40)]
    assert len(set(kinds)) == 2


def test_writes_without_keys_fail_for_good(simulator: SimulatorProcess) -> None:
    faults(simulator, no_keys=True)
    for answer in (simulator.api("PUT", PAIR), simulator.api("POST", "/v2/labels", {"name": "x", "color": 1})):
        assert answer.status_code == 500
        assert answer.json()["message"].startswith("no app state keys found")
    assert not on_phone(simulator)
    assert simulator.api("GET", "/v2/labels").status_code == 200


@pytest.mark.parametrize(
    ("source", "path"),
    [
        ("labels", "/v2/labels"),
        ("label_chats", "/v2/labels/7/chats"),
        ("chat_labels", f"/v2/labels/chats/{JID}"),
        ("overview", "/v2/chats/overview"),
    ],
)
def test_lists_are_empty_at_one_source(simulator: SimulatorProcess, source: str, path: str) -> None:
    simulator.api("PUT", PAIR)
    paths = ("/v2/labels", "/v2/labels/7/chats", f"/v2/labels/chats/{JID}", "/v2/chats/overview")
    faults(simulator, empty_lists=True, lists_of=source)
    assert {one for one in paths if not simulator.api("GET", one).json()} == {path}
    faults(simulator, empty_lists=False, partial_lists=0, lists_of="all")
    assert not any(simulator.api("GET", one).json() for one in paths)
