"""An agent clicks a label; it is true on the phone a moment later."""

from labelapp.models import Chat, ChatLabel, Instance, Label, LedgerEntry, Receipt
from tests.conftest import MakeChat
from tests.flows.conftest import Click
from tests.posted import deliver, just_now, pair_of, run_push, run_push_later, tagged, untagged
from tests.wire import FarSide

Labels = dict[str, Label]


def receipt_of(chat: Chat, label: Label) -> str:
    return pair_of(chat, label).receipt


def test_tag_push_echo_confirmed(
    number: Instance, phone: FarSide, click: Click, make_chat: MakeChat, labels: Labels
) -> None:
    chat, vip = make_chat(), labels["VIP"]
    click(chat, "VIP")
    assert (receipt_of(chat, vip), phone.calls) == ("pending", [])
    run_push(number)
    assert (receipt_of(chat, vip), phone.has(chat.jid, "4")) == ("sent", True)
    deliver(number, tagged(chat.jid, "4", at=just_now()))
    assert receipt_of(chat, vip) == "confirmed"
    assert run_push_later(number) == 0  # no read-back: the echo said it all
    assert phone.calls == [f"PUT /labels/4/chats/{chat.jid}"]
    assert list(LedgerEntry.objects.values_list("verb", "source")) == [("add", "agent")]


def test_the_echo_comes_before_the_answer(
    number: Instance, phone: FarSide, click: Click, make_chat: MakeChat, labels: Labels
) -> None:
    """Its order against the end of our call is not known, so one reading settles it."""
    chat, vip = make_chat(), labels["VIP"]
    pair = click(chat, "VIP")
    from_call = ChatLabel.objects.get(pk=pair.pk)
    run_push(number)
    ChatLabel.objects.filter(pk=pair.pk).update(
        receipt=from_call.receipt, sent_at=None
    )  # the answer is still under way
    deliver(number, tagged(chat.jid, "4", at=1))
    assert receipt_of(chat, vip) == "pending"
    run_push_later(number)
    run_push_later(number)
    assert receipt_of(chat, vip) == "confirmed"


def test_no_echo_ever(number: Instance, phone: FarSide, click: Click, make_chat: MakeChat, labels: Labels) -> None:
    chat = make_chat(labels=(labels["VIP"],))
    phone.tags = {(chat.jid, "4")}
    click(chat, "VIP", on=False)
    run_push(number)
    run_push_later(number)
    assert (receipt_of(chat, labels["VIP"]), phone.tags) == ("confirmed", set())
    assert [call.split()[0] for call in phone.calls] == ["DELETE", "GET"]


def test_on_off_on_as_fast_as_fingers_can(
    number: Instance, phone: FarSide, click: Click, make_chat: MakeChat, labels: Labels
) -> None:
    chat, vip = make_chat(), labels["VIP"]
    states = iter([False, True, False])

    def click_again(line: str) -> None:
        """Somebody changes their mind while the call is under way."""
        if line.startswith(("PUT", "DELETE")) and (on := next(states, None)) is not None:
            wishes.append(on)

    wishes: list[bool] = []
    phone.before = click_again
    click(chat, "VIP")
    for _turn in range(8):
        run_push_later(number)
        for on in wishes:
            click(chat, "VIP", on=on)
        wishes.clear()
    pair = pair_of(chat, vip)
    assert (pair.wanted, pair.receipt, phone.has(chat.jid, "4")) == (False, Receipt.CONFIRMED, False)


def test_a_late_echo_of_the_wish_before_changes_nothing(
    number: Instance, phone: FarSide, click: Click, make_chat: MakeChat, labels: Labels
) -> None:
    chat, vip = make_chat(), labels["VIP"]
    click(chat, "VIP")
    run_push(number)
    click(chat, "VIP", on=False)
    first = just_now()
    deliver(number, tagged(chat.jid, "4", at=first))
    assert (pair_of(chat, vip).wanted, receipt_of(chat, vip)) == (False, "pending")
    run_push_later(number)
    deliver(number, untagged(chat.jid, "4", at=just_now()), tagged(chat.jid, "4", at=first))
    assert (pair_of(chat, vip).wanted, receipt_of(chat, vip)) == (False, "confirmed")
    assert phone.tags == set()


def test_killed_between_claim_call_and_record(
    number: Instance, phone: FarSide, click: Click, make_chat: MakeChat, labels: Labels
) -> None:
    """Wherever the worker dies, the next one finds the wish; a repeated call changes nothing."""
    chats = [make_chat() for _n in range(3)]
    for chat in chats:
        click(chat, "VIP")
    moments = ["claimed", "called", "recorded"]
    for chat, moment in zip(chats, moments, strict=True):
        pair = pair_of(chat, labels["VIP"])
        pair.called_at, pair.attempts = pair.wanted_at, 1
        if moment != "claimed":
            phone.tags.add((chat.jid, "4"))
        if moment == "recorded":
            pair.sent_at, pair.receipt = pair.wanted_at, Receipt.SENT
        pair.save()
    for _turn in range(3):
        run_push_later(number)
    assert {receipt_of(chat, labels["VIP"]) for chat in chats} == {"confirmed"}
    assert phone.tags == {(chat.jid, "4") for chat in chats}
    assert len(phone.writes) == 2
