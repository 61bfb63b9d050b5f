"""A funnel as a board: which chats stand in which column, how they are counted, and how long they have been there."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from labelapp.models import Chat, Instance, Label, User
from labelapp.queries import board as subject
from labelapp.queries.board import Board, Card, Column
from labelapp.queries.insights import funnels
from labelapp.queries.language.reading import read
from labelapp.queries.scopes import scope_of
from labelapp.queries.stage_times import SAMPLE, stage_times
from labelapp.queries.stuck import stuck, stuck_counts
from tests.conftest import MakeChat
from tests.ledgers import ago, say, walk

Labels = dict[str, Label]
See = Callable[..., Board]


@pytest.fixture(autouse=True)
def _known_for_long(number: Instance) -> None:
    Instance.objects.filter(pk=number.pk).update(imported_at=ago(100 * 24))
    number.refresh_from_db()


@pytest.fixture
def see(number: Instance, agent: User, labels: Labels) -> See:
    """The board as the agent sees it now, through a query."""

    def made(text: str = "") -> Board:
        (funnel,) = funnels(number)
        scope = scope_of(agent, [number])
        return Board(scope, funnel, read(text, scope.vocabulary).query, stage_times(number, funnel))

    return made


def names(columns: list[Column]) -> dict[str, list[str]]:
    return {column.tag.name if column.tag else "": [card.row.chat.name for card in column.cards] for column in columns}


def counts(columns: list[Column]) -> list[tuple[int, bool]]:
    return [(column.count.n, column.count.more) for column in columns]


def all_of(board: Board, stage: int) -> list[str]:
    """The whole column, page by page."""
    found, after = [], None
    for _page in range(50):
        column = board.column(stage, after)
        found += [card.row.chat.name for card in column.cards]
        after = column.following
        if after is None:
            break
    return found


def card_of(board: Board, chat: Chat) -> Card:
    (found,) = board.among([chat.pk])
    return found


def test_each_chat_stands_once_the_last_message_first(see: See, labels: Labels, make_chat: MakeChat) -> None:
    for name, stages in (
        ("a", ()),
        ("b", ("Quoted",)),
        ("c", ("Quoted", "VIP")),
        ("d", ("Paid", "New lead")),
        ("e", ("VIP",)),
    ):
        make_chat(name=name, labels=tuple(labels[each] for each in stages))
    board = see()
    assert names(board.columns()) == {"": ["e", "a"], "New lead": [], "Quoted": ["c", "b"], "Paid": ["d"]}
    assert [tag.name for tag in board.among(list(Chat.objects.values_list("pk", flat=True)))[1].others] == ["New lead"]


def test_a_filter_is_asked_in_every_column(see: See, labels: Labels, make_chat: MakeChat) -> None:
    make_chat(name="one", labels=(labels["Paid"], labels["VIP"]))
    make_chat(name="two", labels=(labels["Paid"],))
    make_chat(name="three", labels=(labels["VIP"],))
    make_chat(name="four")
    assert names(see("label:VIP").columns()) == {"": ["three"], "New lead": [], "Quoted": [], "Paid": ["one"]}
    assert names(see("two").columns())["Paid"] == ["two"]
    assert names(see("-label:VIP").columns())[""] == ["four"]
    assert counts(see("label:VIP").counts()) == [(1, False), (0, False), (0, False), (1, False)]


def test_pages_hold_every_chat_once(
    see: See, labels: Labels, make_chat: MakeChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subject, "PAGE", 2)
    for n in range(7):
        make_chat(name=f"p{n}", labels=(labels["Paid"],))
        make_chat(name=f"n{n}")
    for text in ("", "type:person"):
        assert all_of(see(text), labels["Paid"].pk) == [f"p{n}" for n in range(6, -1, -1)]
        assert all_of(see(text), 0) == [f"n{n}" for n in range(6, -1, -1)]


def test_the_column_without_a_stage_looks_at_so_many_chats_at_a_time(
    see: See, labels: Labels, make_chat: MakeChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subject, "REACH", 3)
    make_chat(name="old")
    for _n in range(7):
        make_chat(labels=(labels["Paid"],))
    make_chat(name="new")
    board = see()
    first = board.columns()[0]
    assert ([card.row.chat.name for card in first.cards], first.count.n, first.count.more) == (["new"], 1, True)
    assert all_of(board, 0) == ["new", "old"]


def test_counts_stop_somewhere(see: See, labels: Labels, make_chat: MakeChat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "CAP", 2)
    for _n in range(3):
        make_chat(labels=(labels["Paid"],))
        make_chat()
    assert counts(see().counts()) == [(2, True), (0, False), (0, False), (3, False)]  # a label knows its own
    assert counts(see("type:person").counts()) == [(2, True), (0, False), (0, False), (2, True)]


def test_those_of_some_chats_that_are_there(
    see: See, other_number: Instance, labels: Labels, make_chat: MakeChat
) -> None:
    mine, other = make_chat(labels=(labels["Paid"],)), make_chat(instance=other_number)
    asked = [mine.pk, other.pk, 999]
    assert [card.row.chat.pk for card in see().among(asked)] == [mine.pk]
    assert see("type:group").among(asked) == []


def test_the_age_is_that_of_the_stay(see: See, labels: Labels, make_chat: MakeChat) -> None:
    Label.objects.filter(pk=labels["Quoted"].pk).update(stuck_after=timedelta(hours=30))
    for n in range(10):
        walk(make_chat(), (labels["Quoted"], 40 + n), (labels["Paid"], 30))  # ten to nineteen hours
    ages = {}
    for hours in (5, 16, 29, 31):
        chat = make_chat()
        walk(chat, (labels["Quoted"], hours))
        age = card_of(see(), chat).age
        ages[hours] = (age.level, age.is_stuck, age.is_seen)
    assert ages == {5: (1, False, True), 16: (2, False, True), 29: (3, False, True), 31: (3, True, True)}
    before = card_of(see(), make_chat(labels=(labels["New lead"],))).age
    assert (before.span.days, before.is_seen, before.level) == (100, False, 0)
    assert card_of(see(), make_chat()).age is None


def test_a_stage_that_could_not_be_left_goes_on(see: See, labels: Labels, make_chat: MakeChat) -> None:
    chat = make_chat()
    walk(chat, (labels["New lead"], 60))
    for verb, label in (("add", "Quoted"), ("remove", "New lead"), ("fail", "Quoted"), ("keep", "New lead")):
        say(chat, labels[label], verb, 2)
    assert card_of(see(), chat).age.span // timedelta(hours=1) == 60


def test_times_are_of_the_newest_departures(
    number: Instance, labels: Labels, make_chat: MakeChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("labelapp.queries.stage_times.SAMPLE", 3)
    assert SAMPLE > 100
    for n in range(6):
        walk(make_chat(), (labels["Quoted"], 100 + 10 * n), (labels["Paid"], 90 - n))  # the last of them left last
    walk(make_chat(), (labels["New lead"], 40 * 24), (labels["Paid"], 31 * 24))  # more than 30 days ago
    times = stage_times(number, funnels(number)[0])
    assert (times[labels["Quoted"].pk].count, times[labels["Quoted"].pk].half) == (
        3,
        pytest.approx(timedelta(hours=140 - 86), abs=timedelta(minutes=1)),
    )
    assert times[labels["New lead"].pk].count == 0


def test_the_stuck_are_counted_as_insights_lists_them(number: Instance, labels: Labels, make_chat: MakeChat) -> None:
    Label.objects.filter(pk__in=[labels["Quoted"].pk, labels["Paid"].pk]).update(stuck_after=timedelta(hours=48))
    for hours in (10, 50, 60):
        walk(make_chat(), (labels["Quoted"], hours))
    make_chat(labels=(labels["Paid"],))
    (funnel,) = funnels(number)
    found = stuck_counts(number, funnel, 100)
    assert {pk: n.n for pk, n in found.items()} == stuck(number, funnel).counts
    capped = stuck_counts(number, funnel, 1)[labels["Quoted"].pk]
    assert (capped.n, capped.more) == (1, True)
    Label.objects.update(stuck_after=None)
    assert stuck_counts(number, funnels(number)[0], 100) == {}


@pytest.mark.parametrize("many", [1, 30])
def test_as_many_queries_for_one_as_for_many(
    see: See, labels: Labels, make_chat: MakeChat, many: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    chats = [make_chat() for _n in range(2 * many)]
    for chat in chats[many:]:
        walk(chat, (labels["New lead"], 9), (labels["Quoted"], 4))
    board = see()
    with django_assert_num_queries(9):
        board.columns()
    with django_assert_num_queries(2):
        board.counts()
    with django_assert_num_queries(6):
        board.column(0)
    with django_assert_num_queries(5):
        board.among([chat.pk for chat in chats])
