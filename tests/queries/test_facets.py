"""Counts beside the labels."""

from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from labelapp.models import Chat, Instance, Label, User
from labelapp.models.fields import NEVER
from labelapp.queries import facets as module
from labelapp.queries import text
from labelapp.queries.facets import Facets, Number, facets
from labelapp.queries.language.reading import read
from labelapp.queries.scopes import scope_of
from tests.conftest import MakeChat

Labels = dict[str, Label]


def counted(user: User, number: Instance, words: str) -> Facets:
    scope = scope_of(user, [number])
    return facets(scope, read(words, scope.vocabulary).query)


@pytest.fixture
def five(labels: Labels, make_chat: MakeChat) -> list[Chat]:
    vip, hold, paid = labels["VIP"], labels["On hold"], labels["Paid"]
    return [make_chat(labels=held) for held in ((vip,), (vip, hold), (vip, paid), (hold,), ())]


def test_without_a_filter_the_labels_own_counters_are_shown(
    agent: User, number: Instance, labels: Labels, five: list[Chat]
) -> None:
    Label.objects.filter(pk=labels["VIP"].pk).update(chat_count=77)
    found = counted(agent, number, "")
    assert found.of(labels["VIP"].pk) == Number(77)
    assert (found.total, found.matches, found.unlabelled) == (Number(5), Number(5), Number(1))


def test_with_a_filter_the_counts_are_those_of_the_result(
    agent: User, number: Instance, labels: Labels, five: list[Chat]
) -> None:
    found = counted(agent, number, "label:VIP")
    counts = {name: found.of(label.pk).n for name, label in labels.items()}
    assert counts == {"New lead": 0, "Quoted": 0, "Paid": 1, "VIP": 3, "On hold": 1}
    assert (found.total, found.matches, found.unlabelled) == (Number(5), Number(3), Number(0))


def test_counting_stops_at_a_cap_and_says_so(
    agent: User, number: Instance, labels: Labels, five: list[Chat], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CAP", 2)
    monkeypatch.setattr(module, "TOTAL_CAP", 4)
    found = counted(agent, number, "label:VIP")
    assert (found.total, found.matches) == (Number(4, more=True), Number(2, more=True))
    assert found.of(labels["VIP"].pk) == Number(2, more=True)
    older = counted(agent, number, "type:person").of(labels["Paid"].pk)
    assert older == Number(0, more=True)  # a match that was not counted may have it, and one has


def test_many_results_are_counted_as_few_are(
    agent: User, number: Instance, labels: Labels, five: list[Chat], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text, "FEW", 2)
    found = counted(agent, number, 'label:VIP,"On hold"')
    assert found.of(labels["VIP"].pk) == Number(3)
    assert found.of(labels["On hold"].pk) == Number(2)
    assert found.matches == Number(4)


@pytest.mark.parametrize("count", [1, 30])
def test_the_number_of_queries_does_not_grow(
    agent: User,
    number: Instance,
    labels: Labels,
    make_chat: MakeChat,
    django_assert_num_queries: DjangoAssertNumQueries,
    count: int,
) -> None:
    for _ in range(count):
        make_chat(labels=(labels["VIP"],), last_in_at=NEVER + timedelta(days=1))
    scope = scope_of(agent, [number])
    with django_assert_num_queries(2):
        facets(scope, read("", scope.vocabulary).query)
    with django_assert_num_queries(4):
        facets(scope, read("is:unanswered", scope.vocabulary).query)
    with django_assert_num_queries(1):
        module.count(scope, read("is:unanswered", scope.vocabulary).query)


def test_a_query_that_says_nothing_counts_the_whole_inbox(
    agent: User, number: Instance, labels: Labels, five: list[Chat]
) -> None:
    assert counted(agent, number, "label:nope nope:x") == counted(agent, number, "")


def test_several_numbers_are_counted_together(
    admin: User, number: Instance, other_number: Instance, labels: Labels, five: list[Chat], make_chat: MakeChat
) -> None:
    make_chat("30@c.us", instance=other_number)
    scope = scope_of(admin, [number, other_number])
    found = facets(scope, read("", scope.vocabulary).query)
    assert (found.total, found.unlabelled) == (Number(6), Number(2))
    assert facets(scope, read("no:label", scope.vocabulary).query).matches == Number(2)
