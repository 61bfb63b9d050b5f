"""JSON for people who wrote it by hand: what was read knows the line in which it stands."""

import json
import re
from collections.abc import Iterator
from typing import Any

DECODER = json.JSONDecoder()
GAP = re.compile(r"[ \t\n\r]*,?[ \t\n\r]*")
COLON = re.compile(r"[ \t\n\r]*:[ \t\n\r]*")


class Located(dict[str, Any]):
    """An object, the line in which it begins, and those of its fields where it is the outermost one."""

    line = 1
    lines: dict[str, int]


def read_located(text: str) -> Any:
    """As `json.loads`. The outermost object is Located, and so are the objects in its lists."""
    read = DECODER.decode(text)
    if not isinstance(read, dict):
        return read
    begin = _after(GAP, text, 0)
    fields = _fields(text, begin)
    whole = _located(read, text, begin)
    whole.lines = {key: _line(text, at) for key, (at, _value) in fields.items()}
    for key, (_at, value) in fields.items():
        if isinstance(whole[key], list):
            rows = zip(whole[key], _elements(text, value), strict=True)
            whole[key] = [_located(row, text, at) if isinstance(row, dict) else row for row, at in rows]
    return whole


def _located(read: dict[str, Any], text: str, at: int) -> Located:
    found = Located(read)
    found.line, found.lines = _line(text, at), {}
    return found


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


# The text has been read once: what follows meets nothing but JSON.


def _fields(text: str, at: int) -> dict[str, tuple[int, int]]:
    """Of the object that begins there: where each key and its value begin. Of a key that comes twice the last one counts."""
    found: dict[str, tuple[int, int]] = {}
    at = _after(GAP, text, at + 1)
    while text[at] != "}":
        key, end = DECODER.raw_decode(text, at)
        value = _after(COLON, text, end)
        found[key] = at, value
        at = _after(GAP, text, DECODER.raw_decode(text, value)[1])
    return found


def _elements(text: str, at: int) -> Iterator[int]:
    """Where the elements begin of the list that begins there."""
    at = _after(GAP, text, at + 1)
    while text[at] != "]":
        yield at
        at = _after(GAP, text, DECODER.raw_decode(text, at)[1])


def _after(gap: re.Pattern[str], text: str, at: int) -> int:
    found = gap.match(text, at)
    return found.end() if found else at
