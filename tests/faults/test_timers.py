"""Labels with a clock whose workers are killed while their times come: each time is acted upon once, and WhatsApp has it so."""

from collections.abc import Iterator

import pytest

from tests.faults.judging import carried, labels_on_phone, on_phone
from tests.faults.workers import SECONDS, Desk, Workers, scaled, workers_in
from tests.stack import wait_until

pytestmark = pytest.mark.faults
CHATS = 3 * scaled(300, least=15)
KILLS = 4


@pytest.fixture
def stack(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Workers]:
    with workers_in(tmp_path_factory.mktemp("timers"), request, chats=CHATS * 2) as running:
        yield running


@pytest.fixture
def desk(stack: Workers) -> Iterator[Desk]:
    with Desk(stack, "tests.faults.timing") as open_:
        yield open_


def test_each_time_is_acted_upon_once_whoever_is_killed(stack: Workers, desk: Desk) -> None:
    people = desk("begin", CHATS, 20)
    assert len(people) == CHATS
    for n in range(KILLS):
        left = CHATS - (n + 1) * CHATS // (KILLS + 2)
        stack.kill_when(lambda left=left: (found := desk("waiting")) is not None and found <= left, f"{left} are left")
        stack.start_workers()
    wait_until(lambda: desk("waiting") == 0, SECONDS, pause=0.5, told="all times have come")
    ended = wait_until(
        lambda: not (found := desk("report"))["open"] and found, SECONDS, pause=1, told="all is confirmed"
    )
    third = CHATS // 3
    assert (ended["most"], ended["told"]) == (1, [1] * third)
    assert ended["verbs"] == {"remove": 2 * third, "add": third, "timer.call": third}
    labels, there = labels_on_phone(stack), carried(on_phone(stack), people)
    for n, pk in enumerate(people):
        right = [set(), {labels["On hold"]}, {labels["VIP"]}][n % 3]
        for held in (ended["held"], there):
            assert set(held[pk]) & {labels["VIP"], labels["On hold"]} == right, people[pk]
