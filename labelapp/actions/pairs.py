"""The life of a pair (chat, label): how wishes are made, confirmed and given up. Everything here runs inside a transaction."""

from datetime import datetime, timedelta

from django.utils import timezone

from labelapp.actions.actor import Actor
from labelapp.actions.notices import count_chats, enter
from labelapp.models import Chat, ChatLabel, Label, Receipt, Source, Verb
from labelapp.models.assignments import OPEN
from labelapp.models.reasons import Reason

AGENTS_FIRST = 0
DOUBT = timedelta(seconds=60)


def lock_chat(pk: int) -> Chat:
    """The chat's row, locked: all changes to one chat's pairs happen one after the other."""
    return Chat.objects.select_for_update().get(pk=pk)


def lock_pair(chat: Chat, label: Label) -> ChatLabel:
    """The pair's row, made if it was not there. The chat must be locked."""
    pair = ChatLabel.objects.filter(chat=chat, label=label).first()
    if pair is None:
        row = ChatLabel(chat=chat, label=label, last_message_at=chat.last_message_at)
        ChatLabel.objects.bulk_create([row], ignore_conflicts=True)
        pair = ChatLabel.objects.get(chat=chat, label=label)
    pair.chat, pair.label = chat, label
    return pair


def seen_since_last_call(pair: ChatLabel) -> bool:
    """Whether `remote` was seen after the last call for the pair ended, so that it can be believed."""
    if pair.remote is None or pair.in_flight:
        return False
    return pair.sent_at is None or pair.remote_at > pair.sent_at


def was_just_confirmed(pair: ChatLabel) -> bool:
    """Whether a call of ours was confirmed less than DOUBT ago: what contradicts it so soon is asked again, not believed."""
    return pair.confirmed_at is not None and pair.sent_at is not None and timezone.now() - pair.confirmed_at < DOUBT


def wish(
    actor: Actor, pair: ChatLabel, on: bool, *, after: ChatLabel | None = None, priority: int = AGENTS_FIRST
) -> None:
    """Record what is wanted from now on. `after`: the wish is sent only when that pair's own wish is confirmed."""
    now = timezone.now()
    if pair.wanted != on:
        count_chats({pair.label_id: 1 if on else -1})
    pair.wanted, pair.wanted_at, pair.attempts, pair.error, pair.priority = on, now, 0, "", priority
    pair.receipt, pair.due_at, pair.confirmed_at, pair.waits_for = Receipt.PENDING, now, None, after
    if pair.remote == on and seen_since_last_call(pair):
        pair.receipt, pair.due_at, pair.confirmed_at = Receipt.CONFIRMED, None, now
    pair.save()
    if after:  # what waited for this one (an earlier stage) has to wait for its successor
        pair.holds_back.update(waits_for=after)
    enter(actor, Verb.ADD if on else Verb.REMOVE, chat=pair.chat, label=pair.label)
    if not on and not after:  # taken back before it arrived: what it would have replaced stays
        _keep_held(pair, actor, Verb.ADD)


def confirm(pair: ChatLabel) -> None:
    """What was wanted has been seen. Lets go of the wishes that waited for it."""
    pair.receipt, pair.confirmed_at, pair.due_at = Receipt.CONFIRMED, timezone.now(), None
    pair.attempts, pair.error, pair.waits_for = 0, "", None
    pair.save()
    pair.holds_back.update(waits_for=None, due_at=timezone.now())


def fail(pair: ChatLabel, reason: str) -> None:
    """Give the wish up for now (`reason` as stored by `Reason`); a person can retry it. What was to come off after it stays on."""
    pair.receipt, pair.error, pair.due_at, pair.waits_for = Receipt.FAILED, reason, None, None
    pair.save()
    enter(Actor(None, Source.RECONCILE, reason), Verb.FAIL, chat=pair.chat, label=pair.label)
    _keep_held(pair, Actor(None, Source.RECONCILE, Reason.STAGE()), Verb.KEEP)


def _keep_held(pair: ChatLabel, actor: Actor, verb: Verb) -> None:
    """Take back the wishes to remove old stages that waited for this pair: it will not arrive."""
    for held in pair.holds_back.select_related("label", "chat").filter(wanted=False, receipt__in=OPEN):
        count_chats({held.label_id: 1})
        held.wanted, held.receipt, held.waits_for = True, Receipt.CONFIRMED, None
        held.due_at = None if held.remote else timezone.now()
        held.save()
        enter(actor, verb, chat=held.chat, label=held.label)


def adopt(actor: Actor, pair: ChatLabel, on: bool) -> None:
    """Take over what was seen at the provider: a change on the phone is normal."""
    now = timezone.now()
    changed = pair.wanted != on
    if changed:
        count_chats({pair.label_id: 1 if on else -1})
    pair.wanted, pair.remote, pair.remote_at, pair.wanted_at = on, on, now, now
    pair.receipt, pair.confirmed_at, pair.due_at, pair.error = Receipt.CONFIRMED, now, None, ""
    pair.save()
    if changed:
        enter(actor, Verb.ADD if on else Verb.REMOVE, chat=pair.chat, label=pair.label)


def bury(label: Label, at: datetime) -> list[int]:
    """The label was deleted in WhatsApp: a tombstone for it, an end to waiting wishes. Returns the chats whose chips change."""
    touched = list(ChatLabel.objects.filter(label=label).shown().values_list("chat_id", flat=True))
    label.deleted_at, label.chat_count = at, 0
    label.save(update_fields=["deleted_at", "chat_count"])
    for pair in ChatLabel.objects.filter(label=label, wanted=True).open().select_related("chat", "label"):
        fail(pair, Reason.DELETED())
    pairs = ChatLabel.objects.filter(label=label)
    pairs.filter(receipt=Receipt.FAILED).update(error=Reason.DELETED())  # a refusal that came first was its first sign
    pairs.filter(wanted=False).update(receipt=Receipt.CONFIRMED, error="", waits_for=None)  # it is off, as wished
    pairs.exclude(receipt=Receipt.FAILED).update(wanted=False)
    pairs.update(remote=False, due_at=None)
    return touched


def backoff(attempts: int, chance: float) -> timedelta:
    """How long to wait before the next try: 2, 4, 8 … seconds, at most a minute, and up to 25 % more by `chance` (0..1)."""
    seconds: float = min(60, 2 ** max(attempts, 1))
    return timedelta(seconds=seconds * (1 + 0.25 * chance))
