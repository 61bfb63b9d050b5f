"""The timers lane: when it looks, for which numbers, and that the worker has it."""

import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from labelapp.actions import timers as actions
from labelapp.lanes import timers as lane
from labelapp.lanes import worker
from labelapp.lanes.reach import Reach
from labelapp.models import Chat, Instance, Label, LabelTimer, LedgerEntry, Receipt, User
from tests.conftest import MakeChat
from tests.lanes.test_worker import until
from tests.posted import fresh, pair_of, run_push_later
from tests.ruled import carried
from tests.timed import HOUR, pass_time, run_timers, set_time
from tests.wire import FarSide

Labels = dict[str, Label]


@pytest.fixture
def chat(agent: User, make_chat: MakeChat, labels: Labels) -> Chat:
    """VIP until now."""
    made = make_chat(labels=(labels["VIP"],))
    set_time(agent, made, labels["VIP"])
    pass_time()
    return made


@pytest.mark.parametrize(
    "values", [{"frozen_at": timezone.now()}, {"import_stage": Instance.ImportStage.CHATS}], ids=["frozen", "importing"]
)
def test_a_number_that_may_be_another_account_or_is_imported_waits(
    number: Instance, chat: Chat, values: dict[str, Any]
) -> None:
    before = {name: getattr(number, name) for name in values}
    Instance.objects.filter(pk=number.pk).update(**values)
    assert (run_timers(number), carried(chat)) == (0, {"VIP"})
    Instance.objects.filter(pk=number.pk).update(**before)
    assert (run_timers(number), carried(chat)) == (1, set())


def test_while_the_number_is_down_the_wish_waits(number: Instance, chat: Chat, labels: Labels, far: FarSide) -> None:
    far.labels, far.tags = {"4": {"name": "VIP", "color": 3}}, {(chat.jid, "4")}
    Instance.objects.filter(pk=number.pk).update(status="SCAN_QR_CODE")
    assert run_timers(number) == 1
    run_push_later(number)
    assert (pair_of(chat, labels["VIP"]).receipt, far.tags) == (Receipt.PENDING, {(chat.jid, "4")})
    Instance.objects.filter(pk=number.pk).update(status="WORKING")
    run_push_later(number)
    assert far.tags == set()


def test_other_numbers_are_left_alone(number: Instance, other_number: Instance, chat: Chat) -> None:
    assert (run_timers(other_number), carried(chat)) == (0, {"VIP"})


def test_it_looks_at_most_once_a_second_where_nothing_was_due(
    number: Instance, agent: User, make_chat: MakeChat, labels: Labels
) -> None:
    chat, reach = make_chat(labels=(labels["VIP"],)), Reach()
    set_time(agent, chat, labels["VIP"])
    assert lane.run_due(fresh(number), reach) == 0
    pass_time()
    assert lane.run_due(fresh(number), reach) == 0
    reach.rests_until = time.monotonic()
    assert lane.run_due(fresh(number), reach) == 1


def test_many_are_done_batch_by_batch_and_it_stops_when_it_must(
    number: Instance, agent: User, make_chat: MakeChat, labels: Labels, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "BATCH", 2)
    for _n in range(3):
        set_time(agent, make_chat(labels=(labels["VIP"],)), labels["VIP"])
    pass_time()
    assert lane.run_due(fresh(number), Reach(), lambda: True) == 0
    assert [run_timers(number) for _time in range(3)] == [2, 1, 0]


@pytest.mark.django_db(transaction=True)
def test_the_workers_do_it_once_and_one_that_starts_later_finds_what_came_meanwhile(
    number: Instance, agent: User, make_chat: MakeChat, labels: Labels, far: FarSide, settings: Any
) -> None:
    """Two of them where the database allows it. Of five labels one is due before they start, the others while they run."""
    settings.SWEEP_SECONDS, settings.READ_BACK_SECONDS = 0.2, 0
    Instance.objects.filter(pk=number.pk).update(pace=1000)
    chats = [make_chat(labels=(labels["VIP"],)) for _n in range(5)]
    far.labels = {"4": {"name": "VIP", "color": 3}}
    far.tags = {(chat.jid, "4") for chat in chats}
    for n, chat in enumerate(chats):
        set_time(agent, chat, labels["VIP"], timedelta(seconds=n + 1))
    LabelTimer.objects.filter(pair__chat=chats[0]).update(due_at=timezone.now() - HOUR)
    stopping = threading.Event()
    running = [threading.Thread(target=worker.work, args=[stopping], daemon=True) for _n in range(workers())]
    for each in running:
        each.start()
    try:
        assert until(lambda: not far.tags), far.tags
        assert until(lambda: not LabelTimer.objects.exists())
    finally:
        stopping.set()
        for each in running:
            each.join(20)
    entries = LedgerEntry.objects.filter(source="timer").values_list("chat", "verb")
    assert sorted(entries) == [(chat.pk, "remove") for chat in chats]


def workers() -> int:
    """On SQLite there is one."""
    return 1 if connection.vendor == "sqlite" else 2
