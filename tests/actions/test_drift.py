"""Push, pull and keep, as actions: what they do, and when they refuse."""

import pytest
from django.utils import timezone

from labelapp.actions import drift, pairs
from labelapp.actions.actor import Actor, NotAllowed, Refused
from labelapp.actions.drift_findings import accept_removals, push_all
from labelapp.actions.drift_ignored import ignore
from labelapp.actions.drift_rows import Changed
from labelapp.actions.identity import learn_hidden_ids
from labelapp.actions.tagging import set_label
from labelapp.models import ChatLabel, Finding, Instance, Label, Receipt, User, Verb
from labelapp.models.reasons import Reason
from labelapp.queries.clashes import clash_rows
from labelapp.queries.differences import CLASH, FINDING, UNKNOWN, WISH, Ref
from labelapp.queries.directory import directory_of
from labelapp.whatsapp.types import LidPair
from tests.conftest import MakeChat
from tests.drifted import clash_ref, doubt_about, entries, give_up, wish_ref

Labels = dict[str, Label]
Outcome = Finding.Outcome


@pytest.fixture
def actor(lead: User) -> Actor:
    return Actor.of(lead)


def state(pair: ChatLabel) -> tuple[bool, str, bool]:
    """Wanted, receipt, and whether the push lane has to look at it."""
    pair.refresh_from_db()
    return pair.wanted, pair.receipt, pair.due_at is not None


# Push and pull of wishes that were given up


@pytest.mark.parametrize("on", [True, False])
def test_push_wishes_the_same_again(actor: Actor, labels: Labels, make_chat: MakeChat, on: bool) -> None:
    chat = make_chat(labels=() if on else (labels["VIP"],))
    pair = give_up(actor, chat, labels["VIP"], on=on, remote=not on)
    seen = wish_ref(pair)
    assert drift.push(actor, seen) is True
    assert state(pair) == (on, Receipt.PENDING, True)
    assert entries() == [(Verb.ADD if on else Verb.REMOVE, Reason.PUSHED())]
    assert drift.push(actor, seen) is False  # a repeat
    assert len(entries()) == 1


def test_pushing_a_stage_takes_the_others_off_afterwards(actor: Actor, labels: Labels, make_chat: MakeChat) -> None:
    chat = make_chat(labels=(labels["Quoted"],))
    pair = give_up(actor, chat, labels["Paid"], remote=False)
    drift.push(actor, wish_ref(pair))
    quoted = ChatLabel.objects.get(chat=chat, label=labels["Quoted"])
    assert (quoted.wanted, quoted.waits_for) == (False, pair)


@pytest.mark.parametrize(("on", "remote"), [(True, False), (False, True)])
def test_pull_takes_whatsapps_word(actor: Actor, labels: Labels, make_chat: MakeChat, on: bool, remote: bool) -> None:
    vip = labels["VIP"]
    chat = make_chat(labels=() if on else (vip,))
    pair = give_up(actor, chat, vip, on=on, remote=remote)
    seen = wish_ref(pair)
    assert drift.pull(actor, seen) is True
    assert state(pair) == (remote, Receipt.CONFIRMED, False)
    assert entries() == [(Verb.ADD if remote else Verb.REMOVE, Reason.PULLED())]
    vip.refresh_from_db()
    assert vip.chat_count == int(remote)
    assert drift.pull(actor, seen) is False
    assert len(entries()) == 1


@pytest.mark.parametrize("on", [True, False])
def test_pull_asks_where_nothing_was_seen(actor: Actor, labels: Labels, make_chat: MakeChat, on: bool) -> None:
    """What was before the wish is taken for WhatsApp's state until the push lane has read it."""
    pair = give_up(actor, make_chat(labels=() if on else (labels["VIP"],)), labels["VIP"], on=on)
    drift.pull(actor, wish_ref(pair))
    assert state(pair) == (not on, Receipt.CONFIRMED, True)


def test_a_dead_label_can_only_be_dropped(actor: Actor, labels: Labels, make_chat: MakeChat) -> None:
    pair = give_up(actor, make_chat(), labels["VIP"])
    pairs.bury(labels["VIP"], timezone.now())
    pair.refresh_from_db()
    with pytest.raises(Refused, match="deleted"):
        drift.push(actor, wish_ref(pair))
    assert drift.pull(actor, wish_ref(pair)) is True
    assert state(pair) == (False, Receipt.CONFIRMED, False)


@pytest.mark.parametrize("act", [drift.push, drift.pull, ignore])
def test_what_changed_meanwhile_is_left_alone(
    actor: Actor, labels: Labels, make_chat: MakeChat, act: drift.Act
) -> None:
    pair = give_up(actor, make_chat(), labels["VIP"], remote=False)
    seen = wish_ref(pair)
    set_label(actor, pair.chat, pair.label, on=False)  # somebody else took it back
    before = ChatLabel.objects.values().get(pk=pair.pk)
    if act is drift.pull:  # which is what a pull would have come to, had it been confirmed
        ChatLabel.objects.filter(pk=pair.pk).update(receipt=Receipt.PENDING)
        before["receipt"] = Receipt.PENDING
    with pytest.raises(Changed):
        act(actor, seen)
    assert ChatLabel.objects.values().get(pk=pair.pk) == before


def test_a_chat_that_is_gone_has_changed(actor: Actor) -> None:
    for row in (
        Ref(WISH, 99, seen="x"),
        Ref(FINDING, 99, seen="n1"),
        Ref(UNKNOWN, 99, seen="n1"),
        Ref(CLASH, 99, 1, "x"),
    ):
        with pytest.raises(Changed):
            ignore(actor, row)


# Two labels of a group that allows one


def test_keep_takes_the_others_off(actor: Actor, number: Instance, labels: Labels, make_chat: MakeChat) -> None:
    chat = make_chat(labels=(labels["New lead"], labels["Quoted"], labels["Paid"], labels["VIP"]))
    seen = clash_ref(chat, labels)
    assert drift.keep(actor, seen, labels["Quoted"]) is True
    wanted = ChatLabel.objects.filter(chat=chat, wanted=True).order_by("label").values_list("label__name", flat=True)
    assert list(wanted) == ["Quoted", "VIP"]
    assert entries() == [(Verb.REMOVE, Reason.ONE())] * 2
    assert clash_rows(number, directory_of(number), None) == ([], [])
    assert drift.keep(actor, seen, labels["Quoted"]) is False
    with pytest.raises(Changed):
        drift.keep(actor, seen, labels["Paid"])


def test_keep_refuses_a_label_that_the_chat_does_not_hold(actor: Actor, labels: Labels, make_chat: MakeChat) -> None:
    chat = make_chat(labels=(labels["New lead"], labels["Quoted"]))
    for name in ("Paid", "VIP"):
        with pytest.raises(Changed):
            drift.keep(actor, clash_ref(chat, labels), labels[name])
    assert not entries()


# Doubtful removals


@pytest.fixture
def doubt(labels: Labels, make_chat: MakeChat) -> tuple[ChatLabel, Ref]:
    return doubt_about(make_chat(labels=(labels["VIP"],)), labels["VIP"])


def test_push_makes_a_call_although_the_label_was_seen(actor: Actor, doubt: tuple[ChatLabel, Ref]) -> None:
    pair, seen = doubt
    assert drift.push(actor, seen) is True
    assert state(pair) == (True, Receipt.PENDING, True)
    found = Finding.objects.get()
    assert (found.outcome, found.settled_by) == (Outcome.PUSHED, actor.user)
    assert drift.push(actor, seen) is False
    with pytest.raises(Changed):
        drift.pull(actor, seen)


def test_pull_of_a_doubt_takes_it_off_on_both_sides(actor: Actor, doubt: tuple[ChatLabel, Ref]) -> None:
    pair, seen = doubt
    assert drift.pull(actor, seen) is True
    assert state(pair) == (False, Receipt.PENDING, True)
    assert Finding.objects.get().outcome == Outcome.PULLED


def test_a_doubt_about_a_pair_that_changed_is_left_alone(
    actor: Actor, labels: Labels, doubt: tuple[ChatLabel, Ref]
) -> None:
    pair, seen = doubt
    set_label(actor, pair.chat, labels["VIP"], on=False)
    for act in (drift.push, drift.pull, ignore):
        with pytest.raises(Changed):
            act(actor, seen)
    assert Finding.objects.unsettled().count() == 1


# Many, and who may


def test_each_counts_what_came_of_it(actor: Actor, labels: Labels, make_chat: MakeChat) -> None:
    made = [give_up(actor, make_chat(), labels[name], remote=False) for name in ("VIP", "VIP", "VIP", "On hold")]
    rows = [wish_ref(pair) for pair in made]
    drift.push(actor, rows[0])
    ChatLabel.objects.filter(pk=made[1].pk).update(remote=True)
    pairs.bury(labels["On hold"], timezone.now())
    made[3].refresh_from_db()
    tally = drift.each(actor, drift.push, [*rows[:3], wish_ref(made[3])])
    assert (tally.done, tally.already, tally.changed) == (1, 1, 1)
    assert "was deleted in WhatsApp" in tally.refused


def test_an_agent_may_settle_one_but_not_many(
    agent: User, number: Instance, labels: Labels, make_chat: MakeChat
) -> None:
    actor = Actor.of(agent)
    pair = give_up(actor, make_chat(), labels["VIP"], remote=False)
    for refused in (
        lambda: drift.each(actor, drift.push, [wish_ref(pair)]),
        lambda: accept_removals(actor, Ref(FINDING, 1, seen="n1")),
        lambda: push_all(actor, Ref(FINDING, 1, seen="n1")),
        lambda: drift.check_now(actor, number),
        lambda: drift.look_up(actor, Ref(UNKNOWN, 1, seen="n0")),
    ):
        with pytest.raises(NotAllowed):
            refused()
    assert drift.push(actor, wish_ref(pair)) is True


def test_without_the_permission_nothing_happens(db: None, labels: Labels, make_chat: MakeChat, agent: User) -> None:
    nobody = Actor.of(User.objects.create_user("nobody"))
    pair = give_up(Actor.of(agent), make_chat(), labels["VIP"], remote=False)
    for act in (drift.push, drift.pull, ignore):
        with pytest.raises(NotAllowed):
            act(nobody, wish_ref(pair))
    with pytest.raises(NotAllowed):
        drift.keep(nobody, wish_ref(pair), labels["VIP"])
    assert state(pair)[1] == Receipt.FAILED


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"status": "FAILED"}, "not connected"),
        ({"frozen_at": timezone.now()}, "Another WhatsApp account"),
        ({"import_stage": "chats"}, "still being imported"),
    ],
)
def test_a_number_that_cannot_be_compared_says_so(
    actor: Actor, number: Instance, fields: dict[str, object], said: str
) -> None:
    Instance.objects.filter(pk=number.pk).update(**fields)
    number.refresh_from_db()
    with pytest.raises(Refused, match=said):
        drift.check_now(actor, number)
    number.refresh_from_db()
    assert number.reconcile_due_at is None


def test_a_row_of_a_chat_that_was_joined_to_another_is_settled_there(
    actor: Actor, number: Instance, labels: Labels, make_chat: MakeChat
) -> None:
    hidden, shown = make_chat(jid="10931@lid", labels=(labels["Quoted"], labels["Paid"])), make_chat(jid="2015@c.us")
    pair = give_up(actor, hidden, labels["VIP"], remote=False)
    failed, clash = wish_ref(pair), clash_ref(hidden, labels)
    learn_hidden_ids(number, [LidPair("10931@lid", "2015@c.us")])
    assert drift.push(actor, failed) is True
    assert drift.keep(actor, clash, labels["Paid"]) is True
    states = {pair.label.name: (pair.wanted, pair.receipt) for pair in shown.assignments.select_related("label")}
    assert states == {"VIP": (True, "pending"), "Quoted": (False, "pending"), "Paid": (True, "pending")}
