from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.http import Http404
from django.utils import timezone

from labelapp.access import chat_for
from labelapp.actions.actor import Actor
from labelapp.actions.findings import settle
from labelapp.actions.identity import addresses_of, learn_hidden_ids
from labelapp.actions.importing import read_hidden_ids
from labelapp.actions.messages import mark_read
from labelapp.actions.pairs import confirm
from labelapp.actions.providers import client_for
from labelapp.actions.tagging import set_label
from labelapp.models import (
    Chat,
    ChatAlias,
    ChatLabel,
    ChatRead,
    Finding,
    Instance,
    Label,
    LedgerEntry,
    MergedChat,
    Message,
    Receipt,
    User,
)
from labelapp.models.reasons import Reason
from labelapp.queries.directory import directory_of
from labelapp.queries.inbox import rows_of
from labelapp.whatsapp.errors import ProviderError
from labelapp.whatsapp.types import LidPair
from tests.conftest import MakeChat
from tests.posted import START, deliver, fresh, pair_of, run_push, said, tagged, untagged
from tests.wire import FarSide

Labels = dict[str, Label]
LID, PN = "10931@lid", "201555000001@c.us"
MAPPING = LidPair(LID, PN)


def learn(number: Instance, *pairs: LidPair) -> int:
    return learn_hidden_ids(number, pairs or [MAPPING])


def test_a_mapping_learnt_late_joins_the_two_chats(number: Instance, make_chat: MakeChat, labels: Labels) -> None:
    hidden, shown = make_chat(jid=LID, labels=(labels["VIP"],)), make_chat(jid=PN, labels=(labels["Paid"],))
    assert [learn(number) for _twice in range(2)] == [1, 0]
    chat = Chat.objects.get()
    assert (chat.pk, chat.jid) == (shown.pk, PN)
    assert list(MergedChat.objects.values_list("old", "chat")) == [(hidden.pk, shown.pk)]
    assert set(chat.assignments.filter(wanted=True).values_list("label__name", flat=True)) == {"VIP", "Paid"}
    assert addresses_of([chat]) == {chat.pk: [PN, LID]}
    assert list(LedgerEntry.objects.values_list("verb", "source", "cause")) == [("merge", "reconcile", f"{LID} = {PN}")]


@pytest.mark.parametrize("archived", [True, False])
def test_the_younger_news_of_the_archive_is_kept(number: Instance, make_chat: MakeChat, archived: bool) -> None:
    older, younger = START, START + timedelta(seconds=1)
    make_chat(jid=LID, archived=archived, archived_event_at=younger)
    make_chat(jid=PN, archived=not archived, archived_event_at=older)
    learn(number)
    chat = Chat.objects.get()
    assert (chat.archived, chat.archived_event_at) == (archived, younger)


def test_a_label_on_both_is_counted_once(number: Instance, make_chat: MakeChat, labels: Labels) -> None:
    for jid in (LID, PN):
        make_chat(jid=jid, labels=(labels["VIP"],))
    Label.objects.filter(pk=labels["VIP"].pk).update(chat_count=2)
    learn(number)
    assert Label.objects.get(pk=labels["VIP"].pk).chat_count == 1
    assert ChatLabel.objects.count() == 1


def test_the_younger_open_wish_decides(number: Instance, agent: User, make_chat: MakeChat, labels: Labels) -> None:
    vip = labels["VIP"]
    hidden, shown = make_chat(jid=LID, labels=(vip,)), make_chat(jid=PN)
    set_label(Actor.of(agent), shown, vip, on=True)
    set_label(Actor.of(agent), hidden, vip, on=False)
    learn(number)
    pair = pair_of(Chat.objects.get(), vip)
    assert (pair.wanted, pair.receipt, pair.due_at is not None) == (False, Receipt.PENDING, True)
    assert Label.objects.get(pk=vip.pk).chat_count == ChatLabel.objects.filter(wanted=True).count() == 0


def wish_of(chat: Chat, label: Label, *, on: bool, receipt: Receipt, age: int, seen: bool) -> ChatLabel:
    """A pair whose last wish is so many minutes old and was called."""
    at = timezone.now() - timedelta(minutes=age)
    times = {"wanted_at": at, "called_at": at, "sent_at": at, "remote_at": at}
    return ChatLabel.objects.create(
        chat=chat, label=label, wanted=on, receipt=receipt, remote=seen, last_message_at=chat.last_message_at, **times
    )


@pytest.mark.parametrize(
    ("old", "young", "result"),
    [  # (on, receipt, seen) twice, and (wanted, receipt) of what is left
        ((False, Receipt.FAILED, True), (True, Receipt.CONFIRMED, True), (True, Receipt.CONFIRMED)),
        ((True, Receipt.FAILED, False), (False, Receipt.CONFIRMED, False), (False, Receipt.CONFIRMED)),
        ((False, Receipt.FAILED, True), (False, Receipt.CONFIRMED, False), (False, Receipt.PENDING)),
        ((True, Receipt.SENT, False), (False, Receipt.CONFIRMED, False), (False, Receipt.PENDING)),
        ((False, Receipt.SENT, True), (True, Receipt.CONFIRMED, True), (True, Receipt.PENDING)),
        ((True, Receipt.CONFIRMED, True), (False, Receipt.FAILED, True), (False, Receipt.FAILED)),
        ((True, Receipt.PENDING, False), (False, Receipt.FAILED, True), (False, Receipt.FAILED)),
    ],
)
@pytest.mark.parametrize("hidden_first", [True, False])
def test_the_younger_wish_decides_settled_or_not(
    number: Instance,
    make_chat: MakeChat,
    labels: Labels,
    old: tuple[bool, Receipt, bool],
    young: tuple[bool, Receipt, bool],
    result: tuple[bool, Receipt],
    hidden_first: bool,
) -> None:
    chats = [make_chat(jid=LID), make_chat(jid=PN)]
    for chat, age, (on, receipt, seen) in zip(
        chats if hidden_first else chats[::-1], (9, 3), (old, young), strict=True
    ):
        wish_of(chat, labels["VIP"], on=on, receipt=receipt, age=age, seen=seen)
    learn(number)
    pair = pair_of(Chat.objects.get(), labels["VIP"])
    assert (pair.wanted, pair.receipt, pair.due_at is not None) == (*result, result[1] == Receipt.PENDING)


def test_what_they_disagree_on_is_kept_and_asked(
    number: Instance, agent: User, make_chat: MakeChat, labels: Labels
) -> None:
    make_chat(jid=LID, labels=(labels["VIP"],))
    taken_off = set_label(Actor.of(agent), make_chat(jid=PN, labels=(labels["VIP"],)), labels["VIP"], on=False)
    confirm(taken_off)
    learn(number)
    pair = pair_of(Chat.objects.get(), labels["VIP"])
    assert (pair.wanted, pair.due_at is not None) == (True, True)


def test_messages_history_and_marks_are_kept_once(
    number: Instance, agent: User, make_chat: MakeChat, labels: Labels
) -> None:
    hidden, shown = make_chat(jid=LID, at=START), make_chat(jid=PN, at=START)
    Chat.objects.filter(pk=shown.pk).update(name="")
    deliver(number, said(PN, "one", 1, key="A"), said(LID, "one", 1, key="A"), said(LID, "two", 2, key="B"))
    deliver(number, tagged(LID, "4", at=3))
    now = timezone.now()
    ChatRead.objects.create(user=agent, chat=hidden, at=now)
    ChatRead.objects.create(user=agent, chat=shown, at=now)
    learn(number)
    chat = Chat.objects.get()
    assert (chat.name, chat.last_message_text) == (hidden.name, "two")
    assert list(Message.objects.order_by("at").values_list("text", flat=True)) == ["one", "two"]
    assert ChatRead.objects.get().at == now
    assert list(chat.ledger.order_by("pk").values_list("verb", flat=True)) == ["add", "merge"]
    assert set(chat.assignments.values_list("last_message_at", flat=True)) == {chat.last_message_at}


@pytest.mark.parametrize("mark", [None, START])
def test_what_is_unread_in_one_of_them_stays_unread(
    number: Instance, agent: User, make_chat: MakeChat, labels: Labels, mark: datetime | None
) -> None:
    hidden, shown = make_chat(jid=LID, at=START), make_chat(jid=PN, at=START)
    deliver(number, said(LID, "Are you there?", 58, key="A"), said(PN, "Hello", 60, key="B"))
    if mark:
        ChatRead.objects.create(user=agent, chat=hidden, at=mark)
    mark_read(agent, shown)
    learn(number)
    chat = Chat.objects.get()
    assert rows_of(agent, [chat], directory_of(number))[0].is_news
    mark_read(agent, chat)
    assert not rows_of(agent, [chat], directory_of(number))[0].is_news


def test_who_has_read_both_has_read_the_chat(number: Instance, agent: User, agent2: User, make_chat: MakeChat) -> None:
    hidden, shown = make_chat(jid=LID, at=START), make_chat(jid=PN, at=START)
    deliver(number, said(LID, "Are you there?", 58, key="A"), said(PN, "Hello", 60, key="B"))
    for chat in (shown, hidden):
        mark_read(agent, chat)
    learn(number)
    rows = [rows_of(who, [Chat.objects.get()], directory_of(number))[0] for who in (agent, agent2)]
    assert [row.is_news for row in rows] == [False, True]


def test_afterwards_both_addresses_lead_to_the_chat(number: Instance, make_chat: MakeChat, labels: Labels) -> None:
    make_chat(jid=LID), make_chat(jid=PN)
    learn(number)
    deliver(fresh(number), tagged(LID, "4", at=1), tagged(PN, labels["Paid"].wa_id, at=2))
    assert set(Chat.objects.get().assignments.values_list("label__name", flat=True)) == {"VIP", "Paid"}


@pytest.mark.parametrize("known", [LID, PN])
def test_a_chat_known_by_one_address_gets_the_other(number: Instance, make_chat: MakeChat, known: str) -> None:
    chat = make_chat(jid=known)
    assert learn(number) == 0
    chat.refresh_from_db()
    assert (chat.jid, set(chat.aliases.values_list("jid", flat=True))) == (PN, {LID, PN})


def test_a_mapping_without_a_number_stays_open(number: Instance, make_chat: MakeChat) -> None:
    make_chat(jid=LID), make_chat(jid=PN)
    assert learn(number, LidPair(LID, None)) == 0
    assert Chat.objects.count() == 2


@pytest.mark.parametrize(
    "second",
    [LidPair("10932@lid", PN), LidPair(LID, "201555000002@c.us")],
    ids=["the number was given to somebody else", "another number"],
)
def test_two_people_are_never_joined(number: Instance, make_chat: MakeChat, second: LidPair) -> None:
    for jid in {LID, PN, second.lid, str(second.pn)}:
        make_chat(jid=jid)
    assert [learn(number), learn(number, second), learn(number, second)] == [1, 0, 0]
    assert Chat.objects.count() == 2
    assert [finding.kind for finding in Finding.objects.unsettled()] == ["identity"]


def test_two_contradictions_about_one_chat_are_two_findings(number: Instance, make_chat: MakeChat) -> None:
    make_chat(jid=LID), make_chat(jid=PN)
    learn(number)
    others = [LidPair("10932@lid", PN), LidPair(LID, "201555000002@c.us")]
    for _twice in range(2):
        learn(number, *others)
    words = set(Finding.objects.unsettled().values_list("words", flat=True))
    assert words == {Reason.TWO_PEOPLE(f"10932@lid = {PN}"), Reason.TWO_PEOPLE(f"{LID} = 201555000002@c.us")}


def rows(*pairs: LidPair) -> list[dict[str, str | None]]:
    return [{"lid": pair.lid, "pn": pair.pn} for pair in pairs]


@pytest.mark.parametrize("ignored", [True, False])
def test_a_contradiction_that_is_told_no_more_vanishes(
    number: Instance, lead: User, make_chat: MakeChat, far: FarSide, ignored: bool
) -> None:
    make_chat(jid=LID), make_chat(jid=PN)
    wrong, other = LidPair("10932@lid", PN), LidPair(LID, "201555000002@c.us")
    far.lids = rows(MAPPING, wrong, LidPair("9@lid", None))
    with client_for(number) as client:
        read_hidden_ids(number, client)
        if ignored:
            settle(Finding.objects.get(), Finding.Outcome.IGNORED, lead)
        told = Finding.objects.get().outcome
        read_hidden_ids(number, client)
        assert [finding.outcome for finding in Finding.objects.all()] == [told]
        for silence in ({"lids": []}, {"status_of": {"GET /lids": 500}}, {"status_of": {"GET /lids": 404}}):
            vars(far).update(silence)
            with suppress(ProviderError):
                read_hidden_ids(number, client)
        assert [finding.outcome for finding in Finding.objects.all()] == [told]
        far.lids, far.status_of = rows(MAPPING, other), {}
        read_hidden_ids(number, client)
    found = [(finding.outcome, finding.words) for finding in Finding.objects.order_by("pk")]
    assert found == [
        ("vanished", Reason.TWO_PEOPLE(f"10932@lid = {PN}")),
        ("", Reason.TWO_PEOPLE(f"{LID} = 201555000002@c.us")),
    ]


def test_another_numbers_chats_are_left_alone(number: Instance, other_number: Instance, make_chat: MakeChat) -> None:
    make_chat(jid=LID)
    Chat.objects.create(instance=other_number, jid=PN)
    assert learn(number) == 0
    assert ChatAlias.objects.filter(instance=other_number).count() == 0


def test_nothing_new_costs_one_query(number: Instance, make_chat: MakeChat, django_assert_num_queries: Any) -> None:
    make_chat(jid=LID), make_chat(jid=PN)
    learn(number)
    with django_assert_num_queries(1):
        learn(number, MAPPING, *[LidPair(f"9{n}@lid", f"9{n}@c.us") for n in range(300)])


def test_old_links_lead_to_the_joined_chat(number: Instance, agent: User, stranger: User, make_chat: MakeChat) -> None:
    hidden, shown = make_chat(jid=LID), make_chat(jid=PN)
    learn(number)
    assert chat_for(agent, hidden.pk) == shown
    number.people.add(agent)
    with pytest.raises(Http404):
        chat_for(stranger, hidden.pk)


def test_a_mapping_learnt_while_lists_are_empty_takes_nothing_off(
    number: Instance, far: FarSide, make_chat: MakeChat, labels: Labels
) -> None:
    """One of the two addresses had the label once, the other one has it."""
    make_chat(jid=PN, labels=(labels["VIP"],))
    ChatLabel.objects.create(chat=make_chat(jid=LID), label=labels["VIP"], wanted=False, remote=False)
    learn(number)
    run_push(number)
    assert (ChatLabel.objects.values_list("wanted", "due_at").get(), len(far.calls)) == ((True, None), 2)
    assert fresh(number).reconcile_due_at is not None


@pytest.mark.parametrize("denied", [PN, LID])
def test_what_an_event_had_said_before_the_mapping_is_still_asked(
    number: Instance, far: FarSide, make_chat: MakeChat, labels: Labels, denied: str
) -> None:
    for jid in (PN, LID):
        make_chat(jid=jid, labels=(labels["VIP"],))
    deliver(number, untagged(denied, "4", at=None))
    learn(number)
    run_push(number)
    assert ChatLabel.objects.values_list("wanted", "due_at").get() == (False, None)


@pytest.mark.parametrize("on", [True, False])
def test_a_stage_waits_for_no_wish_that_is_settled_by_the_joining(
    number: Instance, agent: User, make_chat: MakeChat, labels: Labels, on: bool
) -> None:
    """The older wish for Paid leads no longer: what was to come off after it comes off, or stays with it."""
    hidden, shown = make_chat(jid=LID, labels=(labels["Quoted"],)), make_chat(jid=PN)
    set_label(Actor.of(agent), hidden, labels["Paid"], on=True)
    ChatLabel.objects.filter(chat=hidden).update(wanted_at=timezone.now() - timedelta(minutes=9))
    wish_of(shown, labels["Paid"], on=on, receipt=Receipt.CONFIRMED, age=1, seen=on)
    learn(number)
    chat = Chat.objects.get()
    waiting, paid = pair_of(chat, labels["Quoted"]), pair_of(chat, labels["Paid"])
    assert waiting.waits_for is None or paid.is_open
    assert (paid.wanted, waiting.wanted) == (on, not on)
    assert Label.objects.get(pk=labels["Quoted"].pk).chat_count == (not on)


def moving(agent: User, chat: Chat, to: Label) -> None:
    """A move that waits for its first call."""
    set_label(Actor.of(agent), chat, to, on=True)
    ChatLabel.objects.filter(chat=chat).update(wanted_at=timezone.now() - timedelta(minutes=9))


@pytest.mark.parametrize("first", ["Paid", "Quoted"])
@pytest.mark.parametrize(
    ("receipt", "on"), [(Receipt.CONFIRMED, True), (Receipt.CONFIRMED, False), (Receipt.FAILED, True)]
)
def test_stages_that_wait_for_each_other_are_joined_in_any_order(
    number: Instance, agent: User, make_chat: MakeChat, labels: Labels, first: str, receipt: Receipt, on: bool
) -> None:
    """Both chats know both stages. What is wanted, what is counted and what still waits fit together afterwards."""
    hidden, shown = make_chat(jid=LID), make_chat(jid=PN)
    stages = [labels[first], *(labels[name] for name in ("Paid", "Quoted") if name != first)]
    for chat in (hidden, shown):
        for label in stages:  # in the order in which they are joined
            wish_of(chat, label, on=False, receipt=Receipt.CONFIRMED, age=60, seen=False)
    ChatLabel.objects.filter(label=labels["Quoted"]).update(wanted=True, remote=True)
    Label.objects.filter(pk=labels["Quoted"].pk).update(chat_count=2)
    moving(agent, hidden, labels["Paid"])
    late = timezone.now() - timedelta(minutes=1)
    known = ChatLabel.objects.filter(chat=shown, label=labels["Paid"])
    known.update(wanted=on, remote=on and receipt == Receipt.CONFIRMED, receipt=receipt, wanted_at=late, sent_at=late)
    Label.objects.filter(pk=labels["Paid"].pk).update(chat_count=1 + on)
    learn(number)
    chat = Chat.objects.get()
    connection.check_constraints()
    for label in stages:
        wanted = ChatLabel.objects.filter(label=label, wanted=True).count()
        assert Label.objects.get(pk=label.pk).chat_count == wanted
    quoted, paid = pair_of(chat, labels["Quoted"]), pair_of(chat, labels["Paid"])
    is_open = receipt == Receipt.CONFIRMED  # sent again: an older wish was open at the other address
    assert (paid.wanted, paid.receipt) == (on, Receipt.PENDING if is_open else receipt)
    replaces = on and is_open
    assert (quoted.wanted, quoted.waits_for) == (not replaces, paid if replaces else None)
