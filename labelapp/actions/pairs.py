"""The life of a pair (chat, label): how wishes are made, confirmed and given up. Everything here runs inside a transaction."""

from collections.abc import Collection, Iterable, Sequence
from copy import copy
from datetime import datetime, timedelta

from django.db.models import Case, F, Value, When
from django.utils import timezone

from labelapp.actions.actor import Actor
from labelapp.actions.notices import count_chats, enter
from labelapp.actions.timer_ends import end_timers
from labelapp.models import Chat, ChatLabel, Label, MergedChat, Receipt, Source, Verb
from labelapp.models.assignments import OPEN
from labelapp.models.fields import NEVER
from labelapp.models.reasons import Reason
from labelapp.queries.stays import last_stay

AGENTS_FIRST = 0
RULES = 5
FINISHING = 9  # what a run has begun with a chat is finished before the next one begins
BULK = 10


def lock_chat(pk: int) -> Chat:
    """The chat's row, locked: all changes to one chat's pairs happen one after the other.

    Of a chat that was joined to another, or is so while the lock is waited for, the one that is left. Raises Chat.DoesNotExist.
    """
    chat = Chat.objects.locked().filter(pk=pk).first()
    if chat is not None:
        return chat
    left = MergedChat.objects.filter(old=pk).values_list("chat_id", flat=True).first()
    if left is None:
        raise Chat.DoesNotExist(f"No chat {pk}.")
    return lock_chat(left)


def lock_pair(chat: Chat, label: Label) -> ChatLabel:
    """The pair, or where there is none a new one that its first wish will save. The chat must be locked: nobody else makes it meanwhile."""
    for pair in ChatLabel.objects.filter(chat=chat, label=label):
        pair.chat, pair.label = chat, label
        return pair
    return ChatLabel(chat=chat, label=label, last_message_at=chat.last_message_at)


def write_pairs(pairs: Iterable[ChatLabel], fields: Sequence[str]) -> None:
    """Insert new pairs, update these fields of known ones, in one statement. Their chats are locked."""
    rows = [copy(pair) for pair in pairs]
    for row in rows:
        row.pk = None  # chat and label name the row: with a second unique value in it, databases differ on what a conflict is
    ChatLabel.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["chat", "label"], update_fields=list(fields)
    )


def wish(
    actor: Actor,
    pair: ChatLabel,
    on: bool,
    *,
    after: ChatLabel | None = None,
    priority: int = AGENTS_FIRST,
    forced: bool = False,
    anew: bool = False,
) -> None:
    """Record what is wanted from now on. `after`: the wish is sent only when that pair's own wish is confirmed. `forced`: it is
    written even where the provider says that it is so already; the same wish made once more stays so until it is confirmed.
    `anew`: what was seen before the wish does not confirm it."""
    now = timezone.now()
    if on and not pair.wanted and actor.cause != Reason.UNDONE():
        end_timers([pair], Reason.TIMER_ANEW())
    pair.forced = forced or (pair.forced and pair.wanted == on and pair.receipt != Receipt.CONFIRMED)
    if pair.wanted != on:
        count_chats({pair.label_id: 1 if on else -1})
    pair.wanted, pair.wanted_at, pair.attempts, pair.priority = on, now, 0, priority
    pair.error = Reason.ASKING(pair.label.former["name"]) if pair.label.questioned_at else ""
    pair.receipt, pair.due_at, pair.confirmed_at, pair.waits_for = Receipt.PENDING, now, None, after
    pair.held_at = pair.missed_at = pair.contradicted_at = None
    if pair.remote == on and pair.is_seen_since_last_call and not anew:
        pair.receipt, pair.due_at, pair.confirmed_at = Receipt.CONFIRMED, None, now
        pair.sent_at = now  # no call was needed: whatever was emitted before is older than the wish
    pair.save()
    if after:  # what waited for this one (an earlier stage) has to wait for its successor
        pair.holds_back.update(waits_for=after)
    enter(actor, Verb.ADD if on else Verb.REMOVE, chat=pair.chat, label=pair.label)
    if not on and not after:  # taken back before it arrived: what it would have replaced stays
        keep_held(pair, actor, Verb.ADD)


def confirm(pair: ChatLabel) -> None:
    """What was wanted has been seen. Lets go of the wishes that waited for it."""
    pair.confirm(timezone.now())
    pair.save()
    let_go([pair.pk])


def let_go(confirmed: Collection[int]) -> None:
    """The wishes that waited for these pairs may be sent now."""
    if confirmed:
        due = Case(When(held_at=None, then=Value(timezone.now())), default=F("due_at"))
        ChatLabel.objects.filter(waits_for__in=confirmed).update(waits_for=None, due_at=due)


def fail(pair: ChatLabel, reason: str) -> None:
    """Give the wish up for now (`reason` as stored by `Reason`); a person can retry it. What was to come off after it stays on."""
    pair.receipt, pair.error, pair.due_at, pair.waits_for = Receipt.FAILED, reason, None, None
    pair.held_at = None
    pair.end_call(timezone.now())
    pair.save()
    enter(Actor(None, Source.RECONCILE, reason), Verb.FAIL, chat=pair.chat, label=pair.label)
    keep_held(pair, Actor(None, Source.RECONCILE, Reason.STAGE()), Verb.KEEP)


def keep_held(pair: ChatLabel, actor: Actor, verb: Verb) -> None:
    """Take back the wishes that waited for this pair: it will not arrive. Of several former stages one stays, the last that was seen."""
    waiting = pair.holds_back.select_related("label", "chat").filter(wanted=False, receipt__in=OPEN)
    held = list(waiting.order_by("pk"))
    former = [each for each in held if each.label.group_id and each.label.group_id == pair.label.group_id]
    stays = max(former, key=_how_present, default=None)
    for each in held:
        if each in former and each != stays:
            ChatLabel.objects.filter(pk=each.pk).update(waits_for=None, due_at=timezone.now())
        else:
            keep_on(actor, each, verb)


def _how_present(pair: ChatLabel) -> tuple[bool, float]:
    """Seen at the provider before not seen. Of the seen ones the youngest, of the others the oldest: the younger never arrived."""
    at = pair.wanted_at.timestamp()
    return bool(pair.remote), at if pair.remote else -at


def keep_on(actor: Actor, pair: ChatLabel, verb: Verb) -> None:
    """Take back the open wish to remove a label. One whose call has begun is put on again: nobody knows what it did. Else, where it
    stays because what was to replace it failed (`verb` KEEP), it has been on all the time: its age goes on."""
    count_chats({pair.label_id: 1})
    is_called = pair.called_at is not None and pair.called_at >= pair.wanted_at
    stay = last_stay(pair.chat_id, pair.label_id) if verb == Verb.KEEP and not is_called else None
    if stay is not None:
        pair.wanted_at = stay.since or NEVER
    pair.wanted, pair.waits_for, pair.held_at, pair.attempts = True, None, None, 0
    pair.receipt = Receipt.PENDING if is_called else Receipt.CONFIRMED
    pair.due_at = None if pair.remote and not is_called else timezone.now()
    pair.save()
    enter(actor, verb, chat=pair.chat, label=pair.label)


def bury(label: Label, at: datetime) -> list[int]:
    """The label was deleted in WhatsApp: a tombstone for it, an end to waiting wishes. Returns the chats whose chips change."""
    touched = list(ChatLabel.objects.filter(label=label).shown().values_list("chat_id", flat=True))
    label.deleted_at, label.questioned_at, label.chat_count = at, None, 0
    label.save(update_fields=["deleted_at", "questioned_at", "chat_count"])
    ended = ChatLabel.objects.filter(label=label, wanted=True).open().order_by("pk")
    for pair in ended.select_related("chat", "label"):
        fail(pair, Reason.DELETED())
    pairs = ChatLabel.objects.filter(label=label)
    pairs.filter(receipt=Receipt.FAILED).update(error=Reason.DELETED())  # a refusal that came first was its first sign
    pairs.filter(wanted=False).update(receipt=Receipt.CONFIRMED, error="", waits_for=None)  # it is off, as wished
    pairs.exclude(receipt=Receipt.FAILED).update(wanted=False)
    pairs.update(remote=False, due_at=None, held_at=None, missed_at=None, contradicted_at=None)
    return touched


def backoff(attempts: int, chance: float) -> timedelta:
    """How long to wait before the next try: 2, 4, 8 … seconds, at most a minute, and up to 25 % more by `chance` (0..1)."""
    seconds: float = min(60, 2 ** max(attempts, 1))
    return timedelta(seconds=seconds * (1 + 0.25 * chance))
