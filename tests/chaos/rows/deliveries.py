"""Deliveries in every disorder, then all of them again."""

import time
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from tests.chaos import floor, tables
from tests.chaos.oracle import lost, unknown
from tests.chaos.people import Person
from tests.chaos.phone import Phone
from tests.chaos.rows.row import Row, Scene
from tests.chaos.senders import Letter, Senders, outbox
from tests.chaos.stage import Number, Stage
from tests.stack import wait_until

CHATS = 5000
DUPLICATES = 0.1
CONNECTIONS = 16
BURST = 1000
REPLAYED = 50_000


def record(scene: Scene, stage: Stage, number: Number, deliveries: int, *, directory: bool = True) -> list[Letter]:
    """What the provider would deliver for so many changes on the phone, in the order in which it happened."""
    phone = Phone(stage, number, scene.rng)
    stage.tell("record", {"on": True}, number.slug)
    told = scene.of(200, 4) if directory else 0
    filed = (
        scene.of(200, 20) if directory and number.dialect == "wawp" else 0
    )  # WAHA tells of the archive on WEBJS only
    phone.meet(told // 4)
    rest = deliveries - told - 2 * (told // 4) - filed
    phone.toggle(rest // 2)
    phone.archive(filed)
    if directory:
        turn_over_labels(phone)
    phone.write(told // 2)
    phone.toggle(rest - rest // 2)
    letters = outbox(stage.simulator, number.slug)
    stage.tell("record", {"on": False}, number.slug)
    return letters


def turn_over_labels(phone: Phone) -> None:
    """A label renamed, one made, one made and deleted whose id comes back as another label."""
    phone.rename_label(phone.labels[0], "Renamed on the phone", 9)
    passing = phone.create_label("Passing", 3)
    phone.apply([phone.change((jid, passing), on=True) for jid in phone.chats[:20]])
    phone.delete_label(passing)
    time.sleep(0.01)
    again = phone.create_label("Second life of an id", 4)
    phone.apply([phone.change((jid, again), on=True) for jid in phone.chats[10:30]])


def shuffle(scene: Scene) -> None:
    """Records what happens on the phone, then delivers it out of order, in bursts, every tenth letter twice."""
    wanted = scene.of(scene.options.events, 500)
    stage = scene.stage(scene.of(CHATS, 100), each=2, keep=True)
    number = stage.connect()
    before = tables.inbox(stage.database, number.pk).rows.keys()
    letters = record(scene, stage, number, round(wanted / (1 + DUPLICATES)))
    scene.did(f"{len(letters):,} things happened on the phone, recorded")
    least = floor.commits(stage.database, number.pk, letters[0].body.decode())
    pile = letters + scene.rng.sample(letters, round(len(letters) * DUPLICATES))
    scene.rng.shuffle(pile)
    senders = Senders(number.hook, stage.ports, CONNECTIONS)
    sent = senders.send(pile, burst=BURST)
    scene.did(f"{len(pile):,} deliveries in {sent.seconds:.1f} s: {sent}")
    rate = sent.tries / sent.seconds
    scene.figure("accepted, worker running", f"{rate:,.0f}/s, floor {least:,.0f}/s, ratio {rate / least:.2f}")
    within = scene.options.seconds(30, 150)
    true = scene.converged(stage.converge(number, within), within, "the last delivery")
    judge_inbox(scene, stage, number, {letter.key for letter in letters}, sent.acknowledged.keys(), set(before))
    if true:
        scene.offer("deliveries", stage, number)


def judge_inbox(
    scene: Scene,
    stage: Stage,
    number: Number,
    keys: set[str],
    acknowledged: Iterable[str],
    before: set[str],
    *,
    echoes: bool = False,
) -> None:
    """`echoes`: the simulator delivers as well, what our own calls cause."""
    found = tables.inbox(stage.database, number.pk)
    scene.must(
        set(acknowledged) == keys, "every delivery was acknowledged", f"{len(keys - set(acknowledged))} were not"
    )
    scene.did(f"{len(keys):,} unique ids sent, {len(found.rows) - len(before):,} rows stored")
    scene.none(lost(keys, found), "every delivery is in the inbox and applied")
    if not echoes:
        scene.none(unknown(keys | before, found), "inbox rows == unique ids")


def replay(scene: Scene) -> None:
    """Asks the deliveries page to replay the whole inbox, while somebody watches the live stream."""
    stage, number = scene.borrow("deliveries") or fill(scene)
    within = scene.options.seconds(20, 120)
    wait_until(
        lambda: not compares(stage, number, within + 70), 100, 0.5, "no comparison is due that would tell of itself"
    )
    rows = tables.count(stage.database, f"labelapp_hookdelivery WHERE instance_id = {number.pk:d}")
    before, last = picture(stage, number), newest_change(stage)
    start = time.monotonic()
    answer = Person(stage.ports, "admin").form(f"/deliveries/replay/?instance={number.slug}")
    scene.did(f"asked for a replay of {rows:,} deliveries: {answer.status_code}")
    scene.must(answer.status_code == 302, "the replay is taken", answer.text[:200])
    again = f"labelapp_hookdelivery WHERE instance_id = {number.pk:d} AND (replayed_at IS NULL OR applied_at IS NULL)"
    wait_until(lambda: tables.count(stage.database, again) == 0, within, 0.5, "every row was replayed")
    scene.figure("replayed", f"{rows / (time.monotonic() - start):,.0f}/s")
    quiet = scene.options.seconds(10, 60)  # events of people with two addresses may have them asked again
    scene.converged(stage.converge(number, quiet), quiet, "the replay")
    after = picture(stage, number)
    scene.must(before == after, "the mirror is the same, to the row", unlike(before, after))
    told = told_since(stage, last)
    scene.must(not told, "no live event", told)


def compares(stage: Stage, number: Number, seconds: float) -> bool:
    """Whether the number is compared with its provider now, or will be within so many seconds: that is shown as it goes on."""
    until = f"{datetime.now(UTC) + timedelta(seconds=seconds):%Y-%m-%d %H:%M:%S}+00"
    under_way = f"(reconcile_started_at IS NOT NULL OR reconcile_due_at < '{until}')"
    return tables.count(stage.database, f"labelapp_instance WHERE id = {number.pk:d} AND {under_way}") > 0


def fill(scene: Scene) -> tuple[Stage, Number]:
    stage = scene.stage(scene.of(CHATS, 100), each=2)
    number = stage.connect()
    letters = record(scene, stage, number, scene.of(REPLAYED, 500))
    Senders(number.hook, stage.ports, CONNECTIONS).send(letters)
    within = scene.options.seconds(30, 120)
    scene.converged(stage.converge(number, within), within, "the last delivery")
    return stage, number


def picture(stage: Stage, number: Number) -> dict[str, Counter[str]]:
    """All that people can see, row by row, and how long the history is."""
    seen = tables.mirror(stage.database, number.pk)
    shown = {"labels": seen.labels, "chats": seen.chats.items(), "addresses": seen.aliases, "pairs": seen.pairs}
    shown["archived"] = seen.archived
    of_number = f"WHERE instance_id = {number.pk:d}"
    told = {name: tables.count(stage.database, f"labelapp_{name} {of_number}") for name in ("ledgerentry", "message")}
    return {name: Counter(map(repr, rows)) for name, rows in shown.items()} | {"history": Counter(told)}


def unlike(before: dict[str, Counter[str]], after: dict[str, Counter[str]]) -> str:
    """The first rows that are not in both."""
    signs = {"gone: ": (before, after), "new: ": (after, before)}
    found = {sign + name: list(one[name] - other[name]) for sign, (one, other) in signs.items() for name in before}
    return "; ".join(f"{len(rows)} {name}, e.g. {rows[0]}" for name, rows in found.items() if rows)


def told_since(stage: Stage, last: int) -> str:
    """Live events after this one, by kind."""
    rows = stage.database.read(f"SELECT kind, count(*) FROM labelapp_change WHERE id > {last:d} GROUP BY kind")  # noqa: S608
    return ", ".join(f"{times} {kind}" for kind, times in rows)


def newest_change(stage: Stage) -> int:
    return int(stage.database.read("SELECT coalesce(max(id), 0) FROM labelapp_change")[0][0])


SHUFFLE = Row(
    "shuffle",
    "10 % duplicates, full shuffle, bursts (100,000 deliveries, 5,000 chats)",
    "mirror == simulator, inbox rows == unique ids",
    shuffle,
    fixed=90,
    full=330,
)
REPLAY = Row("replay", "replay of everything (50,000)", "no change, no live event", replay, fixed=90, full=240)
