"""What rules say of whom they tell, and what makes no sense of it."""

from typing import Any

import pytest

from labelapp.queries.rules.specs import Wrong, read_spec

ASKS = {"ask": 3, "answers": [1, 2]}


def test_whom_a_rule_tells() -> None:
    spec = read_spec("message.in", {}, {}, {"notify": [7, 8, 7], "urgent": True, "hook": 2, **ASKS})
    doings = spec.doings
    assert (doings.notify, doings.urgent, doings.hook, doings.ask, doings.answers) == ((7, 8), True, 2, 3, (1, 2))
    assert (doings.tells, doings.puts_on, spec.labels) == (True, (), {1, 2})
    assert not read_spec("message.in", {}, {}, {"add": [1]}).doings.tells


def test_labels_of_no_classifier_are_none() -> None:
    assert read_spec("label.added", {}, {}, {"add": [1], "answers": [5]}).labels == {1}


@pytest.mark.parametrize(
    ("kind", "does", "field"),
    [
        ("message.in", {"notify": "everybody"}, "notify"),
        ("message.in", {"notify": [True]}, "notify"),
        ("message.in", {"hook": "CRM"}, "hook"),
        ("message.in", {"hook": -1}, "hook"),
        ("message.in", {"ask": [3], "answers": [1]}, "ask"),
        ("message.in", {"ask": 3}, "answers"),
        ("message.in", {"ask": 3, "answers": ["VIP"]}, "answers"),
        ("message.in", {**ASKS, "remove": [2]}, "remove"),
        ("label.added", ASKS, "ask"),
        ("chat.created", ASKS, "ask"),
        ("message.in", {"urgent": True}, ""),
        ("message.in", {"answers": [1]}, ""),
    ],
)
def test_what_makes_no_sense(kind: str, does: dict[str, Any], field: str) -> None:
    with pytest.raises(Wrong) as wrong:
        read_spec(kind, {}, {}, does)
    assert wrong.value.field == field
