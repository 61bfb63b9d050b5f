"""The provider is away, or lies. A wish is delayed, never lost, and never believed without proof."""

from typing import Any

import pytest
from django.utils import timezone

from labelapp.lanes.reach import Reach
from labelapp.models import ChatLabel, Instance, Label, LedgerEntry, Receipt
from tests.conftest import MakeChat
from tests.flows.conftest import Click
from tests.posted import deliver, fresh, just_now, pair_of, run_push, run_push_later, tagged
from tests.wire import FarSide

Labels = dict[str, Label]


def test_clicks_while_the_provider_is_down(
    number: Instance, phone: FarSide, click: Click, make_chat: MakeChat, labels: Labels
) -> None:
    chats = [make_chat() for _n in range(10)]
    phone.down = True
    reach = Reach()
    for chat in chats:
        click(chat, "VIP")
        run_push(number, reach)
    assert set(ChatLabel.objects.values_list("receipt", flat=True)) == {"pending"}
    assert fresh(number).trouble != ""
    phone.down, reach.closed_until = False, 0
    ChatLabel.objects.update(due_at=timezone.now())
    run_push(number, reach)
    run_push_later(number)
    assert set(ChatLabel.objects.values_list("receipt", flat=True)) == {"confirmed"}
    assert phone.tags == {(chat.jid, "4") for chat in chats}
    assert fresh(number).trouble == ""


def test_the_provider_says_200_and_does_nothing(
    number: Instance, phone: FarSide, click: Click, make_chat: MakeChat, labels: Labels, settings: Any
) -> None:
    chat, vip = make_chat(), labels["VIP"]
    phone.lie = True
    click(chat, "VIP")
    seen = []
    while (pair := pair_of(chat, vip)).receipt != Receipt.FAILED:
        seen.append(pair.receipt)
        assert run_push_later(number) == 1
    assert seen == ["pending", "sent"] * settings.PUSH_ATTEMPTS  # never confirmed
    assert pair.reason == "WhatsApp said done, but the change is not there."
    assert len(phone.writes) == settings.PUSH_ATTEMPTS
    assert run_push_later(number) == 0
    phone.lie = False
    click(chat, "VIP")  # the agent clicks "Retry"
    run_push_later(number)
    run_push_later(number)
    assert pair_of(chat, vip).receipt == Receipt.CONFIRMED
    assert list(LedgerEntry.objects.order_by("pk").values_list("verb", "source")) == [
        ("add", "agent"),
        ("fail", "reconcile"),
        ("add", "agent"),
    ]


@pytest.mark.parametrize("status", [500, 502, 429])
def test_an_hour_of_errors(
    number: Instance, phone: FarSide, click: Click, make_chat: MakeChat, labels: Labels, status: int
) -> None:
    chat = make_chat()
    phone.status = status
    click(chat, "VIP")
    for _turn in range(3):
        run_push_later(number)
    assert pair_of(chat, labels["VIP"]).is_open
    phone.status = 0
    for _turn in range(4):
        run_push_later(number)
    assert pair_of(chat, labels["VIP"]).receipt == Receipt.CONFIRMED


def test_a_failed_wish_that_comes_true_on_the_phone(
    number: Instance, phone: FarSide, click: Click, make_chat: MakeChat, labels: Labels
) -> None:
    chat = make_chat()
    phone.status = 422
    click(chat, "VIP")
    run_push(number)
    assert pair_of(chat, labels["VIP"]).reason == "The provider says: Said 422"
    deliver(number, tagged(chat.jid, "4", at=just_now()))
    assert pair_of(chat, labels["VIP"]).receipt == Receipt.CONFIRMED
