"""Times as providers write them: seconds, milliseconds or microseconds, as number or text."""

import math
import re
from datetime import UTC, datetime, timedelta

# WhatsApp began in 2009. A time before that, or more than a day ahead, is a broken clock or another unit.
_FIRST = datetime(2009, 1, 1, tzinfo=UTC)
_AHEAD = timedelta(days=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NUMBER = re.compile(r"\d{9,17}(\.\d{1,9})?", re.ASCII)


def moment(value: object) -> datetime | None:
    """The UTC time that `value` tells, or None where it tells none that can be true."""
    number = _number(value)
    if number is None or not 0 < number < 10**17:
        return None
    # The unit follows from the size: seconds pass 10^11 in the year 5138, milliseconds were there in 1973.
    micros = number * (1_000_000 if number < 10**11 else 1_000 if number < 10**14 else 1)
    at = _EPOCH + timedelta(microseconds=int(micros))
    return at if _FIRST <= at <= datetime.now(UTC) + _AHEAD else None


def _number(value: object) -> int | float | None:
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        return float(value) if "." in value else int(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if isinstance(value, int) or math.isfinite(value) else None
