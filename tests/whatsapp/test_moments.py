from datetime import UTC, datetime, timedelta

import pytest

from labelapp.whatsapp.moments import moment

AT = datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "at"),
    [
        (1700000000, AT),
        ("1700000000", AT),
        (1700000000.5, AT + timedelta(milliseconds=500)),
        (1700000000123, AT + timedelta(milliseconds=123)),
        ("1700000000123", AT + timedelta(milliseconds=123)),
        (1700000000123456, AT + timedelta(microseconds=123456)),
    ],
)
def test_units(value: object, at: datetime) -> None:
    assert moment(value) == at


@pytest.mark.parametrize(
    "value",
    [
        None,
        0,
        -1,
        1,
        True,
        "",
        "soon",
        "1e9",
        [],
        {},
        float("nan"),
        float("inf"),
        10**40,
        "9" * 30,
        1200000000,
        9999999999,
    ],
)
def test_what_cannot_be_true(value: object) -> None:
    assert moment(value) is None


def test_a_clock_may_be_a_little_ahead() -> None:
    now = datetime.now(UTC).timestamp()
    assert moment(int(now + 3600)) is not None
    assert moment(int(now + 2 * 86400)) is None
