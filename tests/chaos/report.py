"""What a row did, what had to hold, and whether it did."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.chaos.oracle import Difference, in_short


@dataclass(slots=True)
class Verdict:
    """One row's outcome. `figures` end up in the table at the end."""

    name: str
    held: int = 0
    broken: list[str] = field(default_factory=list)
    figures: dict[str, str] = field(default_factory=dict)
    started: float = field(default_factory=time.monotonic)
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        """Something had to hold, and all of it did."""
        return bool(self.held) and not self.broken

    def did(self, words: str) -> None:
        """Tell what happened, with the seconds since the row began."""
        print(f"  {time.monotonic() - self.started:6.1f} s  {words}", flush=True)

    def figure(self, name: str, value: str) -> None:
        self.figures[name] = value
        self.did(f"{name}: {value}")

    def must(self, holds: bool, promise: str, seen: str = "") -> bool:
        """What had to hold, and what was seen instead where it did not. The row goes on: all of it is told."""
        if holds:
            self.held += 1
            self.did(f"ok: {promise}")
        else:
            self.broken.append(f"{promise}: {seen}" if seen else promise)
            self.did(f"NOT SO: {self.broken[-1]}")
        return holds

    def none(self, found: list[Difference], promise: str) -> bool:
        """As `must`: there are no such differences."""
        return self.must(not found, promise, in_short(found))

    def converged(self, outcome: tuple[float | None, list[Difference]], within: float, since: str) -> bool:
        """Judge what `Stage.converge` returned."""
        seconds, found = outcome
        if seconds is not None:
            self.figure(f"converged after {since}", f"{seconds:.1f} s")
        return self.must(seconds is not None, f"mirror == simulator within {within:.0f} s of {since}", in_short(found))


def table(verdicts: list[Verdict]) -> str:
    """Row, verdict, time, figures."""
    lines = []
    for one in verdicts:
        figures = "; ".join(f"{name} {value}" for name, value in one.figures.items())
        lines.append(f"{'ok  ' if one.passed else 'FAIL'}  {one.name:<10} {one.seconds:6.1f} s  {figures}")
        lines += [f"      {'':<10} {'':>8}  broken: {words}" for words in one.broken]
    return "\n".join(lines)


Play = Callable[..., None]
