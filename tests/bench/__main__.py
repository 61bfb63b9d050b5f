"""`make bench`: figures of the real processes with 10,000 chats, each with its floor from the same run. Asserts nothing about speed."""

import asyncio
import json
import platform
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench import floors
from tests.bench.figures import Spread, Table, timed
from tests.bench.load import Hook, flood, label_event
from tests.bench.person import Person, Stream
from tests.stack import Stack, wait_until

CHATS = 10_000
CLICKS = 150
DELIVERIES = 15_000
CONNECTIONS = 16


@dataclass
class Run:
    """The running stack, an agent, and what is known of the data."""

    stack: Stack
    agent: Person
    facts: dict[str, Any]
    table: Table

    @property
    def database(self) -> Path:
        return Path(self.facts["database"])

    @property
    def hook(self) -> Hook:
        return Hook(self.stack.url + self.facts["hook"], self.facts["key"])

    def list(self, **params: object) -> str:
        pairs = [("instance", self.facts["slug"]), *params.items()]
        return "&".join(
            f"{name}={one}" for name, value in pairs for one in (value if isinstance(value, list) else [value])
        )


def pages(run: Run, answer: Spread) -> None:
    one, two = run.facts["labels"][0][0], [label[0] for label in run.facts["labels"][:2]]
    asked = {
        "50 rows, first page": (run.list(), "<= 15 ms"),
        "50 rows, one label": (run.list(label=one), "<= 15 ms"),
        "50 rows, two labels (both)": (run.list(label=two, match="all"), "<= 17 ms"),
        "50 rows, page 200": (run.list(before=run.facts["deep"]), "<= 20 ms"),
    }
    floor = floors.fifty_rows(run.database)
    least = Spread(floor.p50 + answer.p50, floor.p95 + answer.p95)
    for name, (query, target) in asked.items():
        run.table.add(name, timed(lambda q=query: run.agent.page(f"/chats/rows/?{q}"), 60), least, target)
    run.table.add("whole inbox page", timed(lambda: run.agent.page(f"/chats/?{run.list()}"), 30), least, "")
    milliseconds = float(run.stack.ask_product("tests.bench.fragment", f"/chats/rows/?{run.list()}"))
    run.table.line(
        "50 rows, server CPU",
        f"{milliseconds:.1f} ms",
        f"{floor.p50:.1f} ms",
        f"{milliseconds / floor.p50:.1f} x",
        "<= 8 ms",
    )


def clicks(run: Run, answer: Spread) -> None:
    """The floor: one answer of the same server without work, and one commit of the same file."""
    _rate, commit = floors.commits(run.database, "NORMAL", "x" * 200, seconds=1)
    least = Spread(answer.p50 + commit.p50, answer.p95 + commit.p95)
    label = run.facts["labels"][0][0]
    chats = [chat[0] for chat in run.facts["without"][: 2 * CLICKS]]
    up = [run.agent.tag(chat, label, on=True) for chat in chats[:CLICKS]]
    run.table.add("click answered, provider up", Spread.of(up), least, "p95 <= 50 ms")
    with run.stack.simulator.faults(down=True):
        down = [run.agent.tag(chat, label, on=True) for chat in chats[CLICKS:]]
    run.table.add("click answered, provider down", Spread.of(down), least, "p95 <= 50 ms")


def delivery_to_screen(run: Run) -> None:
    """From the 200 of a delivery to the event on another person's live stream."""
    stream = Stream(Person(run.stack.url, "agent2"))
    label = run.facts["labels"][1][1]
    taken = []
    for number, (chat, jid) in enumerate(run.facts["without"][400:480]):
        stream.drain()
        body = label_event(f"seen-{number}", jid, label, on=number % 2 == 0)
        _rate, refused = asyncio.run(flood(run.hook, [body], 1))
        start = time.perf_counter()
        at = None if refused else stream.told_of(chat)
        if at is not None:
            taken.append(max(at - start, 0.0))
        time.sleep(0.02)
    if len(taken) < 20:
        run.table.line("delivery to another screen", f"only {len(taken)} of 80 seen", "", "", "p95 <= 300 ms")
        return
    run.table.add("delivery to another screen", Spread.of(taken), None, "p95 <= 300 ms")


def deliveries(run: Run) -> None:
    label, chats = run.facts["labels"][1][1], run.facts["without"]
    bodies = [label_event(f"load-{n}", chats[n % len(chats)][1], label, on=n % 3 != 0) for n in range(DELIVERIES)]
    floor, _spread = floors.commits(run.database, "FULL", bodies[0].decode())
    rate, refused = asyncio.run(flood(run.hook, bodies, CONNECTIONS))
    ratio = f"{rate / floor:.2f}" + (f", {len(refused)} refused" if refused else "")
    run.table.line(
        "deliveries accepted, synchronous=FULL", f"{rate:,.0f} /s", f"{floor:,.0f} /s", ratio, "ratio >= 0.30"
    )
    start = time.perf_counter()
    wait_until(lambda: waiting(run) == 0, 60, pause=0.25, told="the deliveries were not applied")
    applied = DELIVERIES / (time.perf_counter() - start + DELIVERIES / rate)
    run.table.line("deliveries accepted and applied", f"{applied:,.0f} /s", "", "", "")


def waiting(run: Run) -> int:
    with floors.database(run.database, "NORMAL") as connection:
        found = connection.execute("SELECT count(*) FROM labelapp_hookdelivery WHERE applied_at IS NULL").fetchone()
    return int(found[0])


def measure(folder: Path) -> Table:
    start = time.perf_counter()
    with Stack(folder, chats=CHATS) as stack:
        table = Table()
        facts = json.loads(stack.ask_product("tests.bench.facts"))
        chats, pairs = facts["totals"]
        taken = time.perf_counter() - start
        table.line("start and first import", f"{taken:.0f} s", "", f"{chats / taken:,.0f} chats/s", "")
        print(f"  {chats:,} chats, {pairs:,} assignments, imported by the product from the simulator", flush=True)
        run = Run(stack, Person(stack.url), facts, table)
        answer = timed(lambda: run.agent.http.get("/healthz"), 100)
        pages(run, answer)
        clicks(run, answer)
        delivery_to_screen(run)
        deliveries(run)
    return table


def main() -> None:
    start = time.perf_counter()
    print(f"Python {platform.python_version()}, SQLite, {CHATS:,} chats. One run: expect +-20 %.", flush=True)
    with tempfile.TemporaryDirectory(prefix="labelapp-bench-") as folder:
        table = measure(Path(folder))
    print(f"\n{table}\n\n{time.perf_counter() - start:.0f} s in total")


if __name__ == "__main__":
    main()
