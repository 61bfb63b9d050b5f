"""A bulk run whose workers are killed again and again: every chat ends right, nothing is entered twice."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings

from tests.faults.machines import Machines
from tests.stack import Stack, wait_until

pytestmark = pytest.mark.faults
CHATS, PACE = 300, 40.0  # calls a second
KILLS = 5


@pytest.fixture
def stack(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Stack]:
    """One machine on SQLite, two workers on PostgreSQL. No hooks reach it: what was sent has to be read back."""
    folder = tmp_path_factory.mktemp("bulk")
    if settings.ON_SQLITE:
        made = Stack(folder, chats=CHATS, READ_BACK_SECONDS="1")
    else:
        made = Machines(folder, chats=CHATS, READ_BACK_SECONDS="1", **request.getfixturevalue("own_database"))
    with made as running:
        yield running


def report(stack: Stack, run: str) -> dict[str, Any]:
    return json.loads(stack.ask_product("tests.faults.bulk", "report", run))


def kill_workers(stack: Stack) -> None:
    """kill -9 in the middle of their work, and new ones: on one machine of everything, as when it loses its power."""
    if not isinstance(stack, Machines):
        stack.product.kill()
        stack.start_product()
        return
    for worker in stack.workers:
        worker.process.kill()
        worker.process.wait(5)
    stack.make_whole()


def changed(stack: Stack, run: str) -> int:
    return int(report(stack, run)["tally"].get("changed", 0))


def on_phone(stack: Stack, addresses: dict[str, list[str]]) -> dict[str, set[str]]:
    """What each person carries under any of their addresses."""
    tags = stack.simulator.ask("GET", "/sim/truth")["tags"]
    return {pk: {wa_id for wa_id in tags if set(tags[wa_id]) & set(jids)} for pk, jids in addresses.items()}


def test_a_run_whose_workers_are_killed_ends_right(stack: Stack) -> None:
    addresses = json.loads(stack.ask_product("tests.faults.bulk", "chats", str(CHATS)))
    before = on_phone(stack, addresses)
    run = stack.ask_product("tests.faults.bulk", "start", str(CHATS), str(PACE)).strip()
    for _n in range(KILLS):
        done = changed(stack, run)
        wait_until(lambda done=done: changed(stack, run) > done, 60, told="the run goes on")
        kill_workers(stack)
    middle = report(stack, run)
    assert middle["tally"].get("waiting", 0) > 0, middle["tally"]  # it was in the middle of it
    ended = wait_until(lambda: (found := report(stack, run))["ended"] and found, 240, pause=2, told="the run ends")
    assert (ended["state"], ended["twice"]) == ("done", [])
    assert set(ended["tally"]) <= {"changed", "already"}
    assert sum(ended["tally"].values()) == len(ended["chats"])
    labels = {label["name"]: str(label["id"]) for label in stack.simulator.ask("GET", "/sim/state")["labels"]}
    stages = {labels[name] for name in ("New lead", "Quoted", "Pending payment", "Paid", "Shipped", "Closed")}
    after = on_phone(stack, addresses)
    assert len(ended["chats"]) == len(addresses) > CHATS - 20
    for pk, held in ended["chats"].items():
        right = (before[pk] - stages - {labels["On hold"]}) | {labels["VIP"], labels["Quoted"]}
        assert (set(held), after[pk]) == (right, right), addresses[pk]


def test_a_run_is_confirmed_by_lists(stack: Stack) -> None:
    """Counted at the provider: far from one reading per chat. Few that wait for their receipt are still asked one by one."""
    before = stack.simulator.ask("GET", "/sim/calls")["last"]
    with stack.simulator.faults(drop_rate=1):  # nobody is told: all of it has to be read back
        run = stack.ask_product("tests.faults.bulk", "start", str(CHATS), str(PACE), "Atacado").strip()
        ended = wait_until(lambda: (found := report(stack, run))["ended"] and found, 240, pause=2, told="the run ends")
    calls = stack.simulator.ask("GET", "/sim/calls", since=before)["calls"]
    changes = ended["tally"]["changed"]
    writes = [call for call in calls if call["assigns"]]
    read = [call for call in calls if call["method"] == "GET" and call["chat"] and not call["assigns"]]
    assert len(writes) == changes > CHATS // 2
    lists = [call for call in calls if call["method"] == "GET" and not call["chat"] and call["path"].endswith("/chats")]
    assert lists
    assert len(read) < changes * 2 // 3
