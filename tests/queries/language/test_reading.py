"""Text becomes terms, and terms become text; no text is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelapp.queries.language.reading import read
from labelapp.queries.language.terms import (
    CHOICES,
    FIELDS,
    Broken,
    Choice,
    Elapsed,
    Named,
    Query,
    Ref,
    Stages,
    Term,
    Text,
)
from labelapp.queries.language.tokens import TOKENS
from labelapp.queries.language.writing import write
from tests.queries.language.words import LABELS, SALES, vocabulary

VIP = Ref("VIP", (14, 21))
WORDS = [label.name for label in LABELS] + [
    "vpi",
    "#31",
    "31",
    "me",
    "nobody",
    "sara",
    ">2d",
    "<0m",
    "stage<3h",
    "..",
    "-x",
    '"',
    "//",
]


def one(text: str, *numbers: int) -> Term:
    (term,) = read(text, vocabulary(*numbers)).query.terms
    return term


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("label:vip", Named("label", (VIP,))),
        ("LABEL:vip", Named("label", (VIP,))),
        ("-label:VIP", Named("label", (VIP,), negated=True)),
        ("label:vip,Hot", Named("label", (VIP, Ref("Hot", (22,))))),
        ("label:vip،hot", Named("label", (VIP, Ref("hot", (22, 23))))),
        ('label:"on  HOLD"', Named("label", (Ref("On hold", (15,)),))),
        ("label:“on hold”", Named("label", (Ref("On hold", (15,)),))),
        ("label:مكرر", Named("label", (Ref("مكرَّر", (17,)),))),
        ('label:"he said \\"E\\", twice.."', Named("label", (Ref('He said "é", twice..', (18,)),))),
        ("label:#31", Named("label", (Ref("31", (16,), by_id=True),))),
        ('label:"#31"', Named("label", (Ref("#31"),))),
        ("number:sales", Named("number", (Ref("sales", (1,)),))),
        ('number:"sales cairo"', Named("number", (Ref("sales", (1,)),))),
        ("assigned:me", Named("assigned", (Ref("me"),))),
        ("assigned:Sara", Named("assigned", (Ref("sara", (1,)),))),
        ("assigned:nobody,omar", Named("assigned", (Ref("nobody"), Ref("omar", (3,))))),
        ("is:Unanswered,failed", Choice("is", ("unanswered", "failed"))),
        ("no:label", Choice("no", ("label",))),
        ("-type:group", Choice("type", ("group",), negated=True)),
        ("source:phone", Choice("source", ("phone",))),
        ("last:>2d", Elapsed("last", True, 2, "d")),
        ("age:stage<03H", Elapsed("age", False, 3, "h")),
        ("due:Today,<03H", Choice("due", ("today", "<3h"))),
        ("-due:>٣d", Choice("due", (">3d",), negated=True)),
        ("last:>٣d", Elapsed("last", True, 3, "d")),
        ("hello", Text("hello")),
        ('-"two words"', Text("two words", negated=True, together=True)),
        ("https://example.com/a", Text("https://example.com/a")),
        ("12:30", Text("12:30")),
        ("-", Text("-")),
        ("price-list", Text("price-list")),
        ('"price-list"', Text("price-list", together=True)),
        ("colour:red", Broken("colour", "red")),
        ("label:", Broken("label", "")),
        ("last:2d", Broken("last", "2d")),
        ("age:>2d", Broken("age", ">2d")),
        ("last:>1d,<2d", Broken("last", ">1d,<2d")),
        ("last:stage>2d", Broken("last", "stage>2d")),
        ("due:", Broken("due", "")),
    ],
)
def test_a_token_is_read_as_its_term(text: str, term: Term) -> None:
    assert one(text) == term


@pytest.mark.parametrize(
    ("text", "pks", "written"),
    [
        ("stage:quoted", (12,), "stage:Quoted"),
        ("stage:paid", (13, 25), "stage:Paid"),
        ('stage:"new lead"..quoted', (11, 12), 'stage:"New lead"..Quoted'),
        ('stage:paid.."new lead"', (11, 12, 13), 'stage:Paid.."New lead"'),
        ("stage:quoted..", (12, 13), "stage:Quoted.."),
        ("stage:..open", (24,), "stage:..Open"),
        ("stage:..", (11, 12, 13, 24, 25), "stage:.."),
        ("stage:open,quoted", (24, 12), "stage:Open,Quoted"),
        ("stage:vip", (), "stage:vip"),
        ("stage:open..quoted", (), "stage:Open..Quoted"),
    ],
)
def test_a_stage_or_a_part_of_a_funnel(text: str, pks: tuple[int, ...], written: str) -> None:
    term = one(text)
    assert isinstance(term, Stages)
    assert term.pks == pks
    assert write(Query((term,))) == written


def test_all_terms_of_a_text_in_their_order() -> None:
    text = 'label:VIP -label:"On hold" stage:Quoted assigned:me is:unanswered type:group "exact words" free words'
    query = read(text, vocabulary()).query
    assert len(query.terms) == 9
    assert write(query) == text


@pytest.mark.parametrize(
    "text",
    [
        "12:30",
        '"12:30"',
        "https://example.com/a",
        "price-list",
        '"price-list"',
        'say"x"',
        "--a",
        "#1",
        "a,b",
        "-",
        '""',
    ],
)
def test_words_are_written_as_they_were_read(text: str) -> None:
    assert write(read(text, vocabulary()).query) == text


def test_what_would_be_read_as_something_else_is_quoted() -> None:
    terms = (Text("two words"), Text("label:x"), Text("-a"), Text(""))
    assert write(Query(terms)) == '"two words" "label:x" "-a" ""'


def test_a_name_that_several_labels_of_a_number_share_is_written_by_id() -> None:
    words = vocabulary()
    assert words.ref(22) == Ref("Hot", (22,))
    twice = vocabulary()
    twice.labels = (*twice.labels, LABELS[9])
    assert words.ref(16) == Ref("31", (16,), by_id=True)
    assert write(Query((Named("label", (words.ref(16),)),))) == "label:#31"


def test_names_are_bound_in_the_numbers_in_view_only() -> None:
    assert one("label:vip", SALES) == Named("label", (Ref("VIP", (14,)),))
    assert one("label:open", SALES) == Named("label", (Ref("open"),))


ODD = st.text(max_size=60) | st.lists(
    st.sampled_from([*WORDS, "-", ":", ",", "،", '"', "“", "”", "#", "\\", " ", "\x00"])
).map("".join)
PART = st.sampled_from(WORDS) | st.text(max_size=8)
VALUES = st.lists(PART | PART.map(lambda word: f'"{word}"'), max_size=4).map(",".join)
FIELD = st.sampled_from([*FIELDS, "labl", "Label", "x"])
LIKELY = st.builds(lambda no, field, values: f"{no}{field}:{values}", st.sampled_from(["", "-"]), FIELD, VALUES)
CHOSEN = st.sampled_from([f"{field}:{value}" for field, values in CHOICES.items() for value in values])
TEXTS = st.lists(LIKELY | ODD | CHOSEN, max_size=6).map(" ".join) | ODD


@given(TEXTS)
def test_any_text_is_read_and_what_is_written_is_read_as_the_same(text: str) -> None:
    words = vocabulary()
    reading = read(text, words)
    written = write(reading.query)
    again = read(written, words)
    assert again.query == reading.query
    assert write(again.query) == written
    assert len(reading.text) == len(text)


@given(TEXTS)
def test_every_term_that_says_nothing_is_a_problem_with_its_place(text: str) -> None:
    reading = read(text, vocabulary())
    marked = {problem.term for problem in reading.problems}
    idle = {n for n, term in enumerate(reading.query.terms) if term.is_idle and not isinstance(term, Text)}
    assert idle <= marked
    for problem in reading.problems:
        start, end = problem.span
        assert 0 <= start < end <= len(text)


@given(TEXTS)
def test_a_suggestion_in_the_place_of_what_is_wrong_is_understood(text: str) -> None:
    words = vocabulary()
    for problem in read(text, words).problems:
        start, end = problem.span
        for suggestion in problem.suggestions:
            better = read(text[:start] + suggestion + text[end:], words)
            assert not [each for each in better.problems if each.span[0] == start and each.code == problem.code]


def test_what_is_more_than_a_query_may_hold_is_left_out_and_said() -> None:
    words = vocabulary()
    reading = read("a " * (TOKENS + 5), words)
    assert len(reading.query.terms) == TOKENS
    (problem,) = reading.problems
    assert (problem.code, problem.span[0]) == ("long", 2 * TOKENS)
    assert [each.code for each in read("x" * 300, words).problems] == ["long"]
    assert [each.code for each in read("label:" + "vip," * 60, words).problems] == ["long"]
