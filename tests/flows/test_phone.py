"""Someone works on the handset. What happens there is adopted, and deleted labels stay deleted."""

from datetime import timedelta

from django.utils import timezone

from labelapp.actions.providers import client_for
from labelapp.lanes import directory
from labelapp.lanes.reach import Reach
from labelapp.models import Change, ChatLabel, Instance, Label, LedgerEntry, Receipt
from tests.conftest import MakeChat
from tests.flows.conftest import Click
from tests.posted import (
    deleted,
    deliver,
    fresh,
    later,
    pair_of,
    run_push,
    run_push_later,
    said,
    tagged,
    untagged,
    upserted,
)
from tests.wire import FarSide

Labels = dict[str, Label]
ANNA = "201555000001@c.us"


def test_the_phone_tags_and_untags(number: Instance, phone: FarSide, make_chat: MakeChat, labels: Labels) -> None:
    chat, vip = make_chat(), labels["VIP"]
    deliver(number, tagged(chat.jid, "4", at=1))
    assert (pair_of(chat, vip).wanted, Label.objects.get(pk=vip.pk).chat_count) == (True, 1)
    deliver(number, untagged(chat.jid, "4", at=2))
    assert (pair_of(chat, vip).wanted, Label.objects.get(pk=vip.pk).chat_count) == (False, 0)
    assert list(LedgerEntry.objects.order_by("pk").values_list("verb", "source")) == [
        ("add", "phone"),
        ("remove", "phone"),
    ]
    assert Change.objects.filter(kind="chat", chat=chat).count() == 2
    assert (run_push_later(number), phone.calls) == (0, [])


def test_a_new_customer_writes_and_is_tagged_with_a_new_label(number: Instance, phone: FarSide) -> None:
    phone.labels["31"] = {"name": "Wholesale", "color": 5}
    phone.tags = {(ANNA, "31")}
    deliver(number, tagged(ANNA, "31", at=2), said(ANNA, "Hello", 1))
    ghost = Label.objects.get(wa_id="31")
    assert (str(ghost), ghost.is_ghost) == ("#31", True)
    directory.run_due(fresh(number), Reach())
    pair = ChatLabel.objects.select_related("label", "chat").get()
    assert (pair.label.name, pair.wanted, pair.chat.is_unanswered) == ("Wholesale", True, True)
    assert pair.last_message_at == pair.chat.last_message_at


def test_a_label_is_deleted_with_a_wish_waiting(
    number: Instance, phone: FarSide, click: Click, make_chat: MakeChat, labels: Labels
) -> None:
    tagged_chat, waiting, late = make_chat(labels=(labels["VIP"],)), make_chat(), make_chat()
    click(waiting, "VIP")
    phone.forget("4")
    deliver(number, deleted("4", at=10), tagged(late.jid, "4", at=9))
    assert run_push_later(number) == 0  # nothing is sent for a label that is gone
    failed = pair_of(waiting, labels["VIP"])
    assert (failed.receipt, failed.reason) == (Receipt.FAILED, "The label was deleted in WhatsApp.")
    shown = ChatLabel.objects.shown().values_list("chat", flat=True)
    assert list(shown) == [waiting.pk]
    assert pair_of(tagged_chat, labels["VIP"]).wanted is False
    assert phone.calls == []


def test_a_label_is_deleted_and_no_event_tells(
    number: Instance, phone: FarSide, click: Click, make_chat: MakeChat, labels: Labels
) -> None:
    tagged_chat, waiting = make_chat(labels=(labels["VIP"],)), make_chat()
    phone.forget("4")
    click(waiting, "VIP")
    run_push(number)
    assert pair_of(waiting, labels["VIP"]).reason == "The provider says: Label not found"
    for living in (1, 0):  # a directory may be short for a moment
        later()
        Instance.objects.update(directory_due_at=timezone.now())
        assert directory.run_due(fresh(number), Reach()) == 1
        assert Label.objects.living().filter(wa_id="4").count() == living
    assert pair_of(tagged_chat, labels["VIP"]).wanted is False


def test_a_label_is_deleted_during_the_call(
    number: Instance, phone: FarSide, click: Click, make_chat: MakeChat, labels: Labels
) -> None:
    chat = make_chat()
    phone.before = lambda line: phone.forget("4")
    click(chat, "VIP")
    run_push(number)
    deliver(number, deleted("4", at=1))
    pair = pair_of(chat, labels["VIP"])
    assert (pair.receipt, pair.remote, pair.is_open) == (Receipt.FAILED, False, False)


def test_an_id_is_used_again_by_another_label(
    number: Instance, phone: FarSide, click: Click, make_chat: MakeChat, labels: Labels
) -> None:
    old, new = make_chat(labels=(labels["VIP"],)), make_chat()
    phone.forget("4")
    phone.labels["4"] = {"name": "Wholesale", "color": 5}
    deliver(number, deleted("4", at=1), upserted("4", "Wholesale", at=2), tagged(new.jid, "4", at=3))
    wholesale = Label.objects.living().get(wa_id="4")
    holders = ChatLabel.objects.shown().filter(label=wholesale).values_list("chat", flat=True)
    assert (list(holders), wholesale.name, wholesale.chat_count) == ([new.pk], "Wholesale", 1)
    assert pair_of(old, labels["VIP"]).wanted is False
    labels["VIP"] = wholesale
    click(old, "VIP")
    run_push(number)
    assert phone.has(old.jid, "4")


def test_the_same_when_the_deletion_comes_last(
    number: Instance, phone: FarSide, make_chat: MakeChat, labels: Labels
) -> None:
    old, new = make_chat(labels=(labels["VIP"],)), make_chat()
    phone.labels["4"] = {"name": "Wholesale", "color": 5}
    phone.tags = {(new.jid, "4")}
    deliver(number, tagged(new.jid, "4", at=3), upserted("4", "Wholesale", at=2), deleted("4", at=1))
    directory.run_due(fresh(number), Reach())
    run_push_later(number)
    wholesale = Label.objects.living().get(wa_id="4")
    holders = ChatLabel.objects.filter(label=wholesale, wanted=True).values_list("chat", flat=True)
    assert (list(holders), wholesale.name, wholesale.chat_count) == ([new.pk], "Wholesale", 1)
    assert old.pk != new.pk


def test_what_was_heard_of_the_label_before_comes_off_without_a_comparison(
    number: Instance, phone: FarSide, make_chat: MakeChat
) -> None:
    old, new = make_chat(), make_chat()
    phone.labels["9"] = {"name": "Wholesale", "color": 5}
    phone.tags = {(new.jid, "9")}
    deliver(number, upserted("9", "Wholesale", at=3), tagged(new.jid, "9", at=4), tagged(old.jid, "9", at=1))
    deliver(number, deleted("9", at=2))
    directory.run_due(fresh(number), Reach())
    run_push_later(number)
    held = ChatLabel.objects.filter(label__deleted_at=None, wanted=True).values_list("chat", "label__name")
    assert list(held) == [(new.pk, "Wholesale")]
    assert fresh(number).reconcile_due_at is None


def test_a_spurious_event_is_read_back(
    number: Instance, phone: FarSide, click: Click, make_chat: MakeChat, labels: Labels
) -> None:
    """Some engines send label events for what nobody did."""
    chat = make_chat()
    click(chat, "VIP")
    run_push(number)
    run_push_later(number)
    ChatLabel.objects.update(confirmed_at=timezone.now() - timedelta(seconds=30))
    deliver(number, untagged(chat.jid, "4", at=1))
    assert pair_of(chat, labels["VIP"]).wanted is True
    run_push_later(number)
    pair = pair_of(chat, labels["VIP"])
    assert (pair.wanted, pair.due_at, phone.has(chat.jid, "4")) == (True, None, True)
    with client_for(number) as client:
        assert [label.wa_id for label in client.chat_labels(chat.jid)] == ["4"]
