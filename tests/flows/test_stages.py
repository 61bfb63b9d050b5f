"""A chat moves along the funnel: the new stage goes on first, the old one comes off after. Never without a stage."""

import pytest

from labelapp.models import Chat, ChatLabel, Instance, Label, LedgerEntry
from tests.conftest import MakeChat
from tests.flows.conftest import Click
from tests.posted import deliver, run_push_later, tagged
from tests.wire import FarSide

Labels = dict[str, Label]


@pytest.fixture
def chat(make_chat: MakeChat, phone: FarSide, labels: Labels) -> Chat:
    """A chat whose stage is Quoted, here and on the phone."""
    chat = make_chat(labels=(labels["Quoted"],))
    phone.tags = {(chat.jid, "2")}
    return chat


def stages(chat: Chat) -> list[str]:
    wanted = ChatLabel.objects.filter(chat=chat, wanted=True, label__group__kind="funnel")
    return sorted(wanted.values_list("label__name", flat=True))


def on_phone(phone: FarSide) -> set[str]:
    return {phone.labels[wa_id]["name"] for _jid, wa_id in phone.tags}


def settle(number: Instance, phone: FarSide, turns: int = 8) -> None:
    for _turn in range(turns):
        run_push_later(number)
        assert phone.tags  # never without a stage


def test_link_then_prune(number: Instance, phone: FarSide, click: Click, chat: Chat) -> None:
    click(chat, "Paid")
    assert stages(chat) == ["Paid"]  # as wished, at once
    run_push_later(number)
    assert on_phone(phone) == {"Quoted", "Paid"}
    settle(number, phone)
    assert (on_phone(phone), stages(chat)) == ({"Paid"}, ["Paid"])
    assert phone.writes == [f"PUT /labels/3/chats/{chat.jid}", f"DELETE /labels/2/chats/{chat.jid}"]


def test_the_link_fails(number: Instance, phone: FarSide, click: Click, chat: Chat) -> None:
    phone.status_of = {"PUT": 422}
    click(chat, "Paid")
    settle(number, phone)
    assert (on_phone(phone), stages(chat)) == ({"Quoted"}, ["Paid", "Quoted"])  # wished, and still there
    verbs = list(LedgerEntry.objects.order_by("pk").values_list("verb", flat=True))
    assert verbs == ["add", "remove", "fail", "keep"]
    phone.status_of = {}
    click(chat, "Paid")
    settle(number, phone)
    assert (on_phone(phone), stages(chat)) == ({"Paid"}, ["Paid"])


def test_the_link_never_shows_up(number: Instance, phone: FarSide, click: Click, chat: Chat) -> None:
    phone.lie = True
    click(chat, "Paid")
    settle(number, phone, turns=14)
    assert on_phone(phone) == {"Quoted"}
    assert not any(call.startswith("DELETE") for call in phone.writes)


@pytest.mark.parametrize("turns", range(6))
def test_two_steps_in_a_row_at_any_moment(
    number: Instance, phone: FarSide, click: Click, chat: Chat, turns: int
) -> None:
    click(chat, "New lead")
    for _turn in range(turns):
        run_push_later(number)
    click(chat, "Paid")
    settle(number, phone, turns=12)
    assert (on_phone(phone), stages(chat)) == ({"Paid"}, ["Paid"])


@pytest.mark.parametrize("turns", range(6))
def test_there_and_back_at_any_moment(number: Instance, phone: FarSide, click: Click, chat: Chat, turns: int) -> None:
    click(chat, "Paid")
    for _turn in range(turns):
        run_push_later(number)
    click(chat, "Quoted")
    settle(number, phone, turns=12)
    assert (on_phone(phone), stages(chat)) == ({"Quoted"}, ["Quoted"])


def test_two_agents_choose_different_stages(number: Instance, phone: FarSide, click: Click, chat: Chat) -> None:
    click(chat, "New lead")
    click(chat, "Paid")
    click(chat, "VIP")
    settle(number, phone, turns=12)
    assert on_phone(phone) == {"Paid", "VIP"}


def test_the_phone_sets_a_second_stage(number: Instance, phone: FarSide, click: Click, chat: Chat) -> None:
    """Two stages at once are for a person to settle; the next step takes both off."""
    phone.tags.add((chat.jid, "1"))
    deliver(number, tagged(chat.jid, "1", at=1))
    assert stages(chat) == ["New lead", "Quoted"]
    click(chat, "Paid")
    settle(number, phone, turns=12)
    assert (on_phone(phone), stages(chat)) == ({"Paid"}, ["Paid"])
