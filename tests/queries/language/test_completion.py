"""Completion: what is offered for the piece under the cursor."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelapp.queries.language.completion import COMMON_FIRST, MOST, Completion, complete
from labelapp.queries.language.lexicon import FIELD_WORDS, VALUE_WORDS
from labelapp.queries.language.reading import read
from labelapp.queries.language.terms import CHOICES, FIELDS, UNITS
from tests.queries.language.words import SALES, vocabulary


def inserts(before: str, after: str = "", *numbers: int) -> list[str]:
    return [offer.insert for offer in complete(before, after, vocabulary(*numbers)).offers]


def taken(before: str, after: str = "") -> str:
    """The text with the first offer."""
    found = complete(before, after, vocabulary(SALES))
    return found.head + found.offers[0].insert + found.tail


def test_everything_of_the_language_has_words() -> None:
    assert set(FIELD_WORDS) == set(FIELDS)
    assert {(field, value) for field, values in CHOICES.items() for value in values} <= set(VALUE_WORDS)
    assert set(COMMON_FIRST) == set(UNITS)


@pytest.mark.parametrize("before", ["", "vip ", "-", "label:vip -"])
def test_a_new_term_begins_with_a_field(before: str) -> None:
    assert inserts(before) == [f"{field}:" for field in FIELDS]


def test_the_field_of_numbers_is_offered_where_there_are_several() -> None:
    assert "number:" not in inserts("", "", SALES)


@pytest.mark.parametrize(
    ("before", "found"),
    [
        ("st", ["stage:", "no:stage"]),
        ("-la", ["label:", "last:", "no:label"]),
        ("a", ["age:", "assigned:"]),
        ("vi", ["label:VIP"]),
        ("quo", ["stage:Quoted"]),
        ("hold", ['label:"On hold"']),
        ("unans", ["is:unanswered"]),
        ("is:un", ["unanswered", "unread"]),
        ("type:", ["person", "group"]),
        ("label:hold", ['"On hold"']),
        ('label:"on h', ['"On hold"']),
        ("label:vip,quo", ["Quoted"]),
        ("label:#3", ["#3", "#31"]),
        ("stage:new", ['"New lead"']),
        ("stage:quoted..pa", ["Paid"]),
        ("assigned:", ["me", "nobody", "sara", "sara2", "omar"]),
        ("assigned:leal", ["sara2"]),
        ("last:", [">2d", "<2d"]),
        ("last:>3", [">3d", ">3h", ">3w", ">3m"]),
        ("age:", ["stage>2d", "stage<2d"]),
        ("age:stage<1", ["stage<1d", "stage<1h", "stage<1w", "stage<1m"]),
        ("due:", ["any", "overdue", "today", "tomorrow", ">2d", "<2d"]),
        ("due:to", ["today", "tomorrow"]),
        ("due:<3", ["<3d", "<3h", "<3w", "<3m"]),
        ("due:today,o", ["overdue", "tomorrow"]),
        ("overd", ["due:overdue"]),
        ("last:soon", []),
        ("nothing:x", []),
        ('"exact wo', []),
        ("label:مكر", ["مكرَّر"]),
    ],
)
def test_what_is_offered(before: str, found: list[str]) -> None:
    assert inserts(before, "", SALES) == found


def test_a_name_that_two_numbers_have_is_offered_once() -> None:
    assert inserts("label:pa") == ["Paid"]


def test_what_the_list_has_is_not_offered_again() -> None:
    assert "VIP" not in inserts("label:vip,", "", SALES)
    assert inserts("is:unread,un", "", SALES) == ["unanswered"]


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        ("label:vi", "p -is:unread", "label:VIP -is:unread"),
        ("label:vi", "p,paid", "label:VIP,paid"),
        ('label:"on ho', 'ld" more', 'label:"On hold" more'),
        ("-st", "", "-stage:"),
        ("words label:qu", " is:unread", "words label:Quoted is:unread"),
        ("stage:new", "..paid", 'stage:"New lead"..paid'),
    ],
)
def test_the_piece_under_the_cursor_is_replaced(before: str, after: str, text: str) -> None:
    assert taken(before, after) == text


@pytest.mark.parametrize(
    ("before", "sure"),
    [("label:vi", True), ("label:vip", False), ("label:", False), ("vi", False), ("label:old", False)],
)
def test_enter_takes_only_what_was_begun(before: str, sure: bool) -> None:
    assert complete(before, "", vocabulary(SALES)).sure is sure


TEXTS = st.text(st.sampled_from('lab:-",.#<>39 dvipVIPst\\“”،م\u202e\x00😀'), max_size=25) | st.text(max_size=25)


@given(TEXTS, TEXTS)
def test_any_text_can_be_completed(before: str, after: str) -> None:
    found = complete(before, after, vocabulary())
    assert isinstance(found, Completion)
    assert len(found.offers) <= MOST


@given(TEXTS)
def test_what_is_taken_is_understood(before: str) -> None:
    """A value that was offered is no problem, wherever the text before it has none."""
    found = complete(before, "", vocabulary())
    if read(found.head.rstrip("-"), vocabulary()).problems:
        return
    for offer in found.offers:
        if offer.is_whole:
            assert read(found.head + offer.insert, vocabulary()).problems == ()
