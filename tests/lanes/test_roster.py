import time
from datetime import timedelta

import pytest
from django.utils import timezone

from labelapp.actions.heartbeats import beat
from labelapp.lanes.roster import MISSED, Roster
from labelapp.models import Heartbeat

pytestmark = pytest.mark.django_db
NAMES = [f"push:{n}" for n in range(200)]


def shares(*rosters: Roster) -> dict[str, int]:
    owners = [rosters[0].owner_of(name) for name in NAMES]
    assert all([roster.owner_of(name) for name in NAMES] == owners for roster in rosters)
    return {worker: owners.count(worker) for worker in owners}


def test_alone_it_owns_everything() -> None:
    assert shares(Roster("a")) == {"a": 200}


def test_all_workers_agree_and_each_has_its_share() -> None:
    rosters = [Roster(name) for name in "abc"]
    for roster in rosters:
        beat(roster.me)
    for roster in rosters:
        roster.read()
    found = shares(*rosters)
    assert found.keys() == set("abc")
    assert min(found.values()) > 40


def test_when_a_worker_goes_only_its_share_moves() -> None:
    a = Roster("a")
    beat("b"), beat("c")
    a.read()
    before = {name: a.owner_of(name) for name in NAMES}
    Heartbeat.objects.filter(worker="c").delete()
    a.read()
    assert {name: owner for name, owner in before.items() if owner != "c"}.items() <= {
        name: a.owner_of(name) for name in NAMES
    }.items()


def test_a_worker_that_does_not_beat_any_more_is_gone() -> None:
    a = Roster("a")
    beat("b")
    for _reading in range(MISSED):
        a.read()
    assert len(shares(a)) == 2
    a.read()
    assert shares(a) == {"a": 200}
    beat("b")
    a.read()
    assert len(shares(a)) == 2


def test_clocks_of_other_machines_do_not_matter() -> None:
    a = Roster("a")
    Heartbeat.objects.create(worker="b", at=timezone.now() + timedelta(minutes=5))
    moment = time.monotonic()
    a.read()
    assert a.has_beaten_since("b", moment)
    later = time.monotonic()
    a.read()
    assert not a.has_beaten_since("b", later)
    assert not a.has_beaten_since("nobody", moment)
