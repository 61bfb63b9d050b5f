"""The list against an oracle of Python sets; its plan, its query count, its paging."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from labelapp.models import Chat, ChatLabel, ChatRead, Instance, Label, Receipt, User
from labelapp.models.fields import NEVER
from labelapp.queries.directory import Directory, directory_of
from labelapp.queries.facets import facets
from labelapp.queries.filters import Filter
from labelapp.queries.inbox import Cursor, inbox_page, matching, rows_of, walks
from tests.conftest import MakeChat

Labels = dict[str, Label]
START = datetime(2026, 11, 1, 9, tzinfo=UTC)
NAMES = ["Mariam Haddad", "أحمد سامي", "João Leal", "Big order"]


@pytest.fixture
def world(number: Instance, other_number: Instance, labels: Labels, make_chat: MakeChat) -> list[Chat]:
    """120 chats, many at the same second, labels as they fall. Ten more belong to another number."""
    chance = random.Random(7)  # noqa: S311
    pool = list(labels.values())
    for n in range(120):
        held = tuple(label for label in pool if chance.random() < 0.35)
        jid = f"12036{n:06d}@g.us" if n % 5 == 0 else f"20100{n:06d}@c.us"
        at = START + timedelta(minutes=chance.randrange(40))
        more = {"last_in_at": at} if chance.random() < 0.5 else {"last_in_at": NEVER, "last_out_at": at}
        make_chat(jid, f"{chance.choice(NAMES)} {n}", held, at=at, **more)
    for n in range(10):
        make_chat(f"30100{n:06d}@c.us", instance=other_number)
    wrong = ChatLabel.objects.filter(wanted=True).order_by("pk")[::9]
    ChatLabel.objects.filter(pk__in=[pair.pk for pair in wrong]).update(wanted=False, receipt=Receipt.PENDING)
    return list(Chat.objects.filter(instance=number).order_by("-last_message_at", "-pk"))


def fits(chat: Chat, sieve: Filter, wanted: dict[int, set[int]]) -> bool:
    held = wanted.get(chat.pk, set())
    asked = set(sieve.labels)
    text = sieve.text.lower()
    digits = "".join(filter(str.isdigit, text))
    said = (
        text in chat.name.lower() or text in chat.last_message_text.lower() or (len(digits) > 2 and digits in chat.jid)
    )
    return all(
        (
            not asked or (asked <= held if sieve.match == "all" else bool(asked & held)),
            not held & set(sieve.without),
            not sieve.no_label or not held,
            not text or said,
            not sieve.unanswered or chat.last_in_at > chat.last_out_at,
            not sieve.kind or chat.kind == sieve.kind,
        )
    )


def random_filters(labels: Labels) -> Iterator[Filter]:
    chance = random.Random(11)  # noqa: S311
    pks = [label.pk for label in labels.values()]
    for _ in range(60):
        chosen = chance.sample(pks, 4)
        few = chance.randrange(4)
        yield Filter(
            labels=tuple(chosen[:few]),
            match=chance.choice(["any", "all"]),
            without=tuple(chosen[few : few + chance.randrange(2)]),
            no_label=few == 0 and chance.random() < 0.3,
            text=chance.choice(["", "", "", "haddad", "سامي", "hello 1", "000012", "+20100"]),
            unanswered=chance.random() < 0.3,
            kind=chance.choice(["", "", "group", "person"]),
        )


def walked(number: Instance, sieve: Filter, directory: Directory, size: int) -> list[int]:
    """Every match, page by page."""
    found: list[Cursor] = []
    while page := matching(number, sieve, directory, found[-1] if found else None, size):
        found.extend(page)
    return [cursor.pk for cursor in found]


def test_ids_and_order_are_those_of_plain_sets(number: Instance, labels: Labels, world: list[Chat]) -> None:
    wanted: dict[int, set[int]] = {}
    for chat, label in ChatLabel.objects.filter(wanted=True).values_list("chat_id", "label_id"):
        wanted.setdefault(chat, set()).add(label)
    directory = directory_of(number)
    hits = 0
    for sieve in random_filters(labels):
        expected = [chat.pk for chat in world if fits(chat, sieve, wanted)]
        assert walked(number, sieve, directory, 7) == expected, sieve
        hits += bool(expected)
    assert hits > 30  # an oracle that agrees on nothing proves nothing


@pytest.mark.parametrize("names", [(), ("VIP",), ("VIP", "On hold"), ("Paid", "VIP", "On hold")])
@pytest.mark.parametrize("match", ["any", "all"])
def test_no_plan_sorts_and_labels_are_walked_in_their_index(
    number: Instance, labels: Labels, world: list[Chat], names: tuple[str, ...], match: str
) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("a planner that counts rows scans tables this small")
    pks = tuple(labels[name].pk for name in names)
    sieve = Filter(labels=pks, match="all" if match == "all" else "any", without=(labels["New lead"].pk,))
    for walk in walks(number, sieve, directory_of(number)):
        plan = walk[:50].explain()
        assert "TEMP B-TREE" not in plan
        assert ("pair_walk" if names else "chat_walk") in plan


def test_the_rarest_wanted_label_is_the_one_that_is_walked(
    number: Instance, labels: Labels, make_chat: MakeChat
) -> None:
    vip, hold = labels["VIP"], labels["On hold"]
    make_chat(labels=(vip, hold))
    make_chat(labels=(vip,))
    sieve = Filter(labels=(vip.pk, hold.pk), match="all")
    with CaptureQueriesContext(connection) as asked:
        matching(number, sieve, directory_of(number))
    sql = asked.captured_queries[-1]["sql"]
    where = sql[sql.index("WHERE") :]
    assert where.index(f"= {hold.pk} ") < where.index(f"({vip.pk})")


@pytest.mark.parametrize("count", [1, 30])
@pytest.mark.parametrize(("asked", "queries"), [((), 4), (("VIP",), 4), (("VIP", "Paid"), 5)])
def test_the_number_of_queries_is_the_same_for_one_row_and_thirty(
    agent: User,
    number: Instance,
    labels: Labels,
    make_chat: MakeChat,
    django_assert_num_queries: DjangoAssertNumQueries,
    count: int,
    asked: tuple[str, ...],
    queries: int,
) -> None:
    for _ in range(count):
        make_chat(labels=tuple(labels.values()))
    directory = directory_of(number)
    sieve = Filter(labels=tuple(labels[name].pk for name in asked))
    with django_assert_num_queries(queries):
        page = inbox_page(agent, number, sieve, directory)
    assert len(page.rows) == count


def test_a_page_ends_with_the_place_where_the_next_begins(agent: User, number: Instance, make_chat: MakeChat) -> None:
    chats = [make_chat(at=START) for _ in range(5)]
    directory = directory_of(number)
    first = inbox_page(agent, number, Filter(), directory, size=3)
    assert [row.chat.pk for row in first.rows] == [chat.pk for chat in reversed(chats[2:])]
    second = inbox_page(agent, number, Filter(), directory, first.following, size=3)
    assert [row.chat.pk for row in second.rows] == [chats[1].pk, chats[0].pk]
    assert second.following is None


def test_a_full_last_page_has_no_next_one(agent: User, number: Instance, make_chat: MakeChat) -> None:
    for _ in range(3):
        make_chat()
    assert inbox_page(agent, number, Filter(), directory_of(number), size=3).following is None


def test_a_cursor_survives_its_writing() -> None:
    cursor = Cursor(datetime(2026, 11, 22, 9, 42, 7, 123456, tzinfo=UTC), 17)
    assert Cursor.read(str(cursor)) == cursor


@pytest.mark.parametrize("text", ["", "x", "1", "1-", "-", "1-x", "9" * 30 + "-1", "1.5-2"])
def test_what_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        Cursor.read(text)


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


@pytest.mark.parametrize("match", ["any", "all"])
def test_a_label_that_is_not_there_matches_nothing_and_excludes_nothing(
    number: Instance, world: list[Chat], labels: Labels, match: str
) -> None:
    directory, vip = directory_of(number), labels["VIP"].pk
    plain = Filter((vip,), "all" if match == "all" else "any")
    beside = walked(number, plain.but(unknown=("x",)), directory, 30)
    assert beside == ([] if match == "all" else walked(number, plain, directory, 30))
    assert walked(number, plain.but(labels=(), unknown=("x",)), directory, 30) == []
    assert walked(number, Filter(unknown_without=("x",)), directory, 30) == [chat.pk for chat in world]
    assert facets(number, plain.but(unknown=("x",)), directory).matches.n == len(beside)
