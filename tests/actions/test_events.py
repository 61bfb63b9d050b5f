"""Business events carried out: once, by whoever comes to it, wherever a process ended."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone

from labelapp.actions import events
from labelapp.actions.actor import Actor, NotAllowed, Refused
from labelapp.actions.events import carry_out_left, expire_events, match_waiting, settle, try_again
from labelapp.actions.identity import learn_hidden_ids
from labelapp.actions.pruning import prune
from labelapp.actions.tagging import set_label
from labelapp.models import (
    BusinessEvent,
    Chat,
    ChatAlias,
    ChatLabel,
    EventAddress,
    Fact,
    Instance,
    Label,
    LedgerEntry,
    StagePrune,
    User,
)
from labelapp.whatsapp.types import LidPair
from tests.conftest import MakeChat
from tests.events import make_event, make_mapping
from tests.posted import deliver, just_now, run_push_later, said
from tests.ruled import carried, run_facts
from tests.wire import FarSide

Labels = dict[str, Label]
JID = "201001234567@c.us"


@pytest.fixture(autouse=True)
def _paid(number: Instance, labels: Labels) -> None:
    make_mapping(number, stage=labels["Paid"])


@pytest.fixture
def chat(make_chat: MakeChat, labels: Labels) -> Chat:
    return make_chat(JID, labels=(labels["Quoted"],))


def old(event: BusinessEvent, **age: float) -> BusinessEvent:
    BusinessEvent.objects.filter(pk=event.pk).update(received_at=timezone.now() - timedelta(**(age or {"seconds": 9})))
    return event


def outcomes() -> list[str]:
    return list(BusinessEvent.objects.order_by("pk").values_list("outcome", flat=True))


# Ends of processes


def test_what_was_accepted_and_left_is_carried_out_once(admin: User, number: Instance, chat: Chat) -> None:
    """The process that accepted it was killed: the worker's lane goes on."""
    old(make_event(admin, number, chat=chat))
    for _time in range(3):
        run_facts(number)
    assert (carried(chat), outcomes()) == ({"Paid"}, ["applied"])
    assert LedgerEntry.objects.filter(verb="add", source="event").count() == 1
    assert Fact.objects.filter(kind="event").count() == 1


def test_whoever_accepted_it_has_a_head_start(admin: User, number: Instance, chat: Chat) -> None:
    make_event(admin, number, chat=chat)
    assert carry_out_left(number) == 0


def test_a_process_that_ends_in_the_middle_leaves_nothing_half_done(
    admin: User, number: Instance, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of it is one transaction: cut off before its end, it is made again as a whole."""
    event = old(make_event(admin, number, chat=chat))

    def ends(*_args: Any, **_more: Any) -> None:
        raise OperationalError("the server closed the connection")

    with monkeypatch.context() as cut:
        cut.setattr(events, "tell", ends)
        with pytest.raises(OperationalError):
            settle(event)
    assert (carried(chat), outcomes(), LedgerEntry.objects.count()) == ({"Quoted"}, [""], 0)
    assert carry_out_left(number) == 1
    assert (carried(chat), outcomes()) == ({"Paid"}, ["applied"])


def test_one_that_breaks_keeps_why_and_holds_up_no_other(
    admin: User, number: Instance, chat: Chat, make_chat: MakeChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make_chat()
    for each in (chat, other):
        old(make_event(admin, number, chat=each))
    real = events.lock_pair

    def breaks(where: Chat, label: Label) -> ChatLabel:
        if where == chat:
            raise RuntimeError("no luck")
        return real(where, label)

    monkeypatch.setattr(events, "lock_pair", breaks)
    assert carry_out_left(number) == 2
    assert (outcomes(), carried(chat), carried(other)) == (["failed", "applied"], {"Quoted"}, {"Paid"})
    assert BusinessEvent.objects.order_by("pk")[0].why == "It could not be carried out: no luck"


# Chats that come later


def test_a_message_begins_the_chat(admin: User, number: Instance) -> None:
    make_event(admin, number, (number, JID), phone="+201001234567")
    assert match_waiting(number) == 0
    deliver(number, said(JID, "Hello", just_now()))
    run_facts(number)
    chat = Chat.objects.get()
    assert (carried(chat), outcomes(), EventAddress.objects.count()) == ({"Paid"}, ["applied"], 0)
    assert BusinessEvent.objects.get().chat == chat


def test_an_address_is_learnt(admin: User, number: Instance, make_chat: MakeChat) -> None:
    """A list knew the person by a hidden id only; then whose it is becomes known."""
    make_event(admin, number, (number, JID))
    hidden = make_chat("77001122@lid")
    assert match_waiting(number) == 0
    learn_hidden_ids(number, [LidPair("77001122@lid", JID)])
    assert match_waiting(number) == 1
    assert carried(hidden) == {"Paid"}


def test_of_two_numbers_the_first_one_has_it(
    admin: User, number: Instance, other_number: Instance, make_chat: MakeChat
) -> None:
    make_event(admin, None, (number, JID), (other_number, JID))
    make_chat(JID, instance=other_number)
    assert (match_waiting(number), match_waiting(other_number)) == (0, 1)
    assert BusinessEvent.objects.get().instance == other_number
    assert outcomes() == ["unmapped"]
    make_chat(JID)
    assert match_waiting(number) == 0


def test_of_two_spellings_the_one_that_was_meant(admin: User, number: Instance, make_chat: MakeChat) -> None:
    make_event(admin, number, (number, "5511987654321@c.us"), (number, "551187654321@c.us"))
    make_chat("551187654321@c.us")
    meant = make_chat("5511987654321@c.us")
    match_waiting(number)
    assert BusinessEvent.objects.get().chat == meant


def test_it_does_not_wait_for_ever(admin: User, number: Instance, make_chat: MakeChat) -> None:
    old(make_event(admin, number, (number, JID)), days=31)
    old(make_event(admin, number, (number, JID)), days=29)
    assert [expire_events() for _time in range(2)] == [1, 0]
    assert outcomes() == ["expired", ""]
    make_chat(JID)
    assert match_waiting(number) == 1
    assert outcomes() == ["expired", "applied"]


def test_settled_ones_are_pruned_and_waiting_ones_are_not(admin: User, number: Instance, chat: Chat) -> None:
    settle(make_event(admin, number, chat=chat))
    kept = make_event(admin, number, (number, "1@c.us"))
    long_ago = timezone.now() - timedelta(days=31)
    BusinessEvent.objects.exclude(pk=kept.pk).update(applied_at=long_ago)
    prune()
    assert list(BusinessEvent.objects.all()) == [kept]


def test_two_chats_are_one_person(admin: User, number: Instance, chat: Chat, make_chat: MakeChat) -> None:
    """An event of the chat that goes is the other one's, carried out or not."""
    gone = make_chat("77001122@lid")
    settle(make_event(admin, number, chat=gone))
    left = old(make_event(admin, number, chat=gone))
    assert learn_hidden_ids(number, [LidPair(gone.jid, chat.jid)]) == 1
    assert set(BusinessEvent.objects.values_list("chat", flat=True)) == {chat.pk}
    assert carry_out_left(number) == 1
    assert (settle(left).outcome, carried(chat)) == ("applied", {"Paid"})


# What is done


def test_what_is_removed_waits_for_what_is_put_on(
    admin: User, number: Instance, far: FarSide, chat: Chat, labels: Labels
) -> None:
    far.labels = {label.wa_id: {"name": label.name, "color": label.color_index} for label in labels.values()}
    far.tags = {(JID, "2"), (JID, "5")}
    ChatLabel.objects.create(chat=chat, label=labels["On hold"], wanted=True, remote=True, told=True)
    make_mapping(number, "order.shipped", adds=(labels["VIP"],), removes=(labels["On hold"], labels["Quoted"]))
    settle(make_event(admin, number, chat=chat, type="order.shipped"))
    far.status_of = {"PUT": 500}
    run_push_later(number)
    assert far.tags == {(JID, "2"), (JID, "5")}
    far.status_of = {}
    for _n in range(3):
        run_push_later(number)
    assert far.tags == {(JID, "4")}


def test_what_the_stage_makes_redundant_comes_off(admin: User, number: Instance, chat: Chat, labels: Labels) -> None:
    StagePrune.objects.create(stage=labels["Paid"], label=labels["On hold"])
    ChatLabel.objects.create(chat=chat, label=labels["On hold"], wanted=True, remote=True, told=True)
    settle(make_event(admin, number, chat=chat))
    assert carried(chat) == {"Paid"}
    held = ChatLabel.objects.get(chat=chat, label=labels["On hold"])
    assert held.waits_for == ChatLabel.objects.get(chat=chat, label=labels["Paid"])


def test_of_several_mappings_the_last_one_has_the_last_word(
    admin: User, number: Instance, chat: Chat, labels: Labels
) -> None:
    make_mapping(number, stage=labels["New lead"], adds=(labels["VIP"],))
    settle(make_event(admin, number, chat=chat))
    assert carried(chat) == {"New lead", "VIP"}


def test_the_mappings_of_its_own_number_count(admin: User, other_number: Instance, make_chat: MakeChat) -> None:
    assert settle(make_event(admin, other_number, chat=make_chat(instance=other_number))).outcome == "unmapped"


# Again


def test_again_once_it_can_be(admin: User, number: Instance, chat: Chat, labels: Labels) -> None:
    Label.objects.filter(name="Paid").update(deleted_at=timezone.now())
    event = settle(make_event(admin, number, chat=chat))
    BusinessEvent.objects.update(answer="{}", status=200)
    assert (event.outcome, event.why) == ("paused", "It names a label that was deleted in WhatsApp: Paid")
    assert try_again(Actor.of(admin), event).outcome == "paused"
    Label.objects.filter(name="Paid").update(deleted_at=None)
    event = try_again(Actor.of(admin), event)
    assert (event.outcome, event.reason, event.answer, carried(chat)) == ("applied", "", "", {"Paid"})
    with pytest.raises(Refused):
        try_again(Actor.of(admin), event)
    assert Fact.objects.filter(kind="event").count() == 1  # it is no news any more


def test_what_was_carried_out_stays_what_people_make_of_it(
    admin: User, agent: User, number: Instance, chat: Chat, labels: Labels
) -> None:
    event = settle(make_event(admin, number, chat=chat))
    set_label(Actor.of(agent), chat, labels["Quoted"], on=True)
    settle(event)
    run_facts(number)
    assert carried(chat) == {"Quoted"}


def test_only_who_manages_rules_tries_again(admin: User, agent: User, number: Instance, chat: Chat) -> None:
    event = make_event(admin, number, chat=chat, type="other")
    with pytest.raises(NotAllowed):
        try_again(Actor.of(agent), settle(event))


def test_one_without_a_chat_is_not_tried_again(admin: User, number: Instance) -> None:
    with pytest.raises(Refused):
        try_again(Actor.of(admin), make_event(admin, number, (number, JID)))


def test_an_alias_of_another_number_matches_nothing(
    admin: User, number: Instance, other_number: Instance, make_chat: MakeChat
) -> None:
    make_event(admin, number, (number, JID))
    ChatAlias.objects.create(instance=other_number, jid=JID, chat=make_chat(instance=other_number))
    assert (match_waiting(number), match_waiting(other_number)) == (0, 0)
