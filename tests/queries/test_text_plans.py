"""How words are looked up and lists read: rare ones from their chats, common ones along the walk."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from labelapp.models import Instance, Label, Message, User
from labelapp.postgresql import search as postgresql
from labelapp.queries import text
from labelapp.queries.facets import facets
from labelapp.queries.inbox import inbox_page
from labelapp.queries.language.reading import read
from labelapp.queries.scopes import Scope, scope_of
from labelapp.queries.text import says
from labelapp.queries.walks import walks
from labelapp.sqlite import search as sqlite
from tests.conftest import MakeChat

Labels = dict[str, Label]
START = datetime(2026, 11, 1, 9, tzinfo=UTC)


def plans(scope: Scope, words: str, monkeypatch: pytest.MonkeyPatch, *, common: bool, few: int = 9) -> list[str]:
    """How the walks of a query are read. On PostgreSQL as if the tables were too large to be read whole."""
    monkeypatch.setattr(text, "CAP", 0 if common else 9)
    monkeypatch.setattr(text, "FEW", 0 if common else few)
    query = read(words, scope.vocabulary).query
    said = says(query.texts)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "ANALYZE; SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off"
            )
    return [walk.statement(None, 50).explain() for walk in walks(scope, query, said=said)]


@pytest.mark.parametrize("names", [(), ("VIP",)])
def test_a_rare_word_is_read_from_its_chats(
    agent: User,
    number: Instance,
    labels: Labels,
    make_chat: MakeChat,
    monkeypatch: pytest.MonkeyPatch,
    names: tuple[str, ...],
) -> None:
    for n in range(30):
        make_chat(name="Zanzibar" if n % 9 == 0 else "Else", labels=(labels["VIP"],))
    words = " ".join(["zanzibar", *(f"label:{name}" for name in names)])
    for plan in plans(scope_of(agent, [number]), words, monkeypatch, common=False):
        assert "walk" not in plan
        key = "(chat_id=?)" if names else "INTEGER PRIMARY KEY"
        by_key = "Index Cond: (chat_id = ANY" if names else "Index Cond: (id = ANY"
        assert (key if connection.vendor == "sqlite" else by_key) in plan


@pytest.mark.parametrize("names", [(), ("VIP",)])
def test_a_common_word_is_asked_for_along_the_walk(
    agent: User,
    number: Instance,
    labels: Labels,
    make_chat: MakeChat,
    monkeypatch: pytest.MonkeyPatch,
    names: tuple[str, ...],
) -> None:
    for _ in range(30):
        chat = make_chat(name="Zanzibar", labels=(labels["VIP"],))
        Message.objects.create(instance=number, chat=chat, wa_id=str(chat.pk), at=START, text="Hello")
    words = " ".join(["zanzibar", *(f"label:{name}" for name in names)])
    for plan in plans(scope_of(agent, [number]), words, monkeypatch, common=True):
        assert ("pair_walk" if names else "chat_walk") in plan
        assert ("TEMP B-TREE" in plan, "Sort" in plan, "hashed" in plan, "trigrams" in plan) == (False,) * 4
        assert ("chattext" in plan, "message_chat_id" in plan or "message_walk" in plan) == (True, True)


@pytest.mark.parametrize("pattern", ["zanzibar", "^^a", "^ab", "فاتور"])
def test_words_are_looked_up_by_trigrams(db: None, pattern: str) -> None:
    indexes = sqlite.LOOK_UP if connection.vendor == "sqlite" else postgresql.LOOK_UP
    with CaptureQueriesContext(connection) as asked:
        for index in indexes:
            text._look_up(index, pattern, 5)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_indexscan = off")
        for index, query in zip(indexes, asked.captured_queries, strict=True):
            explain = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
            cursor.execute(f"{explain} {query['sql']}")
            plan = "\n".join(str(row[-1]) for row in cursor.fetchall())
            expected = f"SCAN {index} VIRTUAL TABLE" if connection.vendor == "sqlite" else f"Index Scan on {index}"
            assert expected in plan


@pytest.mark.parametrize("names", [(), ("VIP",)])
def test_what_a_rare_word_keeps_out_is_left_out_along_the_walk(
    agent: User,
    number: Instance,
    labels: Labels,
    make_chat: MakeChat,
    monkeypatch: pytest.MonkeyPatch,
    names: tuple[str, ...],
) -> None:
    for n in range(30):
        make_chat(name="Zanzibar" if n % 5 == 0 else "Else", labels=(labels["VIP"],))
    words = " ".join(["-zanzibar", *(f"label:{name}" for name in names)])
    for plan in plans(scope_of(agent, [number]), words, monkeypatch, common=False, few=2):
        assert ("pair_walk" if names else "chat_walk") in plan
        assert ("TEMP B-TREE" in plan, "Sort" in plan, "trigrams" in plan, "chattext" in plan) == (False,) * 4


def test_the_list_and_the_counts_beside_it_look_a_word_up_once(
    agent: User, number: Instance, make_chat: MakeChat
) -> None:
    make_chat(name="Zanzibar")
    scope = scope_of(agent, [number])
    query = read("zanzibar", scope.vocabulary).query
    with CaptureQueriesContext(connection) as asked:
        assert len(inbox_page(scope, query).rows) == facets(scope, query).matches.n == 1
    looked_up = [each["sql"] for each in asked.captured_queries if " LIMIT 5001" in each["sql"]]
    assert len(looked_up) == len(sqlite.INDEXES)
