"""A stage that the phone puts on: what it makes redundant comes off too, once."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from labelapp.actions.actor import Actor
from labelapp.actions.conflicts import SETTLING
from labelapp.actions.entered import prune_entered
from labelapp.actions.following import follow_moves
from labelapp.actions.prunes import set_redundant
from labelapp.actions.tagging import move_to_stage
from labelapp.lanes import moves
from labelapp.models import Chat, ChatLabel, Instance, Label, LabelGroup, LedgerEntry, Move, User
from labelapp.models.reasons import Reason
from tests.conftest import MakeChat
from tests.posted import deliver, fresh, known, pair_of, tagged, untagged

Labels = dict[str, Label]


@pytest.fixture
def labels(admin: User, labels: Labels) -> Labels:
    """Paid makes On hold redundant, and has done so for a day."""
    set_redundant(Actor.of(admin), labels["Paid"], [labels["On hold"]])
    LedgerEntry.objects.update(at=timezone.now() - timedelta(days=1))
    return labels


@pytest.fixture
def chat(make_chat: MakeChat, labels: Labels) -> Chat:
    """On hold; the phone has put it to Paid a minute ago."""
    chat = make_chat(labels=(labels["On hold"],))
    deliver(chat.instance, tagged(chat.jid, labels["Paid"].wa_id, at=1))
    came(chat, labels["Paid"], 60)
    return chat


def came(chat: Chat, label: Label, seconds: float) -> None:
    """The label came on so long ago."""
    at = timezone.now() - timedelta(seconds=seconds)
    ChatLabel.objects.filter(chat=chat, label=label).update(wanted_at=at)


def wanted(chat: Chat) -> set[str]:
    return set(ChatLabel.objects.filter(chat=chat, wanted=True).values_list("label__name", flat=True))


def look(number: Instance) -> int:
    return prune_entered(number, timezone.now() - timedelta(hours=1))


def test_what_the_stage_makes_redundant_comes_off(number: Instance, chat: Chat) -> None:
    assert (look(number), look(number)) == (1, 0)
    assert wanted(chat) == {"Paid"}
    entry = LedgerEntry.objects.order_by("-pk")[0]
    assert (str(entry.label), entry.verb, entry.cause) == ("On hold", "remove", Reason.MADE_REDUNDANT("Paid"))
    move = Move.objects.get()
    assert (move.state, str(move.label), move.former) == (Move.State.PRUNED, "Paid", [])


def test_the_lane_sees_to_it(number: Instance, chat: Chat, labels: Labels) -> None:
    moves.run_due(fresh(number), known())
    assert wanted(chat) == {"Paid"}
    deliver(number, untagged(chat.jid, labels["On hold"].wa_id, at=2))
    ChatLabel.objects.filter(chat=chat, label=labels["On hold"]).update(receipt="confirmed")
    follow_moves(number)
    assert Move.objects.get().state == Move.State.DONE


def test_what_is_put_on_again_stays(number: Instance, chat: Chat, labels: Labels) -> None:
    """Whoever does that means it: nobody takes it off a second time."""
    look(number)
    pair = pair_of(chat, labels["On hold"])
    pair.take_over(True, timezone.now(), timezone.now())
    pair.save()
    assert (look(number), wanted(chat)) == (0, {"Paid", "On hold"})


@pytest.mark.parametrize("seconds", [60, 10])
def test_what_came_with_the_stage_or_after_it_is_meant(
    number: Instance, chat: Chat, labels: Labels, seconds: float
) -> None:
    ChatLabel.objects.filter(chat=chat).update(wanted_at=timezone.now() - timedelta(seconds=60))
    if seconds < 60:
        came(chat, labels["On hold"], seconds)
    assert (look(number), wanted(chat)) == (0, {"Paid", "On hold"})


def test_the_phone_may_be_in_the_middle_of_it(number: Instance, chat: Chat, labels: Labels) -> None:
    came(chat, labels["Paid"], SETTLING.total_seconds() - 20)
    assert look(number) == 0


def test_another_stage_that_is_on_too_waits_for_its_conflict(
    number: Instance, agent: User, chat: Chat, labels: Labels
) -> None:
    ChatLabel.objects.create(chat=chat, label=labels["Quoted"], wanted=True, remote=True)
    assert (look(number), wanted(chat)) == (0, {"Quoted", "Paid", "On hold"})
    move_to_stage(Actor.of(agent), chat, labels["Paid"])
    assert wanted(chat) == {"Paid"}


def test_a_setting_is_of_no_concern_to_chats_that_were_there(
    number: Instance, admin: User, make_chat: MakeChat, labels: Labels
) -> None:
    chat = make_chat(labels=(labels["VIP"], labels["Quoted"]))
    came(chat, labels["Quoted"], 60)
    set_redundant(Actor.of(admin), labels["Quoted"], [labels["VIP"]])
    assert (look(number), wanted(chat)) == (0, {"Quoted", "VIP"})


def test_a_label_that_is_no_stage_any_more_takes_nothing_off(number: Instance, chat: Chat, labels: Labels) -> None:
    for kind in ("free", "funnel"):
        LabelGroup.objects.update(kind=kind)
        assert look(number) == (kind == "funnel")


@pytest.mark.parametrize("count", [0, 30])
def test_looking_costs_what_changed(
    number: Instance,
    make_chat: MakeChat,
    labels: Labels,
    count: int,
    django_assert_num_queries: Callable[[int], Any],
) -> None:
    for _n in range(count):
        came(make_chat(labels=(labels["Paid"], labels["On hold"])), labels["Paid"], 7200)
    with django_assert_num_queries(
        3
    ):  # stages that make something redundant, when that was set, who entered them since
        assert look(number) == 0


def test_where_nothing_is_redundant_nothing_is_looked_for(
    other_number: Instance, django_assert_num_queries: Callable[[int], Any]
) -> None:
    with django_assert_num_queries(1):
        assert look(other_number) == 0
