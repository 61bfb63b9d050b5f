"""A number goes away and comes back: as itself, much later, or as somebody else."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from labelapp.actions.accounts import take_account
from labelapp.actions.actor import Actor
from labelapp.actions.held import drop, release
from labelapp.lanes import apply, importer, reread, watch
from labelapp.lanes.reach import Reach
from labelapp.models import ChatLabel, HookDelivery, Instance, Label, User
from labelapp.queries.held import held_pairs
from labelapp.queries.states import number_state
from tests.conftest import MakeChat
from tests.flows.conftest import Click
from tests.posted import deliver, event, fresh, pair_of, run_push, run_push_later, store, tagged
from tests.wire import FarSide

Labels = dict[str, Label]
RIVAL = {"id": "201999999999@c.us", "pushName": "Douro"}


def watch_now(number: Instance) -> None:
    """As the worker does every minute or so."""
    watch.run_due(fresh(number), Reach())


def status(word: str, me: dict[str, str] | None = None) -> dict[str, Any]:
    """The provider's notice of a status, emitted now."""
    row = event("session.status", {"name": "demo", "status": word}, None)
    return row | {"timestamp": int(timezone.now().timestamp() * 1000), "me": me or {"id": "201000000000@c.us"}}


def age(hours: float) -> None:
    """Time passes for the wishes."""
    ChatLabel.objects.filter(receipt="pending").update(wanted_at=timezone.now() - timedelta(hours=hours))


def test_a_number_away_for_an_hour(
    number: Instance, phone: FarSide, click: Click, make_chat: MakeChat, labels: Labels
) -> None:
    chat = make_chat()
    phone.session["status"] = "STOPPED"
    watch_now(number)
    click(chat, "VIP")
    age(hours=1)
    assert (run_push(number), phone.writes) == (0, [])
    assert (number_state(fresh(number)).waiting, number_state(fresh(number)).held) == (1, 0)
    phone.session["status"] = "WORKING"
    watch_now(number)
    assert fresh(number).reconcile_due_at is not None
    run_push_later(number)
    assert phone.tags == {(chat.jid, "4")}


@pytest.mark.parametrize("by_event", [True, False])
def test_a_number_away_for_two_days_asks(
    number: Instance,
    phone: FarSide,
    click: Click,
    make_chat: MakeChat,
    labels: Labels,
    agent: User,
    by_event: bool,
) -> None:
    sent, dropped = make_chat(labels=(labels["New lead"],)), make_chat()
    phone.tags = {(sent.jid, "1")}
    deliver(number, status("STOPPED"))
    click(sent, "Quoted")
    click(dropped, "VIP")
    age(hours=48)
    deliver(number, status("WORKING")) if by_event else watch_now(number)
    run_push_later(number)
    assert phone.writes == []
    assert number_state(fresh(number)).held == 2
    release(Actor.of(agent), held_pairs(number)[:1])
    drop(Actor.of(agent), held_pairs(number))
    for _turn in range(4):
        run_push_later(number)
    assert phone.tags == {(sent.jid, "2")}  # the new stage went on, then the old one came off
    assert not ChatLabel.objects.open().exists()


def test_somebody_else_answers_after_a_new_link(
    number: Instance, phone: FarSide, click: Click, make_chat: MakeChat, labels: Labels
) -> None:
    kept, clicked = make_chat(labels=(labels["VIP"],)), make_chat()
    deliver(number, status("SCAN_QR_CODE"))
    click(clicked, "On hold")
    phone.tags, phone.session["me"] = {(clicked.jid, "4")}, RIVAL
    store(number, [status("WORKING", RIVAL), tagged(clicked.jid, "4", at=9), tagged(kept.jid, "4", at=9, on=False)])
    for _turn in range(3):
        apply.run_due(fresh(number), Reach())
        watch_now(number)
        run_push_later(number)
        reread.run_due(fresh(number), Reach())
    assert fresh(number).is_frozen
    assert phone.writes == []
    assert pair_of(kept, labels["VIP"]).wanted is True
    assert not ChatLabel.objects.filter(chat=clicked, label=labels["VIP"], wanted=True).exists()
    phone.session["me"] = {"id": "201000000000@c.us"}  # the known phone is linked again
    phone.tags = {(kept.jid, "4")}
    watch_now(number)
    run_push_later(number)
    assert not fresh(number).is_frozen
    assert phone.tags == {(kept.jid, "4"), (clicked.jid, "5")}


def test_an_admin_takes_the_other_account(
    number: Instance, phone: FarSide, click: Click, make_chat: MakeChat, labels: Labels, admin: User
) -> None:
    chat = make_chat(labels=(labels["VIP"],))
    click(chat, "Paid")
    phone.labels, phone.tags = {"4": {"name": "Boda", "color": 5}}, {("301@c.us", "4")}
    phone.chats = [{"id": "301@c.us", "name": "Nour"}]
    phone.session["me"] = RIVAL
    watch_now(number)
    store(number, [tagged(chat.jid, "4", at=5)])  # an event of the time before, applied late
    take_account(Actor.of(admin), number, rival=RIVAL["id"])
    importer.run_due(fresh(number), Reach())
    apply.run_due(fresh(number), Reach())
    for _turn in range(2):
        run_push_later(number)
    assert phone.writes == []
    assert list(Label.objects.living().values_list("name", flat=True)) == ["Boda"]
    assert list(ChatLabel.objects.filter(wanted=True, label__deleted_at=None).values_list("chat__jid")) == [
        ("301@c.us",)
    ]
    assert pair_of(chat, labels["Paid"]).reason == "The number belongs to another WhatsApp account now."
    assert not HookDelivery.objects.filter(applied_at=None).exists()
    assert phone.tags == {("301@c.us", "4")}
