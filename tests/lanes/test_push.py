import time
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from labelapp.actions.actor import Actor
from labelapp.actions.tagging import set_label
from labelapp.lanes import push, watch
from labelapp.lanes.due import due_pairs
from labelapp.lanes.reach import Reach
from labelapp.models import Chat, ChatLabel, HookDelivery, Instance, Label, Receipt, User
from labelapp.models.fields import EncryptedTextField
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


def test_a_wish_is_sent_and_read_back(
    number: Instance, side: FarSide, actor: Actor, make_chat: MakeChat, labels: Labels
) -> None:
    chat = make_chat()
    set_label(actor, chat, labels["VIP"], on=True)
    assert run_push(number) == 1
    assert pair_of(chat, labels["VIP"]).receipt == Receipt.SENT
    assert run_push(number) == 0  # its read-back is not due yet
    assert run_push_later(number) == 1
    assert pair_of(chat, labels["VIP"]).receipt == Receipt.CONFIRMED
    assert side.calls == [f"PUT /labels/4/chats/{chat.jid}", f"GET /labels/chats/{chat.jid}"]
    assert run_push_later(number) == 0


def test_taking_off_is_a_call_of_its_own(
    number: Instance, side: FarSide, actor: Actor, make_chat: MakeChat, labels: Labels
) -> None:
    chat = make_chat(labels=(labels["VIP"], labels["On hold"]))
    side.tags = {(chat.jid, "4"), (chat.jid, "5")}
    set_label(actor, chat, labels["VIP"], on=False)
    run_push(number)
    assert side.calls == [f"DELETE /labels/4/chats/{chat.jid}"]  # never the whole list
    assert side.tags == {(chat.jid, "5")}


def test_never_two_calls_for_one_chat(
    number: Instance, side: FarSide, actor: Actor, make_chat: MakeChat, labels: Labels
) -> None:
    side.delay = 0.5  # long beside what it takes to begin one on a busy machine
    chats = [make_chat() for _ in range(4)]
    for chat in chats:
        for name in ("VIP", "On hold", "Paid"):
            set_label(actor, chat, labels[name], on=True)
    assert run_push(number) == 12
    assert {side.most_at_once[chat.jid] for chat in chats} == {1}
    assert 1 < side.most_at_once["all"] <= push.AT_ONCE
    assert len(side.tags) == 12


def test_clicks_go_ahead_of_runs(
    number: Instance, side: FarSide, actor: Actor, make_chat: MakeChat, labels: Labels
) -> None:
    of_a_run = [make_chat() for _ in range(6)]
    clicked = make_chat()
    for chat in (*of_a_run, clicked):
        set_label(actor, chat, labels["VIP"], on=True)
    ChatLabel.objects.exclude(chat=clicked).update(priority=5)
    ahead = due_pairs(number, set())
    assert ahead[0].chat == clicked
    run_push(number)
    assert side.calls.index(f"PUT /labels/4/chats/{clicked.jid}") < push.AT_ONCE


def test_a_chat_with_many_wishes_holds_up_no_other(
    number: Instance, side: FarSide, actor: Actor, make_chat: MakeChat, labels: Labels
) -> None:
    busy, other = make_chat(), make_chat()
    names = [
        Label.objects.create(instance=number, wa_id=str(n), name=f"L{n}", known_at=timezone.now())
        for n in range(50, 70)
    ]
    for label in names:
        set_label(actor, busy, label, on=True)
    set_label(actor, other, labels["VIP"], on=True)
    assert [pair.chat for pair in due_pairs(number, {busy.pk})] == [other]


def test_the_old_stage_comes_off_after_the_new_one_is_seen(
    number: Instance, side: FarSide, actor: Actor, make_chat: MakeChat, labels: Labels
) -> None:
    chat = make_chat(labels=(labels["Quoted"],))
    side.tags = {(chat.jid, "2")}
    set_label(actor, chat, labels["Paid"], on=True)
    for _turn in range(6):
        run_push_later(number)
        assert side.tags & {(chat.jid, "2"), (chat.jid, "3")}  # never without a stage
    assert side.writes == [f"PUT /labels/3/chats/{chat.jid}", f"DELETE /labels/2/chats/{chat.jid}"]
    assert [pair_of(chat, labels[name]).receipt for name in ("Paid", "Quoted")] == [Receipt.CONFIRMED] * 2


def test_only_the_pairs_of_this_number(
    number: Instance, other_number: Instance, side: FarSide, admin: User, make_chat: MakeChat
) -> None:
    label = Label.objects.create(instance=other_number, wa_id="9", name="Theirs", known_at=timezone.now())
    set_label(Actor.of(admin), make_chat(instance=other_number), label, on=True)
    assert run_push(number) == 0
    assert side.calls == []


def test_a_provider_that_is_down_is_asked_once_and_then_spared(
    number: Instance, side: FarSide, actor: Actor, make_chat: MakeChat, labels: Labels
) -> None:
    for _n in range(3 * push.AT_ONCE):
        set_label(actor, make_chat(), labels["VIP"], on=True)
    side.down = True
    reach = known()
    run_push(number, reach)
    assert len(side.calls) <= push.AT_ONCE
    assert reach.is_open is False
    assert run_push(number, reach) == 0
    assert set(ChatLabel.objects.values_list("receipt", flat=True)) == {"pending"}
    assert fresh(number).trouble == "silent:No connection."
    side.down = False
    reach.closed_until = 0
    ChatLabel.objects.update(due_at=timezone.now())
    run_push(number, reach)
    assert (len(side.tags), fresh(number).trouble) == (12, "")


def test_after_a_failure_one_probe_goes_first(
    number: Instance, side: FarSide, actor: Actor, make_chat: MakeChat, labels: Labels
) -> None:
    for _n in range(6):
        set_label(actor, make_chat(), labels["VIP"], on=True)
    side.down, reach = True, known(failures=3)
    run_push(number, reach)
    assert len(side.calls) == 1


def test_retry_after_pauses_the_whole_number(
    number: Instance, side: FarSide, actor: Actor, make_chat: MakeChat, labels: Labels
) -> None:
    set_label(actor, make_chat(), labels["VIP"], on=True)
    side.status, side.headers = 429, {"Retry-After": "60"}
    reach = known()
    run_push(number, reach)
    assert 55 < reach.closed_until - time.monotonic() <= 60
    pair = ChatLabel.objects.get()
    assert pair.due_at is not None
    assert pair.due_at - timezone.now() > timedelta(seconds=55)


def test_a_day_to_wait_closes_the_number_for_a_quarter_of_an_hour(
    number: Instance, side: FarSide, actor: Actor, make_chat: MakeChat, labels: Labels
) -> None:
    set_label(actor, make_chat(), labels["VIP"], on=True)
    side.status, side.headers, reach = 429, {"Retry-After": "86400"}, known()
    run_push(number, reach)
    due_at = ChatLabel.objects.get().due_at
    assert due_at is not None
    assert (due_at - timezone.now() <= timedelta(minutes=15), reach.closed_until - time.monotonic() <= 900) == (
        True,
        True,
    )


def test_a_refused_token_is_shown_and_spares_the_provider(
    number: Instance, side: FarSide, actor: Actor, make_chat: MakeChat, labels: Labels
) -> None:
    set_label(actor, make_chat(), labels["VIP"], on=True)
    side.status = 401
    reach = known()
    run_push(number, reach)
    assert (fresh(number).trouble, reach.is_open) == ("token:Said 401", False)
    assert ChatLabel.objects.get().receipt == Receipt.PENDING


def test_readings_do_not_take_back_that_changes_are_refused(
    number: Instance, side: FarSide, actor: Actor, make_chat: MakeChat, labels: Labels
) -> None:
    set_label(actor, make_chat(), labels["VIP"], on=True)
    doubted = make_chat(labels=(labels["On hold"],))
    side.status_of, reach = {"PUT": 401}, known()
    run_push(number, reach)
    reach.closed_until = 0
    ChatLabel.objects.filter(chat=doubted).update(due_at=timezone.now())
    assert run_push(number, reach) == 1
    assert fresh(number).trouble == "token:Said 401"
    side.status_of = {}
    run_push_later(number)
    assert fresh(number).trouble == ""


def test_a_404_fails_the_wish_and_has_the_directory_read(
    number: Instance, side: FarSide, actor: Actor, make_chat: MakeChat, labels: Labels
) -> None:
    set_label(actor, make_chat(), labels["VIP"], on=True)
    side.forget("4")
    reach = known()
    run_push(number, reach)
    assert ChatLabel.objects.get().reason == "The provider says: Label not found"
    assert fresh(number).directory_due_at is not None
    assert reach.is_open  # it answered


@pytest.mark.parametrize("acted", [True, False])
def test_after_a_timeout_it_looks_before_it_calls_again(
    number: Instance, side: FarSide, actor: Actor, make_chat: MakeChat, labels: Labels, acted: bool
) -> None:
    chat = make_chat()
    set_label(actor, chat, labels["VIP"], on=True)
    side.hangs_after, side.lie = True, not acted
    run_push(number)
    side.hangs_after = side.lie = False
    for _turn in range(3):
        run_push_later(number)
    put, get = f"PUT /labels/4/chats/{chat.jid}", f"GET /labels/chats/{chat.jid}"
    assert side.calls == ([put, get] if acted else [put, get, put, get])
    assert pair_of(chat, labels["VIP"]).receipt == Receipt.CONFIRMED


def test_a_reading_that_fails_is_repeated_not_the_call(
    number: Instance, side: FarSide, actor: Actor, make_chat: MakeChat, labels: Labels
) -> None:
    set_label(actor, make_chat(), labels["VIP"], on=True)
    run_push(number)
    side.status = 500
    run_push_later(number)
    side.status = 0
    assert run_push_later(number) == 1
    assert [call.split()[0] for call in side.calls] == ["PUT", "GET", "GET"]
    assert ChatLabel.objects.get().receipt == Receipt.CONFIRMED


def test_a_call_that_was_cut_off_is_made_again(
    number: Instance, side: FarSide, actor: Actor, make_chat: MakeChat, labels: Labels
) -> None:
    pair = set_label(actor, make_chat(), labels["VIP"], on=True)
    ago = timezone.now() - timedelta(seconds=9)
    ChatLabel.objects.update(called_at=ago, attempts=1)  # claimed, then the worker was killed
    run_push(number)
    pair.refresh_from_db()
    assert (pair.receipt, len(side.calls), pair.attempts) == (Receipt.SENT, 1, 2)


def test_stopping_starts_nothing_new(
    number: Instance, side: FarSide, actor: Actor, make_chat: MakeChat, labels: Labels
) -> None:
    set_label(actor, make_chat(), labels["VIP"], on=True)
    assert push.run_due(number, known(), lambda: True) == 0
    assert side.calls == []


def test_before_the_first_change_it_is_asked_who_answers(
    number: Instance, side: FarSide, actor: Actor, make_chat: MakeChat, labels: Labels
) -> None:
    ask, reach = "POST /session/info", Reach()
    first, second = make_chat(), make_chat()
    for chat in (first, second):
        set_label(actor, chat, labels["VIP"], on=True)
        assert run_push(number, reach) == 1
    assert side.calls == [ask, *(f"PUT /labels/4/chats/{chat.jid}" for chat in (first, second))]
    reach.account_at -= push.ACCOUNT_SECONDS
    run_push_later(number)
    assert side.calls.count(ask) == 1  # readings ask nobody
    set_label(actor, first, labels["On hold"], on=True)
    run_push(number, reach)
    assert side.calls[-2:] == [ask, f"PUT /labels/5/chats/{first.jid}"]


def test_asking_who_answers_takes_a_place_in_the_pace(
    number: Instance, side: FarSide, actor: Actor, make_chat: MakeChat, labels: Labels
) -> None:
    set_label(actor, make_chat(), labels["VIP"], on=True)
    Instance.objects.update(pace=5)
    reach, began = Reach(), time.monotonic()
    assert push.run_due(fresh(number), reach) == 1
    assert len(side.calls) == 2
    assert reach.next_call - began >= 2 / 5


@pytest.mark.parametrize("session", [{"me": {"id": "201999999999@c.us"}}, {"status": "SCAN_QR_CODE"}])
def test_nothing_is_sent_to_another_account_or_a_number_that_sleeps(
    number: Instance, side: FarSide, actor: Actor, make_chat: MakeChat, labels: Labels, session: dict[str, Any]
) -> None:
    """The account changed at the provider, and no event came."""
    Instance.objects.update(status_at=timezone.now())
    known_account, side.session = side.session, side.session | session
    set_label(actor, make_chat(), labels["VIP"], on=True)
    reach = Reach()
    assert run_push(number, reach) == 0
    assert (side.writes, fresh(number).is_frozen, fresh(number).is_ready) == ([], "me" in session, False)
    assert run_push(number, reach) == 0
    assert (len(side.calls), ChatLabel.objects.get().receipt) == (1, Receipt.PENDING)
    side.session = known_account
    watch.run_due(fresh(number), Reach())
    assert fresh(number).is_ready
    assert run_push(number, reach) == 1


def test_a_session_that_can_not_be_asked_holds_changes_back(
    number: Instance, side: FarSide, actor: Actor, make_chat: MakeChat, labels: Labels
) -> None:
    set_label(actor, make_chat(), labels["VIP"], on=True)
    side.status_of, reach = {"POST /session": 500}, Reach()
    assert run_push(number, reach) == 0
    assert (side.writes, reach.is_open, fresh(number).trouble) == ([], False, "said:Said 500")


def test_a_session_that_will_never_be_told_stops_no_change(
    number: Instance, side: FarSide, actor: Actor, make_chat: MakeChat, labels: Labels
) -> None:
    set_label(actor, make_chat(), labels["VIP"], on=True)
    side.status_of = {"POST /session": 404}
    assert run_push(number, Reach()) == 1
    assert len(side.writes) == 1


def test_a_token_that_can_not_be_read_calls_nobody(
    number: Instance, side: FarSide, actor: Actor, make_chat: MakeChat, labels: Labels, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_label(actor, make_chat(), labels["VIP"], on=True)
    monkeypatch.setattr(EncryptedTextField, "get_prep_value", lambda self, value: value)
    Instance.objects.filter(pk=number.pk).update(credentials="of another key")
    assert fresh(number).locked
    assert push.run_due(fresh(number), known()) == 0
    pair = ChatLabel.objects.get()
    assert (side.calls, pair.receipt, pair.attempts) == ([], Receipt.PENDING, 0)


def test_pace_is_kept_on_the_wire(
    number: Instance, side: FarSide, actor: Actor, make_chat: MakeChat, labels: Labels
) -> None:
    for _n in range(8):
        set_label(actor, make_chat(), labels["VIP"], on=True)
    Instance.objects.filter(pk=number.pk).update(pace=40)
    push.run_due(fresh(number), known())
    assert len(side.times) == 8
    assert side.times[-1] - side.times[0] >= 7 / 40 - 0.02  # starts empty: no burst


def test_chats_read_meanwhile_settle_all_their_pairs(
    number: Instance, side: FarSide, actor: Actor, make_chat: MakeChat, labels: Labels
) -> None:
    chat = make_chat()
    for name in ("VIP", "On hold"):
        set_label(actor, chat, labels[name], on=True)
    run_push(number)
    run_push_later(number)
    assert [call.split()[0] for call in side.calls] == ["PUT", "PUT", "GET"]
    assert set(ChatLabel.objects.values_list("receipt", flat=True)) == {"confirmed"}


def test_looking_costs_two_queries(
    number: Instance, actor: Actor, make_chat: MakeChat, labels: Labels, django_assert_num_queries: Any
) -> None:
    for _n in range(10):
        set_label(actor, make_chat(), labels["VIP"], on=True)
    with django_assert_num_queries(2):
        pairs = due_pairs(number, set())
        assert [pair.chat.jid and pair.label.wa_id for pair in pairs] == ["4"] * 10
    assert Chat.objects.count() == 10


def test_chats_with_many_due_pairs_do_not_crowd_out_the_others(
    number: Instance, make_chat: MakeChat, labels: Labels
) -> None:
    """After a burst of doubts."""
    for _n in range(12):
        chat = make_chat(labels=tuple(labels.values()))
        ChatLabel.objects.filter(chat=chat).update(due_at=timezone.now())
    assert len(due_pairs(number, set())) == 12


def test_doubts_wait_for_a_backlog_of_deliveries_and_wishes_do_not(
    number: Instance, actor: Actor, make_chat: MakeChat, labels: Labels
) -> None:
    """What is read before them makes doubts of them."""
    doubted, clicked = make_chat(labels=(labels["VIP"],)), make_chat()
    ChatLabel.objects.filter(chat=doubted).update(due_at=timezone.now())
    set_label(actor, clicked, labels["VIP"], on=True)
    late = timezone.now() - timedelta(seconds=5)
    delivery = HookDelivery.objects.create(instance=number, dedupe_key="1", body="{}", received_at=late)
    assert [pair.chat for pair in due_pairs(number, set())] == [clicked]
    ChatLabel.objects.filter(chat=doubted).update(due_at=timezone.now() - timedelta(minutes=3))
    assert [pair.chat for pair in due_pairs(number, set())] == [clicked, doubted]  # not for ever
    ChatLabel.objects.filter(chat=doubted).update(due_at=timezone.now())
    HookDelivery.objects.filter(pk=delivery.pk).update(applied_at=timezone.now())
    assert [pair.chat for pair in due_pairs(number, set())] == [clicked, doubted]


def test_after_an_outage_the_directory_is_read_before_anything_is_sent(
    number: Instance, side: FarSide, actor: Actor, make_chat: MakeChat, labels: Labels
) -> None:
    """Meanwhile VIP was deleted on the phone, and its id is another label's. Nobody heard of it."""
    carriers = [make_chat(labels=(labels["VIP"],)) for _n in range(3)]
    wish = set_label(actor, make_chat(), labels["VIP"], on=True)
    side.tags = {(make_chat().jid, labels["VIP"].wa_id)}
    side.labels[labels["VIP"].wa_id] = {"name": "Do not call", "color": labels["VIP"].color_index}
    side.down, reach = True, Reach()
    assert push.run_due(fresh(number), reach) == 0
    assert fresh(number).trouble
    side.down, reach.closed_until = False, 0.0
    while push.run_due(fresh(number), reach):
        pass
    assert side.writes == []
    assert [label.name for label in Label.objects.filter(wa_id=labels["VIP"].wa_id).order_by("pk")] == [
        "VIP",
        "Do not call",
    ]
    wish.refresh_from_db()
    assert (wish.receipt, wish.error.partition(":")[0]) == ("failed", "deleted")
    assert not ChatLabel.objects.filter(chat__in=carriers, wanted=True).exists()
