"""A provider that answers everything but the truth."""

import re
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tests.chaos import tables
from tests.chaos.calls import WINDOW, Calls, allowed, busiest
from tests.chaos.oracle import PairRow
from tests.chaos.people import Click, Person, spread
from tests.chaos.rows.kills import wished
from tests.chaos.rows.row import Row, Scene
from tests.chaos.stage import Number, Stage

WISHES = 2_000
PACE = 200  # calls a second; at a smaller scale as much less, or nothing could come too quickly
WINDOWS = (WINDOW, 1_000)  # milliseconds
JITTER = 5  # calls that a busy machine may hold up and send on together
RETRY_AFTER = 2  # seconds
SETTLED = 60  # seconds: the longest pause between two tries, and a little
REASON = re.compile(r"^[a-z-]+:[^<>{}]*$")  # a code and the provider's words: no page, no dump


@dataclass(frozen=True, slots=True)
class Phase:
    """For so many seconds the provider behaves like this."""

    name: str
    switches: dict[str, Any]
    seconds: float = 7


@dataclass(slots=True)
class Trouble:
    """What was clicked while the provider misbehaved, and how soon people had an answer."""

    clicks: list[Click] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    ended: float = 0.0


def phases(scene: Scene) -> list[Phase]:
    """The outage takes 30 s at full size. A time-out is longer than PROVIDER_SECONDS (1 s)."""
    return [
        Phase("429", {"busy_rate": 0.3, "busy_seconds": RETRY_AFTER}),
        Phase("500", {"fail_rate": 0.3, "fail_status": 500}),
        Phase("timeout", {"hang_rate": 0.2, "hang_ms": 3000}),
        Phase("reset after acting", {"reset_rate": 0.3}),
        Phase("200 with HTML", {"html_rate": 0.3}),
        Phase("200 without effect", {"lie_rate": 0.3}),
        Phase("down", {"down": True}, scene.options.seconds(3, 27)),
    ]


def play(scene: Scene) -> None:
    """A seventh of the wishes is clicked in every phase. Clicks are answered all the time."""
    pace = scene.of(PACE, 20)
    stage = scene.stage(scene.of(2000, 100), each=2, PUSH_PACE=str(pace))
    number = stage.connect()
    clicks, trouble = wished(scene, stage, number, scene.of(WISHES, 140)), Trouble()
    with Calls(stage.simulator, number.slug) as calls:
        played = phases(scene)
        for place, phase in enumerate(played):
            misbehave(scene, stage, phase, clicks[place :: len(played)], trouble)
        within = scene.options.seconds(SETTLED, 60)
        scene.converged(stage.converge(number, within, given_up=True), within, "the last fault")
    scene.figure("clicks answered", spread(trouble.times))
    judge_wishes(scene, stage, number, trouble)
    judge_calls(scene, calls, pace)


def misbehave(scene: Scene, stage: Stage, phase: Phase, clicks: list[Click], trouble: Trouble) -> None:
    stage.faults(**phase.switches)
    start = time.monotonic()
    done = Person(stage.ports).click(clicks, connections=4, pace=len(clicks) / phase.seconds)
    time.sleep(max(0, phase.seconds - (time.monotonic() - start)))
    stage.faults()
    trouble.clicks += done.accepted
    trouble.times += done.times
    trouble.ended = time.monotonic()
    scene.did(f"{phase.name}, {time.monotonic() - start:.0f} s: {done}")
    scene.must(len(done.accepted) == len(clicks), f"{phase.name}: every click is accepted", str(done))


def judge_wishes(scene: Scene, stage: Stage, number: Number, trouble: Trouble) -> None:
    pairs = {(row.chat, row.label): row for row in tables.pairs(stage.database, number.pk)}
    found = [(click, pairs.get((click.chat, click.label))) for click in trouble.clicks]
    receipts = Counter(row.receipt if row else "no row" for _click, row in found)
    scene.figure("wishes", ", ".join(f"{times:,} {receipt}" for receipt, times in receipts.most_common()))
    silent = [click for click, row in found if row is None or row.wanted != click.on]
    scene.must(not silent, "nothing silently lost: every wish stands", f"{len(silent)} do not, e.g. {silent[:2]}")
    unsettled = [row for _click, row in found if row and row.receipt not in ("confirmed", "failed")]
    scene.must(not unsettled, "all confirmed or failed", f"{len(unsettled)} are not, e.g. {unsettled[:2]}")
    vague = [row for _click, row in found if row and not readable(row)]
    scene.must(not vague, "what failed has a readable reason", f"{len(vague)} have not, e.g. {vague[:2]}")


def readable(row: PairRow) -> bool:
    return row.receipt != "failed" or bool(REASON.match(row.error))


def judge_calls(scene: Scene, calls: Calls, pace: int) -> None:
    """The pace is looked at by the second too: what waited out the outage fills one, though never ten."""
    writes = calls.writes()
    for window in WINDOWS:
        most, may, span = busiest(writes, window), allowed(pace, window), f"{window // 1000} s"
        scene.figure("pace", f"at most {most} calls in {span}, {may} are allowed; {len(writes):,} calls in all")
        scene.must(most <= may + (JITTER if window < WINDOW else 0), f"pace kept in {span}", f"{most} calls")
    scene.must(calls.at_once <= 1, "one call in flight per chat", str(calls.at_once))
    early = too_early(writes)
    scene.must(not early, "Retry-After is kept", f"{len(early)} calls came early, e.g. {early[:2]}")


def too_early(writes: list[dict[str, Any]]) -> list[int]:
    """How many ms after a 429 a call began that had to wait for RETRY_AFTER. Those under way then could not know."""
    ends = [row["at"] + row["ms"] for row in writes if row["status"] == 429 and row["ms"] is not None]
    begins = sorted(row["at"] for row in writes)
    slack = 150  # ms: the way of the answer, and of a call that had its turn already
    return [begin - end for end in ends for begin in begins if slack < begin - end < RETRY_AFTER * 1000 - slack]


ROW = Row(
    "provider",
    "429, 500, timeout, reset after acting, 200 with HTML, 200 without effect, down for a while (2,000 wishes)",
    "all confirmed or failed with a readable reason; pace kept; nothing silently lost",
    play,
    fixed=180,
    full=100,
)
