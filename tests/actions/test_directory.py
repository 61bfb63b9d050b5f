from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from labelapp.actions.actor import Actor, NotAllowed, Refused
from labelapp.actions.directory import Overtaken, create_label, delete_label, shown, update_label
from labelapp.actions.providers import ProviderRefused, Unavailable
from labelapp.models import Change, Instance, Label, LedgerEntry, User
from tests.conftest import MakeChat
from tests.posted import pair_of
from tests.wire import FarSide

Labels = dict[str, Label]


@pytest.fixture
def filled(far: FarSide, labels: Labels) -> FarSide:
    """The provider with the labels that the mirror has."""
    far.labels = {label.wa_id: {"name": label.name, "color": label.color_index} for label in labels.values()}
    return far


def names(number: Instance) -> list[str]:
    return list(Label.objects.filter(instance=number).living().order_by("wa_id").values_list("name", flat=True))


def test_create_takes_what_the_provider_answers(admin: User, number: Instance, filled: FarSide) -> None:
    label = create_label(Actor.of(admin), number, name="عميل", color=0, description="Regular")
    assert (label.wa_id, label.name, label.color_index, label.description) == ("6", "عميل", 0, "Regular")
    assert filled.labels["6"] == {"name": "عميل", "color": 0}
    assert LedgerEntry.objects.values_list("verb", "actor", "source").get() == ("label.create", admin.pk, "agent")
    assert Change.objects.filter(kind="labels").exists()


@pytest.mark.parametrize("who", ["agent", "lead"])
def test_agents_and_leads_may_not(who: str, request: Any, number: Instance, labels: Labels, far: FarSide) -> None:
    actor = Actor.of(request.getfixturevalue(who))
    with pytest.raises(NotAllowed):
        create_label(actor, number, name="X", color=1)
    with pytest.raises(NotAllowed):
        update_label(actor, labels["VIP"], name="X", color=1, description="")
    with pytest.raises(NotAllowed):
        delete_label(actor, labels["VIP"])
    assert (far.calls, len(names(number))) == ([], 5)


def test_a_refusal_is_told_in_the_providers_words(admin: User, number: Instance, filled: FarSide) -> None:
    with pytest.raises(ProviderRefused) as refused:
        create_label(Actor.of(admin), number, name="VIP", color=1)
    assert str(refused.value.message) == "The provider says: Label with 'VIP' already exists, id: 1"
    assert (len(names(number)), LedgerEntry.objects.count()) == (5, 0)


def test_a_provider_that_is_down_refuses_in_a_sentence(
    admin: User, number: Instance, filled: FarSide, labels: Labels
) -> None:
    filled.down = True
    with pytest.raises(Unavailable) as refused:
        delete_label(Actor.of(admin), labels["VIP"])
    assert str(refused.value.message) == "The provider does not answer (No connection)."
    assert "VIP" in names(number)


def test_after_a_timeout_the_directory_tells_what_came_of_it(admin: User, number: Instance, filled: FarSide) -> None:
    filled.hangs_after = True
    label = create_label(Actor.of(admin), number, name="Late", color=3)
    assert (label.wa_id, filled.calls) == ("6", ["POST /labels", "GET /labels"])


def test_after_a_timeout_that_did_nothing_the_wish_is_refused(admin: User, number: Instance, filled: FarSide) -> None:
    filled.hangs_after = filled.lie = True
    with pytest.raises(Unavailable):
        create_label(Actor.of(admin), number, name="Late", color=3)
    assert "Late" not in names(number)


def test_rename_and_recolour(admin: User, number: Instance, filled: FarSide, labels: Labels) -> None:
    label = update_label(Actor.of(admin), labels["VIP"], name="V.I.P.", color=0, description="best")
    assert (label.pk, label.name, label.color_index, label.description) == (labels["VIP"].pk, "V.I.P.", 0, "best")
    assert filled.labels["4"] == {"name": "V.I.P.", "color": 0}
    assert LedgerEntry.objects.get().verb == "label.update"


def test_a_new_description_stays_here(admin: User, filled: FarSide, labels: Labels) -> None:
    label = update_label(Actor.of(admin), labels["VIP"], name="VIP", color=3, description="hand-picked")
    assert (label.description, filled.calls) == ("hand-picked", [])


def test_delete_takes_the_label_off_every_chat(
    admin: User, number: Instance, filled: FarSide, labels: Labels, make_chat: MakeChat
) -> None:
    chat = make_chat(labels=(labels["VIP"],))
    delete_label(Actor.of(admin), labels["VIP"])
    assert (pair_of(chat, labels["VIP"]).wanted, "4" in filled.labels, "VIP" in names(number)) == (False, False, False)
    assert LedgerEntry.objects.get().verb == "label.delete"
    delete_label(Actor.of(admin), Label.objects.get(pk=labels["VIP"].pk))
    assert filled.calls == ["DELETE /labels/4"]


@pytest.mark.parametrize("hangs", [False, True])
def test_a_label_that_is_gone_already_is_no_error(
    admin: User, number: Instance, filled: FarSide, labels: Labels, hangs: bool
) -> None:
    filled.hangs_after = hangs
    if not hangs:
        filled.forget("4")
    delete_label(Actor.of(admin), labels["VIP"])
    assert "VIP" not in names(number)


def test_a_dead_label_can_not_be_changed(admin: User, filled: FarSide, labels: Labels) -> None:
    Label.objects.filter(pk=labels["VIP"].pk).update(deleted_at=timezone.now())
    with pytest.raises(Refused) as refused:
        update_label(Actor.of(admin), labels["VIP"], name="X", color=1, description="")
    assert (refused.value.status, filled.calls) == (410, [])


def test_of_two_at_the_same_moment_the_second_sees_what_the_first_did(
    admin: User, filled: FarSide, labels: Labels
) -> None:
    """The first one's call is on its way to the provider when the second one saves."""
    seen, told = shown(labels["VIP"]), list[Exception]()

    def second(line: str) -> None:
        if line.startswith("PUT") and not told:
            told.append(Exception())
            with pytest.raises(Refused) as refused:
                update_label(Actor.of(admin), labels["VIP"], name="Second", color=1, description="", seen=seen)
            told[0] = refused.value

    filled.before = second
    update_label(Actor.of(admin), labels["VIP"], name="First", color=1, description="", seen=seen)
    assert [getattr(one, "status", None) for one in told] == [409]
    filled.before = lambda _line: None
    with pytest.raises(Overtaken) as overtaken:
        update_label(Actor.of(admin), labels["VIP"], name="Second", color=1, description="", seen=seen)
    assert overtaken.value.changed[0] == "name"
    labels["VIP"].refresh_from_db()
    assert (labels["VIP"].name, labels["VIP"].changing_at) == ("First", None)


def test_a_change_that_died_holds_nobody_up_for_long(admin: User, filled: FarSide, labels: Labels) -> None:
    Label.objects.update(changing_at=timezone.now() - timedelta(minutes=3))
    update_label(Actor.of(admin), labels["VIP"], name="After all", color=1, description="")
    labels["VIP"].refresh_from_db()
    assert (labels["VIP"].name, labels["VIP"].changing_at) == ("After all", None)
