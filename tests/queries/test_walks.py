"""The statements against an oracle in plain Python, by ids and by order: every term, every order, several numbers, page by page."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labelapp.queries import inbox
from labelapp.queries import text as wording
from labelapp.queries import walks as walking
from labelapp.queries.facets import Number, count
from labelapp.queries.inbox import matching, matching_all
from labelapp.queries.language.reading import read
from labelapp.queries.language.terms import CHOICES, Query
from labelapp.queries.orders import Cursor, Order
from labelapp.queries.scopes import Scope
from tests.queries.oracle import Oracle
from tests.queries.worlds import NUMBERS, World, make_world

NAMES = sorted({f'"{name}"' for names in NUMBERS.values() for name in names if name} | {"#1", "#8", "nope"})
WORDS = [
    "haddad",
    "HÁDDAD",
    "سامي",
    "أحمَد",
    "big",
    "order",
    "b",
    "ma",
    "لا",
    "20",
    "000012",
    "+20100",
    "٢٠١٠٠",
    "0020100000",
]
WORDS += [
    "price-list",
    '"price-list"',
    '"list price"',
    '"big order"',
    '"order big"',
    '"riam had"',
    "فاتوره",
    "1005550199",
    "rui",
]
WORDS += ['"555 0199"', "hello", "deal", '"big deal"', "nobody", "ate", "77000"]
ANY = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3).map(",".join)
TERMS = st.one_of(
    ANY.map("label:{}".format),
    ANY.map("label:{}".format),
    ANY.map("stage:{}".format),
    st.sampled_from([f"{field}:{value}" for field, values in CHOICES.items() for value in values]),
    st.lists(st.sampled_from(CHOICES["is"]), min_size=2, max_size=3).map(lambda values: f"is:{','.join(values)}"),
    st.builds("due:{}{}h".format, st.sampled_from("<>"), st.integers(0, 80)),
    st.sampled_from(["due:overdue,<1d", "due:today,tomorrow", "due:any,nope"]),
    st.sampled_from(["source:phone,agent", "source:import,bulk", "no:label,stage", "type:person,group"]),
    st.sampled_from(['stage:"New lead"..Paid', "stage:Paid..", "stage:..Quoted", "stage:..", "stage:Open..Quoted"]),
    st.sampled_from(["assigned:me", "assigned:nobody", "assigned:omar", "assigned:omar,me", "assigned:sara,nobody"]),
    st.builds("{}{}{}h".format, st.sampled_from(["last:", "age:stage"]), st.sampled_from("<>"), st.integers(0, 130)),
    st.sampled_from(["number:sales", "number:support", "number:sales,support", "number:foreign"]),
    st.sampled_from(["label:", "nope:x", "?!", '"-"']),
    st.sampled_from(WORDS),
    st.sampled_from(WORDS),
)
SIGNED = st.builds("{}{}".format, st.sampled_from(["", "", "-"]), TERMS)
TEXTS = st.lists(SIGNED, max_size=4).map(" ".join)
SLOW = settings(
    deadline=None,
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture(params=[1, 2])
def world(db: None, request: pytest.FixtureRequest) -> World:
    return make_world(request.param)


def paged(scope: Scope, query: Query, order: Order, size: int) -> list[int]:
    """Every match, page by page, each place written and read as in an address."""
    found: list[Cursor] = []
    while page := matching(scope, query, order, Cursor.read(str(found[-1]), order) if found else None, size):
        found.extend(page)
    return [cursor.pk for cursor in found]


BOUNDS = {
    "as it is": (walking.PROBE, wording.CAP, wording.FEW, inbox.NEAR),
    "nothing is few": (-1, 0, 0, 500),
    "little is rare": (walking.PROBE, 6, 2, 9 - 8 * 7),
    "nothing is near": (-1, 0, 0, 1 - 8 * 7),
}


@pytest.fixture(params=BOUNDS)
def _bounds(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Small worlds decide as large ones do: whatever counts as few, rare or near, and so whichever way is taken."""
    probe, cap, few, near = BOUNDS[request.param]
    monkeypatch.setattr(walking, "PROBE", probe)
    monkeypatch.setattr(wording, "CAP", cap)
    monkeypatch.setattr(wording, "FEW", few)
    monkeypatch.setattr(inbox, "NEAR", near)


@pytest.mark.usefixtures("_bounds")
def test_ids_and_order_are_those_of_plain_python(world: World) -> None:
    oracle, scope, hits = Oracle(world.scope), world.scope, set()

    @SLOW
    @given(TEXTS, st.sampled_from(Order), st.sampled_from([7, 50]))
    def agrees(text: str, order: Order, size: int) -> None:
        query = read(text, scope.vocabulary).query
        expected = oracle.pks(query, order)
        assert paged(scope, query, order, size) == expected
        assert [pk for chunk in matching_all(scope, query, 9) for pk in chunk] == sorted(expected)
        assert count(scope, query, 20) == Number(min(len(expected), 20), len(expected) > 20)
        hits.update(expected)

    agrees()
    assert len(hits) > 60  # an oracle that agrees on nothing proves nothing


@pytest.mark.parametrize("order", Order)
def test_every_term_alone_in_every_order(world: World, order: Order) -> None:
    oracle, scope = Oracle(world.scope), world.scope
    texts = [f"{field}:{value}" for field, values in CHOICES.items() for value in values]
    texts += ["", "label:VIP", "label:Hot,Paid", "stage:Paid", "stage:Quoted..", "assigned:me", "assigned:nobody"]
    texts += ["due:<24h", "due:>24h", "due:overdue,<3h"]
    texts += ["last:>24h", "last:<24h", "age:stage>24h", "age:stage<24h", "number:sales"]
    texts += ["haddad", "ma", "big list", '"big order"', '"price list"', "+20100"]
    for text in texts:
        for sign in ("", "-") if text else ("",):
            query = read(sign + text, scope.vocabulary).query
            assert paged(scope, query, order, 11) == oracle.pks(query, order), (sign + text, order)
