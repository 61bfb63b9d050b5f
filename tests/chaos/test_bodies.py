"""The verdict over normal traffic: a hiccup of the machine decides nothing, an attack that is felt does."""

import pytest

from tests.chaos.report import Verdict
from tests.chaos.rows.bodies import judge_traffic

MS = 0.001


def verdict(quiet: list[float], harm: list[float]) -> bool:
    """`quiet` and `harm`: ms of each window's deliveries."""
    made = Verdict("bodies")
    judge_traffic(made, [[ms * MS] * 100 for ms in quiet], [[ms * MS] * 100 for ms in harm])  # type: ignore[arg-type]
    return made.passed


@pytest.mark.parametrize(
    ("quiet", "harm", "holds"),
    [
        ([11, 12, 11], [32, 45, 31], True),  # doubled, and still nothing that anybody feels
        ([40, 42, 41], [80, 300, 79], True),  # one bad window
        ([40, 42, 300], [120, 130, 125], False),
        ([11, 12, 11], [60, 61, 62], False),
    ],
)
def test_p99_doubles_or_not(quiet: list[float], harm: list[float], holds: bool) -> None:
    assert verdict(quiet, harm) is holds
