"""Two workers in one process, each with a session of its own at the server."""

import time
from collections.abc import Iterator

import pytest
from django.db import connection

from labelapp.actions.heartbeats import beat, rest
from labelapp.lanes import turns
from labelapp.lanes.locks import Locks
from labelapp.lanes.roster import Roster
from labelapp.lanes.turns import Turns
from tests.lanes.test_locks import becomes, end_session

pytestmark = pytest.mark.django_db(transaction=True)
NAMES = [f"push:{n}" for n in range(20)]


@pytest.fixture
def pair(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Turns, Turns]]:
    if connection.vendor != "postgresql":
        pytest.skip("on SQLite there is one worker")
    monkeypatch.setattr(turns, "ASK_EVERY", 0)
    monkeypatch.setattr(turns, "PATIENCE", 0.2)
    with Locks() as first, Locks() as second:
        yield Turns(first, Roster("a")), Turns(second, Roster("b"))


def taken(worker: Turns) -> set[str]:
    return {name for name in NAMES if worker.take(name)}


def read(*workers: Turns) -> None:
    for worker in workers:
        beat(worker.roster.me)
    for worker in workers:
        worker.roster.read()


def test_one_worker_takes_everything(pair: tuple[Turns, Turns]) -> None:
    assert taken(pair[0]) == set(NAMES)
    assert taken(pair[1]) == set()


def test_a_second_worker_gets_its_share_and_no_work_has_two(pair: tuple[Turns, Turns]) -> None:
    a, b = pair
    taken(a)
    read(a, b)
    mine, theirs = taken(a), taken(b)
    assert mine | theirs == set(NAMES)
    assert not mine & theirs
    assert min(len(mine), len(theirs)) >= 3
    assert (taken(a), taken(b)) == (mine, theirs)  # and it stays so


def test_the_work_of_a_worker_that_fell_silent_is_taken_over(pair: tuple[Turns, Turns]) -> None:
    a, b = pair
    read(a, b)
    mine = taken(a)
    taken(b)
    assert taken(a) == mine
    b.locks.close()  # as after a kill -9: its sign of life is still fresh
    start = time.monotonic()
    assert becomes(lambda: taken(a) == mine and a.waits)
    assert becomes(lambda: taken(a) == set(NAMES))
    assert time.monotonic() - start >= turns.PATIENCE
    assert not a.waits
    a.roster.read()  # no new beat: nothing is handed back
    assert taken(a) == set(NAMES)


def test_after_a_restart_of_the_server_each_takes_its_own_again(pair: tuple[Turns, Turns]) -> None:
    a, b = pair
    read(a, b)
    mine, theirs = taken(a), taken(b)
    a.locks.close(), b.locks.close()
    assert becomes(lambda: taken(b) == theirs)
    assert becomes(lambda: taken(a) == mine)


def test_a_worker_that_stopped_owns_nothing(pair: tuple[Turns, Turns]) -> None:
    a, b = pair
    read(a, b)
    b.locks.close()
    rest("b")
    a.roster.read()
    assert becomes(lambda: taken(a) == set(NAMES))


def test_a_lock_that_somebody_holds_is_not_asked_for_all_the_time(
    pair: tuple[Turns, Turns], monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = pair
    assert b.take("push:1")
    assert not a.take("push:1")
    monkeypatch.setattr(turns, "ASK_EVERY", 60)
    b.locks.free("push:1")
    assert not a.take("push:1")
    monkeypatch.setattr(turns, "ASK_EVERY", 0)
    assert a.take("push:1")


def test_what_was_lost_with_the_connection_is_taken_again_at_once(pair: tuple[Turns, Turns]) -> None:
    """Before the other one may take it for left over: calls of ours may still be under way."""
    a, b = pair
    read(a, b)
    mine, theirs = taken(a), taken(b)
    end_session(a.locks)
    assert becomes(lambda: not a.locks.holds(NAMES[0]) and not a.locks.is_connected)
    a.keep()
    assert {name for name in NAMES if a.locks.holds(name)} == mine
    assert taken(b) == theirs


def test_what_somebody_else_has_by_now_is_let_go(pair: tuple[Turns, Turns]) -> None:
    a, b = pair
    assert a.take("push:1")
    end_session(a.locks)
    assert becomes(lambda: b.locks.hold("push:1"))
    a.keep()
    b.locks.free("push:1")
    a.keep()
    assert not a.locks.holds("push:1")
