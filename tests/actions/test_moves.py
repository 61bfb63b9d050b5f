"""Moves to a stage: what they say at every step, and that a chat never falls out of its funnel."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from labelapp.actions.actor import Actor, NotAllowed, Refused
from labelapp.actions.following import follow_moves
from labelapp.actions.identity import learn_hidden_ids
from labelapp.actions.pairs import confirm, fail
from labelapp.actions.prunes import set_redundant
from labelapp.actions.receipts import claim
from labelapp.actions.tagging import move_to_stage, set_label
from labelapp.models import Chat, ChatLabel, Instance, Label, LedgerEntry, Move, Receipt, User, Verb
from labelapp.models.reasons import Reason
from labelapp.whatsapp.types import LidPair
from tests.conftest import MakeChat
from tests.posted import pair_of

Labels = dict[str, Label]
State = Move.State


@pytest.fixture
def actor(agent: User) -> Actor:
    return Actor.of(agent)


@pytest.fixture
def chat(make_chat: MakeChat, labels: Labels) -> Chat:
    """At the stage Quoted, and on hold."""
    return make_chat(labels=(labels["Quoted"], labels["On hold"]))


def wanted(chat: Chat) -> set[str]:
    return set(ChatLabel.objects.filter(chat=chat, wanted=True).values_list("label__name", flat=True))


def followed(chat: Chat) -> Move:
    """The chat's newest move, brought up to its pairs."""
    follow_moves(chat.instance)
    return Move.objects.filter(chat=chat).select_related("label", "before").order_by("-pk")[0]


def arrive(chat: Chat, label: Label) -> None:
    """WhatsApp shows what is wanted of the label."""
    pair = pair_of(chat, label)
    pair.remote, pair.remote_at = pair.wanted, timezone.now()
    confirm(pair)


def test_the_steps_of_a_move(actor: Actor, chat: Chat, admin: User, labels: Labels) -> None:
    set_redundant(Actor.of(admin), labels["Paid"], [labels["On hold"]])
    move_to_stage(actor, chat, labels["Paid"])
    move = followed(chat)
    assert (move.state, str(move.before), str(move.label)) == (State.PLANNED, "Quoted", "Paid")
    assert (move.actor, move.source, move.former, move.redundant) == (
        actor.user,
        "agent",
        [labels["Quoted"].pk],
        [labels["On hold"].pk],
    )
    assert wanted(chat) == {"Paid"}
    states = []
    for name in ("Paid", "Quoted", "On hold"):
        arrive(chat, labels[name])
        states.append(followed(chat).state)
    assert states == [State.LINKED, State.PRUNED, State.DONE]
    move = followed(chat)
    assert None not in (move.linked_at, move.pruned_at, move.ended_at)
    assert Move.objects.count() == 1


def test_a_first_stage_is_a_move_too(actor: Actor, make_chat: MakeChat, labels: Labels) -> None:
    chat = make_chat()
    set_label(actor, chat, labels["Paid"], on=True)
    assert (followed(chat).state, followed(chat).before) == (State.PLANNED, None)
    arrive(chat, labels["Paid"])
    assert followed(chat).state == State.DONE


def test_a_free_label_is_none(actor: Actor, chat: Chat, labels: Labels) -> None:
    set_label(actor, chat, labels["VIP"], on=True)
    assert Move.objects.count() == 0
    with pytest.raises(Refused, match="no stage"):
        move_to_stage(actor, chat, labels["VIP"])


def test_a_repeat_changes_nothing(actor: Actor, chat: Chat, labels: Labels) -> None:
    for _twice in range(2):
        move_to_stage(actor, chat, labels["Paid"])
    assert (Move.objects.count(), LedgerEntry.objects.count()) == (1, 2)


def test_without_the_permission_nothing_happens(db: None, chat: Chat, labels: Labels) -> None:
    nobody = Actor.of(User.objects.create_user("nobody", password="x"))
    with pytest.raises(NotAllowed):
        move_to_stage(nobody, chat, labels["Paid"])
    with pytest.raises(NotAllowed):
        set_redundant(nobody, labels["Paid"], [])
    assert (Move.objects.count(), wanted(chat)) == (0, {"Quoted", "On hold"})


def test_a_link_that_fails_leaves_everything_and_says_why(
    actor: Actor, chat: Chat, admin: User, labels: Labels
) -> None:
    set_redundant(Actor.of(admin), labels["Paid"], [labels["On hold"]])
    move_to_stage(actor, chat, labels["Paid"])
    fail(pair_of(chat, labels["Paid"]), Reason.SAID("no room"))
    move = followed(chat)
    assert (move.state, move.words) == (State.FAILED, "The provider says: no room")
    assert wanted(chat) == {"Quoted", "On hold", "Paid"}  # the wish stays to be tried again
    move_to_stage(actor, chat, labels["Paid"])
    assert (followed(chat).state, wanted(chat)) == (State.PLANNED, {"Paid"})


def test_an_old_stage_that_can_not_be_taken_off_is_told(actor: Actor, chat: Chat, labels: Labels) -> None:
    move_to_stage(actor, chat, labels["Paid"])
    arrive(chat, labels["Paid"])
    fail(pair_of(chat, labels["Quoted"]), Reason.SAID("locked"))
    assert followed(chat).words == "The old stage could not be taken off: The provider says: locked"


def test_the_last_of_two_moves_wins(actor: Actor, chat: Chat, admin: User, labels: Labels) -> None:
    """What the first one would have made redundant stays."""
    set_redundant(Actor.of(admin), labels["Paid"], [labels["On hold"]])
    move_to_stage(actor, chat, labels["Paid"])
    move_to_stage(actor, chat, labels["New lead"])
    first, second = Move.objects.order_by("pk")
    assert (first.state, first.reason) == (State.FAILED, Reason.PASSED())
    assert (str(second.before), wanted(chat)) == ("Quoted", {"New lead", "On hold"})
    arrive(chat, labels["New lead"])
    for name in ("Paid", "Quoted"):
        assert followed(chat).state == State.LINKED
        arrive(chat, labels[name])
    assert followed(chat).state == State.DONE


def test_there_and_back(actor: Actor, chat: Chat, labels: Labels) -> None:
    move_to_stage(actor, chat, labels["Paid"])
    arrive(chat, labels["Paid"])
    move_to_stage(actor, chat, labels["Quoted"])
    assert (str(followed(chat).before), wanted(chat)) == ("Paid", {"Quoted", "On hold"})
    # it may have come off meanwhile: it is put on once more before the other one comes off
    assert pair_of(chat, labels["Quoted"]).receipt == Receipt.PENDING
    assert pair_of(chat, labels["Paid"]).waits_for == pair_of(chat, labels["Quoted"])


def test_a_third_stage_that_fails_leaves_one_of_the_two_before(actor: Actor, chat: Chat, labels: Labels) -> None:
    move_to_stage(actor, chat, labels["Paid"])
    move_to_stage(actor, chat, labels["New lead"])
    fail(pair_of(chat, labels["New lead"]), Reason.SAID("no"))
    assert wanted(chat) == {"Quoted", "New lead", "On hold"}  # Paid had never arrived
    paid = pair_of(chat, labels["Paid"])
    assert (paid.receipt, paid.waits_for, paid.due_at is not None) == (Receipt.PENDING, None, True)


def test_taken_back_before_it_arrived(actor: Actor, chat: Chat, labels: Labels) -> None:
    move_to_stage(actor, chat, labels["Paid"])
    set_label(actor, chat, labels["Paid"], on=False)
    assert (followed(chat).reason, wanted(chat)) == (Reason.TAKEN_OFF(), {"Quoted", "On hold"})


def test_the_old_stage_stays_when_the_phone_takes_the_new_one_off_first(
    actor: Actor, chat: Chat, labels: Labels
) -> None:
    """Looked at in the last moment before the call."""
    move_to_stage(actor, chat, labels["Paid"])
    arrive(chat, labels["Paid"])
    paid = pair_of(chat, labels["Paid"])
    paid.take_over(False, timezone.now(), timezone.now())
    paid.save()
    assert claim(pair_of(chat, labels["Quoted"]).pk) is None
    quoted = pair_of(chat, labels["Quoted"])
    assert (quoted.wanted, quoted.receipt, quoted.due_at) == (True, Receipt.CONFIRMED, None)
    assert (Move.objects.get().state, Move.objects.get().reason) == (State.FAILED, Reason.TAKEN_OFF())
    assert LedgerEntry.objects.order_by("-pk")[0].verb == Verb.KEEP


def test_the_old_stage_waits_while_the_new_one_is_in_doubt(actor: Actor, chat: Chat, labels: Labels) -> None:
    move_to_stage(actor, chat, labels["Paid"])
    arrive(chat, labels["Paid"])
    ChatLabel.objects.filter(chat=chat, label=labels["Paid"]).update(due_at=timezone.now())
    assert claim(pair_of(chat, labels["Quoted"]).pk) is None
    quoted = pair_of(chat, labels["Quoted"])
    assert (quoted.wanted, quoted.receipt) == (False, Receipt.PENDING)
    assert quoted.due_at is not None
    assert quoted.due_at > timezone.now()


def test_a_removal_that_had_begun_is_made_good(actor: Actor, chat: Chat, labels: Labels) -> None:
    """Its call may have acted: what stays is put on again, not taken for seen."""
    move_to_stage(actor, chat, labels["Paid"])
    arrive(chat, labels["Paid"])
    assert claim(pair_of(chat, labels["Quoted"]).pk) is not None
    ChatLabel.objects.filter(chat=chat, label=labels["Paid"]).update(wanted=False)
    assert claim(pair_of(chat, labels["Quoted"]).pk) is None
    quoted = pair_of(chat, labels["Quoted"])
    assert (quoted.wanted, quoted.receipt) == (True, Receipt.PENDING)


def test_two_stages_at_once_end_by_a_move_to_one_of_them(actor: Actor, make_chat: MakeChat, labels: Labels) -> None:
    chat = make_chat(labels=(labels["Quoted"], labels["Paid"]))
    move_to_stage(actor, chat, labels["Paid"])
    paid, quoted = pair_of(chat, labels["Paid"]), pair_of(chat, labels["Quoted"])
    assert (paid.receipt, quoted.wanted, quoted.waits_for) == (Receipt.PENDING, False, paid)
    assert [entry.verb for entry in LedgerEntry.objects.all()] == [Verb.REMOVE]


def test_moves_of_two_addresses_become_one(number: Instance, actor: Actor, make_chat: MakeChat, labels: Labels) -> None:
    hidden, shown = make_chat(jid="10931@lid"), make_chat(jid="201555000001@c.us")
    for chat, name in ((hidden, "Paid"), (shown, "Quoted")):
        move_to_stage(actor, chat, labels[name])
    learn_hidden_ids(number, [LidPair("10931@lid", "201555000001@c.us")])
    moves = Move.objects.order_by("pk").values_list("chat", "state")
    assert list(moves) == [(shown.pk, State.FAILED), (shown.pk, State.PLANNED)]


@pytest.mark.parametrize("name", ["Paid", "Quoted"])
def test_what_can_not_be_made_redundant(admin: User, labels: Labels, name: str) -> None:
    with pytest.raises(Refused):
        set_redundant(Actor.of(admin), labels["Paid"], [labels[name]])
    with pytest.raises(Refused, match="no stage"):
        set_redundant(Actor.of(admin), labels["VIP"], [labels["Paid"]])


def test_the_setting_is_entered_once(admin: User, labels: Labels) -> None:
    actor = Actor.of(admin)
    told = [set_redundant(actor, labels["Paid"], [labels["On hold"]]) for _twice in range(2)]
    assert (told, set_redundant(actor, labels["Paid"], [])) == ([True, False], True)
    causes = LedgerEntry.objects.order_by("pk").values_list("verb", "cause")
    assert list(causes) == [(Verb.LABEL_UPDATE, "prunes:On hold"), (Verb.LABEL_UPDATE, "prunes:")]


@pytest.mark.parametrize("count", [1, 30])
def test_following_costs_the_same_for_many(
    number: Instance,
    actor: Actor,
    make_chat: MakeChat,
    labels: Labels,
    count: int,
    django_assert_num_queries: Callable[[int], Any],
) -> None:
    for _n in range(count):
        move_to_stage(actor, make_chat(labels=(labels["Quoted"],)), labels["Paid"])
    with django_assert_num_queries(3):  # the moves, their pairs, and whether there are more
        assert follow_moves(number) == 0


@pytest.mark.django_db(transaction=True)
def test_eight_writers_leave_one_stage(actor: Actor, make_chat: MakeChat, labels: Labels) -> None:
    """Exclusivity: whatever they choose at the same moment, by whichever door, the chat wants one of them, and is on its way there."""
    chats = [make_chat(labels=(labels["Quoted"],)) for _n in range(3)]
    names = ["New lead", "Quoted", "Paid"]
    start, broken = threading.Barrier(8), []

    def write(seed: int) -> None:
        try:
            start.wait(10)
            for step in range(9):
                label = labels[names[(seed + step) % 3]]
                if (seed + step) % 2:
                    move_to_stage(actor, chats[step % 3], label)
                else:
                    set_label(actor, chats[step % 3], label, on=True)
        except Exception as error:  # noqa: BLE001
            broken.append(error)
        finally:
            connection.close()

    writers = [threading.Thread(target=write, args=(seed,)) for seed in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert broken == []
    for chat in chats:
        (there,) = wanted(chat)
        going = Move.objects.going().filter(chat=chat)
        assert [str(move.label) for move in going.select_related("label")] in ([there], [])
        follow_moves(chat.instance)
    counts = {label.name: label.chat_count for label in Label.objects.filter(name__in=names)}
    held = ChatLabel.objects.filter(wanted=True, label__name__in=names).values_list("label__name", flat=True)
    assert counts == {name: list(held).count(name) for name in names}
