"""Readings of chats in doubt: what they prove, and what becomes of those that fail."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from labelapp.actions.actor import Actor
from labelapp.actions.readings import Answer, postpone_reading, record_readings
from labelapp.actions.receipts import claim, record_sent
from labelapp.actions.tagging import set_label
from labelapp.models import Change, ChatLabel, Instance, Label, LedgerEntry, Receipt, User
from labelapp.whatsapp.errors import ProviderError
from labelapp.whatsapp.types import LabelInfo
from tests.conftest import MakeChat
from tests.posted import deliver, fresh, pair_of, show, tagged, untagged

Labels = dict[str, Label]


@pytest.fixture
def pair(agent: User, make_chat: MakeChat, labels: Labels) -> ChatLabel:
    """A wish for VIP that was sent and waits for its read-back."""
    claimed = claim(set_label(Actor.of(agent), make_chat(), labels["VIP"], on=True).pk)
    assert claimed is not None
    record_sent(claimed)
    return pair_of(claimed.chat, labels["VIP"])


def wait_of(pair: ChatLabel) -> float:
    pair.refresh_from_db()
    assert pair.due_at is not None
    return (pair.due_at - timezone.now()).total_seconds()


def test_a_reading_that_failed_gives_no_wish_up(pair: ChatLabel) -> None:
    postpone_reading(pair.pk, ProviderError("slow down", status=429, retry_after=60))
    assert 58 < wait_of(pair) <= 60
    assert (pair.receipt, pair.attempts) == (Receipt.SENT, 1)


def test_readings_in_vain_end_after_so_many(pair: ChatLabel, settings: Any) -> None:
    waits = []
    for _reading in range(settings.PUSH_ATTEMPTS - 1):
        postpone_reading(pair.pk, ProviderError("broken", status=500))
        waits.append(wait_of(pair))
        assert (pair.receipt, pair.reason) == (Receipt.SENT, "The provider says: broken")
    assert all(2**n - 0.5 < wait <= 2**n * 1.25 for n, wait in enumerate(waits[:4], 2))
    assert 59 < waits[-1] <= 75
    postpone_reading(pair.pk, ProviderError("broken", status=500))
    pair.refresh_from_db()
    assert (pair.receipt, pair.due_at, pair.reason) == (Receipt.FAILED, None, "The provider says: broken")
    assert LedgerEntry.objects.filter(verb="fail", label=pair.label).count() == 1


def test_a_reading_that_can_never_pass_fails_the_wish_at_once(pair: ChatLabel) -> None:
    Change.objects.all().delete()
    postpone_reading(pair.pk, ProviderError("This chat is not for you", permanent=True, status=422))
    pair.refresh_from_db()
    assert (pair.receipt, pair.reason) == (Receipt.FAILED, "The provider says: This chat is not for you")
    assert list(Change.objects.values_list("kind", "chat")) == [("chat", pair.chat_id)]


@pytest.mark.parametrize(
    "error",
    [
        ProviderError("No connection.", unreachable=True),
        ProviderError("slow down", status=429),
        ProviderError("Service Unavailable", status=503),
        ProviderError("Bad token", refused=True, status=401),
        ProviderError("Session not working", asleep=True, status=422),
    ],
)
def test_a_provider_that_is_away_is_no_reading_in_vain(pair: ChatLabel, settings: Any, error: ProviderError) -> None:
    for _reading in range(2 * settings.PUSH_ATTEMPTS):
        postpone_reading(pair.pk, error)
        assert 3.5 < wait_of(pair) <= 5
    assert (pair.receipt, pair.attempts) == (Receipt.SENT, 1)
    assert error.message.rstrip(".") in pair.reason


@pytest.mark.parametrize(("permanent", "readings"), [(True, 1), (False, 8)])
def test_what_rests_is_left_to_the_next_comparison(
    make_chat: MakeChat, labels: Labels, permanent: bool, readings: int
) -> None:
    pair = pair_of(make_chat(labels=(labels["VIP"],)), labels["VIP"])
    ChatLabel.objects.update(due_at=timezone.now())
    for _reading in range(readings):
        assert wait_of(pair) is not None
        postpone_reading(pair.pk, ProviderError("broken", status=500, permanent=permanent))
    pair.refresh_from_db()
    assert (pair.wanted, pair.receipt, pair.due_at, pair.error) == (True, Receipt.CONFIRMED, None, "")
    assert (pair.attempts, LedgerEntry.objects.count()) == (0, 0)


def test_a_reading_that_failed_does_not_delay_a_wish_made_meanwhile(pair: ChatLabel, agent: User) -> None:
    set_label(Actor.of(agent), pair.chat, pair.label, on=False)
    postpone_reading(pair.pk, ProviderError("no", permanent=True, status=422))
    assert wait_of(pair) <= 0
    assert (pair.receipt, pair.attempts, pair.error) == (Receipt.PENDING, 0, "")


# What is absent


@pytest.mark.parametrize("confirmed", [True, False])
def test_one_reading_takes_off_what_an_event_had_said_to_be_off(
    number: Instance, make_chat: MakeChat, labels: Labels, confirmed: bool
) -> None:
    """The event itself was in doubt: soon after a confirmation, or without a time."""
    chat = make_chat(labels=(labels["VIP"],))
    now = timezone.now()
    ChatLabel.objects.update(sent_at=now if confirmed else None, confirmed_at=now)
    deliver(number, untagged(chat.jid, "4", at=1 if confirmed else None))
    assert pair_of(chat, labels["VIP"]).wanted is True
    show(chat)
    assert (pair_of(chat, labels["VIP"]).wanted, pair_of(chat, labels["VIP"]).due_at) == (False, None)


def test_an_answer_without_the_label_takes_off_nothing_that_was_in_doubt_for_another_reason(
    number: Instance, make_chat: MakeChat, labels: Labels
) -> None:
    """The provider's lists may be empty for a while; two comparisons decide."""
    chat = make_chat(labels=(labels["VIP"],))
    ChatLabel.objects.update(due_at=timezone.now())
    show(chat)
    pair = pair_of(chat, labels["VIP"])
    assert (pair.wanted, pair.remote, pair.due_at, pair.contradicted_at) == (True, True, None, None)
    assert (fresh(number).reconcile_due_at is None, LedgerEntry.objects.count()) == (False, 0)


def test_an_event_that_agrees_again_ends_what_the_one_before_said(
    number: Instance, make_chat: MakeChat, labels: Labels
) -> None:
    chat = make_chat(labels=(labels["VIP"],))
    deliver(number, untagged(chat.jid, "4", at=None))
    assert pair_of(chat, labels["VIP"]).contradicted_at is not None
    deliver(number, tagged(chat.jid, "4", at=5))
    show(chat)
    assert pair_of(chat, labels["VIP"]).wanted is True


def test_what_was_never_seen_on_whatsapp_needs_no_second_look(make_chat: MakeChat, labels: Labels) -> None:
    chat = make_chat(labels=(labels["VIP"],))
    ChatLabel.objects.update(remote=None, due_at=timezone.now())
    show(chat)
    assert pair_of(chat, labels["VIP"]).wanted is False


def test_chats_that_are_recorded_together_cost_no_more_queries_than_one(
    number: Instance, make_chat: MakeChat, labels: Labels
) -> None:
    """Each is in doubt about one label, which came off, and has got another one."""
    chats = [make_chat(labels=(labels["VIP"], labels["Paid"])) for _n in range(13)]
    now = timezone.now()
    before = now - timedelta(minutes=5)
    ChatLabel.objects.update(wanted_at=before, remote_at=before)
    ChatLabel.objects.filter(label=labels["VIP"]).update(due_at=now, contradicted_at=now, event_at=before)
    shown = [LabelInfo(labels[name].wa_id, name, 1) for name in ("Paid", "On hold")]
    counts = []
    for some in (chats[:1], chats[1:]):
        with CaptureQueriesContext(connection) as queries:
            record_readings(number, [Answer(chat.pk, shown, now + timedelta(seconds=10)) for chat in some])
        counts.append(len(queries))
    assert counts[0] == counts[1]
    held = {pair.label.name: pair.label.chat_count for pair in ChatLabel.objects.filter(wanted=True)}
    assert held == {"Paid": 13, "On hold": 13}
    assert ChatLabel.objects.filter(wanted=True).count() == 26
    assert ChatLabel.objects.filter(due_at__isnull=False).count() == 0
    assert LedgerEntry.objects.filter(source="phone", verb="remove", label=labels["VIP"]).count() == 13


# A wish that waits for its call


def read_with(pair: ChatLabel, *, age: timedelta) -> ChatLabel:
    """The pair after an answer that shows its label, asked for `age` after the wish."""
    ChatLabel.objects.filter(pk=pair.pk).update(wanted_at=timezone.now() - age)
    show(pair.chat, pair.label)
    return pair_of(pair.chat, pair.label)


@pytest.mark.parametrize(
    ("age", "forced", "receipt"),
    [(1, False, "pending"), (59, False, "pending"), (61, False, "confirmed"), (600, True, "pending")],
)
def test_an_answer_settles_no_fresh_wish_that_waits_for_its_call(
    agent: User, make_chat: MakeChat, labels: Labels, age: int, forced: bool, receipt: str
) -> None:
    waiting = set_label(Actor.of(agent), make_chat(), labels["VIP"], on=True)
    ChatLabel.objects.filter(pk=waiting.pk).update(forced=forced)
    read = read_with(waiting, age=timedelta(seconds=age))
    assert (read.receipt, read.remote, read.due_at is None) == (receipt, True, receipt == "confirmed")


def test_an_answer_settles_no_wish_whose_call_was_just_refused(
    agent: User, make_chat: MakeChat, labels: Labels
) -> None:
    waiting = set_label(Actor.of(agent), make_chat(), labels["VIP"], on=True)
    ago = timezone.now() - timedelta(seconds=5)
    ChatLabel.objects.filter(pk=waiting.pk).update(called_at=ago, sent_at=ago, attempts=1)
    assert read_with(waiting, age=timedelta(minutes=5)).receipt == Receipt.PENDING


def test_a_wish_that_was_given_up_is_settled_by_an_answer(agent: User, make_chat: MakeChat, labels: Labels) -> None:
    failed = set_label(Actor.of(agent), make_chat(), labels["VIP"], on=True)
    ChatLabel.objects.filter(pk=failed.pk).update(receipt=Receipt.FAILED, due_at=None)
    assert read_with(failed, age=timedelta(seconds=1)).receipt == Receipt.CONFIRMED
