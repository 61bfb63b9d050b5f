"""Outgoing hooks whose workers are killed while messages are on their way: every event is received, under one id however often."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.faults.workers import SECONDS, Desk, Workers, workers_in
from tests.hook_receiver import HookReceiver, receiver
from tests.stack import wait_until

pytestmark = pytest.mark.faults
CHATS, KILLS = 20, 3
SLOW = (204, {}, 0.3)  # a receiver that takes its time: at any moment some messages are on their way


@pytest.fixture
def stack(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Workers]:
    with workers_in(tmp_path_factory.mktemp("hooks"), request, chats=CHATS * 4) as running:
        yield running


@pytest.fixture
def desk(stack: Workers) -> Iterator[Desk]:
    with Desk(stack, "tests.faults.hooking") as open_:
        yield open_


@dataclass
class Judge:
    """What has been received, each message checked by the library as soon as it is there: it refuses those that are five minutes old."""

    receiver: HookReceiver
    secret: str
    bodies: dict[str, bytes] = field(default_factory=dict)  # by id
    events: dict[str, tuple[int, str]] = field(default_factory=dict)
    seen: int = 0

    def look(self) -> int:
        """How many different messages there are."""
        for got in self.receiver.got[self.seen :]:
            message = got.verified(self.secret)
            self.events[got.id] = message["data"]["chat"]["id"], message["type"]
            assert self.bodies.setdefault(got.id, got.body) == got.body
            self.seen += 1
        return len(self.bodies)


def test_hooks_whose_workers_are_killed_are_told_all_under_one_id_each(stack: Workers, desk: Desk) -> None:
    with receiver() as far:
        far.answers = [SLOW] * 1000
        judge = Judge(far, desk("prepare", far.url))
        wanted = [tuple(event) for event in desk("begin", "VIP", CHATS)]
        for n in range(KILLS):
            enough = (n + 1) * len(wanted) // (KILLS + 2)
            stack.kill_when(
                lambda enough=enough: (
                    far.now and judge.look() >= enough
                ),  # some are received, their answers are not yet
                f"in the middle of message {enough}",
            )
            stack.start_workers()

        def told() -> list[dict[str, Any]] | None:
            judge.look()
            desk("hurry")
            rows = desk("sends") or []
            return rows if len(rows) == len(wanted) and {row["outcome"] for row in rows} == {"taken"} else None

        rows = wait_until(told, SECONDS, pause=1, told="all of it is delivered")
        judge.look()
    assert sorted(judge.events.values()) == sorted(
        wanted
    )  # each once: no second id for the same event, and none is missing
    assert judge.events == {row["id"]: (row["chat"], row["kind"]) for row in rows}
    assert len(far.got) - len(judge.bodies) >= KILLS  # what was under way at a kill came again
