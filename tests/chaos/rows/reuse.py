"""WhatsApp gives the id of a deleted label to the next new one."""

import time

from tests.chaos import tables
from tests.chaos.people import Click, Person
from tests.chaos.phone import Phone
from tests.chaos.rows.row import Row, Scene
from tests.chaos.stage import Number, Stage
from tests.stack import wait_until

WISHES = 200
HELD = 20  # chats that have the label when it is deleted


def play(scene: Scene) -> None:
    """Once the events of it come, once nobody hears of it and the new label has the old one's colour."""
    stage = scene.stage(scene.of(1000, 100), each=2)
    number = stage.connect()
    phone = Phone(stage, number, scene.rng)
    for name, color, mute in (("heard", 4, False), ("unheard", 3, True)):
        reuse(scene, stage, number, phone, name, color, mute=mute)


def reuse(scene: Scene, stage: Stage, number: Number, phone: Phone, name: str, color: int, *, mute: bool) -> None:
    """Wishes for a label wait while the provider is down; meanwhile the phone deletes it and makes another with its id."""
    old = phone.create_label(f"Old life, {name}", 3)
    chats = scene.rng.sample(phone.chats, HELD + scene.of(WISHES, 40))
    phone.apply([phone.change((jid, old), on=True) for jid in chats[:HELD]])
    stage_knows(stage, number, phone)
    clicks = wishes(stage, number, old, chats)
    stage.faults(down=True, mute=mute)
    done = Person(stage.ports).click(clicks)
    scene.did(f"{name}: {len(clicks)} wishes while the provider is down: {done}")
    phone.delete_label(old)
    time.sleep(0.05)
    new = phone.create_label(f"New life, {name}", color)
    scene.must(new == old, f"{name}: the simulator gives the id again", f"{old}, then {new}")
    stage.faults()
    scene.did(f"label {old} was deleted and its id given to another one; the provider is back")
    scene.converged(stage.converge(number, 60, given_up=True), 60, "the provider's return")
    judge(scene, stage, number, new, clicks, name)


def stage_knows(stage: Stage, number: Number, phone: Phone) -> None:
    def known() -> bool:
        return not tables.unfinished(stage.database, number.pk) and not stage.differences(number)

    wait_until(known, 30, 0.3, "the product knows the label and its chats")


def wishes(stage: Stage, number: Number, wa_id: str, chats: list[str]) -> list[Click]:
    """Off the chats that hold it, on the others."""
    keys, label = tables.chat_keys(stage.database, number.pk), tables.label_keys(stage.database, number.pk)[wa_id]
    return [Click(keys[jid], label, place >= HELD) for place, jid in enumerate(chats)]


def judge(scene: Scene, stage: Stage, number: Number, wa_id: str, clicks: list[Click], name: str) -> None:
    label = tables.label_keys(stage.database, number.pk).get(wa_id)
    old = clicks[0].label
    scene.must(
        label is not None and label != old, f"{name}: the new label has a row of its own", f"row {label}, old row {old}"
    )
    on_phone = stage.truth(number.slug).tags.get(wa_id, frozenset())
    scene.must(not on_phone, f"{name}: nothing was put on the new label at the provider", f"{len(on_phone)} chats")
    pairs = [
        row for row in tables.pairs(stage.database, number.pk) if row.label == label and (row.wanted or row.remote)
    ]
    scene.must(not pairs, f"{name}: no old assignment on the new label here", f"{len(pairs)} pairs")
    asked = {(click.chat, click.label) for click in clicks if click.on}
    told = {
        (row.chat, row.label)
        for row in tables.pairs(stage.database, number.pk)
        if row.receipt == "failed" and row.error
    }
    scene.must(asked <= told, f"{name}: every wish that was given up says why", f"{len(asked - told)} do not")


ROW = Row(
    "reuse",
    "label deleted and its id reused while wishes wait (200)",
    "no old assignment on the new label",
    play,
    fixed=150,
    full=30,
)
