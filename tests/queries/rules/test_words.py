"""What rules find in messages: the product's own spelling, whole words, their places, and no pattern that takes for ever."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelapp.models.folded import fold
from labelapp.queries.rules.words import BadPattern, Mode, TextTest, entries_of, pattern_of, pieces, words_of


def found(mode: str, *entries: str, text: str) -> list[str] | None:
    """The parts of the text that are marked."""
    places = TextTest(Mode(mode), entries).find(text)
    return None if places is None else [text[start:end] for start, end in places]


@pytest.mark.parametrize(
    ("mode", "entries", "text", "marked"),
    [
        ("any", ["asap", "help"], "I need HELP, ASAP!", ["HELP,", "ASAP!"]),
        ("any", ["help"], "a helpful hint", None),
        ("any", ["urgen*"], "É URGENTE", ["URGENTE"]),
        ("any", ["urgência"], "e uma URGENCIA", ["URGENCIA"]),
        ("any", ["as soon as possible"], "please as soon  as possible", ["as soon  as possible"]),
        ("any", ["مستعجل"], "الطلب مُسْتَعْجِل جدا", ["مُسْتَعْجِل"]),
        ("any", ["فاتورة"], "اريد الفاتوره فاتوره", ["فاتوره"]),
        ("any", ["إلى"], "الي البيت", ["الي"]),
        ("any", ["+20 100 123 4567"], "call 201001234567", ["201001234567"]),
        ("all", ["refund", "order"], "refund my Order", ["refund", "Order"]),
        ("all", ["refund", "order"], "refund me", None),
        ("phrase", ["not working"], "it is NOT, working", ["NOT, working"]),
        ("phrase", ["not working"], "not really working", None),
        ("exact", ["stop", "cancel"], " Stop! ", ["Stop!"]),
        ("exact", ["stop"], "stop it", None),
        ("fuzzy", ["urgent"], "very urgnet please", ["urgnet"]),
        ("fuzzy", ["invoice"], "the invioce", ["invioce"]),
        ("fuzzy", ["pay"], "say", None),
        ("fuzzy", ["urgent"], "the agent", None),
        ("regex", [r"\bINV-\d+"], "see inv-204 and INV-7", ["inv-204", "INV-7"]),
        ("regex", [r"فاتورة\s+\d+"], "رقم فاتورة 12", ["فاتورة 12"]),
        ("regex", [r"^only$"], "not only", None),
    ],
)
def test_what_is_found_and_marked(mode: str, entries: list[str], text: str, marked: list[str] | None) -> None:
    assert found(mode, *entries, text=text) == marked


@settings(deadline=None)
@given(st.text(max_size=200))
def test_the_words_are_those_of_the_search(text: str) -> None:
    words = words_of(text)
    assert " ".join(word.text for word in words) == fold(text)
    assert all(0 <= word.start < word.end <= len(text) for word in words)


@settings(deadline=None)
@given(st.lists(st.text("abcdefghij", min_size=1, max_size=12), min_size=1, max_size=6), st.data())
def test_a_word_that_stands_there_is_found_by_every_way_to_look(words: list[str], data: st.DataObject) -> None:
    one = data.draw(st.sampled_from(words))
    for mode in (Mode.ANY, Mode.ALL, Mode.PHRASE, Mode.FUZZY):
        assert TextTest(mode, (one,)).find(" ".join(words)) is not None
    assert TextTest(Mode.EXACT, (" ".join(words),)).find(" ".join(words)) is not None


@settings(deadline=None)
@given(st.text(max_size=60), st.text("abc ", min_size=1, max_size=8))
def test_whatever_is_looked_for_nothing_breaks(text: str, entry: str) -> None:
    for mode in Mode:
        if mode != Mode.REGEX and pieces(entry):
            places = TextTest(mode, (entry,)).find(text)
            assert places is None or all(text[start:end] for start, end in places)


@pytest.mark.parametrize("pattern", ["(", "[a-", r"(?<=x)y", r"(a)\1", "a{2000}", "(a{900}){900}", ".*", "", "x?"])
def test_a_pattern_that_cannot_be_used_says_so(pattern: str) -> None:
    with pytest.raises(BadPattern):
        pattern_of(pattern)


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|aa)+$", "(.*a){20}$", "([a-z]+)*b"])
def test_no_pattern_stalls_whoever_asks(pattern: str) -> None:
    started = time.monotonic()
    assert TextTest(Mode.REGEX, (pattern,)).find("a" * 3999 + "!") is None
    assert time.monotonic() - started < 2  # one that tries all ways would outlive us


@pytest.mark.parametrize(
    ("mode", "typed", "entries"),
    [
        ("any", "ASAP, help\n\n right  now ،عاجل", ["ASAP", "help", "right now", "عاجل"]),
        ("phrase", "well, no\nwell, no", ["well, no"]),
        ("regex", " a,b\n", ["a,b"]),
        ("regex", " ", []),
    ],
)
def test_what_is_typed_becomes_entries(mode: str, typed: str, entries: list[str]) -> None:
    assert entries_of(mode, typed) == entries
