"""The phone behind the session is another one after a re-link."""

import time

from tests.chaos import tables
from tests.chaos.calls import Calls
from tests.chaos.people import Person
from tests.chaos.phone import Phone
from tests.chaos.rows.kills import wished
from tests.chaos.rows.row import Row, Scene
from tests.chaos.stage import Number, Stage
from tests.stack import wait_until

WISHES = 50
RIVAL, RIVAL_NAME = "201999999999@c.us", "Somebody else"
PATIENCE = 20


def play(scene: Scene) -> None:
    """Wishes wait while the number is down; then another account answers, with other labels on the same chats."""
    stage = scene.stage(scene.of(1000, 100), each=2)
    number = stage.connect()
    stage.tell("session", {"status": "STOPPED"}, number.slug)
    wait_until(
        lambda: tables.instance(stage.database, number.pk, "status")[0] == "STOPPED", 10, told="the number is down"
    )
    clicks = wished(scene, stage, number, WISHES)
    scene.did(f"wishes while the number is down: {Person(stage.ports).click(clicks)}")
    before = held(stage, number)
    with Calls(stage.simulator, number.slug) as calls:
        other = {"seed": scene.options.seed + 7, "chats": scene.of(1000, 100)}
        stage.tell("account", {"jid": RIVAL, "name": RIVAL_NAME, "world": other}, number.slug)
        scene.did(f"the session comes back as {RIVAL}")
        frozen = asked(stage, number)
        busy(scene, stage, number)
    scene.must(frozen, f"the number is frozen within {PATIENCE} s")
    scene.must(not calls.writes(), "nothing pushed", f"{len(calls.writes())} calls")
    after = held(stage, number)
    scene.must(before <= after, "nothing removed", f"{len(before - after)} of {len(before)} assignments are gone")
    scene.must(after <= before, "nothing taken over", f"{len(after - before)} assignments came")
    page = Person(stage.ports, "admin").page(f"/chats/?instance={number.slug}")
    scene.must(
        RIVAL_NAME in page or RIVAL.partition("@")[0] in page, "an admin is asked, with the other account's name"
    )


def held(stage: Stage, number: Number) -> set[tuple[int, int]]:
    return {(row.chat, row.label) for row in tables.pairs(stage.database, number.pk) if row.wanted}


def asked(stage: Stage, number: Number) -> bool:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if tables.instance(stage.database, number.pk, "frozen_at")[0] is not None:
            return True
        time.sleep(0.2)
    return False


def busy(scene: Scene, stage: Stage, number: Number) -> None:
    """All that could tempt the product: events of the other account, a comparison asked for by hand, a worker's restart."""
    phone = Phone(stage, number, scene.rng)
    phone.chats = sorted(jid for jid, _label in phone.tags)
    phone.remove(10)
    phone.add(10)
    try:
        told = stage.manage("reconcile", "--instance", number.slug)
    except AssertionError as error:
        told = str(error)
    scene.did(f"reconcile says: {told.strip().splitlines()[-1]}")
    for worker in stage.workers:
        worker.kill()
        worker.start()
    time.sleep(8)


ROW = Row(
    "account",
    "the session comes back as another account (me.id changed)",
    "nothing pushed, nothing removed, an admin is asked",
    play,
    fixed=120,
    full=20,
)
