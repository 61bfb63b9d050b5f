"""Stays and moves out of the ledger: by example, and against a brute-force oracle that asks moment by moment."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelapp.queries.stays import HANDOVER, UNDONE, History, Row, history, middle, ninth

START = datetime(2026, 11, 1, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
A, B, C = 1, 2, 3


def at(hours: float) -> datetime:
    return START + hours * HOUR


def told(*rows: tuple[float, str, int] | tuple[float, str, int, str]) -> History:
    """What the ledger says of one chat: hour, verb, stage, cause."""
    return history([Row(7, row[2], row[1], "phone", row[3] if len(row) > 3 else "", at(row[0])) for row in rows])


def stays(found: History) -> list[tuple[int, float | None, float | None]]:
    hours = [
        (one.since and (one.since - START) / HOUR, one.until and (one.until - START) / HOUR) for one in found.stays
    ]
    return [(one.stage, *pair) for one, pair in zip(found.stays, hours, strict=True)]


def moves(found: History) -> list[tuple[int, int, float]]:
    return [(one.old, one.new, (one.at - START) / HOUR) for one in found.moves]


def test_a_step_up_ends_one_stay_and_begins_another() -> None:
    found = told((1, "add", A), (4, "add", B), (4.001, "remove", A))
    assert stays(found) == [(A, 1, 4.001), (B, 4, None)]
    assert moves(found) == [(A, B, 4)]
    assert (found.stays[0].by, found.stays[0].out_by, found.moves[0].by) == ("phone",) * 3


def test_a_beginning_that_nobody_saw_is_none() -> None:
    found = told((5, "remove", A), (5.01, "add", B))
    assert stays(found) == [(A, None, 5), (B, 5.01, None)]
    assert moves(found) == [(A, B, 5.01)]


def test_what_comes_on_long_after_is_no_move() -> None:
    minutes = HANDOVER / HOUR
    assert moves(told((1, "add", A), (2, "remove", A), (2 + minutes, "add", B))) == [(A, B, 2 + minutes)]
    assert moves(told((1, "add", A), (2, "remove", A), (2.001 + minutes, "add", B))) == []


def test_two_stages_at_once_are_a_move_only_once_the_old_one_gave_way() -> None:
    both = ((1, "add", A), (2, "add", B))
    assert moves(told(*both)) == []  # in flight, or a conflict: that is not known yet
    assert moves(told(*both, (50, "remove", A))) == [(A, B, 2)]
    assert moves(told(*both, (50, "remove", B))) == []


def test_a_step_that_failed_never_was() -> None:
    found = told((1, "add", A), (2, "add", B), (2, "remove", A), (3, "fail", B), (3, "keep", A))
    assert stays(found) == [(A, 1, None)]
    assert moves(found) == []


def test_a_removal_that_failed_goes_on_and_ends_later() -> None:
    assert stays(told((1, "add", A), (2, "remove", A), (3, "fail", A), (9, "remove", A))) == [(A, 1, 9)]


def test_what_was_undone_never_was() -> None:
    found = told((1, "add", A), (2, "add", B), (2, "remove", A), (3, "add", A, UNDONE), (3, "remove", B, UNDONE))
    assert stays(found) == [(A, 1, None)]
    assert moves(found) == []


def test_a_label_that_is_wished_once_more_is_the_same_stay() -> None:
    assert stays(told((1, "add", A), (2, "add", A), (3, "fail", A), (8, "remove", A))) == [(A, 1, 8)]


def test_what_stayed_from_before_is_not_seen_to_begin() -> None:
    assert stays(told((2, "keep", A), (5, "remove", A))) == [(A, None, 5)]


def test_there_and_back() -> None:
    found = told((1, "add", A), (2, "add", B), (2, "remove", A), (3, "add", A), (3, "remove", B))
    assert stays(found) == [(A, 1, 2), (B, 2, 3), (A, 3, None)]
    assert moves(found) == [(A, B, 2), (B, A, 3)]


# Against an oracle that knows no stays: it asks at each moment what the chat holds. Adds and removals alone.

Steps = list[tuple[int, str, int]]


@st.composite
def worlds(draw: st.DrawFn) -> Steps:
    """Adds and removals of three stages, an hour or more apart."""
    gaps = draw(st.lists(st.integers(1, 30), max_size=14))
    moment, found = 0, []
    for gap in gaps:
        moment += gap
        found.append((moment, draw(st.sampled_from(["add", "remove"])), draw(st.sampled_from([A, B, C]))))
    return found


def held(steps: Steps, stage: int, moment: float) -> bool | None:
    """Whether the chat is in the stage just after this moment. None: nobody can say."""
    said = [verb for when, verb, one in steps if one == stage and when <= moment]
    if said:
        return said[-1] == "add"
    later = [verb for when, verb, one in steps if one == stage and when > moment]
    return True if later and later[0] == "remove" else None


def oracle_stays(steps: Steps) -> Counter[tuple[int, int | None, int | None]]:
    found: Counter[tuple[int, int | None, int | None]] = Counter()
    for stage in (A, B, C):
        times = [when for when, _verb, one in steps if one == stage]
        begins = [when for when in times if held(steps, stage, when) and held(steps, stage, when - 0.5) is not True]
        if times and held(steps, stage, times[0] - 0.5):
            begins.insert(0, -1)
        for begin in begins:
            ends = [when for when in times if when > begin and held(steps, stage, when) is False]
            found[stage, None if begin < 0 else begin, min(ends, default=None)] += 1
    return found


def oracle_moves(steps: Steps) -> list[tuple[int, int, int]]:
    everything = list(oracle_stays(steps))
    found = []
    for new, begin, end in everything:
        if begin is None:
            continue
        there = [
            (since if since is not None else -1, old)
            for old, since, until in everything
            if old != new and until is not None and (since is None or since < begin) and until >= begin
            and (end is None or until <= end)
        ]  # fmt: skip
        if there:
            found.append((max(there)[1], new, begin))
    return sorted(found)


@given(worlds())
def test_stays_and_moves_are_those_of_the_oracle(steps: Steps) -> None:
    if not steps:
        return
    found = told(*steps)
    assert Counter(stays(found)) == oracle_stays(steps)
    said, expected = moves(found), oracle_moves(steps)
    assert sorted((new, when) for _old, new, when in said) == sorted((new, when) for _old, new, when in expected)
    unseen = {stage for stage, since, _until in stays(found) if since is None}
    if len(unseen) < 2:  # which of two that nobody saw begin was the later one, nobody knows
        assert sorted(said) == expected


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=60))
def test_median_and_ninth_of_ten(seconds: list[int]) -> None:
    spans = sorted(timedelta(seconds=n) for n in seconds)
    ordered = sorted(seconds)
    n = len(ordered)
    assert middle(spans) == timedelta(seconds=(ordered[(n - 1) // 2] + ordered[n // 2]) / 2)
    assert ninth(spans) == timedelta(seconds=ordered[ceil(0.9 * n - 1e-9) - 1])
    assert sum(span <= ninth(spans) for span in spans) * 10 >= 9 * n


@pytest.mark.parametrize(("count", "place"), [(1, 1), (2, 2), (9, 9), (10, 9), (11, 10), (20, 18)])
def test_nine_of_ten(count: int, place: int) -> None:
    assert ninth([timedelta(n) for n in range(1, count + 1)]) == timedelta(place)
