"""What each kind of event does to the mirror. Runs inside a transaction and makes no provider call."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import singledispatch
from itertools import groupby

from django.db.models import Max
from django.utils import timezone

from labelapp.actions.accounts import ask_session, observe_session
from labelapp.actions.clocks import is_guessed
from labelapp.actions.directory import is_buried, learn_label, remove_label
from labelapp.actions.folding import Heard, fold_labels
from labelapp.actions.messages import archive_chat
from labelapp.actions.pairs import write_pairs
from labelapp.actions.readiness import schedule
from labelapp.actions.receiving import receive_messages
from labelapp.actions.reuse import begin_again
from labelapp.models import Chat, ChatLabel, Instance, Label, Receipt
from labelapp.models.assignments import CLOCKS
from labelapp.models.effects import Effect
from labelapp.models.fields import NEVER
from labelapp.whatsapp.events import (
    ChatArchived,
    ChatLabelChanged,
    Event,
    Ignored,
    LabelDeleted,
    LabelUpserted,
    MessageSeen,
    SessionChanged,
)
from labelapp.whatsapp.types import SessionInfo

Dated = tuple[Event, datetime]
CARRIERS = 200  # so many chats are asked one by one whether they carry a label; of more the number's lists are compared
TOGETHER: tuple[type[Event], ...] = (ChatLabelChanged, MessageSeen, Ignored)  # in any order among themselves


def apply_events(instance: Instance, events: Sequence[Dated]) -> list[Effect]:
    """Apply events, each with when its delivery reached us. What each did, in their order.

    Labels on chats and messages are many and are folded; the few events about the directory and the session divide them.
    """
    effects: list[Effect] = []
    for may_fold, group in groupby(events, key=lambda dated: isinstance(dated[0], TOGETHER)):
        if may_fold:
            effects += _fold(instance, list(group))
        else:
            effects += [apply_event(event, instance, received_at) for event, received_at in group]
    return effects


def _fold(instance: Instance, events: list[Dated]) -> list[Effect]:
    effects = [Effect.IGNORED] * len(events)
    labels = {at: Heard(e, when) for at, (e, when) in enumerate(events) if isinstance(e, ChatLabelChanged)}
    messages = {at: (e, when) for at, (e, when) in enumerate(events) if isinstance(e, MessageSeen)}
    if messages:
        _put(effects, messages, receive_messages(instance, list(messages.values())))
    if labels:
        _put(effects, labels, fold_labels(instance, list(labels.values())))
    return effects


def _put(effects: list[Effect], places: Iterable[int], done: Sequence[Effect]) -> None:
    for place, effect in zip(places, done, strict=True):
        effects[place] = effect


@singledispatch
def apply_event(event: Event, instance: Instance, received_at: datetime) -> Effect:
    """Apply one event of a rare kind."""
    raise TypeError(f"No rule for {type(event).__name__}.")


@apply_event.register
def _archived(event: ChatArchived, instance: Instance, received_at: datetime) -> Effect:
    at = min(event.envelope.at or received_at, received_at)
    effect = archive_chat(instance, event.jid, event.archived, at=at, event_id=event.envelope.id[:80])
    if effect is not Effect.SAME and is_guessed(event, received_at):  # the overview tells, once it is younger than this
        soon = timezone.now() + 2 * CLOCKS
        Instance.objects.filter(pk=instance.pk, poll_due_at=None).update(poll_due_at=soon)
    return effect


@apply_event.register
def _session(event: SessionChanged, instance: Instance, received_at: datetime) -> Effect:
    at = min(event.envelope.at or received_at, received_at)
    known_at = instance.status_at
    observe_session(instance, SessionInfo("", event.status, event.me_jid, ""), at)
    if is_guessed(event, received_at):
        ask_session(instance)
    if instance.status_at <= known_at:
        return Effect.OLDER
    if event.status == "WORKING":  # it may have been away in between: a re-link changes everything without one event
        now = timezone.now()
        Instance.objects.filter(pk=instance.pk).update(directory_due_at=now, reconcile_due_at=now)
        if not event.me_jid:
            ask_session(instance)
    return Effect.CHANGED


@apply_event.register
def _upserted(event: LabelUpserted, instance: Instance, received_at: datetime) -> Effect:
    at = min(event.envelope.at or received_at, received_at)
    if is_buried(instance, event.label.wa_id, at):
        if not is_buried(instance, event.label.wa_id, at + CLOCKS):
            _ask_directory(instance)
        return Effect.DEAD
    label = learn_label(instance, event.label, at=at)
    if is_guessed(event, received_at):
        _ask_directory(instance)
    return Effect.CHANGED if label.event_at == at else Effect.OLDER


@apply_event.register
def _deleted(event: LabelDeleted, instance: Instance, received_at: datetime) -> Effect:
    at = min(event.envelope.at or received_at, received_at)
    if Label.objects.filter(instance=instance, wa_id=event.wa_id, deleted_at__gte=at).exists():
        return Effect.SAME
    label = Label.objects.filter(instance=instance, wa_id=event.wa_id).living().first()
    if label is not None and is_guessed(event, received_at):  # it may be late, and the id another label's by now
        _ask_directory(instance)
        return Effect.DOUBTED
    if label is not None and _last_heard(label) <= at:
        remove_label(label, at)
        if label.event_at > at - CLOCKS:
            _ask_directory(instance)
        return Effect.CHANGED
    if label is not None and label.known_at is not None and label.known_at < at - CLOCKS:
        begin_again(label, at)  # it was known before it was deleted, so what is younger speaks of another one
        return Effect.CHANGED
    Label.objects.create(instance=instance, wa_id=event.wa_id, deleted_at=at)  # what is older must not bring it back
    if label is None:
        return Effect.SAME
    # Something newer says that it lives: the id is in use again, or the provider's clock differs from ours. Ask for it,
    # and the chats that carried the one before.
    _ask_directory(instance)
    _doubt_carriers(label, at)
    return Effect.DOUBTED


def _ask_directory(instance: Instance) -> None:
    """The times can't tell what was first, such as deleted and made in the same moment."""
    Instance.objects.filter(pk=instance.pk).update(directory_due_at=timezone.now())


def _doubt_carriers(label: Label, at: datetime) -> None:
    """The label that had this one's id before was deleted at `at`: chats that were heard to carry it by then are asked.

    A comparison needs two rounds for that, and takes nothing off while it finds too much gone at once.
    """
    rows = ChatLabel.objects.filter(label=label, remote=True, receipt=Receipt.CONFIRMED, event_at__lte=at + CLOCKS)
    chats = list(rows.values_list("chat_id", flat=True)[: CARRIERS + 1])
    if len(chats) > CARRIERS:
        return schedule(label.instance)
    list(Chat.objects.locked().filter(pk__in=chats))
    pairs = list(rows.filter(chat__in=chats))
    for pair in pairs:
        pair.doubt(timezone.now())
    return write_pairs(pairs, ("due_at", "contradicted_at"))


def _last_heard(label: Label) -> datetime:
    """When the newest event for the label, or for a chat that carries it, was emitted."""
    on_chats = ChatLabel.objects.filter(label=label).aggregate(newest=Max("event_at"))["newest"]
    return max(label.event_at, on_chats or NEVER)
