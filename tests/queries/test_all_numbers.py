"""Several numbers in one list against plain Python: the second page in every order, and the counts of the names that they share."""

import pytest
from hypothesis import given

from labelapp.queries.bindings import bound_sections
from labelapp.queries.facets import facets
from labelapp.queries.inbox import inbox_page
from labelapp.queries.language import verbs
from labelapp.queries.language.reading import read
from labelapp.queries.language.terms import Named, Query
from labelapp.queries.language.writing import write
from labelapp.queries.orders import Cursor, Order
from tests.queries.oracle import Oracle
from tests.queries.test_walks import SLOW, TEXTS
from tests.queries.worlds import World, make_world

SIZE = 7


@pytest.fixture(params=[3, 4])
def world(db: None, request: pytest.FixtureRequest) -> World:
    return make_world(request.param)


@pytest.mark.parametrize("order", Order)
def test_the_second_page_begins_where_the_first_ends(world: World, order: Order) -> None:
    oracle, scope, seen = Oracle(world.scope), world.scope, set()

    @SLOW
    @given(TEXTS)
    def agrees(text: str) -> None:
        query = read(text, scope.vocabulary).query
        expected = oracle.pks(query, order)
        first = inbox_page(scope, query, order, size=SIZE)
        assert [row.chat.pk for row in first.rows] == expected[:SIZE]
        assert (first.following is None) == (len(expected) <= SIZE)
        if first.following is not None:
            second = inbox_page(scope, query, order, Cursor.read(str(first.following), order), SIZE)
            assert [row.chat.pk for row in second.rows] == expected[SIZE : 2 * SIZE]
            seen.update(row.chat.instance_id for row in (*first.rows, *second.rows))

    agrees()
    assert seen == {number.pk for number in scope.numbers}


def test_the_count_of_a_name_is_what_one_has_with_it_beside_the_rest(world: World) -> None:
    oracle, scope = Oracle(world.scope), world.scope
    bound = [each for section in bound_sections(scope) for each in section.labels]

    @SLOW
    @given(TEXTS)
    def agrees(text: str) -> None:
        query = read(text, scope.vocabulary).query
        counted = facets(scope, query)
        for each in bound:
            beside = Query((*query.terms, Named("label", (each.ref,))))
            assert counted.together(each.ref.pks).n == len(oracle.pks(beside)), (text, each.ref)

    agrees()


def test_every_living_label_is_bound_once_and_by_what_it_is_read_as(world: World) -> None:
    scope = world.scope
    refs = [each.ref for section in bound_sections(scope) for each in section.labels]
    assert sorted(pk for ref in refs for pk in ref.pks) == sorted(label.pk for label in scope.vocabulary.labels)
    for ref in refs:
        query = verbs.including(Query(), ref)
        assert read(write(query), scope.vocabulary).query == query
