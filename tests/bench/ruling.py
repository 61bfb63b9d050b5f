"""Messages through webhook, facts and rules, at the pace of 10,000 a minute: whether the worker keeps up, and what it takes of a core."""

import asyncio
import json
import os
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench import words
from tests.bench.figures import Spread, Table
from tests.bench.load import Hook, flow, message_event
from tests.stack import Stack, wait_until

RULES = {"any": 18, "all": 4, "phrase": 8, "fuzzy": 6, "regex": 8, "labels": 4, "query": 2}  # how many of each kind
SPOKEN = "qasap"  # said now and then, and looked for by one rule: no other word of the messages is
HIT = 0.03  # of the messages
PACE = 10_000 / 60  # messages a second
SECONDS, ROUNDS = 10, 2  # of it, so often without rules and with them
MESSAGES = round(PACE * SECONDS)
CONNECTIONS = 8
OPEN = "labelapp_chatlabel WHERE receipt IN ('pending', 'sent')"
LEFT = "labelapp_hookdelivery WHERE applied_at IS NULL", "labelapp_fact WHERE handled_at IS NULL"


class Worker:
    """The worker of a running product, as the system counts it."""

    def __init__(self, stack: Stack) -> None:
        found = [pid for pid in stack.product.members() if "manage.py worker" in stack.product.command_of(pid)]
        assert len(found) == 1, found
        self.stat = Path(f"/proc/{found[0]}/stat")

    def seconds(self) -> float:
        """Processor time that it has had so far."""
        fields = self.stat.read_text().rsplit(") ", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@dataclass
class Phase:
    """What became of the messages: seconds until the last was acted upon, processor seconds until the labels had arrived too."""

    messages: int = 0
    seconds: float = 0.0
    worker: float = 0.0

    @property
    def rate(self) -> float:
        return self.messages / self.seconds

    @property
    def each(self) -> float:
        """Milliseconds of a processor for a message."""
        return 1000 * self.worker / self.messages

    @property
    def share(self) -> str:
        """Of one core, at the pace."""
        return f"{self.each * PACE / 1000:.0%}"


def rules(stack: Stack, hook: Hook, facts: dict[str, Any], count: Callable[[str], int], table: Table) -> None:
    """The floor: the same worker while the rules are off, in turns, as other things go on beside."""

    def ask(what: str) -> Any:
        return json.loads(stack.ask_product("tests.bench.rules", what))

    ask("listen")
    ask("make")
    jids = [jid for _chat, jid in facts["without"] if jid.endswith("@c.us")]
    bare, ruled = Phase(), Phase()
    for n in range(ROUNDS):
        for switch, phase in (("off", bare), ("on", ruled)):
            ask(switch)
            wait_until(lambda: not any(map(count, (*LEFT, OPEN))), 120, pause=0.5, told="nothing is left to do")
            _flow(stack, hook, jids, count, f"{switch}-{n}", phase)
    assert 0 < ask("fired") < ruled.messages / 10
    evaluated = Spread(*ask("cost"))
    ask("drop")
    many = sum(RULES.values())
    name, ratio = f"10,000 messages a minute through {many} rules", f"{ruled.rate / PACE:.2f}"
    table.line(name, f"{ruled.rate:.0f} /s", f"{PACE:.0f} /s sent", ratio)
    table.line(f"{many} rules asked of a message", f"{evaluated.p50:.2f} / {evaluated.p95:.2f} ms")
    ratio = f"{ruled.each / bare.each:.1f} x"
    table.line("a message, worker CPU", f"{ruled.each:.1f} ms", f"{bare.each:.1f} ms, rules off", ratio)
    table.line("the worker at that pace, of one core", ruled.share, f"{bare.share}, rules off")
    table.line("of its work for rules", f"{1 - bare.each / ruled.each:.0%}")


def _flow(stack: Stack, hook: Hook, jids: list[str], count: Callable[[str], int], key: str, phase: Phase) -> None:
    chance = random.Random(key)  # noqa: S311
    bodies = [message_event(f"{key}-{n}", chance.choice(jids), _text(chance)) for n in range(MESSAGES)]
    worker = Worker(stack)
    start, before = time.perf_counter(), worker.seconds()
    refused = asyncio.run(flow(hook, bodies, PACE, CONNECTIONS))
    assert not refused, refused[:5]
    wait_until(lambda: not any(map(count, LEFT)), 300, pause=0.05, told="all messages are acted upon")
    phase.seconds += time.perf_counter() - start
    wait_until(lambda: not count(OPEN), 120, pause=0.2, told="the labels have arrived")
    phase.worker += worker.seconds() - before
    phase.messages += len(bodies)


def _text(chance: random.Random) -> str:
    said = words.sentence(chance)
    return f"{said} {SPOKEN}" if chance.random() < HIT else said
