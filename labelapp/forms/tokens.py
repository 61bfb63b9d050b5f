"""What a form showed of a thing, sent back with it: who saves later sees what somebody else has changed meanwhile."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

LONGEST = 4000


def token_of(values: Mapping[str, Any], fields: Sequence[str]) -> str:
    return json.dumps({field: values[field] for field in fields}, ensure_ascii=False)


def read_token(text: str) -> dict[str, Any] | None:
    """None where nothing was sent; what can't be read stands for something that is never so."""
    if not text:
        return None
    try:
        found = json.loads(text) if len(text) <= LONGEST else None
    except (ValueError, RecursionError):
        found = None
    return found if isinstance(found, dict) else {"name": None}
