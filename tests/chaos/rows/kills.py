"""SIGKILL at any time, everywhere."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable

from tests.chaos import tables
from tests.chaos.calls import Call, Calls, of_pair, repeats, wait_for_write
from tests.chaos.people import Click, Person
from tests.chaos.phone import Phone
from tests.chaos.rows.deliveries import judge_inbox, record
from tests.chaos.rows.row import Row, Scene
from tests.chaos.senders import Senders
from tests.chaos.stage import Number, Stage

SENDERS = 8
DELIVERIES, WISHES = 20_000, 5_000
EVERY = (1.5, 3.0)  # seconds from a new worker's first write to its end: it has to come to something in between
AT_ONCE = 4  # calls that the product has in flight per number


def everywhere(scene: Scene) -> None:
    """Eight senders post what was recorded while web and worker processes are killed every half to whole second."""
    stage = scene.stage(scene.of(2000, 100), each=2)
    number = stage.connect()
    before = set(tables.inbox(stage.database, number.pk).rows)
    letters = record(scene, stage, number, scene.of(DELIVERIES, 400))
    senders = Senders(number.hook, stage.ports, SENDERS, give_up=scene.options.seconds(60, 60))
    lasts = scene.options.seconds(5, 25)  # long enough for dozens of kills, however fast the product is
    with stage.killer(scene.options.seed) as killer:
        sent = senders.send(letters, pace=len(letters) / lasts)
        last = killer.last
    scene.did(f"killed {killer} times; {sent}")
    scene.must(sum(killer.kills.values()) >= lasts / 2, "processes were killed all along", str(killer))
    within = scene.options.seconds(60, 90)
    stage.wait_ready()
    scene.did(f"everything runs again {time.monotonic() - last:.1f} s after the last kill")
    scene.converged(stage.converge(number, within), within, "the last kill")
    judge_inbox(scene, stage, number, {letter.key for letter in letters}, sent.acknowledged.keys(), before)


class Assassin(threading.Thread):
    """Kills the workers while a write of theirs is under way at the provider: between the call and its record."""

    def __init__(self, stage: Stage, number: Number, calls: Calls, seed: int) -> None:
        super().__init__(daemon=True)
        self.stage, self.number, self.calls = stage, number, calls
        self.rng = random.Random(seed)  # noqa: S311
        self.at: list[float] = []  # ms since 1970
        self._enough = threading.Event()

    def run(self) -> None:
        while not self._enough.is_set():
            self.calls.look()
            if not wait_for_write(self.stage.simulator, self.number.slug, max(self.calls.rows, default=0), 2):
                continue
            if self._enough.wait(self.rng.uniform(*EVERY)):
                break
            if wait_for_write(self.stage.simulator, self.number.slug, max(self.calls.rows, default=0), 2):
                self._strike()

    def _strike(self) -> None:
        self.at.append(time.time() * 1000)
        for worker in self.stage.workers:
            worker.kill()
        for worker in self.stage.workers:
            worker.start()

    def close(self) -> None:
        self._enough.set()
        self.join()

    def flying(self) -> int:
        """Writes that were under way at the provider at the moment of a kill, over all kills."""
        return sum(row["at"] <= at < row["at"] + row["ms"] for at in self.at for row in self.calls.writes())


def between(scene: Scene) -> None:
    """Wishes by real clicks; the provider takes 50 ms for each call, so that every kill meets some."""
    wishes = scene.of(WISHES, 100)
    stage = scene.stage(scene.of(WISHES // 2, 100), each=2)
    number = stage.connect()
    stage.faults(latency_ms=15, jitter_ms=10)
    clicks = wished(scene, stage, number, wishes)
    with Calls(stage.simulator, number.slug) as calls:
        assassin = Assassin(stage, number, calls, scene.options.seed)
        assassin.start()
        done = Person(stage.ports).click(clicks)
        scene.did(f"{wishes:,} wishes: {done}")
        within = scene.options.seconds(30, 60)
        until_pushed(stage, number, time.monotonic() + within)
        assassin.close()
        scene.did(f"killed {len(assassin.at)} times in the middle of calls")
        within = scene.options.seconds(60, 120)
        scene.converged(stage.converge(number, within), within, "the last kill")
    judge_calls(scene, stage, number, assassin, done.accepted)
    judge_wishes(scene, stage, number, clicks)


def wished(scene: Scene, stage: Stage, number: Number, wishes: int) -> list[Click]:
    """Changes of distinct pairs of labels without a funnel: half of them off, where there is enough to take off."""
    phone = Phone(stage, number, scene.rng)
    chats, labels = tables.chat_keys(stage.database, number.pk), tables.label_keys(stage.database, number.pk)
    free = [wa_id for wa_id in phone.labels if int(wa_id) > 6]  # the first six are stages
    held = sorted(pair for pair in phone.tags if pair[1] in free)
    off = scene.rng.sample(held, min(len(held), wishes // 2))
    bare = [(jid, wa_id) for jid in phone.chats for wa_id in free if (jid, wa_id) not in phone.tags]
    on = scene.rng.sample(bare, wishes - len(off))
    clicks = [
        Click(chats[jid], labels[wa_id], pair_on)
        for pairs, pair_on in ((off, False), (on, True))
        for jid, wa_id in pairs
    ]
    scene.rng.shuffle(clicks)
    return clicks


def until_pushed(stage: Stage, number: Number, until: float) -> None:
    """Kills go on while wishes are under way, but for the last few: those would never get through."""
    few = 20
    pending = f"""labelapp_chatlabel p JOIN labelapp_label l ON l.id = p.label_id
                  WHERE l.instance_id = {number.pk:d} AND p.receipt IN ('pending', 'sent')"""
    while tables.count(stage.database, pending) > few and time.monotonic() < until:
        time.sleep(0.3)


def judge_calls(scene: Scene, stage: Stage, number: Number, assassin: Assassin, clicks: list[Click]) -> None:
    """Repeats are what a kill may cost. A person with two addresses is called at both, which is no repeat."""
    writes, kills = assassin.calls.writes(), len(assassin.at)
    whole_lists = number.dialect == "waha"
    owners = owner_keys(stage, number)
    extra = beyond(writes, owners, clicks) if whole_lists else repeats(writes)
    most = AT_ONCE * kills
    scene.figure("extra calls", f"{extra} of {len(writes):,}, {kills} kills, {assassin.flying()} calls in flight then")
    scene.must(kills >= 3, "kills met calls", f"{kills} kills")
    scene.must(extra <= most, f"extra calls <= calls in flight per kill ({AT_ONCE} x {kills})", f"{extra}")
    made: set[tuple[int | None, ...]]
    wished: set[tuple[int | None, ...]]
    if whole_lists:  # a call names the chat only; what it wrote is judged by what the phone shows
        made, wished = {(owners(row),) for row in writes}, {(click.chat,) for click in clicks}
    else:
        labels = tables.label_keys(stage.database, number.pk)
        made = {(owners(row), labels[of_pair(row)[1]], row["method"] == "PUT") for row in writes}
        wished = {(click.chat, click.label, click.on) for click in clicks}
    scene.must(
        made == wished,
        "a call for every wish, and for nothing else",
        f"{len(made - wished)} strange, {len(wished - made)} lack",
    )


def owner_keys(stage: Stage, number: Number) -> Callable[[Call], int | None]:
    """Whose chat a call is about, whichever of the addresses it names."""
    truth, chats = stage.truth(number.slug), tables.chat_keys(stage.database, number.pk)
    return lambda row: chats.get(row["chat"], chats.get(truth.person(row["chat"])))


def beyond(writes: list[Call], owners: Callable[[Call], int | None], clicks: list[Click]) -> int:
    """Writes of a chat's whole list that no wish asked for: more at one address than the chat has wishes."""
    wishes = Counter[int | None](click.chat for click in clicks)
    times = Counter((row["chat"], owners(row)) for row in writes)
    return sum(max(0, n - wishes[owner]) for (_address, owner), n in times.items())


def judge_wishes(scene: Scene, stage: Stage, number: Number, clicks: list[Click]) -> None:
    """Every chat as it was wished, at the provider too: what converged equals the simulator."""
    pairs = {(row.chat, row.label): row for row in tables.pairs(stage.database, number.pk)}
    wrong = [
        click
        for click in clicks
        if (row := pairs.get((click.chat, click.label))) is None or (row.wanted, row.remote) != (click.on, click.on)
    ]
    scene.must(not wrong, "every chat ends as wanted", f"{len(wrong)} do not, e.g. {wrong[:2]}")


KILLS = Row(
    "kills",
    "SIGKILL web and worker at random every 0.5-1 s (20,000 deliveries, 8 senders that retry)",
    "every 200-acknowledged delivery is there; converges",
    everywhere,
    fixed=180,
    full=150,
)
BETWEEN = Row(
    "between",
    "SIGKILL between the provider call and its record (5,000 wishes)",
    "every chat ends as wanted; extra calls <= calls in flight per kill",
    between,
    fixed=150,
    full=570,
)
