"""Nobody tells us anything: no hook, or an engine without label events. Polling alone keeps mirror and phone the same."""

from datetime import timedelta
from itertools import permutations
from random import Random

import pytest
from django.utils import timezone

from labelapp.lanes import directory, poll, reconcile
from labelapp.lanes.reach import Reach
from labelapp.models import ChatAlias, ChatLabel, Finding, Instance, Label
from tests.conftest import MakeChat
from tests.flows.conftest import Click
from tests.posted import START, deleted, deliver, fresh, mirror, pair_of, run_push, run_push_later, tagged, upserted
from tests.wire import FarSide

Labels = dict[str, Label]
ANNA = "201555000001@c.us"


@pytest.fixture
def quick(number: Instance, phone: FarSide) -> Instance:
    """The number at a pace that nobody waits for."""
    Instance.objects.update(pace=10_000)
    return number


def wanted() -> set[tuple[str, str]]:
    living = ChatLabel.objects.filter(wanted=True, label__deleted_at=None)
    return set(living.values_list("chat__jid", "label__wa_id"))


def cycle(number: Instance) -> None:
    """What the lanes do when the number's time has come, some seconds after what they did before."""
    before = timezone.now() - timedelta(seconds=3)
    ChatLabel.objects.filter(missed_at__gt=before).update(missed_at=before)
    Instance.objects.update(polled_at=before - timedelta(hours=1))
    poll.run_due(fresh(number), Reach())
    assert reconcile.run_due(fresh(number), Reach()) == 1


@pytest.mark.parametrize("seed", range(4))
def test_additions_in_one_cycle_removals_in_two(
    quick: Instance, phone: FarSide, make_chat: MakeChat, labels: Labels, seed: int
) -> None:
    dice = Random(seed)  # noqa: S311
    ids = ["1", "4", "5"]
    chats = [make_chat(labels=tuple(label for label in labels.values() if dice.random() < 0.5)) for _n in range(30)]
    phone.tags = wanted()
    for _round in range(3):
        before = set(phone.tags)
        for _change in range(8):
            tag = dice.choice(chats).jid, dice.choice(ids)
            phone.tags.symmetric_difference_update({tag})
        cycle(quick)
        run_push_later(quick)  # what came off a moment ago and is there again is asked once more
        assert wanted() == before | phone.tags
        cycle(quick)
        assert wanted() == phone.tags
    counts = {label.wa_id: label.chat_count for label in Label.objects.all()}
    assert counts == {wa_id: sum(1 for tag in phone.tags if tag[1] == wa_id) for wa_id in counts}
    assert not Finding.objects.exists()


def test_a_new_customer_with_a_new_label_on_a_number_without_hooks(quick: Instance, phone: FarSide) -> None:
    at = int(timezone.now().timestamp())
    message = {"id": f"false_{ANNA}_M1", "body": "Hello", "timestamp": at, "fromMe": False}
    phone.chats = [{"id": ANNA, "name": "Anna", "picture": None, "lastMessage": message, "_chat": {}}]
    phone.labels["31"] = {"name": "Wholesale", "color": 5}
    phone.tags = {(ANNA, "31")}
    cycle(quick)
    pair = ChatLabel.objects.select_related("chat", "label").get()
    assert (pair.label.name, pair.chat.name, pair.chat.last_message_text) == ("Wholesale", "Anna", "Hello")


def test_a_click_and_the_phone_at_once(
    quick: Instance, phone: FarSide, click: Click, make_chat: MakeChat, labels: Labels
) -> None:
    """While the wish is open only what is seen is noted; in the end the click stands."""
    chat = make_chat(labels=(labels["VIP"],))
    phone.tags = wanted()
    click(chat, "VIP", on=False)
    cycle(quick)
    assert (pair_of(chat, labels["VIP"]).wanted, pair_of(chat, labels["VIP"]).remote) == (False, True)
    run_push(quick)
    run_push_later(quick)
    cycle(quick)
    assert (phone.tags, wanted(), pair_of(chat, labels["VIP"]).receipt) == (set(), set(), "confirmed")


def test_every_delivery_was_lost_for_a_while(
    quick: Instance, phone: FarSide, make_chat: MakeChat, labels: Labels
) -> None:
    chats = [make_chat() for _n in range(4)]
    deliver(quick, *[tagged(chat.jid, "4", at=n) for n, chat in enumerate(chats)])
    phone.tags = {(chats[0].jid, "4"), (chats[1].jid, "5")}  # and nobody told
    cycle(quick)
    cycle(quick)
    assert wanted() == phone.tags
    before = mirror(quick)
    deliver(quick, *[tagged(chat.jid, "4", at=n) for n, chat in enumerate(chats)])  # repeats, long after
    assert mirror(quick)["pairs"] == before["pairs"]


def test_a_label_deleted_and_its_id_used_again_while_wishes_wait(
    quick: Instance, phone: FarSide, click: Click, make_chat: MakeChat, labels: Labels
) -> None:
    old, waiting, new = make_chat(labels=(labels["VIP"],)), make_chat(), make_chat()
    phone.tags = wanted()
    click(waiting, "VIP")
    phone.forget("4")
    phone.labels["4"] = {"name": "Wholesale", "color": 5}
    phone.tags.add((new.jid, "4"))
    deliver(quick, deleted("4", at=1), upserted("4", "Wholesale", at=2))
    run_push(quick)
    cycle(quick)
    cycle(quick)
    wholesale = Label.objects.living().get(wa_id="4")
    assert set(wholesale.assignments.filter(wanted=True).values_list("chat", flat=True)) == {new.pk}
    assert (phone.tags, wanted(), phone.writes) == ({(new.jid, "4")}, {(new.jid, "4")}, [])
    assert pair_of(waiting, labels["VIP"]).reason == "The label was deleted in WhatsApp."
    assert old.pk != new.pk


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_the_same_in_any_order_although_changes_were_sent_already(
    quick: Instance, phone: FarSide, click: Click, make_chat: MakeChat, labels: Labels, order: tuple[int, ...]
) -> None:
    """The label is deleted and made anew while the provider is away; what waited is sent before anybody tells us."""
    old, waiting, new = make_chat(labels=(labels["VIP"],)), make_chat(), make_chat()
    Label.objects.update(known_at=START - timedelta(hours=1))
    phone.tags = wanted()
    click(waiting, "VIP")
    click(old, "VIP", on=False)
    phone.forget("4")
    phone.labels["4"] = {"name": "Wholesale", "color": 5}
    run_push(quick)
    assert phone.tags == {(waiting.jid, "4")}
    phone.tags.add((new.jid, "4"))
    events = [deleted("4", at=1), upserted("4", "Wholesale", at=2, color=5)]
    events += [tagged(waiting.jid, "4", at=3), tagged(new.jid, "4", at=4)]
    for place in order:
        deliver(quick, events[place])
    run_push_later(quick)
    cycle(quick)
    run_push_later(quick)
    assert phone.tags == wanted() == {(new.jid, "4")}
    assert Label.objects.living().get(wa_id="4").pk != labels["VIP"].pk
    assert pair_of(waiting, labels["VIP"]).reason == "The label was deleted in WhatsApp."
    assert ChatLabel.objects.open().count() == 0


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_deleted_and_made_anew_in_one_moment(
    quick: Instance, phone: FarSide, click: Click, make_chat: MakeChat, labels: Labels, order: tuple[int, int]
) -> None:
    """The times of the two events are the same: the directory tells."""
    waiting = make_chat()
    click(waiting, "VIP")
    phone.forget("4")
    phone.labels["4"] = {"name": "Wholesale", "color": 5}
    events = [deleted("4", at=1), upserted("4", "Wholesale", at=1, color=5)]
    for place in order:
        deliver(quick, events[place])
    assert directory.run_due(fresh(quick), Reach()) == 1
    run_push(quick)
    new = Label.objects.living().get(wa_id="4")
    assert (new.name, new.pk != labels["VIP"].pk, phone.tags) == ("Wholesale", True, set())


def test_one_person_under_two_addresses(quick: Instance, phone: FarSide, make_chat: MakeChat, labels: Labels) -> None:
    """The overview says the number, the label's list the hidden id."""
    chat = make_chat(jid=ANNA)
    phone.lids = [{"lid": "55@lid", "pn": ANNA}]
    phone.tags = {("55@lid", "4")}
    for _time in range(3):
        cycle(quick)
    assert ChatAlias.objects.get(jid="55@lid").chat_id == chat.pk
    assert wanted() == {(ANNA, "4")}
    phone.tags = {("99@lid", "5")}
    cycle(quick)
    cycle(quick)
    assert (ANNA, "4") not in wanted()
