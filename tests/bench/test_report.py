"""The page that keeps the last run's tables."""

from pathlib import Path

from tests.bench.figures import Spread, Table
from tests.bench.report import classes, keep, machine, sum_up

FIRST = {"name": "a", "hard": False, "first": [2.0, 9.0], "deep": [3.0, 4.0], "queries": 4}
HARD = {"name": "b", "hard": True, "first": [20.0, 40.0], "deep": None, "queries": 1}


def test_a_run_replaces_its_own_tables_and_no_others(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    page.write_text("# Speed\n\nWords.\n")
    keep("sqlite 10000", "first\n", page)
    keep("sqlite 100000", "large\n", page)
    keep("sqlite 10000", "second\n", page)
    assert page.read_text() == (
        "# Speed\n\nWords.\n\n"
        "<!-- bench sqlite 10000 -->\nsecond\n<!-- end of bench sqlite 10000 -->\n\n"
        "<!-- bench sqlite 100000 -->\nlarge\n<!-- end of bench sqlite 100000 -->\n"
    )


def test_each_class_has_its_ratios() -> None:
    rows = [line.strip("| ").split("|") for line in classes([FIRST, HARD], Spread(0.5, 1)).splitlines()[2:]]
    assert [[cell.strip() for cell in row] for row in rows] == [
        ["a", "2.0 / 9.0 ms", "4.0", "3.0 / 4.0 ms", "1.5", "4"],
        ["b *", "20.0 / 40.0 ms", "40.0", "one page", "", "1"],
    ]


def test_the_sum_of_it_says_what_is_met_at_this_size() -> None:
    found = {"floor": [0.5, 1.0], "filters": [FIRST, HARD], "facets": [{"name": "c", "counts": [5.0, 99.0]}]}
    told = {}
    for size in (100_000, 1_000_000):
        table = Table()
        sum_up(table, found, size)
        told[size] = [row.verdict for row in table.rows]
    assert told == {100_000: ["", "met", "not met", "met", "met"], 1_000_000: ["", "met", "met", "met", "met"]}


def test_the_machine_is_told_without_a_name_or_a_place() -> None:
    assert " cores (" in machine()
    assert "/" not in machine()
