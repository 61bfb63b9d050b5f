"""The database does not let anybody write for 5 s; on PostgreSQL the whole server is restarted as well."""

import math
import threading
import time

from tests.chaos import tables
from tests.chaos.cluster import Cluster
from tests.chaos.people import Clicked, Person
from tests.chaos.rows.deliveries import judge_inbox, record
from tests.chaos.rows.kills import wished
from tests.chaos.rows.row import Row, Scene
from tests.chaos.senders import Senders, Sent
from tests.chaos.stage import Number, Stage, Template

LOCKED = 5  # seconds
RECOVERY = 5  # seconds
LOAD = 100  # deliveries a second
CLICKS = 200


def play(scene: Scene) -> None:
    locked(scene)
    if scene.options.on_postgres:
        restarted(scene)


def locked(scene: Scene) -> None:
    """Deliveries and clicks come all the time. A lock is held from outside, as a backup or a migration might."""
    stage = scene.stage(scene.of(1000, 100), each=2)
    number = stage.connect()
    with Load(scene, stage, number) as load:
        time.sleep(3)
        with stage.database.locked():
            scene.did(f"locked for {LOCKED} s")
            time.sleep(LOCKED)
        load.watch_recovery()
    load.judge("the lock")


def restarted(scene: Scene) -> None:
    """A server of our own, stopped the hard way under load and started again."""
    with Cluster() as cluster:
        template = Template(scene.template.folder.parent / "restarted", cluster.url)
        with Stage(
            template,
            "restart",
            chats=scene.of(1000, 100),
            seed=scene.options.seed,
            dialect=scene.options.dialect,
            each=2,
        ) as stage:
            number = stage.connect()
            with Load(scene, stage, number) as load:
                time.sleep(3)
                cluster.restart()
                scene.did("PostgreSQL was stopped the hard way and started again")
                load.watch_recovery()
            load.judge("the restart")
            scene.judge_copies(stage)


class Load:
    """Eight senders and an agent, until the block is left."""

    def __init__(self, scene: Scene, stage: Stage, number: Number) -> None:
        self.scene, self.stage, self.number = scene, stage, number
        self.before = set(tables.inbox(stage.database, number.pk).rows)
        self.letters = record(scene, stage, number, LOAD * (3 + LOCKED + RECOVERY + 2), directory=False)
        self.senders = Senders(number.hook, stage.ports, 8, stop=self._stopped)
        self.clicks = wished(scene, stage, number, CLICKS)
        self.agent = Person(stage.ports)
        self.sent, self.clicked = Sent(), Clicked()
        self._enough = threading.Event()
        self._threads = [threading.Thread(target=act, daemon=True) for act in (self._send, self._click)]

    def _stopped(self) -> bool:
        return self._enough.is_set()

    def _send(self) -> None:
        self.sent = self.senders.send(self.letters, pace=LOAD)

    def _click(self) -> None:
        self.clicked = self.agent.click(self.clicks, connections=2, pace=CLICKS / (3 + LOCKED + RECOVERY))

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        """Nobody begins anything new; what was begun is carried on with until it is taken."""
        self._enough.set()
        for thread in self._threads:
            thread.join()

    def watch_recovery(self) -> None:
        """The fault is over: how long until the worker applies again. Returns RECOVERY after the fault."""
        self.since, self.at_work = time.monotonic(), math.inf
        applied = f"labelapp_hookdelivery WHERE instance_id = {self.number.pk:d} AND applied_at IS NOT NULL"
        before = tables.count(self.stage.database, applied)
        while (taken := time.monotonic() - self.since) < RECOVERY:
            if self.at_work == math.inf and tables.count(self.stage.database, applied) > before:
                self.at_work = taken
            time.sleep(0.05)

    def judge(self, what: str) -> None:
        scene, stage, number = self.scene, self.stage, self.number
        scene.did(f"deliveries: {self.sent}")
        scene.did(f"clicks: {self.clicked}")
        first = min((at - self.since for at in self.sent.acknowledged.values() if at > self.since), default=math.inf)
        took = f"first 200 after {first:.2f} s, worker back after {self.at_work:.2f} s"
        scene.figure(what, took)
        scene.must(max(first, self.at_work) < RECOVERY, f"recovers within {RECOVERY} s of {what}", took)
        others = {status: times for status, times in self.sent.refused.items() if status != 503}
        scene.must(not others, f"{what}: 503 or a late 200, no other answer", str(others))
        self.send_the_rest()
        within = scene.options.seconds(60, 0)
        scene.converged(stage.converge(number, within), within, what)
        keys = {letter.key for letter in self.letters}
        judge_inbox(scene, stage, number, keys, self.sent.acknowledged, self.before, echoes=True)
        scene.must(len(self.clicked.accepted) == CLICKS, f"{what}: every click arrives in the end", str(self.clicked))

    def send_the_rest(self) -> None:
        """Letters that were not begun: the phone has done those things."""
        rest = [letter for letter in self.letters if letter.key not in self.sent.acknowledged]
        Senders(self.number.hook, self.stage.ports, 8, sent=self.sent).send(rest)


ROW = Row(
    "storage",
    "database locked 5 s; PostgreSQL restarted (under load)",
    "503 or late 200, never a 200 without a row; recovers < 5 s",
    play,
    fixed=240,
    full=60,
)
