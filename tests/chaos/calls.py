"""What the product asked of the provider: the simulator's log, followed while a row plays."""

import math
import re
import threading
import time
from collections import Counter
from collections.abc import Iterable
from typing import Any, Self

from tests.stack import Simulator

WRITE = re.compile(r"/labels/(?P<label>\d+)/chats/(?P<chat>[^/]+)/?$")
REPLACE = re.compile(r"/labels/chats/(?P<chat>[^/]+)/?$")
WINDOW = 10_000  # ms
LOOK = 0.3  # seconds between two looks: the log keeps the last 5,000 calls

Call = dict[str, Any]


class Calls(threading.Thread):
    """Every call that began since this was made. `slug`: of which number."""

    def __init__(self, simulator: Simulator, slug: str = "demo") -> None:
        super().__init__(daemon=True, name="calls")
        self.simulator, self.slug = Simulator(simulator.url), slug
        self.rows: dict[int, Call] = {}
        self._first = self._since = int(self._ask(0)["last"])
        self.simulator.ask("DELETE", "/sim/pace", instance=slug)
        self.at_once = 0  # the most writes for one chat at the same time, known at the end
        self._enough = threading.Event()
        self._lock = threading.Lock()

    def _ask(self, since: int) -> dict[str, Any]:
        return dict(self.simulator.ask("GET", "/sim/calls", since=since, instance=self.slug))

    def look(self) -> None:
        """Read what is new, and again what had not ended."""
        with self._lock:
            for row in self._ask(self._since)["calls"]:
                self.rows[row["n"]] = row
            open_ones = [n for n, row in self.rows.items() if row["ms"] is None]
            self._since = min(open_ones) - 1 if open_ones else max(self.rows, default=self._first)

    def run(self) -> None:
        while not self._enough.wait(LOOK):
            self.look()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._enough.set()
        self.join()
        self.look()
        self.at_once = int(self.simulator.ask("GET", "/sim/pace", instance=self.slug)["in_flight"]["most"])
        self.simulator.http.close()

    def writes(self) -> list[Call]:
        """Calls that put a label on a chat or took it off, in their order."""
        return [row for _n, row in sorted(self.rows.items()) if is_write(row)]


def is_write(row: Call) -> bool:
    return bool(row["assigns"])


def of_pair(row: Call) -> tuple[str, str, str]:
    """Method, label and chat of a write."""
    found = WRITE.search(row["path"]) or REPLACE.search(row["path"])
    parts = found.groupdict() if found else {}
    return row["method"], parts.get("label", ""), str(row["chat"])


def repeats(writes: Iterable[Call]) -> int:
    """Calls beyond the first for the same pair and direction."""
    return sum(times - 1 for times in Counter(of_pair(row) for row in writes).values())


def busiest(calls: Iterable[Call], window: int = WINDOW) -> int:
    """The most calls that began within any `window` ms."""
    times = sorted(int(row["at"]) for row in calls)
    most = first = 0
    for place, at in enumerate(times):
        while at - times[first] >= window:
            first += 1
        most = max(most, place - first + 1)
    return most


def allowed(pace: float, window: int = WINDOW) -> int:
    """Design: never more than ceil(10 s x pace) + 1 calls in any 10 s."""
    return math.ceil(window / 1000 * pace) + 1


def wait_for_write(simulator: Simulator, slug: str, after: int, seconds: float) -> bool:
    """Whether a write with a number above `after` was under way within `seconds`."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        rows = simulator.ask("GET", "/sim/calls", since=after, instance=slug)["calls"]
        if any(is_write(row) and row["ms"] is None for row in rows):
            return True
        time.sleep(0.01)
    return False
