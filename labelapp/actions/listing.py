"""What a label's list of chats says, taken over into the mirror. Only adds and settles: what a list lacks, it does not disprove.

Set-based: a list that says nothing new costs a query per CHUNK addresses and locks no chat.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from django.conf import settings
from django.utils import timezone

from labelapp.actions.actor import Actor
from labelapp.actions.addresses import chats_at
from labelapp.actions.notices import count_chats, enter_all, entry, note
from labelapp.actions.pairs import let_go, write_pairs
from labelapp.actions.timer_ends import end_timers
from labelapp.actions.transactions import patient
from labelapp.models import Change, Chat, ChatAlias, ChatLabel, Label, Receipt, Source, Verb
from labelapp.models.fields import NEVER
from labelapp.models.reasons import Reason
from labelapp.whatsapp.provider import Provider

T = TypeVar("T")
CHUNK = 500  # addresses per query
TURN = 100  # chats per transaction
LONGEST_PAUSE = 0.1  # seconds
# pairs about which a list that names them says nothing new
CALM = {"wanted": True, "remote": True, "receipt": Receipt.CONFIRMED, "missed_at": None, "doubted_at": None}
FIELDS = (
    "wanted", "remote", "receipt", "wanted_at", "remote_at", "confirmed_at", "due_at", "attempts", "error", "held_at",
    "missed_at", "doubted_at", "contradicted_at", "waits_for",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Listing:
    """The addresses of the chats that carry a label, as the provider listed them when it was asked at `asked_at`."""

    label: Label
    jids: tuple[str, ...]
    asked_at: datetime


@dataclass
class Compared:
    """A listing against the mirror, nothing written: addresses with news, those of them whose chats do not carry the label here,
    and the pairs that the list lacks."""

    news: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    absent: list[ChatLabel] = field(default_factory=list)


def read_list(client: Provider, label: Label) -> Listing:
    """Ask for the chats of a label. Raises ProviderError."""
    asked_at = timezone.now()
    return Listing(label, tuple(client.label_chats(label.wa_id)), asked_at)


def compare_listing(listing: Listing) -> Compared:
    """What the mirror does not know yet, and what it knows although the list does not say it."""
    pairs = ChatLabel.objects.filter(label=listing.label)
    calm = set(pairs.filter(**CALM).values_list("chat_id", flat=True))
    others = {pair.chat_id: pair for pair in pairs.exclude(**CALM)}
    result = Compared()
    there: set[int] = set()
    for some in chunks(listing.jids):
        aliases = ChatAlias.objects.filter(instance=listing.label.instance_id, jid__in=some)
        chats = dict(aliases.values_list("jid", "chat_id"))
        there.update(chats.values())
        news = [jid for jid in some if chats.get(jid) not in calm]
        result.news += news
        result.unknown += [jid for jid in news if jid not in chats or not _is_wanted(others.get(chats[jid]))]
    for missing in chunks(sorted(calm - there)):
        result.absent += pairs.filter(chat__in=missing)
    result.absent += [pair for chat_id, pair in others.items() if chat_id not in there]
    return result


def _is_wanted(pair: ChatLabel | None) -> bool:
    return pair is not None and pair.wanted


def chunks(rows: Sequence[T]) -> Iterable[Sequence[T]]:
    """The rows in parts that one query can take."""
    return (rows[start : start + CHUNK] for start in range(0, len(rows), CHUNK))


def in_turns(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    """The rows in parts that are written in a transaction each. SQLite's lock is not fair: others get as long as we had it."""
    for start in range(0, len(rows), TURN):
        started = time.monotonic()
        yield rows[start : start + TURN]
        if settings.ON_SQLITE:
            time.sleep(min(LONGEST_PAUSE, time.monotonic() - started))


def adopt_listing(actor: Actor, listing: Listing, news: Sequence[str]) -> list[Chat]:
    """Take over that these chats of a listing carry its label. Returns the chats that were new to it.

    What has changed since the provider was asked stays as it is; open and failed wishes keep what is wanted. An actor that
    imports leaves no ledger and no notices. In short transactions: a label can be on very many chats. Safe to run twice.
    """
    new: list[Chat] = []
    for some in in_turns(news):
        new += _adopt_chunk(actor, listing, some)
    return new


@patient
def count_listing(listing: Listing) -> None:
    """Note that the label was compared, and count its chats anew."""
    label = Label.objects.select_for_update(no_key=True).get(pk=listing.label.pk)  # a click must not count meanwhile
    if label.deleted_at is None:
        label.chat_count = ChatLabel.objects.filter(label=label, wanted=True).count()
        label.verified_at, label.remote_count = listing.asked_at, len(listing.jids)
        label.save(update_fields=["chat_count", "verified_at", "remote_count"])


@patient
def _adopt_chunk(actor: Actor, listing: Listing, jids: Iterable[str]) -> list[Chat]:
    instance = listing.label.instance
    chats = {chat.pk: chat for chat in chats_at(instance, dict.fromkeys(jids, "")).values()}
    label = Label.objects.select_for_update(no_key=True).get(pk=listing.label.pk)
    if label.deleted_at is not None:  # meanwhile; its id may be another label's by now
        return []
    known = {pair.chat_id: pair for pair in ChatLabel.objects.filter(label=label, chat__in=chats)}
    now, imports = timezone.now(), actor.source == Source.IMPORT
    changed: list[ChatLabel] = []
    anew: list[ChatLabel] = []
    shown, new, confirmed = [], [], []
    for pk, chat in chats.items():
        pair = known.get(pk) or ChatLabel(chat=chat, label=label, last_message_at=chat.last_message_at)
        wanted, remote, receipt = pair.wanted, pair.remote, pair.receipt
        if not see(pair, listing.asked_at, now):
            continue
        changed.append(pair)
        if pair.wanted != wanted:
            new.append(chat)
            anew.append(pair)
        elif pair.receipt != receipt:
            confirmed.append(pair.pk)
        if (wanted, remote, receipt) != (pair.wanted, pair.remote, pair.receipt):
            shown.append(chat)
        if imports and pair.pk is None:
            pair.wanted_at, pair.told = NEVER, True  # before labelapp
    write_pairs(changed, FIELDS)
    let_go(confirmed)
    count_chats({label.pk: len(new)})
    if not imports:
        enter_all([entry(actor, Verb.ADD, chat=chat, label=label) for chat in new])
    end_timers(anew, Reason.TIMER_ANEW())
    if shown and not imports:
        note(instance, Change.Kind.CHAT, shown)
    return new


def has_changed_since(pair: ChatLabel, asked_at: datetime) -> bool:
    """Whether something was wished, sent or seen for the pair after a provider was asked: its answer may be older than that."""
    later = [pair.wanted_at, pair.remote_at, *([pair.sent_at] if pair.sent_at else [])]
    return pair.in_flight or max(later) > asked_at


def see(pair: ChatLabel, asked_at: datetime, now: datetime) -> bool:
    """A list that was asked for at `asked_at` names the pair. False when that changes nothing. Only in memory."""
    if has_changed_since(pair, asked_at):
        return False
    pair.missed_at = pair.doubted_at = None
    if pair.receipt == Receipt.CONFIRMED and not pair.wanted:
        if pair.came_off_lately(now):  # some engines answer with the old labels for a while
            pair.due_at = pair.due_at or now + timedelta(seconds=settings.READ_BACK_SECONDS)
        else:
            pair.take_over(True, asked_at, now)
        return True
    pair.remote, pair.remote_at = True, asked_at
    if pair.receipt != Receipt.CONFIRMED and pair.wanted and pair.is_settled_by(asked_at):
        pair.confirm(now)
    return True
