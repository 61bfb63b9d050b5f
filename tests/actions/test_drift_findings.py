"""Findings about many assignments: taken over, or put on WhatsApp again."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from labelapp.actions import drift_findings, pairs
from labelapp.actions.actor import Actor, NotAllowed, Refused
from labelapp.actions.drift import BEHIND
from labelapp.actions.drift_findings import accept_removals, believe_empty, push_all
from labelapp.actions.drift_rows import Changed
from labelapp.actions.findings import raise_finding
from labelapp.actions.tagging import set_label
from labelapp.models import ChatLabel, Finding, Instance, Label, LedgerEntry, Receipt, Source, User, Verb
from labelapp.models.reasons import Reason
from labelapp.queries.differences import FINDING, Ref
from labelapp.queries.drift_findings import pairs_of
from tests.conftest import MakeChat
from tests.drifted import doubt_about, empty_list, entries

Labels = dict[str, Label]
Kind, Outcome = Finding.Kind, Finding.Outcome


@pytest.fixture
def actor(lead: User) -> Actor:
    return Actor.of(lead)


def test_accepting_a_guard_leaves_it_to_the_next_comparison(actor: Actor, number: Instance) -> None:
    found = raise_finding(number, Kind.GUARD, words=Reason.MANY(), count=30)
    with pytest.raises(Changed):
        accept_removals(actor, Ref(FINDING, found.pk, seen="n12"))
    assert accept_removals(actor, Ref(FINDING, found.pk, seen="n30")) is True
    assert accept_removals(actor, Ref(FINDING, found.pk, seen="n30")) is False
    number.refresh_from_db()
    assert (Finding.objects.get().outcome, number.reconcile_due_at is not None) == (Outcome.PULLED, True)


def test_all_of_a_guard_are_put_on_again(actor: Actor, number: Instance, labels: Labels, make_chat: MakeChat) -> None:
    chats = [make_chat(labels=(labels["VIP"],)) for _n in range(3)]
    ChatLabel.objects.filter(chat__in=chats).update(missed_at=timezone.now())
    make_chat(labels=(labels["VIP"],))
    found = raise_finding(number, Kind.GUARD, words=Reason.MANY(), count=3)
    assert push_all(actor, Ref(FINDING, found.pk, seen="n3")) == 3
    sent = ChatLabel.objects.filter(receipt=Receipt.PENDING, wanted=True, priority=BEHIND)
    assert {pair.chat for pair in sent} == set(chats)
    assert Finding.objects.get().outcome == Outcome.PUSHED
    assert push_all(actor, Ref(FINDING, found.pk, seen="n3")) == 0


def test_a_finding_that_is_about_nothing_any_more_is_not_settled(actor: Actor, number: Instance) -> None:
    """Nothing would be sent, and yet it would say "put on WhatsApp"."""
    found = raise_finding(number, Kind.GUARD, words=Reason.MANY(), count=3)
    with pytest.raises(Changed):
        push_all(actor, Ref(FINDING, found.pk, seen="n3"))
    assert Finding.objects.unsettled().get() == found


@pytest.mark.django_db(transaction=True)
def test_it_can_be_put_on_again_outside_a_transaction(number: Instance, labels: Labels, make_chat: MakeChat) -> None:
    """A page has none: PostgreSQL locks no row then."""
    ChatLabel.objects.filter(chat=make_chat(labels=(labels["VIP"],))).update(missed_at=timezone.now())
    found = raise_finding(number, Kind.GUARD, words=Reason.MANY(), count=1)
    assert push_all(Actor(None, Source.RECONCILE), Ref(FINDING, found.pk, seen="n1")) == 1


@pytest.mark.parametrize("kind", [Kind.EMPTY, Kind.IDENTITY, Kind.REMOVAL])
def test_only_a_guard_is_left_to_the_next_comparison(
    actor: Actor, number: Instance, labels: Labels, make_chat: MakeChat, kind: str
) -> None:
    chat = None if kind == Kind.EMPTY else make_chat()
    found = raise_finding(number, kind, chat=chat, label=labels["VIP"], count=1)
    with pytest.raises(Changed):
        accept_removals(actor, Ref(FINDING, found.pk, seen="n1"))
    with pytest.raises(Changed):
        push_all(actor, Ref(FINDING, found.pk, seen="n1"))
    assert Finding.objects.unsettled().get() == found


def test_a_finding_about_a_label_that_died_has_changed(actor: Actor, number: Instance, labels: Labels) -> None:
    found = raise_finding(number, Kind.EMPTY, label=labels["VIP"], words=Reason.EMPTY(), count=3)
    pairs.bury(labels["VIP"], timezone.now())
    with pytest.raises(Changed):
        believe_empty(actor, Ref(FINDING, found.pk, seen="n3"), count=3)
    with pytest.raises(Changed):
        push_all(actor, Ref(FINDING, found.pk, seen="n3"))


AWAY = [
    ({"status": "FAILED"}, "not connected"),
    ({"frozen_at": timezone.now()}, "Another WhatsApp account"),
    ({"session_due_at": timezone.now()}, "not connected"),
]


@pytest.mark.parametrize(("fields", "said"), AWAY)
def test_nothing_is_taken_over_from_a_number_that_is_away(
    actor: Actor, number: Instance, labels: Labels, make_chat: MakeChat, fields: dict[str, Any], said: str
) -> None:
    make_chat(labels=(labels["VIP"],))
    guard = raise_finding(number, Kind.GUARD, words=Reason.MANY(), count=30)
    empty = empty_list(labels["VIP"])
    Instance.objects.filter(pk=number.pk).update(**fields)
    with pytest.raises(Refused, match=said):
        accept_removals(actor, Ref(FINDING, guard.pk, seen="n30"))
    with pytest.raises(Refused, match=said):
        believe_empty(actor, Ref(FINDING, empty.pk, seen="n1"), count=1)
    number.refresh_from_db()
    assert (Finding.objects.unsettled().count(), number.reconcile_due_at) == (2, None)
    assert ChatLabel.objects.get().wanted


# An empty list that is believed


@pytest.fixture
def empty(labels: Labels, make_chat: MakeChat) -> tuple[Finding, Ref]:
    """Three chats hold VIP, one of them holds another label as well; the list of VIP is empty."""
    make_chat(labels=(labels["VIP"], labels["On hold"]))
    for _n in range(2):
        make_chat(labels=(labels["VIP"],))
    found = empty_list(labels["VIP"])
    return found, Ref(FINDING, found.pk, seen="n3")


def on(label: Label) -> list[int]:
    return list(ChatLabel.objects.filter(label=label, wanted=True).order_by("chat").values_list("chat", flat=True))


def test_an_empty_list_takes_its_label_off_here_and_sends_nothing(
    actor: Actor, number: Instance, labels: Labels, empty: tuple[Finding, Ref]
) -> None:
    found, seen = empty
    assert believe_empty(actor, seen, count=3) == 3
    assert (on(labels["VIP"]), len(on(labels["On hold"]))) == ([], 1)
    off = ChatLabel.objects.filter(label=labels["VIP"])
    assert set(off.values_list("remote", "receipt", "due_at", "missed_at")) == {(False, Receipt.CONFIRMED, None, None)}
    assert entries() == [(Verb.REMOVE, Reason.PULLED())] * 3
    assert LedgerEntry.objects.filter(actor=actor.user).count() == 3
    found.refresh_from_db()
    number.refresh_from_db()
    labels["VIP"].refresh_from_db()
    assert (found.outcome, found.settled_by, labels["VIP"].chat_count) == (Outcome.PULLED, actor.user, 0)
    assert number.reconcile_due_at is not None  # what the list holds by then comes back
    assert believe_empty(actor, seen, count=3) == 0  # a second click
    assert len(entries()) == 3


def test_where_the_chat_itself_names_it_the_label_comes_off_on_both_sides(
    actor: Actor, labels: Labels, empty: tuple[Finding, Ref]
) -> None:
    pair = ChatLabel.objects.filter(label=labels["VIP"]).first()
    assert pair is not None
    ChatLabel.objects.filter(pk=pair.pk).update(doubted_at=timezone.now(), remote_at=timezone.now())
    assert believe_empty(actor, empty[1], count=3) == 3
    pair.refresh_from_db()
    assert (pair.wanted, pair.receipt, pair.priority, pair.due_at is not None) == (False, Receipt.PENDING, BEHIND, True)
    assert ChatLabel.objects.filter(receipt=Receipt.PENDING).count() == 1
    assert Finding.objects.get().outcome == Outcome.PULLED


@pytest.mark.parametrize("field", ["wanted_at", "remote_at", "sent_at"])
def test_what_is_younger_than_the_list_stays(
    actor: Actor, labels: Labels, empty: tuple[Finding, Ref], field: str
) -> None:
    young = ChatLabel.objects.filter(label=labels["VIP"]).order_by("chat").first()
    assert young is not None
    ChatLabel.objects.filter(pk=young.pk).update(**{field: timezone.now() + timedelta(seconds=1)})
    before = ChatLabel.objects.values().get(pk=young.pk)
    with pytest.raises(Changed):  # three were told, it would be two
        believe_empty(actor, empty[1], count=3)
    assert len(on(labels["VIP"])) == 3
    assert believe_empty(actor, empty[1], count=2) == 2
    assert ChatLabel.objects.values().get(pk=young.pk) == before


def test_a_list_that_is_not_empty_any_more_has_changed(
    actor: Actor, labels: Labels, empty: tuple[Finding, Ref]
) -> None:
    Label.objects.filter(pk=labels["VIP"].pk).update(remote_count=2)
    with pytest.raises(Changed):
        believe_empty(actor, empty[1], count=3)
    assert (len(on(labels["VIP"])), Finding.objects.unsettled().count()) == (3, 1)


def test_another_number_of_chats_has_changed(actor: Actor, labels: Labels, empty: tuple[Finding, Ref]) -> None:
    found, seen = empty
    for ref, count in ((seen, 2), (seen, 0), (Ref(FINDING, found.pk, seen="n2"), 3)):
        with pytest.raises(Changed):
            believe_empty(actor, ref, count=count)
    assert len(on(labels["VIP"])) == 3


def test_a_large_label_comes_off_in_parts(
    actor: Actor, labels: Labels, empty: tuple[Finding, Ref], monkeypatch: pytest.MonkeyPatch
) -> None:
    found, seen = empty
    monkeypatch.setattr(drift_findings, "MOST_OFF", 2)
    assert believe_empty(actor, seen, count=3) == 2
    assert Finding.objects.unsettled().get() == found
    assert believe_empty(actor, seen, count=1) == 1
    assert (on(labels["VIP"]), Finding.objects.unsettled().exists()) == ([], False)


def test_all_of_an_empty_list_are_put_on_again(actor: Actor, labels: Labels, empty: tuple[Finding, Ref]) -> None:
    assert push_all(actor, empty[1]) == 3
    sent = ChatLabel.objects.filter(label=labels["VIP"], wanted=True, receipt=Receipt.PENDING, priority=BEHIND)
    assert (sent.count(), Finding.objects.get().outcome) == (3, Outcome.PUSHED)
    with pytest.raises(Changed):
        believe_empty(actor, empty[1], count=3)


def test_mute_chats_name_no_list_to_believe(actor: Actor, number: Instance) -> None:
    mute = raise_finding(number, Kind.EMPTY, words=Reason.MUTE(), count=3)
    for refused in (
        lambda: believe_empty(actor, Ref(FINDING, mute.pk, seen="n3"), count=3),
        lambda: push_all(actor, Ref(FINDING, mute.pk, seen="n3")),
    ):
        with pytest.raises(Changed):
            refused()
    assert Finding.objects.unsettled().get() == mute


def test_only_who_may_change_many_may_believe_it(agent: User, labels: Labels, empty: tuple[Finding, Ref]) -> None:
    with pytest.raises(NotAllowed):
        believe_empty(Actor.of(agent), empty[1], count=3)
    assert len(on(labels["VIP"])) == 3


def test_a_click_meanwhile_is_not_undone(
    actor: Actor, labels: Labels, empty: tuple[Finding, Ref], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody takes it off and puts it on again while the others come off."""
    chosen = pairs_of(empty[0]).last()
    assert chosen is not None
    real = drift_findings.take_off

    def click_first(*args: Any) -> Any:
        set_label(actor, chosen.chat, labels["VIP"], on=False)
        set_label(actor, chosen.chat, labels["VIP"], on=True)
        return real(*args)

    monkeypatch.setattr(drift_findings, "take_off", click_first)
    assert believe_empty(actor, empty[1], count=3) == 2
    chosen.refresh_from_db()
    assert (chosen.wanted, on(labels["VIP"])) == (True, [chosen.chat_id])


def test_a_single_doubt_is_not_about_many(actor: Actor, labels: Labels, make_chat: MakeChat) -> None:
    _pair, seen = doubt_about(make_chat(labels=(labels["VIP"],)), labels["VIP"])
    with pytest.raises(Changed):
        believe_empty(actor, seen, count=1)
