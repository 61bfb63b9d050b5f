"""Classifiers outside: a signed post of what somebody wrote, answered with the names of the labels that fit it."""

import json

from labelapp.whatsapp.texts import NAME_LIMIT, plain

SECONDS = 3.0  # for all of a call
MOST_BYTES = 64 * 1024  # of an answer
MOST_LABELS = 100


class BadAnswer(ValueError):
    """The answer names no labels."""


def names_in(body: bytes) -> list[str]:
    """The names in `{"labels": ["Urgent", …]}`, each once. Other keys are left alone. Raises BadAnswer for anything else."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        raise BadAnswer from None
    names = said.get("labels") if isinstance(said, dict) else None
    if not isinstance(names, list) or len(names) > MOST_LABELS or not all(isinstance(name, str) for name in names):
        raise BadAnswer
    return list(dict.fromkeys(filter(None, (plain(name, NAME_LIMIT).strip() for name in names))))
