"""What runs have put on is confirmed by lists of a label's chats: fewer readings, and no more trust than they deserve."""

from datetime import timedelta

import pytest
from django.utils import timezone

from labelapp.actions.actor import Actor
from labelapp.actions.confirming import read_back_after
from labelapp.actions.tagging import set_label
from labelapp.lanes import push
from labelapp.lanes.reach import Reach
from labelapp.models import Chat, ChatAlias, ChatLabel, Instance, Label, LedgerEntry, Receipt, User
from tests.conftest import MakeChat
from tests.posted import fresh, pair_of
from tests.runs import begin_run, sweep
from tests.wire import FarSide

Labels = dict[str, Label]
LIST = "GET /labels/4/chats"


@pytest.fixture
def side(far: FarSide, labels: Labels) -> FarSide:
    far.labels = {label.wa_id: {"name": label.name, "color": label.color_index} for label in labels.values()}
    return far


@pytest.fixture
def reach() -> Reach:
    return Reach()


def push_all(number: Instance, reach: Reach, *, later: bool = False) -> None:
    Instance.objects.filter(pk=number.pk).update(pace=10_000)
    if later:
        ChatLabel.objects.filter(due_at__isnull=False).update(due_at=timezone.now())
    push.run_due(fresh(number), reach)


def sent(number: Instance, lead: User, reach: Reach, chats: list[Chat], removes: list[str] | None = None) -> None:
    """A run whose calls were all made."""
    begin_run(lead, chats, [] if removes else ["VIP"], removes or [])
    sweep(number)
    push_all(number, reach)
    assert set(ChatLabel.objects.filter(chat__in=chats).values_list("receipt", flat=True)) == {Receipt.SENT}


def readings(side: FarSide) -> list[str]:
    return [call for call in side.calls if call.startswith("GET")]


def test_one_list_confirms_many(
    number: Instance, lead: User, side: FarSide, reach: Reach, make_chat: MakeChat, labels: Labels
) -> None:
    chats = [make_chat() for _ in range(12)]
    sent(number, lead, reach, chats)
    push_all(number, reach, later=True)
    assert readings(side) == [LIST]
    assert set(ChatLabel.objects.values_list("receipt", "remote")) == {(Receipt.CONFIRMED, True)}
    assert LedgerEntry.objects.filter(source="bulk").count() == 12


def test_those_that_are_not_due_yet_are_confirmed_with_them(
    number: Instance, lead: User, side: FarSide, reach: Reach, make_chat: MakeChat, labels: Labels
) -> None:
    sent(number, lead, reach, [make_chat() for _ in range(6)])
    ChatLabel.objects.filter(pk=ChatLabel.objects.first().pk).update(due_at=timezone.now())
    push_all(number, reach)
    assert readings(side) == [LIST]
    assert set(ChatLabel.objects.values_list("receipt", flat=True)) == {Receipt.CONFIRMED}


def test_a_chat_that_the_list_lacks_is_read_by_itself_later(
    number: Instance, lead: User, side: FarSide, reach: Reach, make_chat: MakeChat, labels: Labels
) -> None:
    chats = [make_chat() for _ in range(5)]
    sent(number, lead, reach, chats)
    side.unlisted = {(chats[0].jid, "4")}
    push_all(number, reach, later=True)
    pair = pair_of(chats[0], labels["VIP"])
    assert (pair.receipt, pair.attempts, pair.due_at > timezone.now()) == (Receipt.SENT, 1, True)
    push_all(number, reach)
    assert readings(side) == [LIST]
    push_all(number, reach, later=True)
    assert readings(side) == [LIST, f"GET /labels/chats/{chats[0].jid}"]
    assert pair_of(chats[0], labels["VIP"]).receipt == Receipt.CONFIRMED


@pytest.mark.parametrize("how", ["empty", "broken"])
def test_a_list_that_is_no_use_proves_nothing(
    number: Instance, lead: User, side: FarSide, reach: Reach, make_chat: MakeChat, labels: Labels, how: str
) -> None:
    chats = [make_chat() for _ in range(4)]
    sent(number, lead, reach, chats)
    side.hidden = {"4"} if how == "empty" else set()
    side.status_of = {LIST: 404} if how == "broken" else {}
    push_all(number, reach, later=True)
    side.hidden = set()
    push_all(number, reach, later=True)
    push_all(number, reach, later=True)
    assert readings(side)[0] == LIST
    assert sorted(readings(side)[1:]) == sorted(f"GET /labels/chats/{chat.jid}" for chat in chats)
    assert set(ChatLabel.objects.values_list("receipt", flat=True)) == {Receipt.CONFIRMED}


def test_a_call_without_effect_is_found_out(
    number: Instance, lead: User, side: FarSide, reach: Reach, make_chat: MakeChat, labels: Labels
) -> None:
    side.lie = True
    chats = [make_chat() for _ in range(4)]
    sent(number, lead, reach, chats)
    side.lie = False
    for _turn in range(3):
        push_all(number, reach, later=True)
    assert len(side.writes) == 8
    push_all(number, reach, later=True)
    assert readings(side).count(LIST) == 2  # sent again, so a new list can tell
    assert set(ChatLabel.objects.values_list("receipt", flat=True)) == {Receipt.CONFIRMED}


def test_other_addresses_count(
    number: Instance, lead: User, side: FarSide, reach: Reach, make_chat: MakeChat, labels: Labels
) -> None:
    chats = [make_chat() for _ in range(3)]
    sent(number, lead, reach, chats)
    for n, chat in enumerate(chats):
        ChatAlias.objects.create(instance=number, jid=f"{n}99@lid", chat=chat)
    side.tags = {(f"{n}99@lid", "4") for n in range(3)}
    push_all(number, reach, later=True)
    assert readings(side) == [LIST]
    assert set(ChatLabel.objects.values_list("receipt", flat=True)) == {Receipt.CONFIRMED}


def test_what_a_list_lacks_does_not_prove_a_removal(
    number: Instance, lead: User, side: FarSide, reach: Reach, make_chat: MakeChat, labels: Labels
) -> None:
    chats = [make_chat(labels=(labels["VIP"],)) for _ in range(5)]
    side.tags = {(chat.jid, "4") for chat in chats}
    sent(number, lead, reach, chats, ["VIP"])
    push_all(number, reach, later=True)
    assert sorted(readings(side)) == sorted(f"GET /labels/chats/{chat.jid}" for chat in chats)


def test_few_are_read_one_by_one(
    number: Instance, lead: User, side: FarSide, reach: Reach, make_chat: MakeChat, labels: Labels
) -> None:
    sent(number, lead, reach, [make_chat(), make_chat()])
    push_all(number, reach, later=True)
    assert [call.startswith("GET /labels/chats/") for call in readings(side)] == [True, True]


def test_a_long_list_is_read_for_many_only(
    number: Instance, lead: User, side: FarSide, reach: Reach, make_chat: MakeChat, labels: Labels
) -> None:
    Label.objects.filter(name="VIP").update(chat_count=9_000)
    sent(number, lead, reach, [make_chat() for _ in range(5)])
    push_all(number, reach, later=True)
    assert LIST not in side.calls


def test_clicks_are_read_by_themselves(
    number: Instance, agent: User, side: FarSide, reach: Reach, make_chat: MakeChat, labels: Labels
) -> None:
    for _n in range(5):
        set_label(Actor.of(agent), make_chat(), labels["VIP"], on=True)
    push_all(number, reach)
    push_all(number, reach, later=True)
    assert LIST not in side.calls


def test_a_change_of_mind_while_the_list_is_read_stays(
    number: Instance, lead: User, side: FarSide, reach: Reach, make_chat: MakeChat, labels: Labels
) -> None:
    chats = [make_chat() for _ in range(4)]
    sent(number, lead, reach, chats)
    pair = pair_of(chats[0], labels["VIP"])
    later = timezone.now() + timedelta(seconds=1)
    side.before = lambda line: None
    ChatLabel.objects.filter(pk=pair.pk).update(wanted=False, wanted_at=later, receipt=Receipt.PENDING, priority=0)
    push_all(number, reach, later=True)
    assert pair_of(chats[0], labels["VIP"]).wanted is False
    assert pair_of(chats[1], labels["VIP"]).receipt == Receipt.CONFIRMED


@pytest.mark.parametrize(("pace", "seconds"), [(0.1, 60), (1, 20), (5, 5), (50, 5)])
def test_where_the_pace_is_slow_a_list_waits_for_more(
    number: Instance, make_chat: MakeChat, labels: Labels, pace: float, seconds: float
) -> None:
    number.pace = pace
    labels["VIP"].instance = number
    pair = ChatLabel(chat=make_chat(), label=labels["VIP"], wanted=True, priority=10)
    assert read_back_after(pair) == seconds
    pair.priority = 0
    assert read_back_after(pair) == 5
