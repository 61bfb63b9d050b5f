"""The deletion of a label comes late, when another label has its id already and people use that one."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from labelapp.actions.actor import Actor
from labelapp.actions.reuse import begin_again
from labelapp.actions.tagging import set_label
from labelapp.models import Chat, ChatLabel, Instance, Label, LedgerEntry, Receipt, User
from tests.conftest import MakeChat
from tests.posted import START, deleted, deliver, fresh, just_now, pair_of, run_push_later, upserted
from tests.wire import FarSide

Labels = dict[str, Label]


@pytest.fixture
def phone(far: FarSide, labels: Labels) -> FarSide:
    """The provider with the labels that the mirror has known since yesterday."""
    Label.objects.update(known_at=timezone.now() - timedelta(days=1))
    far.labels = {label.wa_id: {"name": label.name, "color": label.color_index} for label in labels.values()}
    return far


def wish(agent: User, chat: Chat, *, on: bool = True) -> None:
    set_label(Actor.of(agent), chat, Label.objects.living().get(wa_id="4"), on=on)


def give_id_again(number: Instance, phone: FarSide) -> float:
    """VIP is deleted and its id given to another label; so far only of the latter we hear. When the former was deleted."""
    at = just_now()
    phone.forget("4")
    phone.labels["4"] = {"name": "Do not call", "color": 11}
    deliver(number, upserted("4", "Do not call", at, color=11))
    return at - 30


def push(number: Instance) -> None:
    for _time in range(4):
        run_push_later(number)


def ends() -> list[tuple[str, bool, str]]:
    """(label, wanted, receipt) of every pair, the dead labels' first."""
    rows = ChatLabel.objects.order_by("label__deleted_at", "label", "chat")
    return sorted(rows.values_list("label__name", "wanted", "receipt"))


def test_a_confirmed_wish_for_the_new_label_stays(
    number: Instance, phone: FarSide, agent: User, make_chat: MakeChat
) -> None:
    chat = make_chat()
    died_at = give_id_again(number, phone)
    wish(agent, chat)
    push(number)
    deliver(number, deleted("4", died_at))
    push(number)
    assert (phone.tags, ends()) == ({(chat.jid, "4")}, [("Do not call", True, Receipt.CONFIRMED)])
    assert Label.objects.living().get(wa_id="4").chat_count == 1
    assert list(LedgerEntry.objects.values_list("verb", "source")) == [("add", "agent")]


def test_a_wish_for_the_new_label_that_waits_is_sent(
    number: Instance, phone: FarSide, agent: User, make_chat: MakeChat
) -> None:
    chat = make_chat()
    died_at = give_id_again(number, phone)
    wish(agent, chat)
    deliver(number, deleted("4", died_at))
    push(number)
    assert (phone.tags, ends()) == ({(chat.jid, "4")}, [("Do not call", True, Receipt.CONFIRMED)])


def test_a_wish_for_the_old_label_is_cancelled_under_its_old_name(
    number: Instance, phone: FarSide, agent: User, make_chat: MakeChat, labels: Labels
) -> None:
    early, late = make_chat(), make_chat()
    wish(agent, early)
    died_at = give_id_again(number, phone)
    wish(agent, late)
    deliver(number, deleted("4", died_at))
    push(number)
    assert phone.tags == {(late.jid, "4")}
    assert ends() == [("Do not call", True, Receipt.CONFIRMED), ("VIP", True, Receipt.FAILED)]
    assert pair_of(early, labels["VIP"]).reason == "The label was deleted in WhatsApp."
    old = Label.objects.get(pk=labels["VIP"].pk)
    assert (old.name, old.color_index, old.deleted_at is not None) == ("VIP", 3, True)


def test_what_carried_the_old_label_does_not_carry_the_new_one(
    number: Instance, phone: FarSide, agent: User, make_chat: MakeChat, labels: Labels
) -> None:
    held, taken_off = make_chat(labels=(labels["VIP"],)), make_chat(labels=(labels["VIP"],))
    died_at = give_id_again(number, phone)
    wish(agent, taken_off, on=False)  # of the new one, to which it means nothing
    deliver(number, deleted("4", died_at))
    push(number)
    new = Label.objects.living().get(wa_id="4")
    assert (phone.tags, new.chat_count, pair_of(held, labels["VIP"]).wanted) == (set(), 0, False)
    assert (pair_of(taken_off, new).wanted, pair_of(taken_off, new).receipt) == (False, Receipt.CONFIRMED)


DEAD_ONES = {  # what the label had that died: of the new one nothing of it is true
    "description": "Best customers",
    "position": 2,
    "urgency": 1,
    "archived_at": timezone.now(),
    "ignored_at": timezone.now(),
    "verified_at": timezone.now(),
    "remote_count": 7,
    "chat_count": 7,
    "stuck_after": timedelta(days=3),
    "denied_at": timezone.now(),
}


@pytest.mark.parametrize("is_named", [True, False])
def test_the_new_label_has_nothing_of_the_dead_one(
    number: Instance, phone: FarSide, labels: Labels, is_named: bool
) -> None:
    Label.objects.filter(pk=labels["VIP"].pk).update(**DEAD_ONES, group=labels["Paid"].group)
    died_at = give_id_again(number, phone) if is_named else just_now()
    with transaction.atomic():
        begin_again(Label.objects.get(pk=labels["VIP"].pk), START + timedelta(seconds=died_at))
    old, new = Label.objects.get(pk=labels["VIP"].pk), Label.objects.living().get(wa_id="4")
    own = {"id", "instance_id", "wa_id", "position", "seen_at", *(("known_at", "event_at") if is_named else ())}
    plain = Label(**({"name": "Do not call", "color_index": 11, "color_hex": new.color_hex} if is_named else {}))
    for field in (field.attname for field in Label._meta.concrete_fields):
        if field not in own:
            assert (field, getattr(new, field)) == (field, getattr(plain, field))
    assert (new.wa_id, new.position, new.is_ghost) == ("4", 6, not is_named)
    assert (old.name, old.description, old.urgency, old.position) == ("VIP", "Best customers", 1, 2)


@pytest.mark.parametrize("ahead", [None, 3600.0])
def test_a_deletion_that_tells_no_time_buries_nothing_by_itself(
    number: Instance, labels: dict[str, Label], make_chat: MakeChat, ahead: float | None
) -> None:
    """It may be late, and the id another label's by now: the directory is asked."""
    chat = make_chat(labels=(labels["VIP"],))
    deliver(number, deleted(labels["VIP"].wa_id, None if ahead is None else just_now() + ahead))
    assert Label.objects.get(pk=labels["VIP"].pk).deleted_at is None
    assert pair_of(chat, labels["VIP"]).wanted
    assert fresh(number).directory_due_at is not None
