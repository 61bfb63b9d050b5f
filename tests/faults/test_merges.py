"""A label merged into another by workers that are killed at every step: from the provider's own log no chat ever lost both.

SCALE=1 merges 1,000 chats and kills ten times at each step.
"""

import os
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.chaos.calls import Call, Calls
from tests.faults.judging import bare_moments, carried, labels_on_phone, on_phone
from tests.faults.workers import SECONDS, Desk, Workers, scaled, workers_in
from tests.stack import wait_until

pytestmark = pytest.mark.faults
CHATS = scaled(1000, least=40)
TIMES = 1 + round(9 * float(os.environ.get("SCALE", "0")))
PACE = 30.0  # calls a second
OLD, NEW = "VIP", "Send invoice"
STEPS = [f"{what} {how}" for what in ("link", "prune") for how in ("wished", "called", "sent")]


@pytest.fixture
def stack(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Workers]:
    with workers_in(tmp_path_factory.mktemp("merges"), request, chats=CHATS) as running:
        yield running


@pytest.fixture
def desk(stack: Workers) -> Iterator[Desk]:
    with Desk(stack, "tests.faults.merging") as open_:
        yield open_


def deletions(calls: Calls, wa_id: str) -> list[Call]:
    """The calls that delete this label, of those that were read so far."""
    return [
        row for row in calls.rows.values() if row["method"] == "DELETE" and row["path"].endswith(f"/labels/{wa_id}")
    ]


def test_killed_at_every_step_no_chat_ever_loses_both(stack: Workers, desk: Desk) -> None:
    people = desk("prepare", CHATS, OLD)
    wait_until(lambda: not desk("waiting"), SECONDS + CHATS, pause=0.2, told="the label is on all of them")
    labels, before = labels_on_phone(stack), on_phone(stack)
    old, new, met = labels[OLD], labels[NEW], Counter[str]()
    with Calls(stack.simulator) as calls, stack.simulator.faults(latency_ms=150, drop_rate=1):
        run = desk("merge", PACE, OLD, NEW)
        for step in STEPS:
            while met[step] < TIMES:
                stack.kill_when(lambda step=step: step in (desk("steps", run) or {}), step)
                met.update(desk("steps", run).keys())  # where they stand now that nobody can go on
                stack.start_workers()
        for told, is_so in {
            "all chats are through": lambda: (found := desk("steps", run)) is not None and found.keys() <= {"written"},
            "the label is deleted": lambda: calls.look() or deletions(calls, old),
        }.items():
            stack.kill_when(is_so, told)
            stack.start_workers()
        ended = wait_until(
            lambda: (found := desk("report", run))["ended"] and found, SECONDS + CHATS, pause=1, told="the merge ends"
        )
    assert (ended["state"], ended["tally"], ended["open"]) == ("done", {"changed": len(people)}, 0)
    assert bare_moments(calls.writes(), before, {old, new}, people.values()) == []
    assert set(met) >= set(STEPS)
    (deleted,) = {row["at"] for row in deletions(calls, old) if row["status"] == 200}
    assert deleted > max(row["at"] + row["ms"] for row in calls.writes() if row["status"] == 200)
    assert old not in labels_on_phone(stack).values()
    right = {pk: tags - {old} | {new} for pk, tags in carried(before, people).items()}
    assert (carried(on_phone(stack), people), {pk: set(tags) for pk, tags in ended["chats"].items()}) == (right, right)
