"""Numbers and the table they end in."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field


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


@dataclass
class Table:
    """Figure, floor of the same run, ratio, target."""

    rows: list[tuple[str, str, str, str, str]] = field(default_factory=list)

    def add(self, name: str, figure: Spread, floor: Spread | None, target: str) -> None:
        ratio = f"{figure.p50 / floor.p50:.1f} x" if floor and floor.p50 else ""
        self.line(name, str(figure), str(floor or ""), ratio, target)

    def line(self, name: str, figure: str, floor: str, ratio: str, target: str) -> None:
        self.rows.append((name, figure, floor, ratio, target))
        print(f"  {name}: {figure}", flush=True)

    def __str__(self) -> str:
        head = ("figure", "p50 / p95", "floor, same run", "ratio", "target")
        widths = [max(len(row[column]) for row in [head, *self.rows]) for column in range(5)]
        lines = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in [head, *self.rows]
        ]
        return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])
