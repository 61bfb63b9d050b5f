"""What a label's list of chats says, where it may be older than what is known."""

from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from labelapp.actions.listing import see
from labelapp.actions.providers import client_for
from labelapp.actions.reconciling import reconcile
from labelapp.lanes import reread
from labelapp.lanes.reach import Reach
from labelapp.models import Chat, ChatLabel, Instance, Label, LedgerEntry
from labelapp.models.assignments import DOUBT
from tests.conftest import MakeChat
from tests.posted import deliver, fresh, just_now, pair_of, run_push, run_push_later, tagged, untagged
from tests.wire import FarSide

Labels = dict[str, Label]
NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
LAG = timedelta(seconds=settings.READ_BACK_SECONDS)


@pytest.fixture
def chat(far: FarSide, make_chat: MakeChat, labels: Labels) -> Chat:
    """It carries VIP, here and at the provider, as two others do."""
    far.labels = {label.wa_id: {"name": label.name, "color": label.color_index} for label in labels.values()}
    chats = [make_chat(labels=(labels["VIP"],)) for _ in range(3)]
    far.tags = {(chat.jid, "4") for chat in chats}
    return chats[0]


def cycle(number: Instance) -> None:
    with client_for(number) as client:
        reconcile(fresh(number), client)


def read(number: Instance, chat: Chat) -> None:
    """Somebody opens the chat."""
    Chat.objects.filter(pk=chat.pk).update(reading_due_at=timezone.now())
    assert reread.run_due(fresh(number), Reach()) == 1


@pytest.mark.parametrize("look", ["cycle", "read"])
def test_a_stale_answer_does_not_put_back_what_the_phone_took_off(
    number: Instance, far: FarSide, chat: Chat, labels: Labels, look: str
) -> None:
    deliver(number, untagged(chat.jid, "4", just_now()))
    cycle(number) if look == "cycle" else read(number, chat)
    pair = pair_of(chat, labels["VIP"])
    assert (pair.wanted, pair.due_at is None) == (False, False)
    far.tags.discard((chat.jid, "4"))  # by now the engine knows
    run_push_later(number)
    pair = pair_of(chat, labels["VIP"])
    assert (pair.wanted, pair.due_at) == (False, None)
    assert list(LedgerEntry.objects.values_list("verb", "source")) == [("remove", "phone")]


@pytest.mark.parametrize("look", ["cycle", "read"])
def test_what_the_phone_put_back_at_once_is_taken_over_by_the_second_look(
    number: Instance, far: FarSide, chat: Chat, labels: Labels, look: str
) -> None:
    """And nobody told."""
    deliver(number, untagged(chat.jid, "4", just_now()))
    cycle(number) if look == "cycle" else read(number, chat)
    due = pair_of(chat, labels["VIP"]).due_at
    assert due is not None
    assert due <= timezone.now() + LAG
    run_push_later(number)
    assert (pair_of(chat, labels["VIP"]).wanted, pair_of(chat, labels["VIP"]).due_at) == (True, None)


def test_an_event_of_the_phone_puts_it_back_at_once(number: Instance, chat: Chat, labels: Labels) -> None:
    deliver(number, untagged(chat.jid, "4", just_now() - 1))
    deliver(number, tagged(chat.jid, "4", just_now()))
    assert pair_of(chat, labels["VIP"]).wanted is True


def test_a_stale_answer_does_not_end_a_doubt_about_a_fresh_event(
    number: Instance, far: FarSide, chat: Chat, labels: Labels
) -> None:
    """The phone takes off what was confirmed some seconds ago, and the first answer is older than that."""
    now = timezone.now()
    ChatLabel.objects.filter(chat=chat).update(
        sent_at=now - timedelta(seconds=20), confirmed_at=now - timedelta(seconds=20)
    )
    deliver(number, untagged(chat.jid, "4", just_now()))
    run_push(number)
    pair = pair_of(chat, labels["VIP"])
    assert (pair.wanted, pair.due_at) == (True, (pair.contradicted_at or now) + LAG)
    far.tags.discard((chat.jid, "4"))
    run_push_later(number)
    assert (pair_of(chat, labels["VIP"]).wanted, pair_of(chat, labels["VIP"]).due_at) == (False, None)


@given(st.integers(0, 200), st.booleans(), st.booleans())
def test_a_list_puts_on_at_once_only_what_came_off_a_while_ago(seconds: int, called: bool, told: bool) -> None:
    """Off by a call of ours, on the phone, or only heard to be off."""
    off_at = NOW - timedelta(seconds=seconds)
    pair = ChatLabel(wanted=False)
    if told:
        pair.remote, pair.remote_at = False, off_at
    else:
        pair.take_over(False, off_at, off_at)
    pair.sent_at = off_at if called else None
    see(pair, NOW + timedelta(milliseconds=1), NOW)
    lately = timedelta(seconds=seconds) < DOUBT
    assert (pair.wanted, pair.due_at) == (not lately, NOW + LAG if lately else None)


@pytest.mark.parametrize(("seconds", "receipt"), [(1, "pending"), (61, "confirmed")])
def test_a_list_settles_no_fresh_wish_that_waits_for_its_call(seconds: int, receipt: str) -> None:
    now = datetime(2026, 1, 5, 9, tzinfo=UTC)
    wished = now - timedelta(seconds=seconds)
    pair = ChatLabel(wanted=True, remote=False, receipt="pending", wanted_at=wished, due_at=wished)
    assert see(pair, now, now)
    assert (pair.remote, pair.receipt) == (True, receipt)
