"""Numbers without events, and lists that do not tell the whole truth."""

import time
from datetime import UTC, datetime
from typing import Any

from tests.chaos import tables
from tests.chaos.oracle import Difference, in_short
from tests.chaos.people import Person
from tests.chaos.phone import Change, Phone
from tests.chaos.rows.row import Row, Scene
from tests.chaos.stage import Number, Stage
from tests.stack import wait_until

CHANGES, LOST = 2_000, 1_000
SHARE = 0.15  # of all assignments, at most, are taken off at once: above 20 % the product must not believe it
CHATS_OWN, DIRECTORY = "chats' labels empty", "directory partial"
OPENED = 30
REMOVALS = ("tag extra", "remote", "chat_count")


def blind(scene: Scene) -> None:
    """The second number's engine (WEBJS) sends no label events. Its label lists are compared every few seconds here."""
    stage = scene.stage(60, RECONCILE_BLIND_SECONDS="5", POLL_SECONDS="5")
    stage.tell("world", {"chats": scene.of(5000, 200), "seed": scene.options.seed}, "demo2")
    number = stage.connect("demo2")
    first = wait_until(lambda: reconciled(stage, number), 60, 0.2, "a first cycle")
    scene.did(f"imported; the last whole cycle began {first:%H:%M:%S}")
    before = tables.count(
        stage.database, f"labelapp_hookdelivery WHERE instance_id = {number.pk:d} AND kind LIKE 'label%'"
    )
    phone = Phone(stage, number, scene.rng)
    changed = change_both_ways(scene, phone, scene.of(CHANGES, 100))
    since, start = datetime.now(UTC), time.monotonic()
    scene.did(f"{len(changed):,} changes on the phone")
    for cycle in (1, 2):
        since = wait_until(
            lambda at=since: reconciled(stage, number, at), scene.options.seconds(45, 120), 0.2, "a cycle"
        )
        judge_cycle(scene, cycle, stage.differences(number), time.monotonic() - start)
    within = 30.0
    scene.converged(stage.converge(number, within), within, "the second cycle")
    events = tables.count(
        stage.database, f"labelapp_hookdelivery WHERE instance_id = {number.pk:d} AND kind LIKE 'label%'"
    )
    scene.must(events == before == 0, "no label event came", f"{events} came")


def change_both_ways(scene: Scene, phone: Phone, times: int) -> list[Change]:
    """Mostly additions; removals only as many as a cycle may believe."""
    off = min(times // 4, int(len(phone.tags) * SHARE))
    free = [(jid, wa_id) for jid in phone.chats for wa_id in phone.labels if (jid, wa_id) not in phone.tags]
    gone, new = scene.rng.sample(sorted(phone.tags), off), scene.rng.sample(free, times - off)
    return phone.apply([phone.change(pair, on=on) for pairs, on in ((gone, False), (new, True)) for pair in pairs])


def judge_cycle(scene: Scene, cycle: int, found: list[Difference], seconds: float) -> None:
    late = [one for one in found if cycle > 1 or one.what not in REMOVALS]
    what = "additions are" if cycle == 1 else "removals too are"
    scene.figure(f"cycle {cycle}", f"{seconds:.1f} s after the change")
    scene.none(late, f"{what} in the mirror after cycle {cycle}")


def reconciled(stage: Stage, number: Number, after: datetime | None = None) -> datetime | None:
    """When the last whole cycle began, if that was later than `after`."""
    (told,) = tables.instance(stage.database, number.pk, "reconciled_at")
    at = moment(told)
    return at if at.year > 1970 and (after is None or at > after) else None


def moment(told: Any) -> datetime:
    """A time as either database gives it."""
    at = told if isinstance(told, datetime) else datetime.fromisoformat(told)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def lose(scene: Scene) -> None:
    """Every delivery is lost while the phone is busy. Then one `manage.py reconcile`."""
    stage = scene.stage(scene.of(5000, 200), each=2)
    number = stage.connect()
    phone = Phone(stage, number, scene.rng)
    stage.faults(mute=True)
    changed = change_both_ways(scene, phone, scene.of(LOST, 60))
    phone.rename_label(phone.labels[0], "Renamed unheard", 9)
    made = phone.create_label("Made unheard", 4)
    changed += phone.apply([phone.change((jid, made), on=True) for jid in phone.chats[:5]])
    stage.faults()
    scene.did(f"{len(changed):,} changes of which nobody heard; {in_short(stage.differences(number), 0)}")
    start = time.monotonic()
    told = stage.manage("reconcile", "--instance", number.slug)
    scene.figure("one reconcile", f"{time.monotonic() - start:.1f} s")
    found = stage.differences(number)
    scene.none(found, "mirror == simulator right after one reconcile")
    truth = stage.truth(number.slug)
    untold = [one for one in changed if not {one["chat"], truth.person(one["chat"])} & set(told.split())]
    scene.must(
        not untold, "it lists the differences", f"{len(untold)} of {len(changed)} are not in it, e.g. {untold[:3]}"
    )


def shorten(scene: Scene) -> None:
    """Lists are empty or partial: those of labels, those of chats, the directory, or all that the account answers."""
    stage = scene.stage(scene.of(5000, 200), each=2)
    number = stage.connect()
    assignments = tables.count(stage.database, held(number))
    scene.did(f"{assignments:,} assignments")
    for name, switches in LIES.items():
        lie(scene, stage, number, name, switches)
    scene.none(stage.differences(number), "mirror == simulator after all of it")


# Chats' own labels are asked only where a label's list lacks a chat, or when somebody opens it. While the lists of labels still
# name the chat there is nothing that a person could settle, so that no finding is demanded there.
LIES: dict[str, dict[str, Any]] = {
    "label lists empty": {"empty_lists": True, "lists_of": "label_chats"},
    "label lists partial": {"partial_lists": 0.5, "lists_of": "label_chats"},
    CHATS_OWN: {"empty_lists": True, "lists_of": "chat_labels"},
    DIRECTORY: {"partial_lists": 0.5, "lists_of": "labels"},
    "whole account empty": {"empty_lists": True},
    "whole account partial": {"partial_lists": 0.5},
}


def held(number: Number) -> str:
    return f"""labelapp_chatlabel p JOIN labelapp_label l ON l.id = p.label_id
               WHERE l.instance_id = {number.pk:d} AND l.deleted_at IS NULL AND p.wanted"""


def lie(scene: Scene, stage: Stage, number: Number, name: str, switches: dict[str, Any]) -> None:
    """Three cycles while the provider lies, one when it is honest again."""
    before = {(row.chat, row.label) for row in tables.pairs(stage.database, number.pk) if row.wanted}
    stage.faults(**switches)
    open_chats(stage, sorted({chat for chat, _label in before})[:OPENED])
    for _ in range(3):
        stage.manage("reconcile", "--instance", number.slug)
    found = tables.findings(stage.database, number.pk)
    stage.faults()
    after = {(row.chat, row.label) for row in tables.pairs(stage.database, number.pk) if row.wanted}
    scene.must(
        before <= after, f"{name}: nothing removed", f"{len(before - after)} of {len(before)} assignments are gone"
    )
    living = set(tables.label_keys(stage.database, number.pk))
    scene.must(living >= set(stage.truth(number.slug).labels), f"{name}: no label is taken for deleted")
    if name not in (CHATS_OWN, DIRECTORY):
        scene.must(bool(found), f"{name}: a finding is raised", "none")
    stage.manage("reconcile", "--instance", number.slug)
    scene.did(f"{name}: findings {found}, when it is honest again {tables.findings(stage.database, number.pk)}")


def open_chats(stage: Stage, chats: list[int]) -> None:
    """Somebody looks at these chats, which has their labels read again."""
    person = Person(stage.ports)
    for chat in chats:
        person.page(f"/chats/{chat}/")
    time.sleep(2)


BLIND = Row(
    "blind",
    "no label events at all (WEBJS; 2,000 phone-side changes)",
    "converges by polling: additions in one cycle, removals in two after the change",
    blind,
    fixed=240,
    full=240,
)
LOSE = Row(
    "lost",
    "every delivery lost for a while",
    "one reconcile makes mirror == simulator and lists the differences",
    lose,
    fixed=90,
    full=90,
)
SHORT = Row(
    "lists",
    "empty or partial lists from one source, or from the whole account, for a while",
    "nothing removed; a finding is raised",
    shorten,
    fixed=180,
    full=120,
)
