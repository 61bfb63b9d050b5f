"""What can't be understood is named, placed, and a way out is offered."""

import pytest

from labelapp.queries.language.reading import read
from tests.queries.language.words import SALES, vocabulary


@pytest.mark.parametrize(
    ("text", "code", "wrong", "suggestions"),
    [
        ("a labl:vip", "field", "labl", ("label",)),
        ("-labl:vip", "field", "labl", ("label",)),
        ("label:vip,onhold", "label", "onhold", ('"On hold"',)),
        ("label:qu", "label", "qu", ("Quoted",)),
        ("label:#99", "label", "#99", ()),
        ("stage:qoted", "stage", "qoted", ("Quoted",)),
        ('stage:"new led"..paid', "stage", '"new led"', ('"New lead"',)),
        ("stage:vip", "stage", "vip", ()),
        ("is:unanswerd,failed", "value", "unanswerd", ("unanswered",)),
        ("type:robot", "value", "robot", ("person", "group")),
        ("last:3d", "value", "3d", (">3d", "<3d")),
        ("age:stage3h", "value", "stage3h", ("stage>3h", "stage<3h")),
        ("due:tody", "value", "tody", ("today",)),
        ("due:3h", "value", "3h", ("<3h", ">3h")),
        ("due:today,soon", "value", "soon", ("any", "overdue", "today")),
        ("age:", "empty", "age:", ()),
        ("assigned:omr", "person", "omr", ("omar",)),
        ("assigned:nobod", "person", "nobod", ("nobody",)),
        ("number:sals", "number", "sals", ("sales",)),
        ("a ?! b", "text", "?!", ()),
        ('hello -"…"', "text", '-"…"', ()),
        ("-", "text", "-", ()),
    ],
)
def test_a_problem_and_what_may_be_meant(text: str, code: str, wrong: str, suggestions: tuple[str, ...]) -> None:
    (problem,) = read(text, vocabulary(SALES)).problems
    assert (problem.code, text[slice(*problem.span)], problem.suggestions) == (code, wrong, suggestions)


def test_ends_of_two_funnels_make_no_range() -> None:
    (problem,) = read("stage:open..quoted", vocabulary()).problems
    assert (problem.code, problem.word) == ("range", "open..quoted")


def test_the_rest_of_the_query_runs() -> None:
    query = read("labl:x label:vip,nope is:foo last:>2d", vocabulary()).query
    assert [term.is_idle for term in query.terms] == [True, False, True, False]
