"""Deliveries of another WhatsApp account than the number's."""

from typing import Any

from django.utils import timezone

from labelapp.actions.accounts import freeze, observe_session, take_account
from labelapp.actions.actor import Actor
from labelapp.actions.deliveries import apply_waiting
from labelapp.lanes import apply
from labelapp.lanes.reach import Reach
from labelapp.models import HookDelivery, Instance, Label, Outcome, User
from labelapp.whatsapp.types import SessionInfo
from tests.conftest import MakeChat
from tests.posted import deliver, event, fresh, pair_of, said, store, tagged, untagged

Labels = dict[str, Label]
OURS, OTHER = "201000000000@c.us", "351900000000@c.us"


def of(account: str, event: dict[str, Any]) -> dict[str, Any]:
    return event | {"me": {"id": account, "pushName": "Somebody"}}


def waiting() -> int:
    return HookDelivery.objects.filter(applied_at=None).count()


def test_they_freeze_the_number_and_wait(number: Instance, make_chat: MakeChat, labels: Labels) -> None:
    chat = make_chat()
    deliver(number, of(OURS, tagged(chat.jid, "4", at=1)), of(OTHER, tagged(chat.jid, "5", at=2)))
    deliver(number, of(OURS, tagged(chat.jid, "3", at=3)))
    assert (fresh(number).is_frozen, fresh(number).rival_jid, waiting()) == (True, OTHER, 2)
    assert list(chat.assignments.values_list("label__name", flat=True)) == ["VIP"]


def test_when_the_known_account_is_back_the_others_are_ignored(
    number: Instance, make_chat: MakeChat, labels: Labels
) -> None:
    chat = make_chat()
    deliver(number, of(OTHER, tagged(chat.jid, "5", at=2)), of(OURS, tagged(chat.jid, "4", at=3)))
    observe_session(fresh(number), SessionInfo("", "WORKING", OURS, ""), timezone.now())
    deliver(number)
    assert (waiting(), list(chat.assignments.values_list("label__name", flat=True))) == (0, ["VIP"])
    assert list(HookDelivery.objects.order_by("pk").values_list("outcome", flat=True)) == [
        Outcome.IGNORED,
        Outcome.APPLIED,
    ]


def test_late_ones_of_the_account_before_do_not_freeze_again(
    number: Instance, admin: User, make_chat: MakeChat, labels: Labels
) -> None:
    chat = make_chat(labels=(labels["VIP"],))
    deliver(number, of(OTHER, tagged(chat.jid, "5", at=1)))
    take_account(Actor.of(admin), fresh(number), rival=OTHER)
    deliver(number, of(OURS, tagged(chat.jid, "4", at=2)))
    assert (fresh(number).is_frozen, fresh(number).me_jid, waiting()) == (False, OTHER, 0)
    assert pair_of(chat, labels["VIP"]).wanted is False


def test_a_worker_with_an_old_row_does_not_freeze_the_number_against_its_own_account(
    number: Instance, admin: User, make_chat: MakeChat, labels: Labels
) -> None:
    chat, stale = make_chat(), fresh(number)
    freeze(number, OTHER, "Douro")
    take_account(Actor.of(admin), number, rival=OTHER)
    store(number, [of(OTHER, event("session.status", {"name": "demo", "status": "WORKING"}, at=1))])
    assert apply_waiting(stale) == 1
    assert (fresh(number).is_frozen, stale.me_jid, waiting()) == (False, OTHER, 0)
    deliver(number, of(OTHER, said(chat.jid, "Hello", at=2)))
    assert list(HookDelivery.objects.order_by("pk").values_list("outcome", flat=True))[1] == Outcome.APPLIED


def test_freezing_looks_at_the_number_as_it_is(number: Instance, admin: User) -> None:
    stale = fresh(number)
    freeze(number, OTHER, "Douro")
    take_account(Actor.of(admin), number, rival=OTHER)
    freeze(stale, OTHER, "Douro")
    freeze(stale, OURS, "")  # decided about
    assert (fresh(number).is_frozen, stale.me_jid, stale.past_jids) == (False, OTHER, [OURS])


def test_the_known_account_is_never_one_of_the_past(number: Instance) -> None:
    """As a worker of an earlier version may have left it."""
    Instance.objects.update(frozen_at=timezone.now(), rival_jid=OURS, past_jids=[OURS, "1@c.us"])
    observe_session(fresh(number), SessionInfo("", "WORKING", OURS, ""), timezone.now())
    assert (fresh(number).is_frozen, fresh(number).past_jids) == (False, ["1@c.us"])


def test_a_worker_with_an_old_row_applies_nothing_of_a_frozen_number(
    number: Instance, make_chat: MakeChat, labels: Labels
) -> None:
    chat, stale = make_chat(labels=(labels["VIP"],)), fresh(number)
    freeze(number, OTHER, "Douro")
    store(number, [untagged(chat.jid, "4", at=1)])
    assert apply.run_due(stale, Reach()) == 0
    assert (pair_of(chat, labels["VIP"]).wanted, waiting()) == (True, 1)
