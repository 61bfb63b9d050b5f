"""Figures of the running product, as a browser, a provider and another agent's screen see it."""

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tests.bench import floors
from tests.bench.classes import all_of, label
from tests.bench.figures import Spread, Table, Target, p50, p95, timed
from tests.bench.load import Hook, flood, label_event
from tests.bench.person import Person, Stream
from tests.bench.programs import crm_to_phone
from tests.bench.ruling import rules
from tests.stack import Stack, wait_until

CLICKS = 120
MOVES = 60
DELIVERIES = 15_000
PACE, CHATS_OF_RUN = 20, 240
WINDOW = 10  # seconds


class BenchStack(Stack):
    """On a world that is there already: its numbers are told where their provider is before anything looks at them."""

    def start_product(self) -> None:
        self.ask_product("tests.bench.connect", self.simulator_url)
        super().start_product()

    def prepare(self) -> None:
        """People and chats are there."""


@dataclass
class Run:
    """The running stack, an agent, and what is known of the data."""

    stack: Stack
    agent: Person
    facts: dict[str, Any]
    table: Table
    chats: int

    @property
    def database(self) -> str:
        return self.stack.settings["DATABASE_URL"]

    @property
    def on_postgres(self) -> bool:
        return self.database.startswith("postgres")

    @property
    def hook(self) -> Hook:
        return Hook(self.stack.url + self.facts["hook"], self.facts["key"])

    def list(self, **params: object) -> str:
        return urlencode({"instance": self.facts["slug"], **params})

    def count(self, what: str) -> int:
        with floors.opened(self.database) as cursor:
            cursor.execute(f"SELECT count(*) FROM {what}")  # noqa: S608
            return int(cursor.fetchall()[0][0])


def measure(environment: dict[str, str], chats: int, table: Table) -> None:
    with BenchStack(Path(environment["DATA_DIR"]), chats=48, **environment) as stack:
        run = Run(stack, Person(stack.url), json.loads(stack.ask_product("tests.bench.facts")), table, chats)
        answer = timed(lambda: run.agent.http.get("/healthz"), 100)
        pages(run, answer)
        board(run, answer)
        clicks(run, answer, "up", run.facts["without"][:CLICKS])
        delivery_to_screen(run)
        pace(run)
        crm_to_phone(stack, run.facts, table)
        rules(stack, run.hook, run.facts, run.count, table)
        deliveries(run)
        with stack.simulator.faults(down=True):
            clicks(run, answer, "down", run.facts["without"][CLICKS : 2 * CLICKS])


def pages(run: Run, answer: Spread) -> None:
    one, two = label("topic 1"), all_of("topic 1", "topic 2")
    asked = {
        "50 rows, first page": (run.list(), p50(15)),
        "50 rows, one label": (run.list(q=one), p50(15)),
        "50 rows, two labels": (run.list(q=two), p50(17)),
        "50 rows, page 200": (run.list(after=run.facts["deep"]), p50(20)),
    }
    floor = floors.fifty_rows(run.database)
    least = Spread(floor.p50 + answer.p50, floor.p95 + answer.p95)
    for name, (query, target) in asked.items():
        figure = timed(page(run, f"/chats/rows/?{query}"), 60)
        run.table.add(name, figure, least, target if run.chats <= 100_000 else None)
    run.table.add("50 rows, a word", timed(page(run, f"/chats/rows/?{run.list(q='order')}"), 30), least)
    run.table.add("whole inbox page", timed(page(run, f"/chats/?{run.list()}"), 30), least)
    run.table.add("whole inbox page, one label", timed(page(run, f"/chats/?{run.list(q=one)}"), 30), least)
    run.table.add(
        "whole inbox page, 20 labels in the directory", timed(page(run, "/chats/?instance=narrow"), 30), least
    )
    taken = float(run.stack.ask_product("tests.bench.fragment", f"/chats/rows/?{run.list()}"))
    run.table.line(
        "50 rows, server CPU",
        f"{taken:.1f} ms",
        f"{floor.p50:.1f} ms",
        f"{taken / floor.p50:.1f} x",
        Target("<= 8 ms", 8),
        taken,
    )


def board(run: Run, answer: Spread) -> None:
    """The floor: one answer of the same server without work, and the walk of the fullest stage by plain SQL; for a move a commit
    instead. Moves go through all stages, on chats that are on the first page of the inbox."""
    home = f"/board/{run.facts['board']}/"
    with floors.opened(run.database) as cursor:
        walk = timed(lambda: floors.labelled_rows(cursor, run.facts["fullest"]), 100)
    least = Spread(answer.p50 + walk.p50, answer.p95 + walk.p95)
    for name, query in {"": "", ", one label": f"?{urlencode({'q': label('topic 1')})}"}.items():
        run.table.add(f"board, first paint{name}", timed(page(run, home + query), 30), least)
    _rate, commit = floors.commits(run.database, "NORMAL", "x" * 200, seconds=1)
    stages, chats = run.facts["stages"], run.facts["without"][2 * CLICKS : 2 * CLICKS + MOVES]
    taken = [run.agent.move(home, chat, stages[n % len(stages)]) for n, (chat, _jid) in enumerate(chats)]
    least = Spread(answer.p50 + commit.p50, answer.p95 + commit.p95)
    run.table.add("board, one move answered", Spread.of(taken), least, p95(50) if run.chats <= 100_000 else None)


def page(run: Run, address: str) -> Callable[[], object]:
    return lambda: run.agent.page(address)


def clicks(run: Run, answer: Spread, provider: str, chats: list[Any]) -> None:
    """The floor: one answer of the same server without work, and one commit of the same database."""
    _rate, commit = floors.commits(run.database, "NORMAL", "x" * 200, seconds=1)
    least = Spread(answer.p50 + commit.p50, answer.p95 + commit.p95)
    taken = [run.agent.tag(chat, run.facts["clicked"][0], on=True) for chat, _jid in chats]
    run.table.add(
        f"click answered, provider {provider}", Spread.of(taken), least, p95(50) if run.chats <= 100_000 else None
    )


def delivery_to_screen(run: Run) -> None:
    """From the 200 of a delivery to the event on another person's live stream."""
    stream = Stream(Person(run.stack.url, "agent2"))
    wa_id = run.facts["clicked"][1]
    taken = []
    for number, (chat, jid) in enumerate(run.facts["without"][400:480]):
        stream.drain()
        body = label_event(f"seen-{number}", jid, wa_id, on=number % 2 == 0)
        _rate, refused = asyncio.run(flood(run.hook, [body], 1))
        start = time.perf_counter()
        at = None if refused else stream.told_of(chat)
        if at is not None:
            taken.append(max(at - start, 0.0))
        time.sleep(0.02)
    if len(taken) < 20:
        return run.table.line("delivery to another screen", f"only {len(taken)} of 80 seen")
    return run.table.add("delivery to another screen", Spread.of(taken), None, p95(150 if run.on_postgres else 300))


def deliveries(run: Run) -> None:
    wa_id, chats = run.facts["clicked"][1], run.facts["without"]
    bodies = [label_event(f"load-{n}", chats[n % len(chats)][1], wa_id, on=n % 3 != 0) for n in range(DELIVERIES)]
    floor = floors.commit_floor(run.database, bodies[0].decode())
    rate, refused = asyncio.run(flood(run.hook, bodies, floors.AT_ONCE))
    ratio = f"{rate / floor:.2f}" + (f", {len(refused)} refused" if refused else "")
    target = Target("ratio >= 0.30", least=0.3)
    run.table.line("deliveries accepted", f"{rate:,.0f} /s", f"{floor:,.0f} /s", ratio, target, rate / floor)
    start = time.perf_counter()
    waiting = "labelapp_hookdelivery WHERE applied_at IS NULL"
    wait_until(lambda: run.count(waiting) == 0, 120, pause=0.25, told="the deliveries were not applied")
    applied = DELIVERIES / (time.perf_counter() - start + DELIVERIES / rate)
    run.table.line("deliveries accepted and applied", f"{applied:,.0f} /s")


def pace(run: Run) -> None:
    """Calls of a bulk run as the provider saw them, from the first to the last."""
    open_pairs = "labelapp_chatlabel WHERE receipt IN ('pending', 'sent') OR due_at IS NOT NULL"
    wait_until(lambda: run.count(open_pairs) == 0, 120, pause=0.5, told="the clicks have arrived")
    run.stack.simulator.ask("DELETE", "/sim/pace")
    run.stack.ask_product("tests.bench.order", str(CHATS_OF_RUN))
    wait_until(lambda: run.count("labelapp_run WHERE ended_at IS NULL") == 0, 120, pause=0.5, told="the run ends")
    made = run.stack.simulator.ask("GET", "/sim/pace")
    mean, most = (made["total"] - 1) / made["seconds"] / PACE, made["most"]
    name = f"a run's pace, of {PACE} calls a second"
    run.table.line(name, f"{mean:.3f} of it", target=Target("0.95 to 1.00", 1.0, 0.95), value=round(mean, 3))
    name, allowed = f"most calls in any {WINDOW} s", ceil(WINDOW * PACE) + 1
    run.table.line(name, str(most), target=Target(f"<= {allowed}", allowed), value=most)
