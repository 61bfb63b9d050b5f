"""What was left as it is stays left until something about it changes, or somebody takes it up again."""

from collections.abc import Callable

import pytest
from django.utils import timezone

from labelapp.actions.actor import Actor, NotAllowed
from labelapp.actions.drift_ignored import ignore, take_up
from labelapp.actions.drift_rows import Changed
from labelapp.actions.findings import raise_finding, settle, vanish
from labelapp.actions.tagging import set_label
from labelapp.models import ChatLabel, Finding, Instance, Label, LabelGroup, LedgerEntry, User, Verb
from labelapp.models.reasons import Reason
from labelapp.queries.clashes import clash_rows
from labelapp.queries.differences import CLASH, FINDING, UNKNOWN, WISH, Ref, failed_wishes
from labelapp.queries.differences import unknown_labels as unknown
from labelapp.queries.directory import directory_of
from labelapp.queries.drift import drift
from tests.conftest import MakeChat
from tests.drifted import clash_ref, doubt_about, entries, give_up, wish_ref
from tests.posted import show

Labels = dict[str, Label]
Kind, Outcome = Finding.Kind, Finding.Outcome


@pytest.fixture
def actor(lead: User) -> Actor:
    return Actor.of(lead)


def test_ignored_until_something_changes(actor: Actor, number: Instance, labels: Labels, make_chat: MakeChat) -> None:
    pair = give_up(actor, make_chat(), labels["VIP"], remote=False)
    assert ignore(actor, wish_ref(pair)) is True
    assert ignore(actor, wish_ref(pair)) is False
    assert not failed_wishes([number]).exists()
    assert entries() == [(Verb.IGNORE, "")]
    give_up(actor, pair.chat, labels["VIP"], remote=False)
    assert failed_wishes([number]).count() == 1


def test_an_unknown_label_comes_back_with_another_chat(actor: Actor, number: Instance, make_chat: MakeChat) -> None:
    ghost = Label.objects.create(instance=number, wa_id="31")
    show(make_chat(), ghost)
    assert ignore(actor, Ref(UNKNOWN, ghost.pk, seen="n1")) is True
    assert ignore(actor, Ref(UNKNOWN, ghost.pk, seen="n1")) is False
    assert not unknown([number]).exists()
    show(make_chat(), ghost)
    assert unknown([number]).get() == ghost
    with pytest.raises(Changed):
        ignore(actor, Ref(UNKNOWN, ghost.pk, seen="n1"))


def test_a_clash_that_was_left_comes_back_with_a_third_label(
    actor: Actor, number: Instance, labels: Labels, make_chat: MakeChat
) -> None:
    chat = make_chat(labels=(labels["New lead"], labels["Quoted"]))
    assert ignore(actor, clash_ref(chat, labels)) is True
    assert clash_rows(number, directory_of(number), None)[0] == []
    assert entries() == [(Verb.IGNORE, "")] * 2
    show(chat, labels["Paid"])
    assert [len(row.tags) for row in clash_rows(number, directory_of(number), None)[0]] == [3]


def test_a_doubt_that_was_left_stays_left(actor: Actor, number: Instance, labels: Labels, make_chat: MakeChat) -> None:
    pair, seen = doubt_about(make_chat(labels=(labels["VIP"],)), labels["VIP"])
    assert ignore(actor, seen) is True
    assert ignore(actor, seen) is False
    raise_finding(number, Kind.REMOVAL, chat=pair.chat, label=labels["VIP"], words=Reason.LISTS(), count=1)
    assert not Finding.objects.unsettled().exists()
    assert LedgerEntry.objects.get().chat == pair.chat


# Taken up again


def listed(number: Instance) -> list[Ref]:
    """What the page lists as left."""
    return [row.ref for row in drift(number, directory_of(number), ignored="all").ignored.rows]


def waiting(number: Instance) -> int:
    return drift(number, directory_of(number)).total


def make_wish(actor: Actor, number: Instance, labels: Labels, make_chat: MakeChat) -> Ref:
    return wish_ref(give_up(actor, make_chat(), labels["VIP"], remote=False))


def make_doubt(actor: Actor, number: Instance, labels: Labels, make_chat: MakeChat) -> Ref:
    return doubt_about(make_chat(labels=(labels["VIP"],)), labels["VIP"])[1]


def make_clash(actor: Actor, number: Instance, labels: Labels, make_chat: MakeChat) -> Ref:
    return clash_ref(make_chat(labels=(labels["New lead"], labels["Quoted"])), labels)


def make_unknown(actor: Actor, number: Instance, labels: Labels, make_chat: MakeChat) -> Ref:
    ghost = Label.objects.create(instance=number, wa_id="31")
    show(make_chat(), ghost)
    LedgerEntry.objects.all().delete()
    return Ref(UNKNOWN, ghost.pk, seen="n1")


def make_guard(actor: Actor, number: Instance, labels: Labels, make_chat: MakeChat) -> Ref:
    return Ref(FINDING, raise_finding(number, Kind.GUARD, words=Reason.MANY(), count=30).pk, seen="n30")


KINDS = [make_wish, make_doubt, make_clash, make_unknown, make_guard]
MakeRow = Callable[[Actor, Instance, Labels, MakeChat], Ref]


@pytest.mark.parametrize("make", KINDS)
def test_undo_puts_it_before_people_again(
    actor: Actor, number: Instance, labels: Labels, make_chat: MakeChat, make: MakeRow
) -> None:
    row = make(actor, number, labels, make_chat)
    assert ignore(actor, row) is True
    [left] = listed(number)
    n = len(entries())
    assert (left.key, waiting(number)) == (row.key, 0)
    assert take_up(actor, left) is True
    assert (listed(number), waiting(number)) == ([], 1)
    assert entries()[n:] == [(Verb.IGNORE, Reason.TAKEN_UP())] * n
    assert LedgerEntry.objects.filter(actor=actor.user).count() == 2 * n
    assert take_up(actor, left) is False  # a second click
    assert len(entries()) == 2 * n


@pytest.mark.parametrize("make", KINDS)
def test_what_was_left_anew_since_is_not_taken_up(
    actor: Actor, number: Instance, labels: Labels, make_chat: MakeChat, make: MakeRow
) -> None:
    """Somebody else undid it, and somebody left it again: that one was never seen."""
    row = make(actor, number, labels, make_chat)
    ignore(actor, row)
    [left] = listed(number)
    take_up(actor, left)
    ignore(actor, row)
    with pytest.raises(Changed):
        take_up(actor, left)
    assert (len(listed(number)), waiting(number)) == (1, 0)


@pytest.mark.parametrize("make", [make_wish, make_doubt, make_clash])
def test_what_changed_since_is_not_taken_up(
    actor: Actor, number: Instance, labels: Labels, make_chat: MakeChat, make: MakeRow
) -> None:
    ignore(actor, make(actor, number, labels, make_chat))
    [left] = listed(number)
    pair = ChatLabel.objects.order_by("pk").first()
    assert pair is not None
    set_label(actor, pair.chat, pair.label, on=False)
    before = list(ChatLabel.objects.order_by("pk").values()), list(Finding.objects.values()), entries()
    with pytest.raises(Changed):
        take_up(actor, left)
    assert (list(ChatLabel.objects.order_by("pk").values()), list(Finding.objects.values()), entries()) == before


def test_an_unknown_label_that_got_a_name_is_not_taken_up(
    actor: Actor, number: Instance, labels: Labels, make_chat: MakeChat
) -> None:
    ignore(actor, make_unknown(actor, number, labels, make_chat))
    [left] = listed(number)
    Label.objects.filter(wa_id="31").update(known_at=timezone.now(), name="Late")
    with pytest.raises(Changed):
        take_up(actor, left)


def test_a_finding_that_was_found_anew_is_not_taken_up(
    actor: Actor, number: Instance, labels: Labels, make_chat: MakeChat
) -> None:
    """It had grown: the old row must not stand beside the new one, whether that waits or was left as well."""
    ignore(actor, make_guard(actor, number, labels, make_chat))
    [left] = listed(number)
    grown = raise_finding(number, Kind.GUARD, words=Reason.MANY(), count=40)
    for _twice in range(2):
        with pytest.raises(Changed):
            take_up(actor, left)
        settle(grown, Outcome.IGNORED, actor.user)
    assert [ref.pk for ref in listed(number)] == [grown.pk]


def test_a_finding_that_vanished_is_not_taken_up(
    actor: Actor, number: Instance, labels: Labels, make_chat: MakeChat
) -> None:
    ignore(actor, make_guard(actor, number, labels, make_chat))
    [left] = listed(number)
    vanish(number, Kind.GUARD)
    with pytest.raises(Changed):
        take_up(actor, left)
    assert Finding.objects.get().outcome == Outcome.VANISHED


def test_what_is_gone_has_changed(actor: Actor) -> None:
    for row in (Ref(WISH, 99, seen="x"), Ref(FINDING, 99, seen="x"), Ref(UNKNOWN, 99, seen="x"), Ref(CLASH, 9, 1, "x")):
        with pytest.raises(Changed):
            take_up(actor, row)


def test_only_who_may_label_may_undo(actor: Actor, number: Instance, labels: Labels, make_chat: MakeChat) -> None:
    ignore(actor, make_wish(actor, number, labels, make_chat))
    [left] = listed(number)
    with pytest.raises(NotAllowed):
        take_up(Actor.of(User.objects.create_user("nobody")), left)
    assert listed(number) == [left]


def test_a_group_that_became_free_clashes_no_more(
    actor: Actor, number: Instance, labels: Labels, make_chat: MakeChat
) -> None:
    row = make_clash(actor, number, labels, make_chat)
    LabelGroup.objects.update(kind=LabelGroup.Kind.FREE)
    with pytest.raises(Changed):
        ignore(actor, row)
    assert not ChatLabel.objects.exclude(ignored_at=None).exists()
