"""Assignments that a label's list lacks: the chat is asked, and only what both deny in two cycles comes off (design rule 5)."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils import timezone

from labelapp.actions.actor import Actor
from labelapp.actions.listing import FIELDS, Listing, chunks, has_changed_since, in_turns
from labelapp.actions.notices import count_chats, enter_all, entry, note
from labelapp.actions.pairs import let_go, write_pairs
from labelapp.actions.transactions import patient
from labelapp.models import Change, Chat, ChatAlias, ChatLabel, Instance, Receipt, Verb
from labelapp.whatsapp.types import LabelInfo

JUDGED = (
    "remote", "remote_at", "receipt", "confirmed_at", "due_at", "attempts", "error", "held_at", "missed_at", "doubted_at",
    "contradicted_at", "waits_for",
)  # fmt: skip
APART = timedelta(seconds=2)  # between the first reading that misses an assignment and the one that takes it off


@dataclass
class Suspect:
    """A pair that its label's list lacks, as it was when that was compared."""

    pair: ChatLabel
    listing: Listing

    @property
    def wa_id(self) -> str:
        return self.listing.label.wa_id


@dataclass
class Asked:
    """A chat that may have lost labels: its addresses, its suspects, and what it answered when asked at `asked_at`."""

    chat: Chat
    jids: list[str]
    suspects: list[Suspect]
    seen: dict[str, LabelInfo] = field(default_factory=dict)
    asked_at: datetime | None = None
    is_broken: bool = False  # the server broke over it: nothing is known, the next cycle asks again


@dataclass
class Verdicts:
    """Pairs by what came of asking. Those that changed meanwhile are in none: the next cycle looks at them afresh."""

    gone: list[Suspect] = field(default_factory=list)  # both deny it, as in an earlier cycle
    missed: list[Suspect] = field(default_factory=list)  # both deny it, for the first time
    doubted: list[Suspect] = field(default_factory=list)  # the list lacks it, the chat names it
    surprises: list[Asked] = field(
        default_factory=list
    )  # chats that name a label which the mirror does not have on them


def suspects_of(listing: Listing, absent: Iterable[ChatLabel]) -> list[Suspect]:
    """The absent pairs that the chat has to be asked about: settled ones that are on here, and failed ones that may have passed.

    What is open is looked at by the push lane; what changed since the list was asked for is younger than it.
    """
    return [Suspect(pair, listing) for pair in absent if _is_on(pair) and not has_changed_since(pair, listing.asked_at)]


def _is_on(pair: ChatLabel) -> bool:
    if pair.receipt == Receipt.CONFIRMED:
        return pair.wanted or bool(pair.remote)
    return pair.receipt == Receipt.FAILED and (pair.remote is not False or not pair.wanted)


def chats_to_ask(suspects: Iterable[Suspect]) -> list[Asked]:
    """The chats of suspects with all their addresses, the one that was asked longest ago first."""
    by_chat: dict[int, list[Suspect]] = defaultdict(list)
    for suspect in suspects:
        by_chat[suspect.pair.chat_id].append(suspect)
    jids: dict[int, list[str]] = defaultdict(list)
    chats: list[Chat] = []
    for pks in chunks(list(by_chat)):
        chats += Chat.objects.filter(pk__in=pks)
        for chat_id, jid in ChatAlias.objects.filter(chat__in=pks).order_by("pk").values_list("chat_id", "jid"):
            jids[chat_id].append(jid)
    chats.sort(key=lambda chat: (chat.labels_read_at, chat.pk))
    return [Asked(chat, jids[chat.pk] or [chat.jid], by_chat[chat.pk]) for chat in chats]


@patient
def judge(answers: Sequence[Asked]) -> Verdicts:
    """Compare what chats answered with their suspects, and mark what was missed or doubted. Takes nothing off."""
    verdicts, now = Verdicts(), timezone.now()
    fresh = _locked(suspect for asked in answers for suspect in asked.suspects)
    changed: list[ChatLabel] = []
    shown: dict[int, Chat] = {}
    for asked in answers:
        for suspect in asked.suspects:
            pair = fresh.get(suspect.pair.pk)
            if pair is not None and not has_changed_since(pair, suspect.listing.asked_at):
                shows, before = (pair.remote, pair.receipt), (pair.remote_at, pair.missed_at, pair.doubted_at)
                suspect.pair = pair
                _judge(verdicts, suspect, asked, now)
                if (pair.remote, pair.receipt) != shows:
                    shown[pair.chat_id] = pair.chat
                if pair.chat_id in shown or (pair.remote_at, pair.missed_at, pair.doubted_at) != before:
                    changed.append(pair)
    write_pairs(changed, JUDGED)
    let_go([pair.pk for pair in changed if pair.confirmed_at == now])
    _note_reading(answers)
    if shown:
        note(answers[0].suspects[0].listing.label.instance, Change.Kind.CHAT, shown.values())
    verdicts.surprises = _surprises(answers)
    return verdicts


def _judge(verdicts: Verdicts, suspect: Suspect, asked: Asked, now: datetime) -> None:
    pair, is_there, at = suspect.pair, suspect.wa_id in asked.seen, asked.asked_at or now
    if pair.receipt == Receipt.FAILED:
        pair.remote, pair.remote_at = is_there, at
        if is_there == pair.wanted:
            pair.confirm(now)
    elif is_there:
        pair.remote, pair.remote_at, pair.missed_at, pair.doubted_at = True, at, None, pair.doubted_at or now
        verdicts.doubted.append(suspect)
    elif not pair.wanted:
        pair.remote, pair.remote_at = False, at
    elif pair.missed_at and suspect.listing.asked_at >= pair.missed_at + APART:
        verdicts.gone.append(suspect)
    else:
        pair.missed_at, pair.doubted_at = pair.missed_at or now, None
        verdicts.missed.append(suspect)


def _surprises(answers: Sequence[Asked]) -> list[Asked]:
    known: dict[int, set[str]] = defaultdict(set)
    pairs = ChatLabel.objects.filter(chat__in=[asked.chat.pk for asked in answers], label__deleted_at=None)
    on = pairs.exclude(receipt=Receipt.CONFIRMED, wanted=False)
    for chat_id, wa_id in on.values_list("chat_id", "label__wa_id"):
        known[chat_id].add(wa_id)
    return [asked for asked in answers if not asked.seen.keys() <= known[asked.chat.pk]]


def _note_reading(answers: Sequence[Asked]) -> None:
    """All as of the moment when the first of them was asked: an event that is younger than that is believed, not doubted."""
    first = min((asked.asked_at for asked in answers if asked.asked_at), default=timezone.now())
    read = Chat.objects.filter(pk__in=[asked.chat.pk for asked in answers], labels_read_at__lt=first)
    read.update(labels_read_at=first)


@patient
def forgive(suspects: Sequence[Suspect]) -> None:
    """Forget that these were missed: the list that missed them turned out to be wrong."""
    for some in chunks(suspects):
        ChatLabel.objects.filter(pk__in=[suspect.pair.pk for suspect in some]).update(missed_at=None)


def take_off(actor: Actor, instance: Instance, suspects: Sequence[Suspect]) -> list[ChatLabel]:
    """Take assignments off that WhatsApp no longer has. What changed since it was listed stays. Returns what came off."""
    return [pair for some in in_turns(suspects) for pair in _take_off(actor, instance, some)]


@patient
def _take_off(actor: Actor, instance: Instance, suspects: Sequence[Suspect]) -> list[ChatLabel]:
    fresh, now = _locked(suspects), timezone.now()
    off: list[ChatLabel] = []
    for suspect in suspects:
        pair = fresh.get(suspect.pair.pk)
        if pair is None or pair.receipt != Receipt.CONFIRMED or not pair.wanted or pair.missed_at is None:
            continue
        if not has_changed_since(pair, suspect.listing.asked_at):
            pair.take_over(False, suspect.listing.asked_at, now)
            pair.missed_at = pair.doubted_at = None
            off.append(pair)
    write_pairs(off, FIELDS)
    deltas: dict[int, int] = defaultdict(int)
    for pair in off:
        deltas[pair.label_id] -= 1
    count_chats(deltas)
    enter_all([entry(actor, Verb.REMOVE, chat=pair.chat, label=pair.label) for pair in off])
    note(instance, Change.Kind.CHAT, {pair.chat_id: pair.chat for pair in off}.values())
    return off


def _locked(suspects: Iterable[Suspect]) -> dict[int, ChatLabel]:
    """Their pairs as they are now, the chats locked; none of a label that was deleted."""
    labels = {suspect.pair.pk: suspect.listing.label for suspect in suspects}
    of = ChatLabel.objects.filter(pk__in=labels).values("chat_id")
    chats = {chat.pk: chat for chat in Chat.objects.locked().filter(pk__in=of)}
    pairs = ChatLabel.objects.filter(pk__in=labels, label__deleted_at=None)
    found = {pair.pk: pair for pair in pairs if pair.chat_id in chats}
    for pair in found.values():
        pair.chat, pair.label = chats[pair.chat_id], labels[pair.pk]
    return found
