"""`make chaos`: every row of the fault matrix, its numbers and a verdict. Exits 1 when anything that must hold did not.

SEED, EVENTS, SCALE, DB (sqlite, postgres, or a server's address), ONLY (names of rows) and DIALECT (wawp, or waha: replaces a chat's
whole list of labels with every change, tells nothing of the archive) come from the environment.
"""

import platform
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.chaos.options import Options
from tests.chaos.report import Verdict, table
from tests.chaos.rows import ROWS
from tests.chaos.rows.row import Row, Scene, Shelf
from tests.chaos.stage import Template

LIMIT_SECONDS = 25 * 60  # of a run at full size


class TooLate(BaseException):
    """The row's time is over. Not an Exception: nothing on the way up may take it for trouble of its own."""


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    def ring(_number: int, _frame: object) -> None:
        raise TooLate

    signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, max(seconds, 0.001))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def play(row: Row, options: Options, template: Template, shelf: Shelf, left: float) -> Verdict:
    """One row, within its own time and what is left of the run's."""
    verdict = Verdict(row.name)
    seconds = min(row.seconds(options), left)
    print(f"\n{row.name}: {row.fault}\n  must hold: {row.promise}", flush=True)
    scene = Scene(options, template, verdict, shelf)
    try:
        with deadline(seconds):
            row.play(scene)
            scene.judge_copies()
    except TooLate:
        verdict.must(False, "done in its time", f"stopped after {seconds:.0f} s")
    except Exception as error:
        traceback.print_exc(limit=-4)
        verdict.must(False, "the row could be played", " ".join(f"{type(error).__name__}: {error}".split())[:300])
    finally:
        scene.close()
    verdict.seconds = time.monotonic() - verdict.started
    print(f"  {'ok' if verdict.passed else 'FAIL'} in {verdict.seconds:.1f} s", flush=True)
    return verdict


def chosen(options: Options) -> list[Row]:
    names = {row.name for row in ROWS}
    if strange := set(options.only) - names:
        sys.exit(f"ONLY: there is no row {', '.join(sorted(strange))}. Rows: {', '.join(row.name for row in ROWS)}.")
    return [row for row in ROWS if not options.only or row.name in options.only]


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # on the way out processes end, databases are dropped
    try:
        options = Options.of_environment()
    except ValueError as error:
        sys.exit(f"make chaos: {error}")
    rows, shelf, start = chosen(options), Shelf(), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="labelapp-chaos-") as folder:
        template = Template(Path(folder) / "template", options.database)
        try:
            told = f"SEED={options.seed} EVENTS={options.events} SCALE={options.scale:g} DIALECT={options.dialect}"
            told += f", {template.database.name}"
            print(f"{told}, Python {platform.python_version()}, {len(rows)} rows", flush=True)
            left = lambda: LIMIT_SECONDS - (time.monotonic() - start)  # noqa: E731
            verdicts = [play(row, options, template, shelf, left()) for row in rows]
        finally:
            shelf.kept.close()
            template.database.drop()
    print(f"\n{table(verdicts)}\n\n{told}: {time.monotonic() - start:.0f} s in total")
    good = all(verdict.passed for verdict in verdicts)
    print("Nothing was lost." if good else "Something was lost, or did not hold. See above.")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
