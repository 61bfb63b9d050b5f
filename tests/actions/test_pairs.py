from datetime import timedelta

import pytest
from django.utils import timezone

from labelapp.actions.actor import Actor
from labelapp.actions.pairs import backoff, bury, fail, lock_pair, wish
from labelapp.actions.tagging import set_label
from labelapp.models import ChatLabel, Label, LedgerEntry, Receipt, User, Verb
from labelapp.models.fields import NEVER
from labelapp.models.reasons import Reason
from tests.conftest import MakeChat
from tests.posted import pair_of

Labels = dict[str, Label]
NOW = timezone.now()
BEFORE, AFTER = NOW - timedelta(seconds=1), NOW + timedelta(seconds=1)


@pytest.mark.parametrize(
    ("remote", "called_at", "sent_at", "remote_at", "believed"),
    [
        (None, None, None, NOW, False),
        (True, None, None, NOW, True),
        (True, NOW, None, AFTER, False),  # in flight
        (True, BEFORE, NOW, BEFORE, False),
        (True, BEFORE, NOW, NOW, False),
        (False, BEFORE, NOW, AFTER, True),
        (True, AFTER, NOW, AFTER, False),  # called again
    ],
)
def test_what_was_seen_counts_only_after_the_last_call(remote, called_at, sent_at, remote_at, believed) -> None:  # type: ignore[no-untyped-def]
    pair = ChatLabel(remote=remote, called_at=called_at, sent_at=sent_at, remote_at=remote_at)
    assert pair.is_seen_since_last_call is believed


def test_backoff_doubles_up_to_a_minute() -> None:
    assert [backoff(n, 0).total_seconds() for n in range(8)] == [2, 2, 4, 8, 16, 32, 60, 60]
    assert backoff(6, 1).total_seconds() == 75


def test_a_new_pair_has_the_chats_time_and_is_saved_by_its_first_wish(
    agent: User, make_chat: MakeChat, labels: Labels
) -> None:
    chat = make_chat()
    pair = lock_pair(chat, labels["VIP"])
    assert (pair.pk, pair.wanted, pair.remote, pair.receipt) == (None, False, None, Receipt.CONFIRMED)
    wish(Actor.of(agent), pair, True)
    kept = pair_of(chat, labels["VIP"])
    assert (lock_pair(chat, labels["VIP"]).pk, kept.last_message_at) == (kept.pk, chat.last_message_at)


@pytest.mark.parametrize("age", [timedelta(days=5), None])
def test_the_age_of_a_stage_that_stays_goes_on(
    agent: User, make_chat: MakeChat, labels: Labels, age: timedelta | None
) -> None:
    """The move that was to end it failed, and failed again. None: it was there before labelapp."""
    chat, quoted, since = make_chat(labels=(labels["Quoted"],)), labels["Quoted"], NOW - age if age else NEVER
    if age:
        told = {"instance": chat.instance, "chat": chat, "label": quoted, "verb": Verb.ADD, "source": "agent"}
        LedgerEntry.objects.create(at=since, **told)
        ChatLabel.objects.filter(chat=chat, label=quoted).update(wanted_at=since)
    for _twice in range(2):
        set_label(Actor.of(agent), chat, labels["Paid"], on=True)
        assert pair_of(chat, quoted).wanted_at >= NOW
        fail(pair_of(chat, labels["Paid"]), Reason.SAID("no room"))
        assert (pair_of(chat, quoted).wanted, pair_of(chat, quoted).wanted_at) == (True, since)


def test_burying_a_label_ends_wishes_and_empties_chips(agent: User, make_chat: MakeChat, labels: Labels) -> None:
    vip = labels["VIP"]
    settled, waiting, leaving = make_chat(labels=(vip,)), make_chat(), make_chat(labels=(vip,))
    set_label(Actor.of(agent), waiting, vip, on=True)
    set_label(Actor.of(agent), leaving, vip, on=False)
    LedgerEntry.objects.all().delete()
    touched = bury(vip, NOW)
    assert sorted(touched) == sorted([settled.pk, waiting.pk, leaving.pk])
    states = {chat.pk: pair_of(chat, vip) for chat in (settled, waiting, leaving)}
    assert [(p.wanted, p.remote, p.receipt, p.due_at) for p in states.values()] == [
        (False, False, Receipt.CONFIRMED, None),
        (True, False, Receipt.FAILED, None),
        (False, False, Receipt.CONFIRMED, None),  # it is off, as wished
    ]
    assert states[waiting.pk].reason == "The label was deleted in WhatsApp."
    assert list(LedgerEntry.objects.values_list("verb", "chat")) == [("fail", waiting.pk)]
    vip.refresh_from_db()
    assert (vip.deleted_at, vip.chat_count) == (NOW, 0)


def test_burying_the_new_stage_keeps_the_old_one(agent: User, make_chat: MakeChat, labels: Labels) -> None:
    chat = make_chat(labels=(labels["New lead"],))
    set_label(Actor.of(agent), chat, labels["Paid"], on=True)
    bury(labels["Paid"], NOW)
    assert pair_of(chat, labels["New lead"]).wanted is True


def test_burying_a_label_tells_why_an_earlier_refusal_came(agent: User, make_chat: MakeChat, labels: Labels) -> None:
    chat = make_chat()
    pair = set_label(Actor.of(agent), chat, labels["VIP"], on=True)
    ChatLabel.objects.filter(pk=pair.pk).update(receipt=Receipt.FAILED, error="said:Label not found", due_at=None)
    bury(labels["VIP"], NOW)
    pair.refresh_from_db()
    assert (pair.receipt, pair.reason) == (Receipt.FAILED, "The label was deleted in WhatsApp.")
