"""Bad luck of every kind at once. In the end mirror and phone agree, nothing is lost, nothing is wrong."""

from random import Random
from typing import Any

import pytest
from django.utils import timezone

from labelapp.models import Chat, ChatLabel, HookDelivery, Instance, Label
from tests.conftest import MakeChat
from tests.flows.conftest import Click
from tests.posted import deliver, mirror, run_push_later, said, tagged
from tests.wire import FarSide


def state(chats: list[Chat]) -> set[tuple[str, str]]:
    wanted = ChatLabel.objects.filter(chat__in=chats, wanted=True)
    return set(wanted.values_list("chat__jid", "label__wa_id"))


@pytest.mark.parametrize("seed", range(4))
def test_clicks_and_phone_with_a_shaky_provider(
    number: Instance, phone: FarSide, click: Click, make_chat: MakeChat, labels: dict[str, Label], seed: int
) -> None:
    dice = Random(seed)  # noqa: S311
    chats, names = [make_chat() for _n in range(4)], ["VIP", "On hold"]
    last: dict[tuple[str, str], bool] = {}
    for _turn in range(40):
        phone.lie, phone.hangs_after = dice.random() < 0.1, dice.random() < 0.1
        phone.status = dice.choice([0, 0, 0, 500, 429])
        chat, name, on = dice.choice(chats), dice.choice(names), dice.random() < 0.6
        click(chat, name, on=on)
        last[chat.jid, labels[name].wa_id] = on
        if dice.random() < 0.5:
            run_push_later(number)
    phone.lie = phone.hangs_after = False
    phone.status = 0
    ChatLabel.objects.filter(receipt="failed").update(receipt="pending", due_at=timezone.now(), attempts=0)
    for _turn in range(12):
        run_push_later(number)
    assert phone.tags == state(chats) == {key for key, on in last.items() if on}
    assert ChatLabel.objects.open().count() == 0


@pytest.mark.parametrize("seed", range(4))
def test_lost_repeated_and_shuffled_deliveries(
    number: Instance, make_chat: MakeChat, labels: dict[str, Label], seed: int
) -> None:
    dice = Random(seed)  # noqa: S311
    chats = [make_chat() for _n in range(3)]
    events: list[Any] = []
    last: dict[tuple[str, str], bool] = {}
    for at in range(60):
        chat, wa_id, on = dice.choice(chats), dice.choice(["4", "5"]), dice.random() < 0.5
        events.append(tagged(chat.jid, wa_id, at=at, on=on))
        events.append(said(chat.jid, f"Text {at}", at, from_me=dice.random() < 0.3, key=f"K{seed}{at}"))
        last[chat.jid, wa_id] = on
    dice.shuffle(events)
    for start in range(0, len(events), 7):
        deliver(number, *events[start : start + 7])
        HookDelivery.objects.filter(pk__gt=0).exclude(outcome="").delete()
        deliver(number, *dice.sample(events[: start + 7], 3))  # repeats, even long after
        HookDelivery.objects.all().delete()
    assert state(chats) == {key for key, on in last.items() if on}
    before = mirror(number)
    deliver(number, *events)
    assert mirror(number) == before
