"""Many label events at once: looked up together, folded per pair in memory, written together. Runs inside a transaction."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from labelapp.actions.actor import Actor
from labelapp.actions.addresses import chats_at
from labelapp.actions.clocks import clock_trouble
from labelapp.actions.directory import learn_label
from labelapp.actions.identity import addresses_of
from labelapp.actions.notices import count_chats, enter_all, entry, note
from labelapp.actions.pairs import let_go, write_pairs
from labelapp.actions.timer_ends import end_timers
from labelapp.models import Change, Chat, ChatLabel, Instance, Label, LedgerEntry, Source, Verb
from labelapp.models.assignments import CLOCKS
from labelapp.models.effects import Effect
from labelapp.models.fields import NEVER
from labelapp.models.reasons import Reason
from labelapp.whatsapp.events import ChatLabelChanged
from labelapp.whatsapp.types import LabelInfo

WRITTEN = (
    "wanted", "remote", "receipt", "wanted_at", "remote_at", "confirmed_at", "event_at", "event_id", "due_at", "attempts",
    "error", "held_at", "missed_at", "doubted_at", "contradicted_at", "waits_for",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Heard:
    """A label event and when its delivery reached us."""

    event: ChatLabelChanged
    received_at: datetime


def fold_labels(instance: Instance, heard: Sequence[Heard]) -> list[Effect]:
    """Apply label events of chats, in the order given. What each of them did, in the same order.

    The same events in another order, or more than once, leave the same pairs behind.
    """
    fold = Fold(instance, heard)
    effects = [fold.take(one) for one in heard]
    fold.write()
    return effects


class Fold:
    """The chats, labels and pairs that some events are about."""

    def __init__(self, instance: Instance, heard: Sequence[Heard]) -> None:
        self.instance, self.now = instance, timezone.now()
        self.chats = chats_at(instance, {one.event.jid: "" for one in heard})
        self.addresses = addresses_of(self.chats.values())
        rows = Label.objects.filter(instance=instance, wa_id__in={one.event.wa_id for one in heard})
        self.living: dict[str, Label] = {}
        self.died_at: dict[str, datetime] = {}
        for label in rows:
            if label.deleted_at is None:
                self.living[label.wa_id] = label
            else:
                self.died_at[label.wa_id] = max(label.deleted_at, self.died_at.get(label.wa_id, NEVER))
        told = {(one.event.jid, one.event.wa_id) for one in heard if one.event.wa_id in self.living}
        self.pairs = _pairs_of({(self.chats[jid].pk, self.living[wa_id].pk) for jid, wa_id in told})
        self.dirty: dict[tuple[int, int], ChatLabel] = {}
        self.shown: dict[int, Chat] = {}  # chats whose chips look different now
        self.entries: list[LedgerEntry] = []
        self.counts: Counter[int] = Counter()
        self.anew: list[ChatLabel] = []  # put on again by a phone

    def take(self, heard: Heard) -> Effect:
        """One event."""
        event = heard.event
        at = None if clock_trouble(event, heard.received_at) else event.envelope.at
        died_at = self.died_at.get(event.wa_id, NEVER)
        is_of_dead = event.wa_id in self.died_at and died_at >= (at or NEVER)
        label = self.living.get(event.wa_id)
        if is_of_dead and (label is None or (at is not None and at < died_at - CLOCKS)):
            return Effect.DEAD
        if label is None:
            info = event.label or LabelInfo(event.wa_id, "", None)
            label = self.living[event.wa_id] = learn_label(self.instance, info, at=NEVER)
            undone = ChatLabel.objects.filter(label=label, chat__in={chat.pk for chat in self.chats.values()})
            self.pairs |= {
                (pair.chat_id, pair.label_id): pair for pair in undone
            }  # wishes made as its id was used again
        effect = self._hear(self.chats[event.jid], label, heard, None if is_of_dead else at)
        return Effect.UNKNOWN if effect is Effect.CHANGED and label.is_ghost else effect

    def _hear(self, chat: Chat, label: Label, heard: Heard, at: datetime | None) -> Effect:
        key = chat.pk, label.pk
        pair = self.pairs.get(key)
        if pair is None:
            pair = self.pairs[key] = ChatLabel(chat=chat, label=label, last_message_at=chat.last_message_at)
        before = self._state(pair)
        effect = pair.hear(
            heard.event.on,
            at=at,
            event_id=heard.event.envelope.id[:80],
            received_at=heard.received_at,
            read_at=max(label.verified_at, chat.labels_read_at),
            now=self.now,
            shared=len(self.addresses[chat.pk]) > 1,
        )
        if self._state(pair) != before:
            self.dirty[key] = pair
            if before[0] != self._state(pair)[0]:
                self.shown[chat.pk] = chat
        if effect is Effect.CHANGED:
            self._enter(chat, label, heard.event)
            self.anew += [pair] if heard.event.on else []
        return effect

    @staticmethod
    def _state(pair: ChatLabel) -> tuple[tuple[object, ...], tuple[object, ...]]:
        """What a chip shows, and what else an event may have changed."""
        seen = (pair.remote_at, pair.event_at, pair.event_id, pair.due_at, pair.missed_at, pair.contradicted_at)
        return (pair.wanted, pair.remote, pair.receipt), seen

    def _enter(self, chat: Chat, label: Label, event: ChatLabelChanged) -> None:
        self.counts[label.pk] += 1 if event.on else -1
        verb = Verb.ADD if event.on else Verb.REMOVE
        self.entries.append(entry(Actor(None, Source.PHONE), verb, chat=chat, label=label))

    def write(self) -> None:
        """Put down what the events changed."""
        write_pairs(self.dirty.values(), WRITTEN)
        let_go([pair.pk for pair in self.dirty.values() if pair.pk and pair.confirmed_at == self.now])
        count_chats(self.counts)
        enter_all(self.entries)
        end_timers(self.anew, Reason.TIMER_ANEW())
        if self.shown:
            note(self.instance, Change.Kind.CHAT, self.shown.values())


def _pairs_of(keys: Collection[tuple[int, int]]) -> dict[tuple[int, int], ChatLabel]:
    """The pairs of these chats and labels, by their keys. Found by narrow rows first: whole ones cost much, and each of the chats
    may have one with each of the labels."""
    chats, labels = {chat for chat, _label in keys}, {label for _chat, label in keys}
    rows = ChatLabel.objects.filter(chat__in=chats, label__in=labels).values_list("pk", "chat_id", "label_id")
    found = ChatLabel.objects.filter(pk__in=[pk for pk, chat, label in rows if (chat, label) in keys])
    return {(pair.chat_id, pair.label_id): pair for pair in found}
