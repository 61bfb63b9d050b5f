"""Which call is made when: clicks first, one at a time in the number's pace, none while the provider asks us to wait."""

import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from labelapp.actions.actor import Actor
from labelapp.actions.identity import learn_hidden_ids
from labelapp.actions.tagging import set_label
from labelapp.lanes import push
from labelapp.lanes.due import due_pairs
from labelapp.lanes.reach import CHATS
from labelapp.models import Chat, ChatAlias, ChatLabel, Instance, Label, Receipt, User
from labelapp.whatsapp.types import LidPair
from labelapp.whatsapp.wawp import Wawp
from tests.conftest import MakeChat
from tests.posted import fresh, known, pair_of, run_push, run_push_later
from tests.wire import FarSide

Labels = dict[str, Label]


@pytest.fixture
def side(far: FarSide, labels: Labels) -> FarSide:
    far.labels = {label.wa_id: {"name": label.name, "color": label.color_index} for label in labels.values()}
    return far


@pytest.fixture
def actor(agent: User) -> Actor:
    return Actor.of(agent)


@pytest.fixture
def wishes(actor: Actor, make_chat: MakeChat, labels: Labels) -> list[Chat]:
    """Twelve chats that are to get VIP."""
    chats = [make_chat() for _n in range(12)]
    for chat in chats:
        set_label(actor, chat, labels["VIP"], on=True)
    return chats


def doubted(make_chat: MakeChat, label: Label, count: int) -> None:
    """So many chats whose label was contradicted a while ago."""
    for _n in range(count):
        make_chat(labels=(label,))
    ChatLabel.objects.update(due_at=timezone.now() - timedelta(minutes=5))


def test_a_call_that_asks_us_to_wait_is_the_last_one(number: Instance, side: FarSide, wishes: list[Chat]) -> None:
    side.status, side.headers = 429, {"Retry-After": "30"}
    Instance.objects.update(pace=4)  # the answer is there before the next turn, on a busy machine too
    reach = known()
    assert push.run_due(fresh(number), reach) == 1
    assert (len(side.calls), reach.is_open) == (1, False)
    assert ChatLabel.objects.exclude(called_at=None).count() == 1  # nobody else was claimed


def test_a_click_during_a_run_is_next(
    number: Instance, side: FarSide, actor: Actor, wishes: list[Chat], make_chat: MakeChat, labels: Labels
) -> None:
    ChatLabel.objects.update(priority=5)
    Instance.objects.update(pace=10)
    clicked = make_chat()

    def click() -> bool:
        """What an agent does once the first call is out."""
        if side.calls and not ChatLabel.objects.filter(chat=clicked).exists():
            set_label(actor, clicked, labels["VIP"], on=True)
        return len(side.calls) > 2

    push.run_due(fresh(number), known(), click)
    assert side.calls[1] == f"PUT /labels/4/chats/{clicked.jid}"


def test_a_click_goes_ahead_of_doubts(
    number: Instance, side: FarSide, actor: Actor, make_chat: MakeChat, labels: Labels
) -> None:
    doubted(make_chat, labels["On hold"], 40)
    clicked = make_chat()
    set_label(actor, clicked, labels["VIP"], on=True)
    assert due_pairs(number, set())[0].chat == clicked
    assert run_push(number) == 41
    assert side.calls[0] == f"PUT /labels/4/chats/{clicked.jid}"


def test_a_click_goes_ahead_of_read_backs(
    number: Instance, side: FarSide, actor: Actor, wishes: list[Chat], make_chat: MakeChat, labels: Labels
) -> None:
    run_push(number)
    ChatLabel.objects.update(due_at=timezone.now() - timedelta(minutes=5))
    clicked = make_chat()
    set_label(actor, clicked, labels["VIP"], on=True)
    run_push(number)
    assert side.calls[12] == f"PUT /labels/4/chats/{clicked.jid}"


def test_read_backs_wait_for_no_end_of_clicks_and_doubts_for_both(
    number: Instance,
    side: FarSide,
    actor: Actor,
    wishes: list[Chat],
    make_chat: MakeChat,
    labels: Labels,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run_push(number)
    doubted(make_chat, labels["On hold"], 3)
    for _n in range(12):
        set_label(actor, make_chat(), labels["VIP"], on=True)
    ChatLabel.objects.filter(receipt=Receipt.SENT).update(due_at=timezone.now())
    monkeypatch.setattr(push, "LOOK", 0)  # a look before each call, however long looking takes
    monkeypatch.setattr(push, "SHARE", 0)
    monkeypatch.setattr(push, "AT_ONCE", 1)  # else they arrive in any order, and one more than six
    side.calls.clear()
    push.run_due(fresh(number), known(), lambda: len(side.calls) >= 6)
    assert [call.split()[0] for call in side.calls] == ["PUT", "GET"] * 3
    kinds = [pair.receipt for pair in due_pairs(number, set(), readings_first=True)]
    assert kinds[: kinds.count(Receipt.SENT)] == [Receipt.SENT] * kinds.count(Receipt.SENT)


def test_a_run_ends_after_a_while_and_the_next_one_goes_on(number: Instance, side: FarSide, wishes: list[Chat]) -> None:
    Instance.objects.update(pace=8)
    reach = known()
    began = time.monotonic()
    made = [push.run_due(fresh(number), reach) for _run in range(2)]
    assert 0 < made[0] < 12
    assert ChatLabel.objects.filter(receipt=Receipt.SENT).count() == sum(made)  # what was begun was ended as well
    while push.run_due(fresh(number), reach):
        pass
    assert len(side.tags) == 12
    assert side.times[-1] - began >= 11 / 8 - 0.02  # one pace for all runs


def test_a_call_that_hangs_holds_up_no_other_of_its_number(number: Instance, side: FarSide, wishes: list[Chat]) -> None:
    Instance.objects.update(pace=8)  # so that they take longer than a run
    all_came = threading.Event()

    def hang(line: str) -> None:
        """The first call is answered when the last one has come."""
        if line == side.writes[0]:
            all_came.wait(20)
        elif len(side.writes) == len(wishes):
            all_came.set()

    side.before = lambda line: hang(line) if line.startswith("PUT") else None
    push.run_due(fresh(number), known())
    assert all_came.is_set()
    assert len(side.tags) == 12


def test_a_run_whose_turn_comes_later_is_to_be_taken_up_again(
    number: Instance, side: FarSide, wishes: list[Chat]
) -> None:
    reach = known(next_call=time.monotonic() + 2 * push.SPAN)
    assert (push.run_due(fresh(number), reach), side.calls) == (1, [])


def test_readings_have_their_turn_across_runs(
    number: Instance, side: FarSide, actor: Actor, wishes: list[Chat], make_chat: MakeChat, labels: Labels
) -> None:
    run_push(number)
    ChatLabel.objects.update(due_at=timezone.now())
    for _n in range(3):
        set_label(actor, make_chat(), labels["VIP"], on=True)
    side.calls.clear()
    reach = known()
    for run in range(4):
        push.run_due(fresh(number), reach, lambda run=run: len(side.calls) > run)  # type: ignore[misc]
    assert [call.split()[0] for call in side.calls] == ["PUT", "GET"] * 2


def test_a_server_that_breaks_over_every_chat_is_spared(number: Instance, side: FarSide, wishes: list[Chat]) -> None:
    side.status, reach = 500, known()
    run_push(number, reach)
    assert CHATS <= len(side.calls) < CHATS + push.AT_ONCE
    assert (reach.is_open, fresh(number).trouble) == (False, "said:Said 500")
    reach.closed_until = 0
    ChatLabel.objects.update(due_at=timezone.now())
    before = len(side.calls)
    run_push(number, reach)
    assert (len(side.calls), reach.is_open) == (before + 1, False)  # one probe
    side.status, reach.closed_until = 0, 0
    ChatLabel.objects.update(due_at=timezone.now())
    run_push(number, reach)
    assert (reach.is_open, fresh(number).trouble) == (True, "")
    assert len(side.tags) == 12


@pytest.mark.parametrize("status", [502, 504, 520, 521, 522, 523, 524])
def test_a_gateway_whose_server_is_away_delays_wishes_and_loses_none(
    number: Instance, side: FarSide, wishes: list[Chat], settings: Any, status: int
) -> None:
    side.status, reach = status, known()
    run_push(number, reach)
    assert len(side.calls) <= push.AT_ONCE
    assert (reach.is_open, fresh(number).trouble) == (False, f"silent:Said {status}")
    for _time in range(3 * settings.PUSH_ATTEMPTS):  # each looks first: the call that broke off may have been made
        run_push_later(number)
    assert len(side.writes) <= len(wishes)
    assert set(ChatLabel.objects.values_list("receipt", "attempts")) == {("sent", 0)}
    side.status = 0
    for _time in range(3):
        run_push_later(number)
    assert set(ChatLabel.objects.values_list("receipt", flat=True)) == {"confirmed"}
    assert {side.writes.count(call) for call in side.writes} <= {1, 2}


def test_readings_that_break_the_server_count_as_well(number: Instance, side: FarSide, wishes: list[Chat]) -> None:
    run_push(number)
    ChatLabel.objects.update(due_at=timezone.now())
    side.status, reach = 500, known()
    run_push(number, reach)
    assert (reach.is_open, fresh(number).trouble) == (False, "said:Said 500")


def test_a_chat_that_always_breaks_the_server_stops_nobody(
    number: Instance, side: FarSide, wishes: list[Chat], labels: Labels
) -> None:
    side.status_of, reach = {f"PUT /labels/4/chats/{wishes[0].jid}": 500}, known()
    for _time in range(CHATS + 1):
        ChatLabel.objects.filter(due_at__isnull=False).update(due_at=timezone.now())
        run_push(number, reach)
        assert (reach.is_open, reach.failures, fresh(number).trouble) == (True, 0, "")
    assert len(side.tags) == 11
    assert pair_of(wishes[0], labels["VIP"]).reason == "The provider says: Said 500"


def merged_during_calls(number: Instance, side: FarSide, chat: Chat) -> Any:
    """A `stop` that joins the chat with its hidden id's while a call for it is under way."""

    def merge() -> bool:
        if any(chat.jid in call for call in side.calls):
            learn_hidden_ids(number, [LidPair("77@lid", "209990000077@c.us")])
        return False

    return merge


@pytest.mark.parametrize("reads", [False, True])
def test_a_merge_during_a_call_breaks_nothing_off(
    number: Instance, side: FarSide, actor: Actor, make_chat: MakeChat, labels: Labels, reads: bool
) -> None:
    hidden, other = make_chat(jid="77@lid"), make_chat()
    for chat in (hidden, make_chat(jid="209990000077@c.us"), other):
        set_label(actor, chat, labels["VIP"], on=True)
    if reads:
        run_push(number)
        ChatLabel.objects.update(due_at=timezone.now())
    side.calls.clear()
    side.delay = 0.2
    Instance.objects.update(pace=10_000)
    push.run_due(fresh(number), known(), merged_during_calls(number, side, hidden))
    assert not Chat.objects.filter(pk=hidden.pk).exists()
    assert pair_of(other, labels["VIP"]).receipt == (Receipt.CONFIRMED if reads else Receipt.SENT)
    side.delay = 0
    for _time in range(3):
        run_push_later(number)
    assert set(ChatLabel.objects.values_list("receipt", flat=True)) == {"confirmed"}


def test_calls_under_way_are_recorded_whatever_breaks_the_run_off(
    number: Instance, side: FarSide, wishes: list[Chat]
) -> None:
    side.delay = 0.1
    looks = iter([False] * 3)
    Instance.objects.update(pace=10_000)
    with pytest.raises(StopIteration):
        push.run_due(fresh(number), known(), lambda: next(looks))
    assert ChatLabel.objects.filter(receipt=Receipt.SENT).count() == len(side.calls) > 1


def test_a_removed_number_is_not_called_any_more(number: Instance, side: FarSide, wishes: list[Chat]) -> None:
    stale = fresh(number)
    Instance.objects.update(removed_at=timezone.now())
    assert push.run_due(stale, known()) == 0
    assert (side.calls, due_pairs(stale, set())) == ([], [])


def test_a_change_takes_as_many_places_in_the_pace_as_it_makes_calls(
    number: Instance, side: FarSide, wishes: list[Chat], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Wawp, "calls_a_change", 3)
    Instance.objects.update(pace=100)
    assert push.run_due(fresh(number), known()) == 12
    assert side.times[-1] - side.times[0] >= 11 * 3 / 100 - 0.02


def test_each_address_of_a_person_takes_a_place_in_the_pace(
    number: Instance, side: FarSide, make_chat: MakeChat, labels: Labels
) -> None:
    doubted(make_chat, labels["VIP"], 4)
    aliases = [ChatAlias(instance=number, jid=f"{chat.pk}@lid", chat=chat) for chat in Chat.objects.all()]
    ChatAlias.objects.bulk_create(aliases)
    Instance.objects.update(pace=40)
    began = time.monotonic()
    assert push.run_due(fresh(number), known()) == 4
    assert len(side.calls) == 8
    assert side.times[-1] - began >= 6 / 40 - 0.01
