"""Spreads, targets and tables."""

import pytest

from tests.bench.figures import Spread, Table, Target, markdown, p50, p95


def test_a_spread_is_in_milliseconds() -> None:
    assert Spread.of([0.001 * n for n in range(1, 101)]) == Spread(50.5, 96.0)
    assert str(Spread(1.25, 30)) == "1.2 / 30.0 ms"


@pytest.mark.parametrize(("value", "verdict"), [(0.94, "not met"), (0.95, "met"), (1.0, "met"), (1.01, "not met")])
def test_a_target_is_met_between_its_ends(value: float, verdict: str) -> None:
    assert Target("0.95 to 1.00", 1.0, 0.95).verdict(value) == verdict


def test_a_target_judges_the_percentile_that_it_names() -> None:
    table = Table()
    table.add("a", Spread(10, 40), Spread(5, 6), p50(10))
    table.add("b", Spread(10, 40), Spread(5, 6), p95(30))
    table.add("c", Spread(10, 40))
    assert [(row.ratio, row.target, row.verdict) for row in table.rows] == [
        ("2.0 x", "p50 <= 10 ms", "met"),
        ("2.0 x", "p95 <= 30 ms", "not met"),
        ("", "", ""),
    ]


def test_a_table_reads_as_text_and_as_markdown() -> None:
    assert markdown(("what", "p50"), [("one label", "1.0")]).splitlines() == [
        "| what      | p50 |",
        "| ----------|---- |",
        "| one label | 1.0 |",
    ]
