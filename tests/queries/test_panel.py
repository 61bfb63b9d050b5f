"""The open chat: messages by day, and who changed what."""

from datetime import UTC, datetime, timedelta

from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from labelapp.models import Chat, ChatLabel, Instance, Label, LedgerEntry, Message, Receipt, Source, User, Verb
from labelapp.queries import panel
from labelapp.queries.directory import directory_of
from tests.conftest import MakeChat

Labels = dict[str, Label]
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def say(chat: Chat, n: int, at: datetime) -> None:
    Message.objects.create(instance=chat.instance, wa_id=f"m{n}", chat=chat, at=at, text=str(n))


def enter(chat: Chat, label: Label, verb: Verb, source: Source, at: datetime, actor: User | None = None) -> None:
    LedgerEntry.objects.create(
        instance=chat.instance, chat=chat, label=label, verb=verb, source=source, at=at, actor=actor
    )


def test_messages_come_oldest_first_by_day_and_only_the_newest(make_chat: MakeChat) -> None:
    chat = make_chat()
    for n in range(40):
        say(chat, n, NOON - timedelta(hours=40 - n))
    days = panel.last_messages(chat)
    assert [message.text for day in days for message in day.messages] == [str(n) for n in range(10, 40)]
    assert [day.day.isoformat() for day in days] == ["2026-11-21", "2026-11-22"]


def test_a_day_begins_at_the_readers_midnight(make_chat: MakeChat) -> None:
    chat = make_chat()
    say(chat, 1, datetime(2026, 11, 21, 22, 30, tzinfo=UTC))
    with timezone.override("Africa/Cairo"):
        assert panel.last_messages(chat)[0].day.isoformat() == "2026-11-22"


def test_activity_says_how_long_the_newest_wish_took(
    agent: User, number: Instance, labels: Labels, make_chat: MakeChat
) -> None:
    chat, vip = make_chat(), labels["VIP"]
    enter(chat, vip, Verb.ADD, Source.AGENT, NOON - timedelta(days=1), agent)
    enter(chat, vip, Verb.ADD, Source.AGENT, NOON, agent)
    ChatLabel.objects.create(
        chat=chat,
        label=vip,
        wanted=True,
        receipt=Receipt.CONFIRMED,
        wanted_at=NOON,
        confirmed_at=NOON + timedelta(seconds=2),
    )
    deeds = panel.activity(chat, directory_of(number)).deeds
    assert [(deed.entry.at, deed.took) for deed in deeds] == [
        (NOON, timedelta(seconds=2)),
        (NOON - timedelta(days=1), None),
    ]
    assert deeds[0].who == "Agent Demo"


def test_nothing_took_time_that_is_open_or_was_done_on_the_phone(
    agent: User, number: Instance, labels: Labels, make_chat: MakeChat
) -> None:
    chat = make_chat()
    times = {"wanted_at": NOON, "confirmed_at": NOON + timedelta(seconds=2)}
    for name, source, receipt in (("VIP", Source.PHONE, "confirmed"), ("Paid", Source.AGENT, "pending")):
        enter(chat, labels[name], Verb.ADD, source, NOON)
        ChatLabel.objects.create(chat=chat, label=labels[name], wanted=True, receipt=receipt, **times)
    assert [deed.took for deed in panel.activity(chat, directory_of(number)).deeds] == [None, None]


def test_labels_without_a_ledger_row_are_from_before_labelapp(
    number: Instance, labels: Labels, make_chat: MakeChat
) -> None:
    chat = make_chat(labels=(labels["VIP"], labels["Paid"]))
    enter(chat, labels["Paid"], Verb.ADD, Source.AGENT, NOON)
    found = panel.activity(chat, directory_of(number))
    assert [tag.name for tag in found.before] == ["VIP"]


def test_a_long_activity_is_cut_and_claims_nothing_about_what_it_cut(
    number: Instance, labels: Labels, make_chat: MakeChat, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    chat = make_chat(labels=(labels["VIP"],))
    for n in range(panel.ENTRIES + 1):
        enter(chat, labels["Paid"], Verb.ADD, Source.AGENT, NOON + timedelta(minutes=n))
    directory = directory_of(number)
    with django_assert_num_queries(2):
        found = panel.activity(chat, directory)
    assert (len(found.deeds), found.more, found.before) == (panel.ENTRIES, True, [])
