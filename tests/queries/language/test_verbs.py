"""One click, one change."""

import pytest

from labelapp.queries.language import verbs
from labelapp.queries.language.reading import read
from labelapp.queries.language.terms import Query
from labelapp.queries.language.writing import write
from tests.queries.language.words import SALES, vocabulary

WORDS = vocabulary(SALES)
VIP, QUOTED = WORDS.ref(14), WORDS.ref(12)


def asked(text: str) -> Query:
    return read(text, WORDS).query


@pytest.mark.parametrize(
    ("before", "included", "excluded", "dropped"),
    [
        ("", "label:VIP", "-label:VIP", ""),
        ("label:VIP", "label:VIP", "-label:VIP", ""),
        ("-label:VIP x", "x label:VIP", "x -label:VIP", "x"),
        ("label:Paid x", "label:Paid,VIP x", "label:Paid x -label:VIP", "label:Paid x"),
        (
            "label:Paid label:Quoted",
            "label:Paid label:Quoted label:VIP",
            "label:Paid label:Quoted -label:VIP",
            "label:Paid label:Quoted",
        ),
        ("label:VIP,Paid", "label:Paid,VIP", "label:Paid -label:VIP", "label:Paid"),
        ("no:label", "label:VIP", "no:label -label:VIP", "no:label"),
    ],
)
def test_a_label_goes_in_and_out_and_never_on_both_sides(
    before: str, included: str, excluded: str, dropped: str
) -> None:
    query = asked(before)
    found = [verbs.including(query, VIP), verbs.excluding(query, VIP), verbs.dropping(query, VIP)]
    assert list(map(write, found)) == [included, excluded, dropped]


def test_three_clicks_lead_back() -> None:
    query, seen = asked("x"), []
    for _ in range(3):
        query = verbs.turned(query, VIP, verbs.AFTER[verbs.side_of_name(query, VIP)])
        seen.append((write(query), verbs.side_of(query, 14)))
    assert seen == [("x label:VIP", "included"), ("x -label:VIP", "excluded"), ("x", "")]


def test_a_stage_is_asked_for_by_its_own_term_too() -> None:
    query = asked("stage:Quoted,Paid")
    assert verbs.side_of(query, 12) == "included"
    assert write(verbs.dropping(query, QUOTED)) == "stage:Paid"
    assert verbs.side_of(asked("stage:Quoted.."), 12) == ""


def test_any_and_all() -> None:
    query = asked("a label:VIP,Paid b")
    every = verbs.matching_all(query)
    assert write(every) == "a label:VIP label:Paid b"
    assert (verbs.needs_all(query), verbs.needs_all(every)) == (False, True)
    assert verbs.matching_any(every) == query
    assert [ref.word for ref in verbs.wishes(every)] == ["VIP", "Paid"]
    assert verbs.matching_all(asked("a")) == asked("a")


def test_without_any_label_drops_what_was_asked_for() -> None:
    query = verbs.unlabelled(asked("label:VIP -label:Paid x"), "included")
    assert (write(query), verbs.unlabelled_side(query)) == ("-label:Paid x no:label", "included")
    labelled = verbs.unlabelled(query, "excluded")
    assert (write(labelled), verbs.unlabelled_side(labelled)) == ("-label:Paid x -no:label", "excluded")
    neither = verbs.unlabelled(labelled, "")
    assert (write(neither), verbs.unlabelled_side(neither)) == ("-label:Paid x", "")


def test_with_some_label_keeps_what_was_asked_for() -> None:
    assert write(verbs.unlabelled(asked("label:VIP"), "excluded")) == "label:VIP -no:label"


def test_switches_go_on_and_off_and_a_chat_has_one_type() -> None:
    groups = verbs.switching(asked("type:person is:unanswered"), "type", "group")
    assert write(groups) == "is:unanswered type:group"
    assert verbs.has_choice(groups, "type", "group")
    assert write(verbs.switching(groups, "type", "group")) == "is:unanswered"


def test_a_term_goes() -> None:
    assert write(verbs.without_term(asked("a b c"), 1)) == "a c"
