"""Taking a change back, and what stands in the way."""

from typing import Any

import pytest
from django.utils import timezone

from labelapp.actions.actor import Actor, NotAllowed, Refused
from labelapp.actions.assigning import hand
from labelapp.actions.pairs import bury, confirm
from labelapp.actions.tagging import Gone
from labelapp.actions.tagging import tag as put
from labelapp.actions.undoing import Handed, Offer, Overtaken, noting, undo
from labelapp.models import Change, Chat, ChatLabel, Instance, Label, LedgerEntry, Receipt, Source, User, Verb
from labelapp.models.reasons import Reason
from tests.conftest import MakeChat, person
from tests.posted import pair_of

Labels = dict[str, Label]


@pytest.fixture
def chat(make_chat: MakeChat) -> Chat:
    return make_chat()


def tag(user: User, chat: Chat, label: Label, on: bool = True) -> Offer:
    _pair, offer = noting(chat, lambda locked: put(Actor.of(user), locked, label.pk, on=on))
    assert offer
    return offer


def give(user: User, chat: Chat, whom: User | None) -> Offer:
    _chat, offer = noting(chat, lambda locked: hand(Actor.of(user), locked, whom))
    assert offer
    return offer


def wanted(chat: Chat) -> set[str]:
    return set(ChatLabel.objects.filter(chat=chat, wanted=True).values_list("label__name", flat=True))


def state() -> list[Any]:
    """All that an undo could have changed."""
    pairs = ChatLabel.objects.order_by("pk").values_list("label", "wanted", "wanted_at", "receipt")
    return [
        *pairs,
        LedgerEntry.objects.count(),
        Change.objects.count(),
        *Chat.objects.order_by("pk").values_list("assignee"),
    ]


@pytest.mark.parametrize("on", [True, False])
def test_a_label_goes_back(agent: User, make_chat: MakeChat, labels: Labels, on: bool) -> None:
    vip = labels["VIP"]
    chat = make_chat(labels=() if on else (vip,))
    before = wanted(chat)
    offer = tag(agent, chat, vip, on)
    done = undo(Actor.of(agent), chat, offer)
    assert wanted(chat) == before
    assert done
    assert [(turn.label, turn.before) for turn in done.turns] == [(vip.pk, on)]
    verbs = list(LedgerEntry.objects.order_by("pk").values_list("verb", "actor", "cause"))
    there, back = (Verb.ADD, Verb.REMOVE) if on else (Verb.REMOVE, Verb.ADD)
    assert verbs == [(there, agent.pk, ""), (back, agent.pk, Reason.UNDONE())]
    assert Label.objects.get(pk=vip.pk).chat_count == len(before)


@pytest.mark.parametrize("confirmed", [True, False])
def test_a_stage_change_brings_the_former_stage_back(
    agent: User, make_chat: MakeChat, labels: Labels, confirmed: bool
) -> None:
    chat = make_chat(labels=(labels["New lead"],))
    offer = tag(agent, chat, labels["Quoted"])
    if confirmed:
        confirm(pair_of(chat, labels["Quoted"]))
    undo(Actor.of(agent), chat, offer)
    assert wanted(chat) == {"New lead"}
    # nothing is to be sent for it while WhatsApp can't have the new one; else it is made sure of before that comes off
    assert pair_of(chat, labels["New lead"]).receipt == (Receipt.PENDING if confirmed else Receipt.CONFIRMED)
    assert pair_of(chat, labels["Quoted"]).due_at is not None


def test_a_stage_that_was_taken_off_before_it_arrived_comes_back_with_its_effect(
    agent: User, make_chat: MakeChat, labels: Labels
) -> None:
    chat = make_chat(labels=(labels["New lead"],))
    tag(agent, chat, labels["Quoted"])
    offer = tag(agent, chat, labels["Quoted"], on=False)
    assert wanted(chat) == {"New lead"}
    undo(Actor.of(agent), chat, offer)
    assert wanted(chat) == {"Quoted"}


def test_what_changed_nothing_can_not_be_taken_back(agent: User, make_chat: MakeChat, labels: Labels) -> None:
    chat = make_chat(labels=(labels["VIP"],))
    assert noting(chat, lambda locked: put(Actor.of(agent), locked, labels["VIP"].pk, on=True))[1] is None


def test_confirmation_by_whatsapp_is_no_newer_change(agent: User, chat: Chat, labels: Labels) -> None:
    offer = tag(agent, chat, labels["VIP"])
    confirm(pair_of(chat, labels["VIP"]))
    undo(Actor.of(agent), chat, offer)
    assert wanted(chat) == set()


def test_a_change_of_another_label_does_not_stand_in_the_way(
    agent: User, agent2: User, chat: Chat, labels: Labels
) -> None:
    offer = tag(agent, chat, labels["VIP"])
    tag(agent2, chat, labels["On hold"])
    undo(Actor.of(agent), chat, offer)
    assert wanted(chat) == {"On hold"}


def test_somebody_who_changed_it_since_is_named_and_nothing_happens(
    agent: User, agent2: User, chat: Chat, labels: Labels
) -> None:
    offer = tag(agent, chat, labels["VIP"])
    tag(agent2, chat, labels["VIP"], on=False)
    tag(agent2, chat, labels["VIP"])  # the same state again, but theirs
    before = state()
    with pytest.raises(Overtaken, match="Agent2 Demo changed “VIP” since: nothing was undone") as overtaken:
        undo(Actor.of(agent), chat, offer)
    assert (overtaken.value.status, state()) == (409, before)


def test_one_part_that_was_changed_since_stops_all_of_it(
    agent: User, agent2: User, make_chat: MakeChat, labels: Labels
) -> None:
    chat = make_chat(labels=(labels["New lead"],))
    offer = tag(agent, chat, labels["Quoted"])
    tag(agent2, chat, labels["Paid"])
    before = state()
    with pytest.raises(Overtaken, match="Agent2 Demo changed “Quoted”"):
        undo(Actor.of(agent), chat, offer)
    assert state() == before


def test_the_phone_is_named_too(agent: User, chat: Chat, labels: Labels) -> None:
    offer = tag(agent, chat, labels["VIP"])
    pair = pair_of(chat, labels["VIP"])
    pair.take_over(False, timezone.now(), timezone.now())
    pair.save()
    LedgerEntry.objects.create(
        instance=chat.instance, chat=chat, label=labels["VIP"], verb=Verb.REMOVE, source=Source.PHONE
    )
    with pytest.raises(Overtaken, match="changed on the phone since"):
        undo(Actor.of(agent), chat, offer)


def test_once_is_enough(agent: User, chat: Chat, labels: Labels) -> None:
    offer = tag(agent, chat, labels["VIP"])
    undo(Actor.of(agent), chat, offer)
    with pytest.raises(Overtaken, match="You changed “VIP” again since"):
        undo(Actor.of(agent), chat, offer)
    assert wanted(chat) == set()


def test_a_label_that_was_deleted_since_stays_deleted(agent: User, make_chat: MakeChat, labels: Labels) -> None:
    chat = make_chat(labels=(labels["VIP"],))
    offer = tag(agent, chat, labels["VIP"], on=False)
    bury(labels["VIP"], timezone.now())
    before = state()
    with pytest.raises(Gone, match="“VIP” was deleted in WhatsApp"):
        undo(Actor.of(agent), chat, offer)
    assert state() == before


def test_without_the_permission_nothing_is_undone(agent: User, chat: Chat, labels: Labels) -> None:
    offer = tag(agent, chat, labels["VIP"])
    before = state()
    with pytest.raises(NotAllowed):
        undo(Actor.of(person("guest")), chat, offer)
    assert state() == before


def test_a_chat_goes_back_to_who_had_it(agent: User, agent2: User, make_chat: MakeChat) -> None:
    chat = make_chat(assignee=agent2)
    offer = give(agent, chat, agent)
    assert offer.handed == Handed(agent2.pk, agent.pk)
    undo(Actor.of(agent), chat, offer)
    assert Chat.objects.get(pk=chat.pk).assignee == agent2


def test_who_was_given_the_chat_since_keeps_it(agent: User, agent2: User, chat: Chat) -> None:
    offer = give(agent, chat, agent)
    give(agent2, chat, agent2)
    before = state()
    with pytest.raises(Overtaken, match="Agent2 Demo changed who looks after the chat since"):
        undo(Actor.of(agent), chat, offer)
    assert state() == before


def test_a_chat_does_not_go_back_to_who_may_not_see_it_any_more(
    agent: User, agent2: User, number: Instance, make_chat: MakeChat
) -> None:
    chat = make_chat(assignee=agent2)
    offer = give(agent, chat, agent)
    number.people.set([agent])
    with pytest.raises(Refused, match="Agent2 Demo may not see this number"):
        undo(Actor.of(agent), chat, offer)
    assert Chat.objects.get(pk=chat.pk).assignee == agent
