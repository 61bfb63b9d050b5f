from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from labelapp.actions.readings import record_reading
from labelapp.models import Change, ChatAlias, ChatLabel, Heard, HookDelivery, Instance, Label, LedgerEntry
from labelapp.models.effects import Effect, effect_sentence
from labelapp.models.fields import NEVER
from tests.conftest import MakeChat
from tests.posted import (
    START,
    deleted,
    deliver,
    event,
    fresh,
    just_now,
    pair_of,
    said,
    show,
    store,
    tagged,
    untagged,
    upserted,
)

Labels = dict[str, Label]
ANNA = "201555000001@c.us"


def effects() -> list[str]:
    return [effect.partition(":")[0] for effect in HookDelivery.objects.order_by("pk").values_list("effect", flat=True)]


def test_each_delivery_tells_what_it_did(number: Instance, make_chat: MakeChat, labels: Labels) -> None:
    chat = make_chat(labels=(labels["VIP"],))
    deliver(
        number,
        untagged(chat.jid, "4", at=5),
        tagged(chat.jid, "4", at=4),
        untagged(chat.jid, "4", at=6),
        said(chat.jid, "Hello", 7),
        tagged(chat.jid, "99", at=8),
        deleted("4", at=9),
        tagged(chat.jid, "4", at=3),
    )
    told = [Effect.CHANGED, Effect.OLDER, Effect.SAME, Effect.CHANGED, Effect.UNKNOWN, Effect.CHANGED, Effect.DEAD]
    assert effects() == told


@pytest.mark.parametrize("effect", list(Effect))
def test_every_effect_is_a_sentence(effect: Effect) -> None:
    assert effect_sentence(effect("why")) != effect("why")


# Times that can't be believed: clamped, and said


def told() -> str:
    return effect_sentence(HookDelivery.objects.latest("pk").effect)


def at_all_kinds(at: float | None) -> list[Any]:
    session = {"name": "demo", "status": "WORKING"}
    return [
        tagged(ANNA, "4", at=at),
        upserted("31", "Wholesale", at=at),
        event("session.status", session, at),
        event("chat.archive", {"id": ANNA, "archived": True}, at),
    ]


@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize(
    ("ahead", "words"),
    [
        (6 * 60, "The sender's clock is ahead: the time that it told was not believed."),
        (20 * 3600, "The sender's clock is ahead: the time that it told was not believed."),
        (3 * 365 * 86400, "It told no time that can be true."),
        (None, "It told no time that can be true."),
    ],
)
def test_a_time_that_is_not_believed_is_said(
    number: Instance, make_chat: MakeChat, labels: Labels, ahead: float | None, words: str, place: int
) -> None:
    make_chat(jid=ANNA)
    deliver(number, at_all_kinds(None if ahead is None else just_now() + ahead)[place])
    assert told().endswith(f". {words}")


def test_a_message_from_the_future_is_said(number: Instance) -> None:
    deliver(number, said(ANNA, "Hello", just_now() + 3600))
    assert told() == "Taken over. The sender's clock is ahead: the time that it told was not believed."


@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize("ahead", [-86400, 0, 4 * 60])
def test_a_clock_that_is_a_little_off_is_not_worth_a_word(
    number: Instance, make_chat: MakeChat, labels: Labels, ahead: float, place: int
) -> None:
    make_chat(jid=ANNA)
    deliver(number, at_all_kinds(just_now() + ahead)[place])
    assert HookDelivery.objects.get().effect.endswith(":")


def test_a_time_hours_ahead_is_asked_and_does_not_block_what_comes_later(
    number: Instance, make_chat: MakeChat, labels: Labels
) -> None:
    chat = make_chat(labels=(labels["VIP"],))
    deliver(number, untagged(chat.jid, "4", at=just_now() + 20 * 3600))
    pair = pair_of(chat, labels["VIP"])
    assert (pair.wanted, pair.due_at is not None, pair.event_at, effects()) == (True, True, NEVER, ["doubted"])
    assert HookDelivery.objects.get().effect == "doubted:clock"
    deliver(number, untagged(chat.jid, "4", at=just_now()))
    assert pair_of(chat, labels["VIP"]).wanted is False


def test_a_time_minutes_ahead_does_not_block_what_comes_later(
    number: Instance, make_chat: MakeChat, labels: Labels
) -> None:
    """The younger event tells a time that is right, and seems to be older: the chat is asked."""
    chat = make_chat()
    deliver(number, tagged(chat.jid, "4", at=just_now() + 240))
    deliver(number, untagged(chat.jid, "4", at=just_now()))
    pair = pair_of(chat, labels["VIP"])
    assert (pair.wanted, pair.due_at is not None, effects()) == (True, True, ["changed", "doubted"])
    show(chat)
    assert pair_of(chat, labels["VIP"]).wanted is False


@pytest.mark.parametrize(
    ("place", "asked"), [(1, "directory_due_at"), (2, "session_due_at"), (3, "poll_due_at")], ids=str
)
@pytest.mark.parametrize("ahead", [1, None])
def test_what_is_ordered_by_its_arrival_has_the_provider_asked(
    number: Instance, make_chat: MakeChat, labels: Labels, place: int, asked: str, ahead: float | None
) -> None:
    make_chat(jid=ANNA)
    Instance.objects.update(me_jid="")
    deliver(number, at_all_kinds(None if ahead is None else just_now() + 60 * ahead)[place])
    assert getattr(fresh(number), asked) is not None


@pytest.mark.parametrize("unit", [1, 1_000, 1_000_000])
def test_the_unit_of_a_time_does_not_matter(number: Instance, make_chat: MakeChat, labels: Labels, unit: int) -> None:
    chat = make_chat()
    row = tagged(chat.jid, "4", at=0)
    row["timestamp"] = int(START.timestamp()) * unit
    deliver(number, row)
    pair = pair_of(chat, labels["VIP"])
    assert (pair.wanted, pair.event_at) == (True, START)


def test_a_late_event_from_before_a_reading_is_asked(number: Instance, make_chat: MakeChat, labels: Labels) -> None:
    """Every delivery was lost, the labels were read, then the provider's retries arrive."""
    chat = make_chat()
    Label.objects.filter(pk=labels["VIP"].pk).update(verified_at=timezone.now())
    deliver(number, tagged(chat.jid, "4", at=just_now() - 60))
    pair = pair_of(chat, labels["VIP"])
    assert (pair.wanted, pair.due_at is not None) == (False, True)


def test_every_change_of_a_batch_is_in_the_ledger_and_the_chat_is_told_once(
    number: Instance, make_chat: MakeChat, labels: Labels
) -> None:
    chat = make_chat()
    deliver(number, *[tagged(chat.jid, "4", at=n, on=n % 2 == 0) for n in range(5)])
    assert list(LedgerEntry.objects.order_by("pk").values_list("verb", "source")) == [
        (verb, "phone") for verb in ("add", "remove", "add", "remove", "add")
    ]
    assert list(Change.objects.values_list("chat", "kind")) == [(chat.pk, "chat")]
    assert Label.objects.get(pk=labels["VIP"].pk).chat_count == 1


def test_a_replay_changes_nothing_and_tells_nobody(number: Instance, make_chat: MakeChat, labels: Labels) -> None:
    chat, other = make_chat(), make_chat(labels=(labels["Paid"],))
    deliver(
        number,
        upserted("4", "Big fish", at=1),
        tagged(chat.jid, "4", at=2),
        untagged(chat.jid, "4", at=3),
        untagged(other.jid, labels["Paid"].wa_id, at=4),
        said(chat.jid, "Hello", 5),
    )
    rows = list(ChatLabel.objects.order_by("pk").values())
    heard = list(Heard.objects.order_by("pk").values())
    Change.objects.all().delete()
    HookDelivery.objects.update(applied_at=None, replayed_at=timezone.now())
    deliver(fresh(number))
    assert list(ChatLabel.objects.order_by("pk").values()) == rows
    assert list(Heard.objects.order_by("pk").values()) == heard
    assert (Change.objects.count(), LedgerEntry.objects.count()) == (0, 3)


def test_what_was_heard_is_kept_by_kind(number: Instance, make_chat: MakeChat, labels: Labels) -> None:
    chat = make_chat()
    store(number, [said(chat.jid, "a", 1)])
    HookDelivery.objects.update(kind="message.any")
    deliver(number)
    store(number, [tagged(chat.jid, "4", at=2), untagged(chat.jid, "4", at=3)])
    HookDelivery.objects.filter(applied_at=None).update(kind="label.chat.added")
    deliver(number)
    assert dict(Heard.objects.values_list("kind", "total")) == {"message.any": 1, "label.chat.added": 2}
    assert fresh(number).label_event_at - timezone.now() < timedelta(seconds=5)
    assert fresh(number).label_event_at > NEVER


def test_off_at_one_of_two_addresses_is_asked(number: Instance, make_chat: MakeChat, labels: Labels) -> None:
    chat = make_chat(labels=(labels["VIP"],))
    ChatAlias.objects.create(instance=number, jid="10931@lid", chat=chat)
    deliver(number, untagged("10931@lid", "4", at=5))
    pair = pair_of(chat, labels["VIP"])
    assert (pair.wanted, pair.due_at is not None, effects()) == (True, True, ["doubted"])


def test_off_at_one_of_two_addresses_is_remembered(number: Instance, make_chat: MakeChat, labels: Labels) -> None:
    """What came before it and arrives later is asked too."""
    chat = make_chat()
    ChatAlias.objects.create(instance=number, jid="10931@lid", chat=chat)
    deliver(number, untagged(chat.jid, "4", at=5))
    deliver(number, tagged(chat.jid, "4", at=4))
    pair = pair_of(chat, labels["VIP"])
    assert (pair.wanted, pair.due_at is not None, effects()) == (False, True, ["same", "doubted"])


def test_an_event_of_a_dead_label_is_nothing_to_the_one_that_has_its_id(
    number: Instance, make_chat: MakeChat, labels: Labels
) -> None:
    chat = make_chat()
    deliver(number, deleted("4", at=20), upserted("4", "Another", at=30))
    deliver(number, tagged(chat.jid, "4", at=10))
    assert (effects()[-1], ChatLabel.objects.count()) == ("dead", 0)


def test_what_is_late_of_a_dead_label_does_not_prove_the_one_that_has_its_id(
    number: Instance, make_chat: MakeChat, labels: Labels
) -> None:
    """The new one came off, and is asked about as the old one's event comes: one reading that agrees is enough then."""
    chat = make_chat()
    at = just_now() - 60
    deliver(number, upserted("4", "Another", at=at + 0.03), tagged(chat.jid, "4", at=at + 0.04))
    Label.objects.filter(wa_id="4").update(verified_at=timezone.now())
    deliver(number, untagged(chat.jid, "4", at=at + 0.05), deleted("4", at=at + 0.02), tagged(chat.jid, "4", at=at))
    assert effects()[-3:] == ["doubted", "doubted", "same"]
    pair = pair_of(chat, Label.objects.living().get(wa_id="4"))
    assert (pair.wanted, pair.due_at is not None) == (True, True)
    record_reading(number, chat.pk, [], timezone.now())
    pair = pair_of(chat, pair.label)
    assert (pair.wanted, pair.remote, pair.due_at) == (False, False, None)
