"""A label gets another name: renamed on the phone, or another label that got its id."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from labelapp.actions.actor import Actor
from labelapp.actions.directory import update_label
from labelapp.actions.directory_reading import read_directory
from labelapp.actions.providers import client_for
from labelapp.actions.receipts import claim
from labelapp.actions.suspects import APART
from labelapp.actions.tagging import set_label
from labelapp.lanes import directory
from labelapp.lanes.reach import Reach
from labelapp.models import Chat, ChatLabel, Instance, Label, LabelGroup, Receipt, User
from labelapp.models.fields import NEVER
from labelapp.whatsapp.errors import ProviderError
from tests.conftest import MakeChat
from tests.posted import deliver, fresh, just_now, pair_of, run_push_later, tagged, upserted
from tests.wire import FarSide

Labels = dict[str, Label]
LAG = timedelta(seconds=settings.READ_BACK_SECONDS)
ASKED = (
    "WhatsApp gave this label another name (before: VIP). Its chats are asked first whether it is still the same label."
)
GIVEN_UP = (
    "WhatsApp gave this label another name (before: VIP), and nothing tells whether it is still the same label. "
    "Try again if it is meant."
)


@pytest.fixture
def phone(far: FarSide, labels: Labels) -> FarSide:
    far.labels = {label.wa_id: {"name": label.name, "color": label.color_index} for label in labels.values()}
    return far


@pytest.fixture
def held(phone: FarSide, make_chat: MakeChat, labels: Labels) -> list[Chat]:
    """Three chats that carry VIP; a fourth carries On hold, so that not every list is empty."""
    chats = [make_chat(labels=(labels["VIP"],)) for _ in range(3)]
    phone.tags = {(chat.jid, "4") for chat in chats} | {(make_chat(labels=(labels["On hold"],)).jid, "5")}
    return chats


@pytest.fixture
def waiting(agent: User, make_chat: MakeChat, labels: Labels) -> Chat:
    """A chat with a wish for VIP that was not sent yet."""
    chat = make_chat()
    set_label(Actor.of(agent), chat, labels["VIP"], on=True)
    return chat


def rename(phone: FarSide, name: str = "Do not call", color: int = 3) -> None:
    phone.labels["4"] = {"name": name, "color": color}


def give_id_again(phone: FarSide) -> None:
    """VIP is deleted and its id given to another label of the same colour."""
    phone.forget("4")
    rename(phone)


def tell(number: Instance, phone: FarSide) -> None:
    """The phone's `label.upsert`. No deletion was heard of."""
    row = phone.labels["4"]
    deliver(number, upserted("4", row["name"], just_now(), color=row["color"]))


def later(number: Instance) -> None:
    """Time passes: engines know what happened, and two readings are two."""
    for label in Label.objects.filter(instance=number):
        for field in ("renamed_at", "denied_at", "questioned_at"):
            if value := getattr(label, field):
                setattr(label, field, value - LAG - APART)
        label.event_at -= LAG + APART
        label.save()
    for pair in ChatLabel.objects.filter(label__instance=number, wanted_at__gt=NEVER):
        ChatLabel.objects.filter(pk=pair.pk).update(wanted_at=pair.wanted_at - LAG - APART)


def read(number: Instance) -> None:
    with client_for(number) as client:
        read_directory(fresh(number), client)


def push(number: Instance) -> None:
    for _time in range(3):
        run_push_later(number)


def living(wa_id: str = "4") -> Label:
    return Label.objects.living().get(wa_id=wa_id)


@pytest.mark.parametrize("heard", [True, False])
def test_wishes_for_a_label_whose_id_is_another_ones_are_never_sent(
    number: Instance, phone: FarSide, held: list[Chat], waiting: Chat, labels: Labels, heard: bool
) -> None:
    """The deletion was lost, or the engine tells nothing at all."""
    give_id_again(phone)
    if heard:
        tell(number, phone)
        push(number)
    for _time in range(2):  # the new label's own list is empty: that alone is no proof
        read(number)
        push(number)
        assert phone.writes == []
        later(number)
    new, pair = living(), pair_of(waiting, labels["VIP"])
    assert (new.name, new.pk == labels["VIP"].pk, new.chat_count) == ("Do not call", False, 0)
    assert (pair.receipt, pair.reason) == (Receipt.FAILED, "The label was deleted in WhatsApp.")
    assert [pair_of(chat, labels["VIP"]).wanted for chat in held] == [False] * 3
    assert Label.objects.filter(pk=labels["VIP"].pk, name="VIP", questioned_at=None).exists()
    assert fresh(number).reconcile_due_at is not None


def test_a_list_that_names_only_others_is_proof_at_once(
    number: Instance, phone: FarSide, held: list[Chat], waiting: Chat, labels: Labels, make_chat: MakeChat
) -> None:
    give_id_again(phone)
    phone.tags.add((make_chat().jid, "4"))
    tell(number, phone)
    read(number)
    assert (living().pk == labels["VIP"].pk, living().questioned_at) == (False, None)
    assert pair_of(waiting, labels["VIP"]).receipt == Receipt.FAILED


def test_while_all_lists_are_empty_wishes_wait_and_say_why(
    number: Instance, phone: FarSide, held: list[Chat], waiting: Chat, labels: Labels
) -> None:
    give_id_again(phone)
    phone.tags = set()
    tell(number, phone)
    for _time in range(3):
        read(number)
        later(number)
        push(number)
    pair = pair_of(waiting, labels["VIP"])
    assert (phone.writes, pair.receipt, pair.reason) == ([], Receipt.PENDING, ASKED)
    assert (living().pk, living().questioned_at is None) == (labels["VIP"].pk, False)
    assert fresh(number).directory_due_at is not None


def test_a_rename_on_the_phone_shows_at_once_and_costs_one_list(
    number: Instance, phone: FarSide, held: list[Chat], waiting: Chat, labels: Labels
) -> None:
    rename(phone, "V.I.P.")
    tell(number, phone)
    assert (living().name, living().pk, pair_of(waiting, labels["VIP"]).reason) == ("V.I.P.", labels["VIP"].pk, ASKED)
    push(number)
    assert phone.writes == []
    later(number)
    phone.calls.clear()
    Instance.objects.update(directory_due_at=timezone.now())
    assert directory.run_due(fresh(number), Reach()) == 1
    assert phone.calls == ["GET /labels", "GET /labels/4/chats"]
    assert (living().questioned_at, pair_of(waiting, labels["VIP"]).error) == (None, "")
    push(number)
    assert (phone.has(waiting.jid, "4"), pair_of(waiting, labels["VIP"]).receipt) == (True, Receipt.CONFIRMED)
    assert fresh(number).directory_due_at is None


@pytest.mark.parametrize("shown", ["list", "chat"])
def test_a_rename_that_only_one_of_the_lists_shows(
    number: Instance, phone: FarSide, held: list[Chat], labels: Labels, shown: str
) -> None:
    tags = {(chat.jid, "4") for chat in held}
    phone.unlisted, phone.untold = (set(), tags) if shown == "list" else (tags, set())
    rename(phone, "V.I.P.")
    read(number)
    assert (living().pk, living().name, living().questioned_at) == (labels["VIP"].pk, "V.I.P.", None)


def test_what_an_engine_says_of_chats_at_once_may_be_about_the_label_before(
    number: Instance, phone: FarSide, held: list[Chat], waiting: Chat, labels: Labels
) -> None:
    before = set(phone.tags)
    give_id_again(phone)
    tell(number, phone)
    now, phone.tags = phone.tags, before
    read(number)  # the list is a little old
    assert living().questioned_at is not None
    phone.tags = now
    for _time in range(2):
        later(number)
        read(number)
    assert (living().pk == labels["VIP"].pk, phone.writes) == (False, [])


@pytest.mark.parametrize("heard", [True, False])
def test_a_label_that_nobody_carried_is_renamed_and_gives_up_what_waited(
    number: Instance, phone: FarSide, waiting: Chat, labels: Labels, heard: bool
) -> None:
    """Nothing tells whether the wish was meant for the label of the other name."""
    group = LabelGroup.objects.create(instance=number, name="Care")
    Label.objects.filter(pk=labels["VIP"].pk).update(group=group)
    rename(phone)
    if heard:
        tell(number, phone)
    read(number)
    push(number)
    pair = pair_of(waiting, labels["VIP"])
    assert (phone.writes, pair.receipt, pair.reason) == ([], Receipt.FAILED, GIVEN_UP)
    assert (living().pk, living().name, living().group) == (labels["VIP"].pk, "Do not call", group)
    assert living().questioned_at is None


def test_who_wishes_after_the_rename_means_the_new_name(
    number: Instance, phone: FarSide, waiting: Chat, labels: Labels, agent: User, make_chat: MakeChat
) -> None:
    chat = make_chat()
    rename(phone)
    tell(number, phone)
    set_label(Actor.of(agent), chat, living(), on=True)
    assert pair_of(chat, labels["VIP"]).reason == ASKED
    read(number)
    push(number)
    assert (phone.tags, pair_of(waiting, labels["VIP"]).receipt) == ({(chat.jid, "4")}, Receipt.FAILED)


def test_a_wish_made_while_it_is_asked_goes_to_the_new_label(
    number: Instance,
    phone: FarSide,
    held: list[Chat],
    waiting: Chat,
    labels: Labels,
    agent: User,
    make_chat: MakeChat,
) -> None:
    chat, stranger = make_chat(), make_chat()
    give_id_again(phone)
    phone.tags.add((stranger.jid, "4"))
    tell(number, phone)
    deliver(number, tagged(stranger.jid, "4", just_now()))
    set_label(Actor.of(agent), chat, living(), on=True)
    read(number)
    push(number)
    assert {jid for jid, wa_id in phone.tags if wa_id == "4"} == {chat.jid, stranger.jid}
    on = ChatLabel.objects.filter(label=living(), wanted=True).order_by("chat")
    assert list(on.values_list("chat", "receipt", "error")) == [
        (chat.pk, Receipt.CONFIRMED, ""),
        (stranger.pk, Receipt.CONFIRMED, ""),
    ]
    assert (living().chat_count, pair_of(waiting, labels["VIP"]).receipt) == (2, Receipt.FAILED)


def test_without_carriers_and_wishes_there_is_nothing_to_ask(number: Instance, phone: FarSide) -> None:
    rename(phone)
    tell(number, phone)
    assert (living().name, living().questioned_at, fresh(number).directory_due_at) == ("Do not call", None, None)


def test_a_rename_from_here_asks_nothing(
    number: Instance, phone: FarSide, held: list[Chat], labels: Labels, admin: User
) -> None:
    update_label(Actor.of(admin), labels["VIP"], name="V.I.P.", color=3, description="")
    assert (living().name, living().questioned_at, fresh(number).directory_due_at) == ("V.I.P.", None, None)


def test_a_call_is_not_begun_for_a_label_in_question(
    number: Instance, phone: FarSide, held: list[Chat], waiting: Chat, labels: Labels
) -> None:
    rename(phone)
    tell(number, phone)
    assert claim(pair_of(waiting, labels["VIP"]).pk) is None
    assert pair_of(waiting, labels["VIP"]).attempts == 0


@pytest.mark.parametrize("status", [500, 404])
def test_a_list_that_can_not_be_read_leaves_the_question_and_holds_up_nothing(
    number: Instance, phone: FarSide, held: list[Chat], labels: Labels, status: int
) -> None:
    give_id_again(phone)
    phone.labels["5"]["name"] = "Later"
    phone.status_of = {"GET /labels/4/chats": status}
    read(number)
    assert (living().questioned_at is None, living("5").name) == (False, "Later")


def test_a_provider_that_is_away_is_asked_again(number: Instance, phone: FarSide, held: list[Chat]) -> None:
    rename(phone)
    tell(number, phone)
    phone.status_of = {"GET /labels/4/chats": 503}
    with pytest.raises(ProviderError):
        read(number)
    assert (living().questioned_at is None, fresh(number).directory_due_at is None) == (False, False)


@pytest.mark.parametrize(("age", "wait"), [(0, 10), (60, 60), (86400, 3600)])
def test_an_open_question_is_asked_less_and_less(
    number: Instance, phone: FarSide, held: list[Chat], age: int, wait: int
) -> None:
    phone.tags = set()
    rename(phone)
    tell(number, phone)
    began, pause = timezone.now(), timedelta(seconds=wait)
    Label.objects.filter(wa_id="4").update(renamed_at=began - timedelta(seconds=age))
    Instance.objects.update(directory_due_at=began)
    read(number)
    due, took = fresh(number).directory_due_at, timezone.now() - began
    assert due is not None
    assert began + pause <= due <= began + pause + 2 * took  # it was read a moment later, the name is as much older


def test_what_is_told_while_it_is_asked_keeps_the_question_open(
    number: Instance, phone: FarSide, held: list[Chat], waiting: Chat, labels: Labels
) -> None:
    def told(line: str) -> None:
        if line == "GET /labels/4/chats":
            phone.before = lambda _line: None
            deliver(number, upserted("4", "Third", just_now() + 1))

    rename(phone)
    tell(number, phone)
    later(number)
    phone.before = told
    read(number)
    assert (living().name, living().former["name"], living().questioned_at is None) == ("Third", "VIP", False)
    assert pair_of(waiting, labels["VIP"]).receipt == Receipt.PENDING


@pytest.mark.parametrize("turned", [False, True])
def test_names_in_any_order_ask_about_the_first(
    number: Instance, phone: FarSide, held: list[Chat], turned: bool
) -> None:
    at = just_now()
    events: list[Any] = [upserted("4", "Second", at - 2), upserted("4", "Third", at - 1)]
    deliver(number, *(reversed(events) if turned else events))
    assert (living().name, living().former["name"], living().questioned_at is None) == ("Third", "VIP", False)


@pytest.mark.parametrize("turned", [False, True])
def test_the_first_name_again_ends_the_question(
    number: Instance, phone: FarSide, held: list[Chat], waiting: Chat, labels: Labels, turned: bool
) -> None:
    """An engine that refuses a new colour alone is told another name for a moment."""
    at = just_now()
    events: list[Any] = [upserted("4", "VIP ·", at - 2, color=7), upserted("4", "VIP", at - 1, color=7)]
    deliver(number, *(reversed(events) if turned else events))
    assert (living().name, living().color_index, living().questioned_at) == ("VIP", 7, None)
    assert pair_of(waiting, labels["VIP"]).error == ""
    push(number)
    assert phone.has(waiting.jid, "4")
