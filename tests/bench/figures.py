"""Numbers, what they are compared with, and the tables they end in."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Spread:
    """Durations of one thing done many times, in milliseconds."""

    p50: float
    p95: float

    @classmethod
    def of(cls, seconds: list[float]) -> "Spread":
        ordered = sorted(value * 1000 for value in seconds)
        return cls(statistics.median(ordered), ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))])

    def __str__(self) -> str:
        return f"{self.p50:.1f} / {self.p95:.1f} ms"


def timed(what: Callable[[], object], times: int, warm: int = 3) -> Spread:
    """How long `what` takes; the first calls are not counted."""
    for _ in range(warm):
        what()
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        what()
        taken.append(time.perf_counter() - start)
    return Spread.of(taken)


@dataclass(frozen=True, slots=True)
class Target:
    """`value` of a figure is to be between these."""

    words: str
    most: float = float("inf")
    least: float = 0.0

    def verdict(self, value: float) -> str:
        return "met" if self.least <= value <= self.most else "not met"


def p50(most: float) -> Target:
    return Target(f"p50 <= {most:g} ms", most)


def p95(most: float) -> Target:
    return Target(f"p95 <= {most:g} ms", most)


class Row(NamedTuple):
    name: str
    figure: str
    floor: str = ""
    ratio: str = ""
    target: str = ""
    verdict: str = ""


HEAD = Row("what", "p50 / p95", "floor, same run", "ratio", "target", "")


@dataclass
class Table:
    """Figure, floor of the same run, ratio, target."""

    rows: list[Row] = field(default_factory=list)

    def add(self, name: str, figure: Spread, floor: Spread | None = None, target: Target | None = None) -> None:
        ratio = f"{figure.p50 / floor.p50:.1f} x" if floor and floor.p50 else ""
        value = figure.p95 if target and target.words.startswith("p95") else figure.p50
        self.line(name, str(figure), str(floor or ""), ratio, target, value)

    def line(
        self, name: str, figure: str, floor: str = "", ratio: str = "", target: Target | None = None, value: float = 0.0
    ) -> None:
        words, verdict = (target.words, target.verdict(value)) if target else ("", "")
        self.rows.append(Row(name, figure, floor, ratio, words, verdict))
        print(f"  {name}: {figure}{', ' + verdict if verdict else ''}", flush=True)

    def __str__(self) -> str:
        return markdown(HEAD, self.rows)


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table that reads as text too."""
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    lines = [" | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in [head, *rows]]
    rule = "-|-".join("-" * width for width in widths)
    return "\n".join(f"| {line} |" for line in [lines[0], rule, *lines[1:]])
