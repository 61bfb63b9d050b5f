"""The rows of the world: the same each time, with the labels that are a nuisance where they should be."""

from collections import defaultdict
from datetime import datetime
from functools import cache

import pytest

from labelapp.models.folded import fold
from tests.bench.shape import FEW, MEAN, NARROW, STAGES, WIDE
from tests.bench.world import FIELDS, SPAN, Number, Rows

CHATS = 4000
NEWEST = datetime(2026, 11, 20, 12)  # noqa: DTZ001


def made(chunk: int = 999) -> tuple[Number, Rows]:
    number = Number(WIDE, 3, list(range(1, len(WIDE.names) + 1)), [7, 8], CHATS, NEWEST, first=50)
    rows: Rows = {name: [] for name in FIELDS}
    for part in number.rows(chunk):
        for name, found in part.items():
            rows[name] += found
    return number, rows


@cache
def world() -> tuple[Number, Rows]:
    return made()


def column(model: str, name: str) -> list[object]:
    place = FIELDS[model].split().index(name)
    return [row[place] for row in world()[1][model]]


def carriers() -> dict[str, set[object]]:
    """Label's name -> chats."""
    found: dict[str, set[object]] = defaultdict(set)
    for chat, label in zip(column("ChatLabel", "chat_id"), column("ChatLabel", "label_id"), strict=True):
        found[WIDE.names[label - 1]].add(chat)
    return found


def ages() -> dict[object, int]:
    """Chat -> its place in the list, newest first."""
    moments = dict(zip(column("Chat", "id"), column("Chat", "last_message_at"), strict=True))
    return {chat: place for place, chat in enumerate(sorted(moments, key=lambda chat: moments[chat], reverse=True))}


def test_it_is_the_same_each_time_however_it_is_cut() -> None:
    assert made(chunk=4000)[1] == world()[1]


def test_every_chat_has_its_rows() -> None:
    rows = world()[1]
    assert [len(rows[name]) for name in ("Chat", "ChatText", "Message")] == [CHATS, CHATS, 2 * CHATS]
    assert column("Chat", "id") == list(range(51, 51 + CHATS))
    assert len(set(column("Chat", "jid"))) == CHATS
    assert CHATS < len(rows["ChatAlias"]) < 1.2 * CHATS  # some have a second address


def test_keys_do_not_follow_the_time_of_the_last_message() -> None:
    moments = column("Chat", "last_message_at")
    assert len(set(moments)) == CHATS
    ascending = sum(a < b for a, b in zip(moments, moments[1:], strict=False))
    assert 0.3 < ascending / CHATS < 0.7
    assert (str(NEWEST) > max(moments), str(NEWEST - SPAN) < min(moments)) == (True, True)


def test_labels_are_on_as_many_chats_as_was_meant() -> None:
    held = carriers()
    stages = sum(len(held[name]) for name in STAGES)
    assert sum(len(held[name]) for name in WIDE.topics) / CHATS == pytest.approx(MEAN, rel=0.03)
    assert stages / CHATS == pytest.approx(sum(STAGES.values()), rel=0.05)
    assert {WIDE.names[pk - 1]: n for pk, n in world()[0].held.items()} == {name: len(on) for name, on in held.items()}


def test_no_chat_has_two_stages() -> None:
    held = carriers()
    assert sum(len(held[name]) for name in STAGES) == len(set().union(*(held[name] for name in STAGES)))


def test_the_awkward_labels_are_awkward() -> None:
    held, age = carriers(), ages()
    assert (len(held["few a"]), len(held["few b"]), held["few a"] & held["few b"]) == (FEW, FEW, set())
    assert min(age[chat] for chat in held["old"]) >= 0.89 * CHATS
    assert held["apart"] & held["topic 1"] == set()
    assert len(held["apart"]) / CHATS == pytest.approx(0.05, rel=0.2)


def test_names_are_of_two_scripts_and_what_is_said_is_folded_as_the_product_folds() -> None:
    arabic = sum(any("؀" < char < "ۿ" for char in name) for name in column("Chat", "name"))
    assert arabic / CHATS == pytest.approx(0.3, rel=0.1)
    said = zip(column("Message", "text"), column("Message", "search_text"), strict=True)
    assert all(fold(text) == folded for text, folded in said)


def test_the_narrow_number_has_no_funnel() -> None:
    number = Number(NARROW, 1, list(range(1, 21)), [7], 500, NEWEST)
    labels = {label for rows in number.rows() for _chat, label, *_rest in rows["ChatLabel"]}
    assert labels == set(range(1, 21))
