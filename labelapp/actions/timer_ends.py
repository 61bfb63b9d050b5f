"""What becomes of timers where their pairs change: a label that is put on anew has none, chats and labels that are joined keep theirs.

Everything here runs inside a transaction that holds the chats. A timer whose label comes off is left alone: it rests, and counts again
where the label turns out to have stayed, or comes back by an undo.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from labelapp.actions.actor import Actor
from labelapp.actions.notices import enter_all, entry
from labelapp.actions.transactions import patient
from labelapp.models import Chat, ChatLabel, Label, LabelTimer, Receipt, Source, Verb
from labelapp.models.reasons import Reason

RESTS = timedelta(hours=1)  # an undo is offered for as long
SOME = 200


def end_timers(pairs: Iterable[ChatLabel], reason: str) -> int:
    """Their timers are over, for this reason. Returns how many there were. One query where there is none, none for new pairs."""
    pks = [pair.pk for pair in pairs if pair.pk]
    return (
        _end(LabelTimer.objects.filter(pair__in=pks).select_related("pair__chat", "pair__label"), reason) if pks else 0
    )


def _end(rows: Iterable[LabelTimer], reason: str) -> int:
    timers = list(rows)
    if timers:
        by_itself = Actor(None, Source.TIMER, reason)
        LabelTimer.objects.filter(pk__in=[timer.pk for timer in timers]).delete()
        told = [(timer.pair.chat, timer.pair.label) for timer in timers]
        enter_all([entry(by_itself, Verb.TIMER_END, chat=chat, label=label) for chat, label in told])
    return len(timers)


def end_resting() -> int:
    """End the timers of labels that came off RESTS ago, or were deleted. Returns how many. Safe to repeat."""
    off = Q(pair__wanted=False, pair__receipt=Receipt.CONFIRMED, pair__wanted_at__lt=timezone.now() - RESTS)
    rows = LabelTimer.objects.filter(off | Q(pair__label__deleted_at__isnull=False)).order_by("pair__chat")
    chats = list(rows.values_list("pair__chat", flat=True)[:SOME])
    total = 0
    while chats:
        total += _end_of(chats, off)
        chats = list(rows.filter(pair__chat__gt=chats[-1]).values_list("pair__chat", flat=True)[:SOME])
    return total


@patient
def _end_of(chats: Sequence[int], off: Q) -> int:
    locked = list(Chat.objects.locked().filter(pk__in=chats))
    timers = LabelTimer.objects.filter(pair__chat__in=locked).select_related("pair__chat", "pair__label")
    dead = timers.filter(pair__label__deleted_at__isnull=False)
    return _end(dead, Reason.DELETED()) + _end(timers.filter(off), Reason.TIMER_LOST())


def join_timers(mine: ChatLabel, other: ChatLabel) -> None:
    """Two pairs of one label become `mine`, which is not joined yet: of the timers that count the earlier one is kept, no other."""
    timers = {timer.pair_id: timer for timer in LabelTimer.objects.filter(pair__in=[mine, other])}
    counting = [timers[pair.pk] for pair in (mine, other) if pair.wanted and pair.pk in timers]
    kept = min(counting, key=lambda timer: timer.due_at, default=None)
    LabelTimer.objects.filter(pk__in=[timer.pk for timer in timers.values() if timer is not kept]).delete()
    if kept is not None:
        LabelTimer.objects.filter(pk=kept.pk).update(pair=mine)


def hand_on_timer(old: ChatLabel, new: ChatLabel) -> None:
    """One label is merged into another: its time on a chat becomes the other's, unless that has one of its own."""
    timer = LabelTimer.objects.filter(pair=old).first()
    if timer is None or LabelTimer.objects.filter(pair=new).exists():
        return
    if timer.turn_into_id == new.label_id:  # that is what happens now
        end_timers([old], Reason.TIMER_CAME())
        return
    timer.pair = new
    timer.save(update_fields=["pair"])


def turn_into_other(retired: Label, replacement: Label) -> None:
    """A label was merged into another: what was to turn into it turns into the other one."""
    rows = LabelTimer.objects.filter(turn_into=retired)
    rows.exclude(pair__label=replacement).update(turn_into=replacement)
