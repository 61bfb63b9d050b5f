"""Old wishes are held till a person decides about them."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from labelapp.actions.actor import Actor, NotAllowed
from labelapp.actions.held import drop, hold_old, release
from labelapp.actions.pairs import fail, let_go
from labelapp.actions.tagging import dismiss_failure, set_label
from labelapp.models import Chat, ChatLabel, Instance, Label, LedgerEntry, User
from labelapp.models.reasons import Reason
from tests.conftest import MakeChat
from tests.posted import pair_of, show

Labels = dict[str, Label]
Decide = Callable[[Actor, Iterable[ChatLabel]], int]
TWO_DAYS = timedelta(days=2)


def wish(user: User, chat: Chat, label: Label, *, on: bool = True, age: timedelta = TWO_DAYS) -> ChatLabel:
    """A wish that was made `age` ago, with the stage removals that wait for it."""
    pair = set_label(Actor.of(user), chat, label, on=on)
    ChatLabel.objects.filter(chat=chat).update(wanted_at=timezone.now() - age)
    return pair


def states(chat: Chat) -> dict[str, tuple[bool, str, bool, bool]]:
    rows = ChatLabel.objects.filter(chat=chat).select_related("label")
    return {row.label.name: (row.wanted, row.receipt, row.held_at is not None, row.due_at is not None) for row in rows}


def test_only_old_wishes_are_held(agent: User, number: Instance, labels: Labels, make_chat: MakeChat) -> None:
    old, young, settled = make_chat(), make_chat(), make_chat(labels=(labels["VIP"],))
    wish(agent, old, labels["VIP"])
    wish(agent, young, labels["VIP"], age=timedelta(hours=23))
    ChatLabel.objects.filter(chat=settled).update(wanted_at=timezone.now() - TWO_DAYS)
    assert hold_old(number) == 1
    assert states(old) == {"VIP": (True, "pending", True, False)}
    assert states(young) == {"VIP": (True, "pending", False, True)}
    assert states(settled) == {"VIP": (True, "confirmed", False, False)}
    assert hold_old(number) == 0


def test_a_wish_on_its_way_is_not_held(agent: User, number: Instance, labels: Labels, make_chat: MakeChat) -> None:
    pair = wish(agent, make_chat(), labels["VIP"])
    ChatLabel.objects.filter(pk=pair.pk).update(called_at=timezone.now())
    assert hold_old(number, calls_may_run=True) == 0
    assert hold_old(number) == 1  # before the lane makes its first call, whoever claimed it was killed


def test_a_stage_that_a_young_one_replaced_comes_off_without_asking(
    agent: User, number: Instance, labels: Labels, make_chat: MakeChat
) -> None:
    chat = make_chat(labels=(labels["New lead"],))
    wish(agent, chat, labels["Quoted"])
    new = set_label(Actor.of(agent), chat, labels["Paid"], on=True)
    ChatLabel.objects.filter(pk=new.pk).update(receipt="confirmed", remote=True, due_at=None)
    let_go([new.pk])
    assert hold_old(number) == 0
    assert states(chat)["New lead"] == (False, "pending", False, True)


def test_the_old_stage_is_held_with_the_new(agent: User, number: Instance, labels: Labels, make_chat: MakeChat) -> None:
    chat = make_chat(labels=(labels["Quoted"],))
    pair = wish(agent, chat, labels["Paid"])
    assert hold_old(number) == 1
    assert states(chat) == {"Quoted": (False, "pending", True, False), "Paid": (True, "pending", True, False)}
    assert release(Actor.of(agent), [pair]) == 1
    assert states(chat) == {"Quoted": (False, "pending", False, True), "Paid": (True, "pending", False, True)}
    assert pair_of(chat, labels["Quoted"]).waits_for_id == pair.pk
    assert hold_old(number) == 0


def test_a_dropped_stage_leaves_the_old_one(agent: User, number: Instance, labels: Labels, make_chat: MakeChat) -> None:
    chat = make_chat(labels=(labels["Quoted"],))
    pair = wish(agent, chat, labels["Paid"])
    hold_old(number)
    assert drop(Actor.of(agent), [pair]) == 1
    assert states(chat) == {"Quoted": (True, "confirmed", False, False), "Paid": (False, "confirmed", False, True)}
    assert {label.name: label.chat_count for label in Label.objects.filter(name__in=["Quoted", "Paid"])} == {
        "Quoted": 1,
        "Paid": 0,
    }
    assert drop(Actor.of(agent), [pair]) == release(Actor.of(agent), [pair]) == 0


def test_the_ledger_tells_who_decided(
    agent: User, agent2: User, number: Instance, labels: Labels, make_chat: MakeChat
) -> None:
    sent, dropped = make_chat(), make_chat(labels=(labels["VIP"],))
    pairs = [wish(agent, sent, labels["On hold"]), wish(agent, dropped, labels["VIP"], on=False)]
    hold_old(number)
    LedgerEntry.objects.all().delete()
    release(Actor.of(agent2), pairs[:1])
    drop(Actor.of(agent2), pairs[1:])
    assert list(LedgerEntry.objects.order_by("pk").values_list("chat", "verb", "actor", "cause")) == [
        (sent.pk, "add", agent2.pk, "released:"),
        (dropped.pk, "add", agent2.pk, "dropped:"),
    ]
    assert states(dropped) == {"VIP": (True, "confirmed", False, False)}


def test_several_at_once_need_the_bulk_permission(
    agent: User, lead: User, number: Instance, labels: Labels, make_chat: MakeChat
) -> None:
    pairs = [wish(agent, make_chat(), labels["VIP"]) for _n in range(3)]
    hold_old(number)
    for decide in (release, drop):
        with pytest.raises(NotAllowed):
            decide(Actor.of(agent), pairs)
    assert release(Actor.of(lead), pairs) == 3


@pytest.mark.django_db(transaction=True)
def test_two_people_decide_at_once(
    agent: User, lead: User, number: Instance, labels: Labels, make_chat: MakeChat
) -> None:
    pairs = [wish(agent, make_chat(labels=(labels["Quoted"],)), labels["Paid"]) for _n in range(20)]
    hold_old(number)
    before = LedgerEntry.objects.count()

    def run(decide: Decide) -> int:
        try:
            return decide(Actor.of(lead), pairs)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        sent, dropped = pool.map(run, (release, drop))
    assert sent + dropped == 20
    assert LedgerEntry.objects.count() - before == 40  # the new stage and the old one, each once
    assert ChatLabel.objects.filter(wanted=True).count() == 20


@pytest.mark.parametrize("seen", [None, True, False])
def test_a_dropped_wish_whose_call_was_cut_off_is_asked_about_once(
    agent: User, number: Instance, labels: Labels, make_chat: MakeChat, seen: bool | None
) -> None:
    chat = make_chat()
    pair = wish(agent, chat, labels["VIP"])
    killed = timezone.now() - TWO_DAYS
    ChatLabel.objects.filter(pk=pair.pk).update(called_at=killed, remote=seen)
    hold_old(number)
    assert drop(Actor.of(agent), [pair]) == 1
    pair.refresh_from_db()
    assert (pair.in_flight, pair.due_at is not None) == (False, True)
    show(chat, *([labels["VIP"]] if seen else []))
    pair.refresh_from_db()
    assert (pair.wanted, pair.due_at) == (bool(seen), None)


def test_a_failed_wish_whose_call_was_cut_off_is_asked_about_once(
    agent: User, labels: Labels, make_chat: MakeChat
) -> None:
    chat = make_chat()
    pair = wish(agent, chat, labels["VIP"])
    ChatLabel.objects.filter(pk=pair.pk).update(called_at=timezone.now() - TWO_DAYS)
    fail(pair_of(chat, labels["VIP"]), Reason.RENAMED("VIP"))
    dismiss_failure(Actor.of(agent), pair)
    pair.refresh_from_db()
    assert (pair.in_flight, pair.wanted, pair.due_at is not None) == (False, False, True)
    show(chat)
    pair.refresh_from_db()
    assert (pair.wanted, pair.due_at) == (False, None)
