"""Text search against an oracle of plain strings, on random worlds; its plans; what is rare and what is common."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from labelapp.actions.texts import write_texts
from labelapp.models import Chat, ChatAlias, ChatLabel, Instance, Label, Message, User
from labelapp.models.folded import fold
from labelapp.queries import inbox, text
from labelapp.queries.inbox import matching, matching_all
from labelapp.queries.language.terms import Named, Query, Ref, Text
from labelapp.queries.orders import Cursor
from labelapp.queries.scopes import scope_of
from labelapp.queries.text import says, terms
from tests.conftest import MakeChat
from tests.queries.oracle import is_said, names_of, said_in

Labels = dict[str, Label]
START = datetime(2026, 11, 1, 9, tzinfo=UTC)
NAMES = [
    "Mariam",
    "HADDAD",
    "أحمد",
    "سامي",
    "هدى",
    "مكتبة",
    "João",
    "Leal",
    "Al",
    "50%",
    "O'Neil",
    'a"b',
    "👍",
    "_x_",
    "٢٠١٠",
]
SAID = [
    "Invoice",
    "فاتورة",
    "thanks",
    "obrigado",
    "+20 100 555 0199",
    "price_list",
    "100%",
    "order",
    "12",
    "a*b",
    "^^hi",
]
CUTS = ["", "%", "_", '"', "*", "'", "^", " OR ", " NOT ", "(", "\\", "-", ":"]


class World:
    """Chats that were made at random, and what is said of them in plain strings."""

    def __init__(self, number: Instance, chance: random.Random, labels: list[Label]) -> None:
        self.number, self.chance = number, chance
        for n in range(40):
            at = START + timedelta(minutes=chance.randrange(15))
            jid = f"12036{n:05d}@g.us" if n % 6 == 0 else f"2010{chance.randrange(10**8):08d}@c.us"
            chat = Chat.objects.create(
                instance=number,
                jid=jid,
                kind=Chat.Kind.GROUP if n % 6 == 0 else Chat.Kind.PERSON,
                name=self.some(NAMES, 3),
                last_message_at=at,
                last_message_text=self.some(SAID, 2),
            )
            for address in [jid, *([f"9{n:07d}@lid"] if n % 5 == 0 else [])]:
                ChatAlias.objects.create(instance=number, jid=address, chat=chat)
            Message.objects.bulk_create(
                Message(
                    instance=number,
                    chat=chat,
                    wa_id=f"{n}-{k}",
                    at=at - timedelta(hours=k + n % 2),
                    text=self.some(SAID, 4) if k or n % 2 else chat.last_message_text,
                    sender="Rui Tavares" if n % 6 == 0 and k else "",
                )
                for k in range(chance.randrange(4))
            )
            for label in labels:
                if chance.random() < 0.5:
                    ChatLabel.objects.create(chat=chat, label=label, wanted=True, last_message_at=at)
        write_texts(Chat.objects.values_list("pk", flat=True))

    def some(self, words: list[str], most: int) -> str:
        return " ".join(self.chance.choices(words, k=self.chance.randrange(most + 1)))

    def question(self) -> str:
        """A few words, whole or cut out of one, in odd spelling, with odd things between them."""
        pool = [*NAMES, *SAID, "RUI", "tavares", "20100", "2010", "12036", "nobody"]
        words = []
        for _ in range(self.chance.choice([1, 1, 1, 2, 2, 3])):
            word = self.chance.choice(pool)
            start = self.chance.randrange(len(word)) if self.chance.random() < 0.4 else 0
            words.append(word[start : start + self.chance.choice([1, 2, 3, 4, 20])])
        return self.chance.choice(CUTS).join([" ".join(words), ""]) or "?"


def walked(
    number: Instance, words: str, *, labels: tuple[int, ...] = (), negated: bool = False, size: int = 7
) -> list[int]:
    """Every match, page by page; all of them at once are the same."""
    terms = [Text(words, negated), *([Named("label", (Ref("", labels),))] if labels else [])]
    scope, query, found = scope_of(User(), [number]), Query(tuple(terms)), list[Cursor]()
    while page := matching(scope, query, after=found[-1] if found else None, size=size):
        found.extend(page)
    assert [pk for chunk in matching_all(scope, query, 9) for pk in chunk] == sorted(cursor.pk for cursor in found)
    return [cursor.pk for cursor in found]


@pytest.fixture(params=["as it is", "little is rare", "nothing is rare", "nothing is near"])
def bounds(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Small worlds decide as large ones do: what is rare and what is near is set low."""
    cap, few, near = {
        "as it is": (text.CAP, text.FEW, inbox.NEAR),
        "little is rare": (6, 2, 2),
        "nothing is rare": (0, 0, 500),
        "nothing is near": (0, 0, 1 - 8 * 7),
    }[request.param]
    monkeypatch.setattr(text, "CAP", cap)
    monkeypatch.setattr(text, "FEW", few)
    monkeypatch.setattr(inbox, "NEAR", near)
    return None


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.usefixtures("bounds")
def test_ids_and_order_are_those_of_plain_strings(number: Instance, labels: Labels, seed: int) -> None:
    pool = [labels["VIP"], labels["Paid"]]
    world = World(number, random.Random(seed), pool)  # noqa: S311
    chats = list(Chat.objects.order_by("-last_message_at", "-pk"))
    known = {chat.pk: (names_of(chat), said_in(chat)) for chat in chats}
    held = set(ChatLabel.objects.values_list("chat_id", "label_id"))
    hits = 0
    for _ in range(60):
        words, asked = world.question(), world.chance.choice([(), (), pool[:1], pool])
        negated = world.chance.random() < 0.3 and bool(fold(words))
        expected = [
            chat.pk
            for chat in chats
            if is_said(words, *known[chat.pk]) != negated
            and (not asked or any((chat.pk, label.pk) in held for label in asked))
        ]
        pks = tuple(label.pk for label in asked)
        assert walked(number, words, labels=pks, negated=negated) == expected, (words, fold(words))
        hits += 0 < len(expected) < len(chats)
    assert hits > 15  # an oracle that agrees on nothing proves nothing


def made(number: Instance, make_chat: MakeChat, name: str, *said: str) -> Chat:
    chat = make_chat(name=name)
    Message.objects.bulk_create(
        Message(instance=number, chat=chat, wa_id=f"{chat.pk}-{n}", at=START, text=each) for n, each in enumerate(said)
    )
    return chat


@pytest.mark.parametrize(
    ("words", "together", "found"),
    [
        ("ahmed sami", False, {"Ahmed Sami", "Sami Ahmed"}),
        ("ahmed sami", True, {"Ahmed Sami"}),
        ("med sa", True, {"Ahmed Sami"}),
        ("price list", True, {"Salma"}),
        ("list price", True, set()),
        ("a", True, {"Ahmed Sami", "Sami Ahmed"}),
        ("?", True, {"Ahmed Sami", "Sami Ahmed", "Salma"}),
    ],
)
def test_words_that_stand_together(
    number: Instance, make_chat: MakeChat, words: str, together: bool, found: set[str]
) -> None:
    made(number, make_chat, "Ahmed Sami")
    made(number, make_chat, "Sami Ahmed")
    made(number, make_chat, "Salma", "Send the price-list", "my list", "what price")
    rows = Chat.objects.filter(says([Text(words, together=together)]).of("pk"))
    assert set(rows.values_list("name", flat=True)) == found


def test_a_number_is_found_however_it_is_written(number: Instance, make_chat: MakeChat) -> None:
    chat = make_chat(jid="201001234567@c.us", name="Somebody")
    make_chat(jid="447700900199@c.us", name="Else")
    written = ["+20 100 123 4567", "00201001234567", "0100-123-4567", "٠١٠٠١٢٣٤٥٦٧", "1001234567", "234 567", "20"]
    assert [walked(number, each) for each in written] == [[chat.pk]] * len(written)


def test_what_is_left_to_look_for() -> None:
    assert [term.chat for term in terms("007 Ali ALI 0100 1234567 *")] == [("1001234567",), ("007",), ("ali",)]
    assert terms("?! … *") == []


@pytest.mark.parametrize("words", ["x" * 5000, "a b c d e f g h i j k l m n o p", "\x00", '" OR 1', "👍👍👍", "٪" * 90])
def test_odd_words_are_answered(number: Instance, make_chat: MakeChat, words: str) -> None:
    make_chat(name="Nobody")
    assert len(walked(number, words)) == (0 if terms(words) else 1)


def test_another_numbers_chats_stay_out(number: Instance, other_number: Instance, make_chat: MakeChat) -> None:
    mine = make_chat(name="Zanzibar")
    make_chat(jid="30100@c.us", name="Zanzibar", instance=other_number)
    assert walked(number, "zanzibar") == [mine.pk]


def test_a_word_that_one_chat_says_all_day_is_rare(
    number: Instance, make_chat: MakeChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text, "CAP", 3)
    chat = made(number, make_chat, "Alarms", *(f"alarm {n}" for n in range(9)))
    assert (says([Text("alarm")]).is_rare, walked(number, "alarm")) == (True, [chat.pk])


@pytest.mark.parametrize("count", [1, 30])
@pytest.mark.parametrize(("words", "queries"), [("zanzibar", 3), ("zanzibar nobody else", 3), ("a", 2), ("?", 1)])
def test_the_number_of_queries_does_not_grow_with_the_rows(
    number: Instance,
    make_chat: MakeChat,
    django_assert_num_queries: DjangoAssertNumQueries,
    count: int,
    words: str,
    queries: int,
) -> None:
    for _ in range(count):
        make_chat(name="Zanzibar Nobody Else A")
    scope = scope_of(User(), [number])
    with django_assert_num_queries(queries):
        assert len(matching(scope, Query((Text(words),)))) == count


def test_no_word_of_a_long_query_is_lost(number: Instance, make_chat: MakeChat) -> None:
    make_chat(name="a" * 190)
    words = tuple(Text("a" * 150 + end) for end in [*"a" * 29, "b"])
    assert matching(scope_of(User(), [number]), Query(words)) == []
    assert len(matching(scope_of(User(), [number]), Query(words[:-1]))) == 1


def test_what_is_refused_by_many_is_kept_out(
    number: Instance, make_chat: MakeChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text, "FEW", 2)
    for name in ["Zanzibar"] * 5 + ["Lamu"]:
        make_chat(name=name)
    said = says([Text("zanzibar", negated=True)])
    assert (len(said.refused), said.is_known, said.is_rare) == (5, True, False)
    assert list(Chat.objects.filter(said.of("pk")).values_list("name", flat=True)) == ["Lamu"]


def test_texts_are_looked_up_once_for_all_numbers_and_labels(
    admin: User, number: Instance, other_number: Instance, labels: Labels, make_chat: MakeChat
) -> None:
    here = make_chat(name="Zanzibar", labels=(labels["VIP"],))
    there = make_chat("30100@c.us", name="Zanzibar", instance=other_number)
    scope = scope_of(admin, [number, other_number])
    wanted = Named("label", (Ref("", (labels["VIP"].pk, labels["Paid"].pk)),))
    words = Text("zanzibar")
    for wish, found, queries in (((words,), [there.pk, here.pk], 4), ((wanted, words), [here.pk], 2)):
        with CaptureQueriesContext(connection) as asked:
            assert [cursor.pk for cursor in matching(scope, Query(wish))] == found
        assert len(asked) == queries  # two indexes the first time, two walks each time
