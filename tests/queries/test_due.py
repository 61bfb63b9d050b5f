"""From when to when the words of `due:` reach, in the person's own days."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from labelapp.queries.due import span_of

CAIRO, LISBON, SANTIAGO = (ZoneInfo(name) for name in ("Africa/Cairo", "Europe/Lisbon", "America/Santiago"))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "start", "end"),
    [
        ("any", None, None),
        ("overdue", None, "2026-11-20 23:30"),
        ("today", "2026-11-20 22:00", "2026-11-21 22:00"),
        ("tomorrow", "2026-11-21 22:00", "2026-11-22 22:00"),
        ("<3d", "2026-11-20 23:30", "2026-11-23 23:30"),
        (">2h", "2026-11-21 01:30", None),
    ],
)
def test_a_day_is_that_of_the_persons_clock(value: str, start: str | None, end: str | None) -> None:
    """Half past one at night in Cairo is the evening before at UTC."""
    found = span_of(value, at("2026-11-20 23:30"), CAIRO)
    assert found == (at(start) if start else None, at(end) if end else None)


@pytest.mark.parametrize(
    ("zone", "now", "start", "end"),
    [
        (LISBON, "2026-03-29 12:00", "2026-03-29 00:00", "2026-03-29 23:00"),  # 23 hours
        (LISBON, "2026-10-25 12:00", "2026-10-24 23:00", "2026-10-26 00:00"),  # 25 hours
        (CAIRO, "2026-04-24 12:00", "2026-04-23 22:00", "2026-04-24 21:00"),  # its first hour is left out
        (SANTIAGO, "2026-09-06 12:00", "2026-09-06 04:00", "2026-09-07 03:00"),
    ],
)
def test_a_day_on_which_the_clocks_are_changed(zone: ZoneInfo, now: str, start: str, end: str) -> None:
    assert span_of("today", at(now), zone) == (at(start), at(end))


def test_the_longest_span_is_a_time() -> None:
    start, end = span_of(">99999w", at("2026-11-20 23:30"), CAIRO)
    assert (start is not None and start.year > 3900, end) == (True, None)
