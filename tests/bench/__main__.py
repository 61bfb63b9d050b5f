"""`make bench`: figures of a world of SIZE chats (10000, 100000 or 1000000) on DB (sqlite or postgres), each with its floor from the
same run, kept in docs/performance.md. Asserts nothing about speed."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import AbstractContextManager

from tests.bench import homes, outside, report
from tests.bench.figures import Table
from tests.postgres import why_not
from tests.stack import ROOT, clean_environment

SIZES = (10_000, 100_000, 1_000_000)


def options() -> tuple[int, str]:
    """SystemExit with a sentence for what makes no sense."""
    size, database = os.environ.get("SIZE") or "10000", os.environ.get("DB") or "sqlite"
    if not size.isdecimal() or int(size) not in SIZES:
        sys.exit(f"SIZE is one of {', '.join(map(str, SIZES))}, not {size}.")
    if database not in homes.NAMES:
        sys.exit(f"DB is sqlite or postgres, not {database}.")
    return int(size), database


def home(size: int, database: str) -> AbstractContextManager[dict[str, str]]:
    if database == "sqlite":
        return homes.sqlite(size)
    server = os.environ["TEST_POSTGRES_URL"]
    if reason := why_not(server):
        sys.exit(f"PostgreSQL was not measured: {reason}. Set TEST_POSTGRES_URL.")
    return homes.postgres(size, server)


def inside(environment: dict[str, str]) -> dict[str, object]:
    """What the queries take, in a process of their own; it says on the way where it is."""
    settings = clean_environment(DJANGO_SETTINGS_MODULE="labelapp.settings", **environment)
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.inside"], cwd=ROOT, env=settings, stdout=subprocess.PIPE, check=True
    )  # noqa: S603
    return dict(json.loads(done.stdout))


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # on the way out processes end, copies are dropped
    size, database = options()
    title = f"{size:,} chats, {homes.NAMES[database]}"
    print(f"{title}. {report.machine()}. One run: expect +-20 %.", flush=True)
    with home(size, database) as environment:
        start, table = time.perf_counter(), Table()
        found = inside(environment)
        report.sum_up(table, found, size)
        outside.measure(environment, size, table)
        text = report.block(title, table, found, time.perf_counter() - start)
    print(f"\n{text}")
    report.keep(f"{database} {size}", text)


if __name__ == "__main__":
    main()
