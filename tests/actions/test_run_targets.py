import pytest

from labelapp.actions import run_targets
from labelapp.actions.actor import Actor, Refused
from labelapp.actions.run_starts import start
from labelapp.actions.run_targets import chosen, matching, read_list
from labelapp.models import ChatAlias, Instance, Label, Run, RunChat, User
from labelapp.queries.language.reading import Reading, read
from labelapp.queries.run_labels import Wanted
from labelapp.queries.scopes import Scope, scope_of
from tests.conftest import MakeChat, make_number

Monkey = pytest.MonkeyPatch


@pytest.fixture
def number(db: None) -> Instance:
    """A number in Egypt."""
    return make_number("demo", me_jid="201000000000@c.us")


def test_a_pasted_list(number: Instance, make_chat: MakeChat) -> None:
    mona, rui, group = make_chat("201001234567@c.us"), make_chat("351912345678@c.us"), make_chat("123-45@g.us")
    found = read_list(
        "+20 100 123 4567\n0100 123 4567\n00351 912 345 678\n\nhello\n+351 912 000 000\n12345\n123-45@g.us",
        [number],
    )
    assert found.found == [mona.pk, rui.pk, group.pk]
    assert (found.matched, found.repeated, found.entries) == (3, 1, 7)
    assert [(entry.line, entry.number) for entry in found.unmatched] == [(6, "+351912000000")]
    assert [(entry.line, entry.text) for entry in found.unread] == [(5, "hello"), (7, "12345")]
    assert list(found.target().chunks()) == [found.found]


@pytest.mark.parametrize(
    "text",
    [
        "201001234567",
        "01001234567",
        "+201001234567",
        "00201001234567",
        "٠١٠٠١٢٣٤٥٦٧",
        "\u202a+20 100 123 4567\u202c",
        '="201001234567"',
        "'+201001234567",
        "201001234567@s.whatsapp.net",
        "201001234567:12@c.us",
        "(010) 0123-4567",
        "Mona;+20 100 123 4567;VIP",
        "name\tphone\tcity\nMona\t0100 123 4567\tCairo",
        "id,Phone number\n1001234599,01001234567",
        "الاسم,رقم الهاتف\nمنى,٠١٠٠١٢٣٤٥٦٧",
        "\ufeffphone\r\n01001234567\r\n",
        "01001234567, 01001234567; 01001234567",
        '"Adel, Mona","+20 100 123 4567"',
    ],
)
def test_spellings_of_one_number(number: Instance, make_chat: MakeChat, text: str) -> None:
    chat = make_chat("201001234567@c.us")
    assert read_list(text, [number]).found == [chat.pk]


@pytest.mark.parametrize(
    ("stored", "written"),
    [
        ("551187654321@c.us", "+55 11 98765-4321"),
        ("5511987654321@c.us", "+55 11 98765-4321"),
        ("5215512345678@c.us", "+52 55 1234 5678"),
        ("5491123456789@c.us", "+54 9 11 2345-6789"),
    ],
)
def test_countries_whose_numbers_grew(number: Instance, make_chat: MakeChat, stored: str, written: str) -> None:
    chat = make_chat(stored)
    assert read_list(written, [number]).found == [chat.pk]


def test_each_connected_number_reads_as_its_own_country(number: Instance, make_chat: MakeChat) -> None:
    porto = make_number("porto", me_jid="351210000000@c.us")
    here, there = make_chat("201001234567@c.us"), make_chat("351912345678@c.us", instance=porto)
    both = make_chat("447911123456@c.us"), make_chat("447911123456@c.us", instance=porto)
    found = read_list("01001234567\n912345678\n+447911123456", [number, porto])
    assert sorted(found.found) == sorted(chat.pk for chat in (here, there, *both))
    assert (found.matched, found.unmatched, found.unread) == (3, [], [])


def test_a_hidden_id_and_a_number_of_one_person_are_one_chat(number: Instance, make_chat: MakeChat) -> None:
    chat = make_chat("201001234567@c.us")
    ChatAlias.objects.create(instance=number, jid="999@lid", chat=chat)
    assert read_list("999@lid\n01001234567", [number]).found == [chat.pk]


@pytest.mark.parametrize(
    "text", ["", "\n\n", "\0", "@", "status@broadcast", '"', '"unclosed', "a" * 5000, "=cmd|' /C calc'!A0"]
)
def test_nonsense_is_told_not_raised(number: Instance, text: str) -> None:
    assert read_list(text, [number]).found == []


def test_a_line_of_a_table_without_a_number_is_told(number: Instance, make_chat: MakeChat) -> None:
    chats = [make_chat("201001234567@c.us"), make_chat("201001234568@c.us")]
    found = read_list("name,phone\nMona,01001234567\nRui,\n\n01001234568", [number])
    assert found.found == [chat.pk for chat in chats]
    assert [(entry.line, entry.text) for entry in found.unread] == [(3, "Rui,")]


def test_limits(number: Instance) -> None:
    for text in ("+201001234567\n" * 20_001, "x" * 1_000_001):
        with pytest.raises(Refused, match="at most 20000"):
            read_list(text, [number])


def test_chosen_chats_come_once() -> None:
    assert list(chosen([3, 1, 3]).chunks()) == [[3, 1]]


# All that match


def asked(user: User, text: str) -> tuple[Scope, Reading]:
    scope = scope_of(user, Instance.objects.visible_to(user))
    return scope, read(text, scope.vocabulary)


def test_all_that_match_in_chunks(
    lead: User, make_chat: MakeChat, labels: dict[str, Label], monkeypatch: Monkey
) -> None:
    monkeypatch.setattr(run_targets, "CHUNK", 2)
    chats = [make_chat(labels=(labels["VIP"],)) for _ in range(5)]
    make_chat()
    target = matching(*asked(lead, "label:VIP"))
    pks = [chat.pk for chat in chats]
    assert list(target.chunks()) == [pks[:2], pks[2:4], pks[4:]]
    assert (target.kind, target.text) == ("query", "label:VIP")


@pytest.mark.parametrize("text", ["label:nonsense", "label:VIP sorted:yes", "is:", "number:other"])
def test_what_means_nothing_is_no_target(lead: User, number: Instance, labels: dict[str, Label], text: str) -> None:
    with pytest.raises(Refused, match="means nothing in this filter"):
        matching(*asked(lead, text))


def test_more_than_a_run_takes(lead: User, make_chat: MakeChat, labels: dict[str, Label], monkeypatch: Monkey) -> None:
    monkeypatch.setattr(run_targets, "MOST", 3)
    for _ in range(4):
        make_chat()
    target = matching(*asked(lead, "Hello"))
    with pytest.raises(Refused, match="More than 3 chats match"):
        list(target.chunks())
    with pytest.raises(Refused, match="More than 3 chats match"):
        start(Actor.of(lead), target, Wanted(("VIP",)))
    assert (Run.objects.count(), RunChat.objects.count()) == (0, 0)
