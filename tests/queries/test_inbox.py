"""The list: its query count, its paging, its rows, and all that match."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from labelapp.models import ChatLabel, ChatRead, Instance, Label, Receipt, User
from labelapp.queries.directory import directory_of
from labelapp.queries.inbox import inbox_page, matching, matching_all, rows_of
from labelapp.queries.language.reading import read
from labelapp.queries.language.terms import Query
from labelapp.queries.orders import Cursor, Order
from labelapp.queries.scopes import Scope, scope_of
from tests.conftest import MakeChat

Labels = dict[str, Label]
START = datetime(2026, 11, 1, 9, tzinfo=UTC)
ALL = Query()


@pytest.fixture
def scope(agent: User, number: Instance, labels: Labels) -> Scope:
    return scope_of(agent, [number])


def ask(scope: Scope, text: str) -> Query:
    return read(text, scope.vocabulary).query


@pytest.mark.parametrize("count", [1, 30])
@pytest.mark.parametrize(
    ("text", "order", "queries"),
    [
        ("", "newest", 4),
        ("label:VIP", "newest", 4),
        ("label:VIP,Paid", "newest", 5),
        ("label:VIP label:Paid", "newest", 4),
        ("label:VIP -label:Hot is:unanswered,unread type:person source:import age:stage>9w chat", "newest", 6),
        ("assigned:me,nobody", "newest", 4),
        ("-is:failed", "newest", 4),
        ("", "waiting", 5),
        ("label:VIP", "waiting", 5),
        ("", "urgency", 6),
        ("label:VIP", "depth", 7),
        ("chat", "newest", 6),
        ("label:VIP,Paid chat -nobody", "newest", 7),
        ("label:VIP chat", "depth", 9),
        ('-nobody -"no one"', "newest", 9),
    ],
)
def test_the_number_of_queries_is_the_same_for_one_row_and_thirty(
    scope: Scope,
    labels: Labels,
    make_chat: MakeChat,
    django_assert_num_queries: DjangoAssertNumQueries,
    count: int,
    text: str,
    order: str,
    queries: int,
) -> None:
    for _ in range(count):
        make_chat(labels=tuple(labels.values()), last_in_at=START)
    Label.objects.filter(name__in=["VIP", "Paid"]).update(urgency=1)
    scope = scope_of(scope.user, scope.numbers)
    with django_assert_num_queries(queries):
        inbox_page(scope, ask(scope, text), Order(order))


def test_a_person_who_is_named_costs_one_query(
    scope: Scope, agent2: User, make_chat: MakeChat, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    mine = make_chat(assignee=agent2)
    with django_assert_num_queries(5):
        page = inbox_page(scope, ask(scope, "assigned:agent2"))
    assert [row.chat.pk for row in page.rows] == [mine.pk]


def test_a_page_ends_with_the_place_where_the_next_begins(scope: Scope, make_chat: MakeChat) -> None:
    chats = [make_chat(at=START) for _ in range(5)]
    first = inbox_page(scope, ALL, size=3)
    assert [row.chat.pk for row in first.rows] == [chat.pk for chat in reversed(chats[2:])]
    second = inbox_page(scope, ALL, after=first.following, size=3)
    assert [row.chat.pk for row in second.rows] == [chats[1].pk, chats[0].pk]
    assert second.following is None


def test_a_full_last_page_has_no_next_one(scope: Scope, make_chat: MakeChat) -> None:
    for _ in range(3):
        make_chat()
    assert inbox_page(scope, ALL, size=3).following is None


@pytest.mark.parametrize("order", Order)
def test_a_place_survives_its_writing(order: Order) -> None:
    cursor = Cursor(order, 3, datetime(2026, 11, 22, 9, 42, 7, 123456, tzinfo=UTC), 17)
    assert Cursor.read(str(cursor), order) == cursor


@pytest.mark.parametrize(
    "text", ["", "x", "n1", "n0-1-", "n0--1", "w0-1-1", "n0-" + "9" * 30 + "-1", "n0-1.5-2", "n0-٣-1"]
)
def test_what_is_no_place_is_the_start(text: str) -> None:
    assert Cursor.read(text, Order.NEWEST) is None


def test_an_unknown_order_is_newest_first() -> None:
    assert (Order.of("depth"), Order.of("nope"), Order.of("")) == (Order.DEPTH, Order.NEWEST, Order.NEWEST)


def test_a_place_in_a_segment_that_is_gone_goes_on_with_the_next(
    scope: Scope, labels: Labels, make_chat: MakeChat
) -> None:
    paid, quoted, none = (make_chat(labels=held) for held in ((labels["Paid"],), (labels["Quoted"],), ()))
    first, second = matching(scope, ALL, Order.DEPTH, size=2)
    assert (first.pk, second.pk) == (paid.pk, quoted.pk)
    scope.directory.sections.clear()  # another order of the labels meanwhile
    del scope.__dict__["stages"]
    assert [key.pk for key in matching(scope, ALL, Order.DEPTH, second)] == [none.pk, quoted.pk, paid.pk]


def test_all_that_match_come_once_in_chunks_while_messages_come(
    scope: Scope, labels: Labels, make_chat: MakeChat
) -> None:
    chats = [make_chat(labels=(labels["VIP"], labels["Paid"])) for _ in range(7)]
    chunks = matching_all(scope, ask(scope, "label:VIP,Paid"), chunk=3)
    found = [next(chunks)]
    ChatLabel.objects.filter(chat=chats[5]).update(last_message_at=START + timedelta(days=9))
    assert [*found, *chunks] == [[chat.pk for chat in part] for part in (chats[:3], chats[3:6], chats[6:])]


def test_all_that_match_are_asked_for_a_chunk_at_a_time(scope: Scope, make_chat: MakeChat) -> None:
    for _ in range(7):
        make_chat()
    with CaptureQueriesContext(connection) as asked:
        chunks = list(matching_all(scope, ALL, chunk=3))
    assert [len(chunk) for chunk in chunks] == [3, 3, 1]
    assert len(asked) == 4
    assert all("LIMIT 3" in each["sql"] for each in asked)


def test_labels_of_one_name_are_one_in_all_numbers(
    admin: User, number: Instance, other_number: Instance, labels: Labels, make_chat: MakeChat
) -> None:
    vip = Label.objects.create(instance=other_number, wa_id="9", name="vip", position=1)
    here, there = make_chat(labels=(labels["VIP"],)), make_chat("30@c.us", labels=(vip,), instance=other_number)
    scope = scope_of(admin, [number, other_number])
    rows = inbox_page(scope, ask(scope, "label:vip")).rows
    assert [(row.chat.pk, [pair.tag.pk for pair in row.pairs]) for row in rows] == [
        (there.pk, [vip.pk]),
        (here.pk, [labels["VIP"].pk]),
    ]
    assert [key.pk for key in matching(scope, ask(scope, "label:vip number:other"))] == [there.pk]
    assert matching(scope_of(admin, [number]), ask(scope, "label:vip number:other")) == []


def test_a_row_shows_its_chips_in_the_order_of_the_directory(
    agent: User, number: Instance, labels: Labels, make_chat: MakeChat
) -> None:
    chat = make_chat(labels=(labels["On hold"], labels["VIP"], labels["Quoted"]))
    ChatLabel.objects.create(chat=chat, label=labels["New lead"], wanted=False, remote=True, receipt=Receipt.SENT)
    ChatLabel.objects.create(chat=chat, label=labels["Paid"], wanted=False, remote=False, receipt=Receipt.CONFIRMED)
    row = rows_of(agent, [chat], directory_of(number))[0]
    assert [(pair.tag.name, pair.state, pair.wanted) for pair in row.pairs] == [
        ("Quoted", "confirmed", True),
        ("New lead", "sent", False),
        ("VIP", "confirmed", True),
        ("On hold", "confirmed", True),
    ]


def test_reading_is_per_person(agent: User, agent2: User, number: Instance, make_chat: MakeChat) -> None:
    chat = make_chat(last_in_at=START)
    ChatRead.objects.create(user=agent, chat=chat, at=START + timedelta(seconds=1))
    directory = directory_of(number)
    assert not rows_of(agent, [chat], directory)[0].is_news
    assert rows_of(agent2, [chat], directory)[0].is_news


def test_a_message_after_my_reading_is_news_again(agent: User, number: Instance, make_chat: MakeChat) -> None:
    chat = make_chat(last_in_at=START + timedelta(hours=1))
    ChatRead.objects.create(user=agent, chat=chat, at=START)
    assert rows_of(agent, [chat], directory_of(number))[0].is_news
