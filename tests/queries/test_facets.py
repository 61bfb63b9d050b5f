"""Counts beside the labels."""

from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from labelapp.models import Chat, Instance, Label
from labelapp.models.fields import NEVER
from labelapp.queries import facets as module
from labelapp.queries.directory import directory_of
from labelapp.queries.facets import Number, facets
from labelapp.queries.filters import Filter
from tests.conftest import MakeChat

Labels = dict[str, Label]


@pytest.fixture
def five(labels: Labels, make_chat: MakeChat) -> list[Chat]:
    vip, hold, paid = labels["VIP"], labels["On hold"], labels["Paid"]
    return [make_chat(labels=held) for held in ((vip,), (vip, hold), (vip, paid), (hold,), ())]


def test_without_a_filter_the_labels_own_counters_are_shown(number: Instance, labels: Labels, five: list[Chat]) -> None:
    Label.objects.filter(pk=labels["VIP"].pk).update(chat_count=77)
    found = facets(number, Filter(), directory_of(number))
    assert found.of(labels["VIP"].pk) == Number(77)
    assert (found.total, found.matches, found.unlabelled) == (Number(5), Number(5), Number(1))


def test_with_a_filter_the_counts_are_those_of_the_result(number: Instance, labels: Labels, five: list[Chat]) -> None:
    found = facets(number, Filter(labels=(labels["VIP"].pk,)), directory_of(number))
    counts = {name: found.of(label.pk).n for name, label in labels.items()}
    assert counts == {"New lead": 0, "Quoted": 0, "Paid": 1, "VIP": 3, "On hold": 1}
    assert (found.total, found.matches, found.unlabelled) == (Number(5), Number(3), Number(0))


def test_counting_stops_at_a_cap_and_says_so(
    number: Instance, labels: Labels, five: list[Chat], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CAP", 2)
    monkeypatch.setattr(module, "TOTAL_CAP", 4)
    found = facets(number, Filter(labels=(labels["VIP"].pk,)), directory_of(number))
    assert (found.total, found.matches) == (Number(4, more=True), Number(2, more=True))
    assert found.of(labels["VIP"].pk) == Number(2, more=True)


def test_results_larger_than_one_statement_are_added_up(
    number: Instance, labels: Labels, five: list[Chat], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CHUNK", 2)
    found = facets(number, Filter(labels=(labels["VIP"].pk, labels["On hold"].pk)), directory_of(number))
    assert found.of(labels["VIP"].pk) == Number(3)
    assert found.of(labels["On hold"].pk) == Number(2)
    assert found.matches == Number(4)


@pytest.mark.parametrize("count", [1, 30])
def test_the_number_of_queries_does_not_grow(
    number: Instance,
    labels: Labels,
    make_chat: MakeChat,
    django_assert_num_queries: DjangoAssertNumQueries,
    count: int,
) -> None:
    for _ in range(count):
        make_chat(labels=(labels["VIP"],), last_in_at=NEVER + timedelta(days=1))
    directory = directory_of(number)
    with django_assert_num_queries(2):
        facets(number, Filter(), directory)
    with django_assert_num_queries(4):
        facets(number, Filter(unanswered=True), directory)
