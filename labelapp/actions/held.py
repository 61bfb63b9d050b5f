"""Old wishes: what waited longer than OLD_WISH_HOURS is not sent before a person says so."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from labelapp.actions.actor import Actor
from labelapp.actions.notices import count_chats, note
from labelapp.actions.transactions import patient
from labelapp.models import Change, Chat, ChatLabel, Instance, LabelGroup, LedgerEntry, Receipt, Verb
from labelapp.models.reasons import Reason
from labelapp.queries.states import UNSETTLED

CHUNK = 200  # pairs in one transaction


def hold_old(instance: Instance, *, calls_may_run: bool = False) -> int:
    """Hold the number's old wishes that are not on their way; a stage that waits for a held one is held with it, and one whose
    younger successor has arrived comes off without asking.

    `calls_may_run`: the push lane may be at work. Without, a claim whose end is missing was cut off by a crash, and is no reason
    to send a wish that is days old. Returns how many were held. Safe to repeat: what was held or released stays so.
    """
    before = timezone.now() - timedelta(hours=settings.OLD_WISH_HOURS)
    waiting = ChatLabel.objects.filter(receipt__in=UNSETTLED, label__instance=instance)
    waiting = waiting.filter(receipt=Receipt.PENDING, held_at=None)
    if calls_may_run:
        waiting = waiting.filter(Q(called_at=None) | Q(sent_at__gte=F("called_at")))
    found = waiting.filter(wanted_at__lt=before).exclude(_is_succeeded(before)).values_list("pk", "waits_for")
    old = [pk for pk, waits_for in found if waits_for is None]  # asked for in SQL, that is what SQLite would walk
    return sum(_hold(instance, chunk, before) for chunk in _chunks(old))


def release(actor: Actor, pairs: Iterable[ChatLabel]) -> int:
    """Send held wishes after all: they are wished again, by this person, now. Returns how many; what is no longer held is left alone.

    One needs the permission to apply labels, several at once the one for bulk changes.
    """
    return _decide(actor, pairs, _release)


def drop(actor: Actor, pairs: Iterable[ChatLabel]) -> int:
    """Take held wishes back: WhatsApp's state stands, and with it the stages they would have replaced. Otherwise as `release`."""
    return _decide(actor, pairs, _drop)


def _decide(
    actor: Actor, pairs: Iterable[ChatLabel], decide: Callable[[Actor, list[ChatLabel], list[ChatLabel]], None]
) -> int:
    pks = [pair.pk for pair in pairs]
    actor.must("run_bulk" if len(pks) > 1 else "apply_labels")
    return sum(_decide_chunk(actor, chunk, decide) for chunk in _chunks(pks))


@patient
def _decide_chunk(
    actor: Actor, pks: Sequence[int], decide: Callable[[Actor, list[ChatLabel], list[ChatLabel]], None]
) -> int:
    """One transaction: what is still held of these, and the stages that wait for them."""
    _lock(pks)
    held = ChatLabel.objects.filter(receipt=Receipt.PENDING, held_at__isnull=False).select_related("label")
    chosen = list(held.filter(pk__in=pks).order_by("pk"))
    following = list(held.filter(waits_for__in=chosen).exclude(pk__in=[pair.pk for pair in chosen]).order_by("pk"))
    decide(actor, chosen, following)
    _tell([*chosen, *following])
    return len(chosen)


def _is_succeeded(before: datetime) -> Q:
    """Whether a pair is a stage to come off a chat that a wish younger than `before` has given another one."""
    younger = ChatLabel.objects.filter(
        chat=OuterRef("chat"), label__group=OuterRef("label__group"), wanted=True, wanted_at__gte=before
    )
    exclusive = Q(label__group__kind__in=[LabelGroup.Kind.EXCLUSIVE, LabelGroup.Kind.FUNNEL])
    return Q(Exists(younger), wanted=False) & exclusive


@patient
def _hold(instance: Instance, pks: Sequence[int], before: datetime) -> int:
    _lock(pks)
    held = {"held_at": timezone.now(), "due_at": None}
    waiting = ChatLabel.objects.filter(receipt=Receipt.PENDING, held_at=None)
    chosen = list(waiting.filter(pk__in=pks, wanted_at__lt=before))
    ChatLabel.objects.filter(pk__in=[pair.pk for pair in chosen]).update(**held)
    waiting.filter(waits_for__in=chosen).update(**held)
    _tell(chosen)
    return len(chosen)


def _release(actor: Actor, chosen: list[ChatLabel], following: list[ChatLabel]) -> None:
    now = timezone.now()
    both = ChatLabel.objects.filter(pk__in=[pair.pk for pair in [*chosen, *following]])
    both.update(held_at=None, wanted_at=now, due_at=now, attempts=0, error="", priority=0)
    _enter(actor, [*chosen, *following], Reason.RELEASED())


def _drop(actor: Actor, chosen: list[ChatLabel], following: list[ChatLabel]) -> None:
    """Where nothing was seen at the provider yet, what was before the wish is assumed, and asked; so is what a call may have done
    whose end was never recorded."""
    now = timezone.now()
    deltas: Counter[int] = Counter()
    changed = []
    for pair in [*chosen, *following]:
        stands = not pair.wanted if pair.remote is None else pair.remote
        if stands != pair.wanted:
            deltas[pair.label_id] += 1 if stands else -1
            changed.append(pair)
        pair.due_at = now if pair.remote is None or pair.in_flight else None
        pair.end_call(now)
        pair.wanted, pair.receipt, pair.held_at, pair.waits_for, pair.error = stands, Receipt.CONFIRMED, None, None, ""
        pair.attempts = 0
    fields = ["wanted", "receipt", "held_at", "due_at", "sent_at", "waits_for", "error", "attempts"]
    ChatLabel.objects.bulk_update([*chosen, *following], fields)
    count_chats(deltas)
    _enter(actor, changed, Reason.DROPPED())


def _enter(actor: Actor, pairs: Iterable[ChatLabel], cause: str) -> None:
    """A ledger row for each, with its `wanted` as it is now."""
    rows = [
        LedgerEntry(
            instance_id=pair.label.instance_id,
            chat_id=pair.chat_id,
            label_id=pair.label_id,
            verb=Verb.ADD if pair.wanted else Verb.REMOVE,
            source=actor.source,
            actor=actor.user,
            cause=cause,
        )
        for pair in pairs
    ]
    LedgerEntry.objects.bulk_create(rows)


def _lock(pks: Sequence[int]) -> None:
    """Lock the chats of these pairs, in one order."""
    chats = ChatLabel.objects.filter(pk__in=pks).values("chat_id")
    list(Chat.objects.locked().filter(pk__in=chats))


def _tell(pairs: Sequence[ChatLabel]) -> None:
    """Live screens: the chips, and the banner that counts what is held."""
    chats: QuerySet[Chat] = Chat.objects.filter(pk__in={pair.chat_id for pair in pairs}).select_related("instance")
    for chat in chats[:1]:
        note(chat.instance, Change.Kind.INSTANCE)
        note(chat.instance, Change.Kind.CHAT, chats)


def _chunks(pks: Sequence[int]) -> Iterable[Sequence[int]]:
    return (pks[start : start + CHUNK] for start in range(0, len(pks), CHUNK))
