"""The migration that brings the search, on a database with data, there and back."""

from datetime import UTC, datetime

import pytest
from django.core.management.base import CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from labelapp.models import Chat, ChatAlias, ChatText, Instance, Message, User
from labelapp.postgresql import search as postgresql
from labelapp.queries.inbox import matching
from labelapp.queries.language.reading import read
from labelapp.queries.scopes import scope_of
from tests.conftest import make_number

SEARCH = ("labelapp", "0004_search")
START = datetime(2026, 11, 1, 9, tzinfo=UTC)


def migrate(*targets: tuple[str, str]) -> None:
    MigrationExecutor(connection).migrate(list(targets))


def found(number: Instance, words: str) -> int:
    scope = scope_of(User(), [number])
    return len(matching(scope, read(words, scope.vocabulary).query))


@pytest.mark.django_db(transaction=True)
def test_what_was_there_before_is_found_after() -> None:
    graph = MigrationExecutor(connection).loader.graph
    number = make_number("demo")
    for n, (name, jid) in enumerate([("José", "351910000001@c.us"), ("", "12036302@g.us"), ("هدى", "77@lid")]):
        chat = Chat.objects.create(instance=number, jid=jid, name=name, last_message_at=START, last_message_text="Bye")
        ChatAlias.objects.create(instance=number, jid=jid, chat=chat)
        Message.objects.create(instance=number, chat=chat, wa_id=str(n), at=START, text="Olá", sender="Rui")
    Message.objects.filter(wa_id="2").delete()
    before = [key[:2] for key in graph.node_map[SEARCH].parents]
    migrate(*before)
    assert not {"chat_trigrams", "message_trigrams", "labelapp_chattext"} & set(connection.introspection.table_names())
    migrate(*graph.leaf_nodes())
    assert list(ChatText.objects.order_by("pk").values_list("text", "has_preview")) == [
        ("^^jose ^^351910000001", False),
        ("^^12036302", False),
        ("^^هدي ^^77 ^ bye", True),
    ]
    assert [found(number, words) for words in ("jose", "هدى", "ola rui", "bye", "1203", "77", "x")] == [
        1,
        1,
        2,
        1,
        1,
        1,
        0,
    ]
    Message.objects.update(text="new")
    Message.objects.first().save()
    assert [found(number, words) for words in ("ola", "new")] == [1, 1]


@pytest.mark.django_db
def test_a_role_that_may_not_make_the_extension_is_told_so() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no extensions to ask for")
    with connection.cursor() as cursor:
        cursor.execute("DROP EXTENSION pg_trgm CASCADE; CREATE ROLE labelapp_guest; SET LOCAL ROLE labelapp_guest")
        with pytest.raises(CommandError) as told:
            postgresql.make_index(cursor)
    assert str(told.value) == postgresql.MISSING.format('permission denied to create extension "pg_trgm"')
