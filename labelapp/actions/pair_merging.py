"""The assignments of two chats that turn out to be one person's, joined."""

from collections import Counter
from collections.abc import Iterable

from django.utils import timezone

from labelapp.actions.actor import Actor
from labelapp.actions.notices import count_chats
from labelapp.actions.pairs import keep_held
from labelapp.actions.timer_ends import join_timers
from labelapp.models import Chat, ChatLabel, Receipt, Source, Verb
from labelapp.models.reasons import Reason

# what a pair takes over from the one whose wish leads
LED = (
    "wanted", "receipt", "wanted_at", "called_at", "sent_at", "confirmed_at", "due_at", "attempts", "forced", "error", "priority",
    "held_at",
)  # fmt: skip


def join_pairs(keep: Chat, gone: Chat) -> None:
    """Everything of `gone` becomes `keep`'s; both are locked. No assignment is lost: a label on either chat is on both. Where a
    wish is not settled, the younger wish decides."""
    ours = {pair.label_id: pair for pair in ChatLabel.objects.filter(chat=keep)}
    deltas: Counter[int] = Counter()
    joined: list[tuple[ChatLabel, ChatLabel]] = []
    for pair in ChatLabel.objects.filter(chat=gone):
        mine = ours.get(pair.label_id)
        if mine is None:
            pair.chat = keep
            pair.save(update_fields=["chat"])
            continue
        before = mine.wanted + pair.wanted
        join_timers(mine, pair)
        _join_pair(mine, pair)
        deltas[pair.label_id] += mine.wanted - before
        mine.save()
        joined.append((mine, pair))
    count_chats(deltas)
    for mine, pair in joined:  # when all are written: they may wait for each other
        pair.holds_back.update(waits_for=mine)
        pair.delete()
    _free_waiting([mine for mine, _pair in joined])


def _free_waiting(pairs: Iterable[ChatLabel]) -> None:
    """What was to come off once a label is on stays where that is no longer wished, or has failed. An open wish that was joined to
    a settled one is open still (`_follow_younger`)."""
    for pair in pairs:
        if not pair.wanted or pair.receipt == Receipt.FAILED:
            keep_held(pair, Actor(None, Source.RECONCILE, Reason.STAGE()), Verb.KEEP)


def _join_pair(mine: ChatLabel, other: ChatLabel) -> None:
    """`other` into `mine`, in memory. The younger wish decides where one is not settled; what the two disagree on is asked."""
    is_seen = bool(mine.remote or other.remote)
    event = max((pair.event_at, pair.event_id) for pair in (mine, other))
    if any(pair.receipt != Receipt.CONFIRMED for pair in (mine, other)):
        _follow_younger(mine, other, is_seen)
    elif mine.wanted == other.wanted:
        mine.due_at, mine.contradicted_at = mine.due_at or other.due_at, mine.contradicted_at or other.contradicted_at
    else:
        mine.contradicted_at = (mine if mine.wanted else other).contradicted_at  # the other one says nothing of it
        mine.wanted, mine.due_at = True, timezone.now()
    mine.remote, mine.remote_at = is_seen, max(mine.remote_at, other.remote_at)
    (mine.event_at, mine.event_id), mine.missed_at = event, None
    mine.told = mine.told or other.told


def _follow_younger(mine: ChatLabel, other: ChatLabel, is_seen: bool) -> None:
    """Of two wishes the younger one leads, whether it is settled or not. A settled one is sent again where the other address may
    show something else: an older wish was open there, or the label was seen that is to be off."""
    leads = max(mine, other, key=lambda pair: (pair.wanted_at, pair.receipt != Receipt.CONFIRMED))
    was_open = (other if leads is mine else mine).is_open
    for name in LED:
        setattr(mine, name, getattr(leads, name))
    mine.contradicted_at = None
    mine.waits_for_id = None if leads.waits_for_id == mine.pk else leads.waits_for_id
    if mine.receipt == Receipt.CONFIRMED and (was_open or is_seen != mine.wanted):
        mine.receipt, mine.due_at, mine.confirmed_at, mine.attempts = Receipt.PENDING, timezone.now(), None, 0
