"""An engine whose reads are older than its events (NOWEB): what was just heard must not be read away."""

import time
from collections import Counter

from tests.chaos import tables
from tests.chaos.people import Person
from tests.chaos.phone import Phone
from tests.chaos.rows.row import Row, Scene

CHANGES = 300
BATCH = 20  # changes, then somebody opens these chats at once
STALE = 1_500  # milliseconds: what NOWEB's reads are behind


def play(scene: Scene) -> None:
    """Every change on the phone is heard of, and the chat is read at once, by an answer from before the change."""
    stage = scene.stage(scene.of(1000, 100), each=2)
    number = stage.connect()
    stage.faults(stale_reads_ms=STALE)
    phone, agent, keys = (
        Phone(stage, number, scene.rng),
        Person(stage.ports),
        tables.chat_keys(stage.database, number.pk),
    )
    before, made = tables.entered(stage.database, number.pk), Counter[tuple[int, str]]()
    changes = scene.of(CHANGES, 60)
    for start in range(0, changes, BATCH):
        half = min(BATCH, changes - start) // 2
        done = phone.remove(half) + phone.add(min(BATCH, changes - start) - half)
        made.update((keys[one["chat"]], one["label"]) for one in done)
        time.sleep(0.3)
        for one in done:
            agent.page(f"/chats/{keys[one['chat']]}/")
    stage.manage("reconcile", "--instance", number.slug)
    scene.did(f"{changes} changes, each chat opened right after its own")
    within = scene.options.seconds(80, 40)
    scene.converged(stage.converge(number, within), within, "the last change")
    entered = tables.entered(stage.database, number.pk)
    entered.subtract(before)
    again = entered - made
    scene.must(
        not again, "nothing came back and went again", f"{again.total()} entries too many, e.g. {again.most_common(2)}"
    )


ROW = Row(
    "stale",
    "reads that are 1.5 s old (NOWEB) right after each of 300 changes on the phone",
    "mirror == simulator, and no change comes back for a moment",
    play,
    fixed=180,
    full=120,
)
