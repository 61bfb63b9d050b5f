"""Moves to a stage whose workers are killed at every step: from the provider's own log no chat was ever without a stage.

SCALE=1 moves 1,000 chats and kills ten times at each step.
"""

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.chaos.calls import Calls
from tests.faults.judging import bare_moments, carried, labels_on_phone, on_phone
from tests.faults.workers import SECONDS, Desk, Workers, scaled, workers_in
from tests.stack import wait_until

pytestmark = pytest.mark.faults
CHATS = scaled(1000, least=40)
TIMES = 1 + round(9 * float(os.environ.get("SCALE", "0")))
PACE = 30.0  # calls a second
STAGES = ("New lead", "Quoted", "Pending payment", "Paid", "Shipped", "Closed")
# where all of them go, one after the other, and what that makes redundant
GOALS = {"Paid": "On hold", "Shipped": "VIP", "Quoted": "Send invoice", "Closed": "Atacado"}
STEPS = [f"{what} {how}" for what in ("link", "prune", "redundant") for how in ("wished", "called", "sent")]


@pytest.fixture
def stack(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Workers]:
    with workers_in(tmp_path_factory.mktemp("moves"), request, chats=CHATS * 3) as running:
        yield running


@pytest.fixture
def desk(stack: Workers) -> Iterator[Desk]:
    with Desk(stack, "tests.faults.moving") as open_:
        yield open_


@dataclass
class Traffic:
    """Moves that don't run out: where fewer than half of the chats are on their way, all go to the next stage."""

    desk: Desk
    found: dict[str, int] = field(default_factory=dict)  # at which step how many moves stood at the last look
    goals: dict[str, str] = field(default_factory=dict)  # chat -> where it was sent last
    rounds: int = 0

    def stands_at(self, step: str) -> bool:
        found = self.desk("steps")
        if found is not None:
            self.found = found
        return found is not None and step in found

    def keep_up(self) -> None:
        if sum(self.found.values()) < CHATS // 2:
            goal = list(GOALS)[self.rounds % len(GOALS)]
            self.goals |= {str(pk): goal for pk in self.desk("begin", goal, PACE)}
            self.rounds += 1


def test_the_judge_sees_a_moment_without_a_stage() -> None:
    def call(n: int, method: str, wa_id: str, at: int) -> dict[str, Any]:
        path = f"/labels/{wa_id}/chats/a@c.us"
        return {"n": n, "at": at, "ms": 10, "status": 200, "method": method, "path": path, "chat": "a@c.us"}

    rows, before, people = [call(1, "PUT", "2", 0), call(2, "DELETE", "1", 20)], {"a@c.us": {"1"}}, [["a@c.us"]]
    assert bare_moments(rows, before, {"1", "2"}, people) == []
    rows[1]["at"] = 5  # before the new one was surely on
    assert len(bare_moments(rows, before, {"1", "2"}, people)) == 1


def test_killed_at_every_step_no_chat_is_ever_without_a_stage(stack: Workers, desk: Desk) -> None:
    people = desk("prepare", CHATS, GOALS)
    wait_until(lambda: not desk("waiting"), SECONDS + CHATS, pause=0.2, told="what will be redundant is on")
    labels, before = labels_on_phone(stack), on_phone(stack)
    traffic, met = Traffic(desk), Counter[str]()
    with Calls(stack.simulator) as calls, stack.simulator.faults(latency_ms=150, drop_rate=1):
        for step, times in [(step, n) for n in range(TIMES) for step in STEPS]:
            while met[step] <= times:
                stack.kill_when(lambda step=step: traffic.stands_at(step), step, traffic.keep_up)
                met.update(desk("steps").keys())  # where they stand now that nobody can go on
                stack.start_workers()
        ended = wait_until(
            lambda: not (found := desk("report"))["going"] and not found["open"] and found,
            SECONDS + CHATS,
            pause=1,
            told="all moves end",
        )
    stages = {labels[name] for name in STAGES}
    assert bare_moments(calls.writes(), before, stages, people.values()) == []
    assert set(met) >= set(STEPS)
    assert (len(people), ended["odd"], len(traffic.goals) > CHATS // 2) == (CHATS, [], True)
    for held in (ended["held"], carried(on_phone(stack), people)):
        for pk, goal in traffic.goals.items():
            assert set(held[pk]) & (stages | {labels[GOALS[goal]]}) == {labels[goal]}, people[pk]
