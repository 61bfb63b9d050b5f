"""One chat against a query: as the list has it."""

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from labelapp.models import Instance, Label, User
from labelapp.queries.inbox import inbox_page
from labelapp.queries.language.reading import read
from labelapp.queries.language.terms import Query
from labelapp.queries.matches import is_match
from labelapp.queries.scopes import scope_of
from tests.conftest import MakeChat

QUERIES = [
    "",
    "label:vip",
    'label:vip,"on hold"',
    'label:vip label:"on hold"',
    "-label:vip",
    "no:label",
    "label:missing",
]
QUERIES += [
    "mariam",
    "label:vip mariam",
    "is:unanswered",
    "type:group",
    "label:missing,vip",
    "stage:quoted",
    "assigned:me",
]


@pytest.mark.parametrize("text", QUERIES)
def test_it_says_of_each_chat_what_the_list_shows(
    agent: User, number: Instance, labels: dict[str, Label], make_chat: MakeChat, text: str
) -> None:
    vip, hold = labels["VIP"], labels["On hold"]
    made = [make_chat(name="Mariam", labels=(vip,)), make_chat(labels=(vip, hold)), make_chat(name="Mariam Demo")]
    made += [make_chat(labels=(hold,), last_in_at=timezone.now()), make_chat("55@g.us"), make_chat(assignee=agent)]
    scope = scope_of(agent, [number])
    query = read(text, scope.vocabulary).query
    listed = {row.chat.pk for row in inbox_page(scope, query).rows}
    assert {chat.pk for chat in made if is_match(scope, query, chat)} == listed


def test_the_whole_inbox_costs_nothing(
    agent: User, number: Instance, make_chat: MakeChat, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    chat, scope = make_chat(), scope_of(agent, [number])
    with django_assert_num_queries(0):
        assert is_match(scope, Query(), chat)
