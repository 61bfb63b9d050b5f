"""The inbox of deliveries: stored once before they are answered, applied later, in any order and any number of times."""

import logging
from collections.abc import Sequence
from datetime import datetime
from functools import singledispatch

from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone

from labelapp.actions.actor import Actor
from labelapp.actions.directory import is_buried, learn_label, remove_label
from labelapp.actions.messages import archive_chat, chat_at, receive_message
from labelapp.actions.notices import note, wake
from labelapp.actions.pairs import adopt, confirm, lock_pair, seen_since_last_call, was_just_confirmed
from labelapp.actions.transactions import is_deadlock
from labelapp.models import Change, ChatLabel, HookDelivery, Instance, Label, Outcome, Receipt, Source
from labelapp.models.fields import NEVER
from labelapp.whatsapp.events import (
    BadDelivery,
    ChatArchived,
    ChatLabelChanged,
    Event,
    Ignored,
    LabelDeleted,
    LabelUpserted,
    MessageSeen,
    SessionChanged,
    parse,
)
from labelapp.whatsapp.types import LabelInfo

log = logging.getLogger(__name__)
BATCH = 25  # short transactions: on SQLite nobody else writes meanwhile
TRIES = 3


def store_deliveries(rows: Sequence[HookDelivery]) -> None:
    """Put deliveries into the inbox, each once, and have them on disk when this returns. Raises DatabaseError when it can't."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:  # of this connection: only the inbox writer pays for it
            cursor.execute("PRAGMA synchronous=FULL")
    with transaction.atomic():
        HookDelivery.objects.bulk_create(rows, ignore_conflicts=True)
        wake()


def apply_waiting(instance: Instance) -> int:
    """Apply the next deliveries that wait for this number. Returns how many were dealt with.

    A delivery that fails is tried again on its own and parked with its error after TRIES; the others go on.
    """
    waiting = HookDelivery.objects.filter(instance=instance, applied_at=None).order_by("id")[:BATCH]
    with transaction.atomic():
        rows = list(waiting)
        for row in rows:
            _apply(instance, row)
        if rows:
            Instance.objects.filter(pk=instance.pk).update(last_event_at=max(row.received_at for row in rows))
    return len(rows)


def _apply(instance: Instance, row: HookDelivery) -> None:
    """One delivery and its mark in the inbox, both or neither."""
    try:
        with transaction.atomic():
            outcomes = [apply_event(event, instance, row.received_at) for event in parse(row.body.encode())]
        row.outcome = max(outcomes, default=Outcome.IGNORED, key=_WEIGHT.__getitem__)
        row.applied_at, row.error = timezone.now(), ""
    except BadDelivery as error:
        row.outcome, row.applied_at, row.error = Outcome.PARKED, timezone.now(), str(error)[:300]
    except Exception as error:
        if is_deadlock(error):  # not the delivery's fault: the whole batch is applied again
            raise
        # whatever else it is, it must not stop the deliveries behind it
        log.exception("delivery %s of %s could not be applied", row.pk, instance.slug)
        row.attempts, row.error = row.attempts + 1, f"{type(error).__name__}: {error}"[:300]
        if row.attempts >= TRIES:
            row.outcome, row.applied_at = Outcome.PARKED, timezone.now()
    row.save(update_fields=["outcome", "applied_at", "error", "attempts"])


_WEIGHT = {Outcome.IGNORED: 0, Outcome.UNCHANGED: 1, Outcome.APPLIED: 2}


@singledispatch
def apply_event(event: Event, instance: Instance, received_at: datetime) -> Outcome:
    """Apply one event to the mirror, in a transaction. What it did is told by the outcome."""
    raise TypeError(f"No rule for {type(event).__name__}.")


@apply_event.register
def _ignored(event: Ignored, instance: Instance, received_at: datetime) -> Outcome:
    return Outcome.IGNORED


@apply_event.register
def _message(event: MessageSeen, instance: Instance, received_at: datetime) -> Outcome:
    new = receive_message(instance, event.message, chat_name=event.chat_name, sender_name=event.sender_name)
    return Outcome.APPLIED if new else Outcome.UNCHANGED


@apply_event.register
def _archived(event: ChatArchived, instance: Instance, received_at: datetime) -> Outcome:
    archive_chat(instance, event.jid, event.archived)
    return Outcome.APPLIED


@apply_event.register
def _session(event: SessionChanged, instance: Instance, received_at: datetime) -> Outcome:
    at = event.envelope.at or received_at
    newer = Instance.objects.filter(pk=instance.pk, status_at__lt=at)
    if not newer.update(status=event.status[:40], status_at=at):
        return Outcome.UNCHANGED
    if event.status == "WORKING":  # a re-link changes directory and assignments without one event
        Instance.objects.filter(pk=instance.pk).update(directory_due_at=timezone.now())
    note(instance, Change.Kind.INSTANCE)
    return Outcome.APPLIED


@apply_event.register
def _upserted(event: LabelUpserted, instance: Instance, received_at: datetime) -> Outcome:
    at = event.envelope.at or received_at
    if is_buried(instance, event.label.wa_id, at):
        return Outcome.UNCHANGED
    label = learn_label(instance, event.label, at=at)
    return Outcome.APPLIED if label.event_at == at else Outcome.UNCHANGED


@apply_event.register
def _deleted(event: LabelDeleted, instance: Instance, received_at: datetime) -> Outcome:
    at = event.envelope.at or received_at
    if Label.objects.filter(instance=instance, wa_id=event.wa_id, deleted_at__gte=at).exists():
        return Outcome.UNCHANGED
    label = Label.objects.filter(instance=instance, wa_id=event.wa_id).living().first()
    if label is not None and _last_heard(label) <= at:
        remove_label(label, at)
        return Outcome.APPLIED
    Label.objects.create(instance=instance, wa_id=event.wa_id, deleted_at=at)  # what is older must not bring it back
    if label is None:
        return Outcome.UNCHANGED
    # Something newer says that it lives: the id is in use again, or the provider's clock differs from ours. Ask for it,
    # and for the chats that carried the one before.
    Instance.objects.filter(pk=instance.pk).update(directory_due_at=timezone.now())
    older = ChatLabel.objects.filter(label=label, receipt=Receipt.CONFIRMED, wanted=True, event_at__lte=at)
    older.update(due_at=timezone.now())
    return Outcome.UNCHANGED


def _last_heard(label: Label) -> datetime:
    """When the newest event for the label, or for a chat that carries it, was emitted."""
    on_chats = ChatLabel.objects.filter(label=label).aggregate(newest=Max("event_at"))["newest"]
    return max(label.event_at, on_chats or NEVER)


@apply_event.register
def _chat_label(event: ChatLabelChanged, instance: Instance, received_at: datetime) -> Outcome:
    at = event.envelope.at
    rows = list(Label.objects.filter(instance=instance, wa_id=event.wa_id))
    label = next((row for row in rows if row.deleted_at is None), None)
    of_a_dead_one = any(row.deleted_at and row.deleted_at >= (at or NEVER) for row in rows)
    if label is None:
        if of_a_dead_one:
            return Outcome.UNCHANGED
        label = learn_label(instance, event.label or LabelInfo(event.wa_id, "", None), at=NEVER)
    chat = chat_at(instance, event.jid)
    pair = lock_pair(chat, label)
    if at is not None and (at, event.envelope.id) <= (pair.event_at, pair.event_id):
        return Outcome.UNCHANGED
    before = (pair.wanted, pair.remote, pair.receipt, pair.due_at)
    _observe(pair, event.on, None if of_a_dead_one else at, received_at)
    if at is not None and not of_a_dead_one:
        pair.event_at, pair.event_id = at, event.envelope.id[:80]
    pair.save()
    if (pair.wanted, pair.remote, pair.receipt, pair.due_at) == before:
        return Outcome.UNCHANGED
    note(instance, Change.Kind.CHAT, [chat])
    return Outcome.APPLIED


def _observe(pair: ChatLabel, on: bool, at: datetime | None, received_at: datetime) -> None:
    """What an event says of a pair. It settles an open wish only if it came after the last call for it ended."""
    now = timezone.now()
    if pair.is_open or pair.receipt == Receipt.FAILED:
        pair.remote, pair.remote_at = on, received_at
        called = pair.sent_at is not None and pair.sent_at >= pair.wanted_at
        uncalled = pair.receipt == Receipt.PENDING and not called  # it may be the late echo of an earlier wish
        if on == pair.wanted and not uncalled and seen_since_last_call(pair):
            confirm(pair)
        return
    if on == pair.wanted:
        pair.remote, pair.remote_at = on, received_at
        return
    if at is None or was_just_confirmed(pair):
        pair.due_at = now  # in doubt: ask the provider rather than believe either
        return
    adopt(Actor(None, Source.PHONE), pair, on)
