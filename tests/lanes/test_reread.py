"""Opening a chat has its labels read again, behind the back of whoever opened it."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from labelapp.actions.rereading import ask_reading
from labelapp.lanes import reread
from labelapp.lanes.reach import Reach
from labelapp.models import Chat, ChatAlias, Instance, Label
from tests.conftest import MakeChat
from tests.posted import fresh, pair_of
from tests.wire import FarSide

Labels = dict[str, Label]


def test_what_the_phone_says_is_taken_over(number: Instance, far: FarSide, make_chat: MakeChat, labels: Labels) -> None:
    chat = make_chat()
    far.labels, far.tags = {"4": {"name": "VIP", "color": 3}}, {(chat.jid, "4")}
    assert ask_reading(chat) is True
    assert reread.run_due(fresh(number), Reach()) == 1
    assert pair_of(chat, labels["VIP"]).wanted is True
    assert Chat.objects.get().reading_due_at is None
    assert reread.run_due(fresh(number), Reach()) == 0
    assert far.calls == [f"GET /labels/chats/{chat.jid}"]


def test_at_most_every_half_minute(number: Instance, far: FarSide, make_chat: MakeChat, settings: Any) -> None:
    chat = make_chat()
    assert [ask_reading(chat), ask_reading(chat)] == [True, False]
    reread.run_due(fresh(number), Reach())
    assert ask_reading(chat) is False
    past = timezone.now() - timedelta(seconds=settings.REREAD_SECONDS + 1)
    Chat.objects.update(labels_read_at=past)
    assert ask_reading(chat) is True


@pytest.mark.parametrize("away", [{"status": "STOPPED"}, {"frozen_at": timezone.now()}])
def test_a_number_that_is_away_is_not_asked(
    number: Instance, far: FarSide, make_chat: MakeChat, away: dict[str, Any]
) -> None:
    chat = make_chat()
    ask_reading(chat)
    Instance.objects.update(**away)
    assert reread.run_due(fresh(number), Reach()) == 0
    assert ask_reading(Chat.objects.select_related("instance").get()) is False
    assert far.calls == []


def test_what_was_opened_long_ago_is_forgotten(number: Instance, far: FarSide, make_chat: MakeChat) -> None:
    make_chat(reading_due_at=timezone.now() - timedelta(minutes=6))
    assert reread.run_due(number, Reach()) == 0
    assert (far.calls, Chat.objects.get().reading_due_at) == ([], None)


def test_the_push_lane_was_first(number: Instance, far: FarSide, make_chat: MakeChat) -> None:
    now = timezone.now()
    make_chat(reading_due_at=now - timedelta(seconds=5), labels_read_at=now)
    assert reread.run_due(number, Reach()) == 0
    assert (far.calls, Chat.objects.get().reading_due_at) == ([], None)


@pytest.mark.parametrize("status", [404, 500, 503])
def test_failures_are_counted_and_bother_nobody(
    number: Instance, far: FarSide, make_chat: MakeChat, status: int
) -> None:
    ask_reading(make_chat())
    far.status = status
    assert reread.run_due(fresh(number), Reach()) == 0
    assert (fresh(number).misreads, fresh(number).trouble) == (1, "")
    assert Chat.objects.get().reading_due_at is None


def test_a_silent_provider_is_spared(number: Instance, far: FarSide, make_chat: MakeChat) -> None:
    for _n in range(3):
        ask_reading(make_chat())
    far.down, reach = True, Reach()
    reread.run_due(fresh(number), reach)
    reread.run_due(fresh(number), reach)
    assert (len(far.calls), fresh(number).misreads) == (1, 1)


def test_a_merge_during_a_reading_breaks_nothing_off(number: Instance, far: FarSide, make_chat: MakeChat) -> None:
    gone, other = make_chat(), make_chat()
    for chat in (gone, other):
        ask_reading(chat)

    def merge(line: str) -> None:
        ChatAlias.objects.filter(chat=gone).delete()
        Chat.objects.filter(pk=gone.pk).delete()

    far.before = merge
    assert reread.run_due(fresh(number), Reach()) == 2
    assert len(far.calls) == 2
    other.refresh_from_db()
    assert (other.reading_due_at, fresh(number).misreads) == (None, 0)


def test_each_address_takes_a_place_in_the_pace(number: Instance, far: FarSide, make_chat: MakeChat) -> None:
    chat = make_chat()
    ChatAlias.objects.create(instance=number, jid="7@lid", chat=chat)
    ask_reading(chat)
    Instance.objects.update(pace=0.1)
    reach = Reach()
    reread.run_due(fresh(number), reach)
    assert len(far.calls) == 2
    assert reach.turn_in > 19
