"""Many changes of a run confirmed by one reading: the list of the chats that carry a label. What a list lacks, it does not disprove."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from labelapp.actions.identity import addresses_of
from labelapp.actions.listing import FIELDS, Listing, chunks, in_turns, see
from labelapp.actions.notices import note
from labelapp.actions.pairs import FINISHING, let_go, write_pairs
from labelapp.actions.transactions import patient
from labelapp.models import Change, Chat, ChatLabel, Label, Receipt
from labelapp.models.fields import NEVER

FEWEST = 3  # changes for which one list is asked instead of so many chats
CARRIERS = 1000  # ... and one more for so many chats that carry the label: their list is long
WAITS = 20  # changes that a list should confirm at once, where the pace is slow
LONGEST_WAIT = 60.0  # seconds


def waits_for_list(pair: ChatLabel) -> bool:
    """Whether the wish is one of many, and such that a list can confirm it: of a label that a run has put on."""
    return pair.priority >= FINISHING and pair.wanted


def read_back_after(pair: ChatLabel) -> float:
    """Seconds after a call before the provider is asked whether it has arrived: for one of many, until a list pays."""
    soon = float(settings.READ_BACK_SECONDS)
    return max(soon, min(LONGEST_WAIT, WAITS / pair.label.instance.pace)) if waits_for_list(pair) else soon


def is_list_better(label: Label, listed_at: datetime = NEVER) -> bool:
    """Whether enough sent changes wait that no list has been asked for yet. `listed_at`: when the label's last one was."""
    enough = FEWEST + label.chat_count // CARRIERS
    return _sent(label).filter(sent_at__gt=listed_at)[:enough].count() == enough


def _sent(label: Label) -> QuerySet[ChatLabel]:
    sent = ChatLabel.objects.filter(label=label, receipt=Receipt.SENT, wanted=True)
    return sent.filter(priority__gte=FINISHING, sent_at__isnull=False)


def confirm_listed(listing: Listing) -> int:
    """Confirm the sent changes whose chats the list names, under any of their addresses. Returns how many.

    Those that it lacks are looked at one by one later: lists may be short, empty or old. In short transactions; safe to run twice.
    """
    pairs = list(_sent(listing.label).filter(sent_at__lte=listing.asked_at).select_related("chat"))
    addresses = addresses_of([pair.chat for pair in pairs])
    listed = set(listing.jids)
    there = [pair for pair in pairs if listed.intersection(addresses[pair.chat_id])]
    known = {pair.pk for pair in there}
    for turn in in_turns(there):
        _confirm(listing, turn)
    _look_later(listing, [pair.pk for pair in pairs if pair.pk not in known])
    return len(there)


@patient
def _confirm(listing: Listing, found: Sequence[ChatLabel]) -> None:
    chats = {chat.pk: chat for chat in Chat.objects.locked().filter(pk__in=[pair.chat_id for pair in found])}
    rows = ChatLabel.objects.filter(pk__in=[pair.pk for pair in found], label__deleted_at=None, receipt=Receipt.SENT)
    now = timezone.now()
    pairs = [pair for pair in rows if pair.wanted and pair.chat_id in chats and see(pair, listing.asked_at, now)]
    write_pairs(pairs, FIELDS)
    let_go([pair.pk for pair in pairs])
    note(listing.label.instance, Change.Kind.CHAT, [chats[pair.chat_id] for pair in pairs])


def _look_later(listing: Listing, pks: Iterable[int]) -> None:
    """What is due is read by itself, after a pause."""
    pause = timedelta(seconds=settings.READ_BACK_SECONDS)
    for some in chunks(list(pks)):
        due = ChatLabel.objects.filter(pk__in=some, receipt=Receipt.SENT, due_at__lte=listing.asked_at)
        due.update(due_at=timezone.now() + pause)
