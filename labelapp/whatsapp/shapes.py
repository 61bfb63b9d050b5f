"""Finding things in JSON whose shape is not promised: bare or wrapped, arrays or objects with the keys "0", "1", ..."""

import json
from collections.abc import Iterator, Mapping

# Wawp's pages show results bare and as {success, data}; WAHA's delete answers {result}. Nothing says which one is sent.
_WRAPPERS = ("data", "result", "results", "response", "items")
_DEPTH = 3


def decode(body: bytes) -> object:
    """The JSON value in `body`. Raises ValueError for anything else, NaN and absurd depth included."""
    try:
        value: object = json.loads(body, parse_constant=_refuse)
    except RecursionError:
        raise ValueError("This is nested too deeply.") from None
    return value


def _refuse(name: str) -> object:
    raise ValueError(f"{name} is no JSON.")


def mapping(value: object) -> Mapping[str, object]:
    """`value` if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def inner(row: Mapping[str, object], *keys: str) -> object:
    """The value at a path of keys, or None."""
    value: object = row
    for key in keys:
        value = mapping(value).get(key)
    return value


def first(row: Mapping[str, object], *keys: str) -> object:
    """The value of the first of these keys that is there and not null."""
    return next((row[key] for key in keys if row.get(key) is not None), None)


def listed(value: object) -> list[object] | None:
    """`value` as a list, or None if it is none. An empty object counts as none: it may be an error without words."""
    if isinstance(value, list):
        return value
    if isinstance(value, dict) and value and all(key.isascii() and key.isdigit() for key in value):
        return [value[key] for key in sorted(value, key=int)]
    return None


def find_list(value: object, *names: str, depth: int = _DEPTH) -> list[object] | None:
    """The list in an answer: itself, or under one of `names` or of the usual wrappers."""
    rows = listed(value)
    if rows is not None or depth == 0:
        return rows
    for key in (*names, *_WRAPPERS):
        rows = find_list(mapping(value).get(key), *names, depth=depth - 1)
        if rows is not None:
            return rows
    return None


def objects(value: object, *names: str, depth: int = _DEPTH) -> Iterator[Mapping[str, object]]:
    """The objects in an answer, innermost first, so that a wrapper's `status` is not taken for the thing's."""
    rows = listed(value)
    if rows is not None and len(rows) == 1:
        value = rows[0]
    if not isinstance(value, dict):
        return
    if depth:
        for key in (*names, *_WRAPPERS):
            yield from objects(value.get(key), *names, depth=depth - 1)
    yield value


def flag(value: object) -> bool | None:
    """Yes or no told as JSON's true, as 1 or as text; None for anything else."""
    if isinstance(value, str):
        value = value.strip().lower()
    if value in (True, 1, "1", "true", "yes"):
        return True
    return False if value in (False, 0, "0", "false", "no") else None
