"""The tables of one run, on the screen and in docs/performance.md."""

import os
import platform
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench.figures import Spread, Table, Target, markdown
from tests.stack import ROOT

PAGE = ROOT / "docs" / "performance.md"
BLOCK = "<!-- bench {0} -->\n{1}<!-- end of bench {0} -->\n"
HARD = " *"


def machine() -> str:
    """What was measured on: no names, no places."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    cores = len(os.sched_getaffinity(0))
    return f"{cores} cores ({_processor()}), {memory:.0f} GiB of memory, Python {platform.python_version()}"


def _processor() -> str:
    try:
        found = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    except OSError:
        found = None
    return found[1] if found else platform.machine()


def classes(rows: Sequence[dict[str, Any]], floor: Spread) -> str:
    head = ("class of query", "first page", "x floor", "page 200, or the last", "to the first", "queries")
    return markdown(head, [tuple(_cells(row, floor)) for row in rows])


def _cells(row: dict[str, Any], floor: Spread) -> Iterator[str]:
    first, deep = Spread(*row["first"]), row["deep"] and Spread(*row["deep"])
    yield row["name"] + HARD * row["hard"]
    yield str(first)
    yield f"{first.p50 / floor.p50:.1f}"
    yield str(deep) if deep else "one page"
    yield f"{deep.p50 / first.p50:.1f}" if deep else ""
    yield str(row["queries"])


def counts(rows: Sequence[dict[str, Any]]) -> str:
    head = ("counts beside the labels, for", "p50 / p95")
    return markdown(head, [(row["name"] + HARD * row["hard"], str(Spread(*row["counts"]))) for row in rows])


def sum_up(table: Table, found: dict[str, Any], chats: int) -> None:
    """What the targets are about, of the many classes."""
    floor, filters = Spread(*found["floor"]), found["filters"]
    typical = [Spread(*row["first"]) for row in filters if not row["hard"]]
    middle = Spread(median(one.p50 for one in typical), median(one.p95 for one in typical))
    worst = max(filters, key=lambda row: row["first"][1])
    most = 30 if chats <= 100_000 else 300
    table.line("one label by plain SQL, the floor", str(floor))
    table.add("filter, the typical class", middle, floor, Target("p50 <= 5 ms", 5))
    table.add(
        f"filter, the worst class ({worst['name']})", Spread(*worst["first"]), floor, Target(f"p95 <= {most} ms", most)
    )
    ratios = [row["deep"][0] / row["first"][0] for row in filters if row["deep"] and not row["hard"]]
    ratio = median(ratios)
    table.line("page 200 to page 1, the typical class", f"{ratio:.2f}", target=Target("<= 1.5", 1.5), value=ratio)
    widest = max(found["facets"], key=lambda row: row["counts"][1])
    table.add(
        f"counts, the worst class ({widest['name']})", Spread(*widest["counts"]), None, Target("p95 <= 100 ms", 100)
    )


def block(title: str, table: Table, found: dict[str, Any], seconds: float) -> str:
    floor = Spread(*found["floor"])
    parts = [
        f"### {title}",
        f"{machine()}, {found['database']}. The whole run took {seconds:.0f} s.",
        str(table),
        classes(found["filters"], floor),
        classes(found["searches"], floor),
        counts(found["facets"]),
    ]
    return "\n\n".join(parts) + "\n"


def keep(key: str, text: str, page: Path = PAGE) -> None:
    """Write `text` where the last run of this kind left its own, or at the end."""
    before = page.read_text() if page.exists() else ""
    made = BLOCK.format(key, text)
    old = re.compile(
        re.escape(f"<!-- bench {key} -->\n") + ".*?" + re.escape(f"<!-- end of bench {key} -->\n"), re.DOTALL
    )
    found = old.search(before)
    page.write_text(before[: found.start()] + made + before[found.end() :] if found else f"{before.rstrip()}\n\n{made}")
