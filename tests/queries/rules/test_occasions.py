"""What a rule asks of a chat, and when it means what has happened."""

from datetime import UTC, datetime, time
from typing import Any

import pytest

from labelapp.queries.rules.occasions import Occasion, is_within, meets
from labelapp.queries.rules.specs import Hours, Wrong, read_spec

MONDAY = datetime(2026, 11, 23, 10, tzinfo=UTC)
ADD = {"add": [1]}
WORDS = {"text": {"mode": "any", "entries": ["help"]}}


def fits(kind: str, about: dict[str, Any], conditions: dict[str, Any], **more: Any) -> bool:
    spec = read_spec(kind, about, conditions, ADD)
    return meets(spec, Occasion(**({"kind": kind, "at": MONDAY} | more))) is not None


@pytest.mark.parametrize(
    ("kind", "about", "conditions", "more", "expected"),
    [
        ("message.in", {}, WORDS, {"text": "Help!"}, True),
        ("message.in", {}, WORDS, {"text": "hello"}, False),
        ("message.out", {"source": "api"}, {}, {"source": "api"}, True),
        ("message.out", {"source": "api"}, {}, {"source": "app"}, False),
        ("label.added", {"labels": [5]}, {}, {"label": 5}, True),
        ("label.added", {"labels": [5]}, {}, {"label": 6}, False),
        ("label.added", {"labels": [5]}, {"has": [6]}, {"label": 5, "held": frozenset({6})}, True),
        ("label.added", {"labels": [5]}, {"has": [5]}, {"label": 5, "held": frozenset({6})}, False),
        ("label.added", {}, {"lacks": [6]}, {"label": 5, "held": frozenset({6})}, False),
        ("message.in", {}, {"chat": "group"}, {"is_group": True}, True),
        ("message.in", {}, {"chat": "person"}, {"is_group": True}, False),
        ("message.in", {}, {"first": True}, {"is_first": lambda: True}, True),
        ("message.in", {}, {"first": True}, {"is_first": lambda: False}, False),
        ("message.in", {}, {"query": [{"text": "is:unanswered"}]}, {"matches": lambda _query: False}, False),
        ("message.in", {}, {"hours": {"from": "09:00", "until": "18:00"}}, {}, True),
        ("message.in", {}, {"hours": {"from": "09:00", "until": "18:00", "outside": True}}, {}, False),
        ("message.in", {}, {"hours": {"from": "09:00", "until": "18:00", "days": [5, 6]}}, {}, False),
    ],
)
def test_when_a_rule_means_it(
    kind: str, about: dict[str, Any], conditions: dict[str, Any], more: dict[str, Any], expected: bool
) -> None:
    assert fits(kind, about, conditions, **more) is expected


def test_another_kind_of_event_is_not_meant() -> None:
    assert meets(read_spec("message.in", {}, {}, ADD), Occasion("message.out", MONDAY)) is None


def test_the_database_is_asked_only_when_all_else_holds() -> None:
    def asked(*_query: Any) -> bool:
        raise AssertionError("asked in vain")

    assert not fits("message.in", {}, WORDS | {"first": True}, text="hello", is_first=asked)
    assert not fits("message.in", {}, {"chat": "group", "query": [{"text": "x"}]}, matches=asked)


@pytest.mark.parametrize(
    ("day", "hour", "expected"), [(23, 23, True), (24, 2, True), (23, 2, False), (24, 23, False), (23, 12, False)]
)
def test_a_night_belongs_to_the_day_on_which_it_begins(day: int, hour: int, expected: bool) -> None:
    night = Hours(time(22), time(6), frozenset({0}))
    assert is_within(night, datetime(2026, 11, day, hour, tzinfo=UTC)) is expected


@pytest.mark.parametrize(
    ("field", "kind", "about", "conditions", "actions"),
    [
        ("trigger", "nonsense", {}, {}, ADD),
        ("labels", "stage.entered", {}, {}, ADD),
        ("labels", "label.added", {"labels": ["1"]}, {}, ADD),
        ("wait", "unanswered", {"seconds": 5}, {}, ADD),
        ("source", "message.out", {"source": "fax"}, {}, ADD),
        ("words", "label.added", {}, WORDS, ADD),
        ("words", "message.in", {}, {"text": {"mode": "any", "entries": ["!!"]}}, ADD),
        ("words", "message.in", {}, {"text": {"mode": "regex", "entries": ["("]}}, ADD),
        ("words", "message.in", {}, {"text": {"mode": "any", "entries": []}}, ADD),
        ("mode", "message.in", {}, {"text": {"mode": "guess", "entries": ["x"]}}, ADD),
        ("first", "message.out", {}, {"first": True}, ADD),
        ("chat", "message.in", {}, {"chat": "crowd"}, ADD),
        ("hours_from", "message.in", {}, {"hours": {"from": "9 o'clock", "until": "10:00"}}, ADD),
        ("hours_until", "message.in", {}, {"hours": {"from": "09:00", "until": "09:00"}}, ADD),
        ("days", "message.in", {}, {"hours": {"from": "09:00", "until": "10:00", "days": [7]}}, ADD),
        ("remove", "message.in", {}, {}, {"add": [1], "remove": [1]}),
        ("", "message.in", {}, {}, {}),
        ("assign", "message.in", {}, {}, {"assign": "everybody"}),
        ("stage", "message.in", {}, {}, {"stage": True}),
    ],
)
def test_what_makes_no_sense_is_told_beside_its_field(
    field: str, kind: str, about: dict[str, Any], conditions: dict[str, Any], actions: dict[str, Any]
) -> None:
    with pytest.raises(Wrong) as wrong:
        read_spec(kind, about, conditions, actions)
    assert (wrong.value.field, bool(str(wrong.value.message))) == (field, True)


def test_all_labels_of_a_rule_are_known() -> None:
    query = [{"field": "label", "any": [{"name": "x", "labels": [4]}]}]
    spec = read_spec(
        "label.added", {"labels": [1]}, {"has": [2], "lacks": [3], "query": query}, {"remove": [5], "stage": 6}
    )
    assert spec.labels == {1, 2, 3, 4, 5, 6}
