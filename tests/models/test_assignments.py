from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError
from django.utils import timezone

from labelapp.models import ChatLabel, Label
from tests.conftest import MakeChat

NOW = timezone.now()


@pytest.mark.parametrize(
    ("wanted", "remote", "receipt", "dead", "shown"),
    [
        (True, None, "pending", False, True),
        (True, True, "confirmed", False, True),
        (False, True, "pending", False, True),  # hollow: on its way off
        (False, False, "sent", False, True),
        (False, True, "failed", False, True),  # still on WhatsApp
        (False, True, "confirmed", False, True),
        (False, False, "confirmed", False, False),
        (False, None, "confirmed", False, False),
        (True, False, "failed", True, True),  # says why
        (True, True, "confirmed", True, False),
    ],
)
def test_which_chips_show(
    make_chat: MakeChat,
    labels: dict[str, Label],
    wanted: bool,
    remote: bool | None,
    receipt: str,
    dead: bool,
    shown: bool,
) -> None:
    if dead:
        Label.objects.filter(name="VIP").update(deleted_at=NOW)
    ChatLabel.objects.create(chat=make_chat(), label=labels["VIP"], wanted=wanted, remote=remote, receipt=receipt)
    assert ChatLabel.objects.shown().exists() is shown


def test_open_is_pending_or_sent(make_chat: MakeChat, labels: dict[str, Label]) -> None:
    for receipt in ("pending", "sent", "confirmed", "failed"):
        ChatLabel.objects.create(chat=make_chat(), label=labels["VIP"], receipt=receipt)
    assert sorted(ChatLabel.objects.open().values_list("receipt", flat=True)) == ["pending", "sent"]
    assert [pair.receipt for pair in ChatLabel.objects.order_by("pk") if pair.is_open] == ["pending", "sent"]


@pytest.mark.parametrize(
    ("called", "ended", "in_flight"),
    [(None, None, False), (NOW, None, True), (NOW, NOW, False), (NOW + timedelta(seconds=1), NOW, True)],
)
def test_in_flight_from_the_claim_to_its_end(called: Any, ended: Any, in_flight: bool) -> None:
    assert ChatLabel(called_at=called, sent_at=ended).in_flight is in_flight


def test_a_pair_is_there_once(make_chat: MakeChat, labels: dict[str, Label]) -> None:
    chat = make_chat(labels=(labels["VIP"],))
    with pytest.raises(IntegrityError):
        ChatLabel.objects.create(chat=chat, label=labels["VIP"])
