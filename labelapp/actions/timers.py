"""Labels with a clock: a time is set, changed and taken away, and when it comes the label goes, turns into another, or somebody is told.

What a timer does goes through the same doors as a click, as an actor of its own; the wish waits for WhatsApp as any other.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import OperationalError, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from labelapp.actions.actor import Actor, Refused
from labelapp.actions.notices import enter, note
from labelapp.actions.notifying import notify
from labelapp.actions.pairs import RULES, lock_chat, lock_pair, wish
from labelapp.actions.tagging import tag, usable
from labelapp.actions.transactions import patient
from labelapp.models import Change, Chat, ChatLabel, Instance, Label, LabelTimer, Source, User, Verb
from labelapp.models.reasons import Reason, timed
from labelapp.queries.people import may_see

log = logging.getLogger(__name__)
Then = LabelTimer.Then
AHEAD = timedelta(days=366)  # a timer is set for so long at most
BATCH = 100  # timers looked up at a time
CODES = {Then.REMOVE: Reason.TIMER_OFF, Then.TURN: Reason.TIMER_TURN, Then.CALL: Reason.TIMER_CALL}


@dataclass(frozen=True, slots=True)
class Alarm:
    """Until when a label is to be on a chat, and what happens then. `turn_into`: the key of a label of the same number."""

    until: datetime
    then: Then = Then.REMOVE
    turn_into: int | None = None
    call: User | None = None


class BadTimer(Refused):
    """A timer that makes no sense. `field`: until, turn_into or call."""

    def __init__(self, field: str, message: Any) -> None:
        super().__init__(message)
        self.field = field


@patient
def set_timer(actor: Actor, chat: Chat, label: Label, alarm: Alarm | None) -> ChatLabel:
    """Wish a label on a chat as `tagging.set_label` does, until this time; None takes the time away. Safe to run twice.

    Where it is on already nothing is sent. Returns and raises as `set_label`, and BadTimer (422): then nothing has changed.
    """
    pair = tag(actor, lock_chat(chat.pk), label.pk, on=True)
    time_pair(actor, pair, alarm)
    return pair


@patient
def clear_timer(actor: Actor, chat: Chat, label: Label) -> Chat:
    """Take the time of a label away; the label stays as it is. Safe to run twice. The chat as in `set_label`. Raises NotAllowed."""
    actor.must("apply_labels")
    chat = lock_chat(chat.pk)
    pair = lock_pair(chat, label)
    if pair.pk:
        time_pair(actor, pair, None)
    return chat


def time_pair(actor: Actor, pair: ChatLabel, alarm: Alarm | None) -> bool:
    """The same of a pair whose chat the caller has locked. Whether that is new. Raises BadTimer."""
    timer = LabelTimer.objects.filter(pair=pair).first()
    if alarm is None:
        if timer is None:
            return False
        timer.delete()
        _tell(replace(actor, cause=Reason.TIMER_CLEARED()), Verb.TIMER_END, pair)
        return True
    name = _checked(pair.chat, pair.label_id, alarm)
    until, call = alarm.until.astimezone(UTC), alarm.call.pk if alarm.call else None
    wanted = (until, alarm.then, alarm.turn_into, call, None)
    if timer and wanted == (timer.due_at, timer.then, timer.turn_into_id, timer.call_id, timer.rang_at):
        return False
    timer = timer or LabelTimer(pair=pair)
    timer.due_at, timer.then, timer.turn_into_id, timer.call = until, alarm.then, alarm.turn_into, alarm.call
    timer.set_by, timer.source, timer.set_at, timer.rang_at = actor.user, actor.source, timezone.now(), None
    timer.depth, timer.rule_id = actor.depth, actor.rule
    timer.save()
    _tell(replace(actor, cause=timed(CODES[alarm.then], until, name, actor.cause)), Verb.TIMER, pair)
    return True


def _checked(chat: Chat, label: int, alarm: Alarm) -> str:
    """The name of what it turns into, or of who is told. Raises BadTimer."""
    now = timezone.now()
    if alarm.until <= now:
        raise BadTimer("until", _("This time is over."))
    if alarm.until > now + AHEAD:
        raise BadTimer("until", _("A timer can be set for a year ahead at most."))
    if alarm.then == Then.TURN:
        return str(_other(chat, label, alarm.turn_into))
    if alarm.then == Then.CALL:
        if alarm.call is None:
            raise BadTimer("call", _("Choose who is told."))
        if not may_see(alarm.call, chat.instance):
            raise BadTimer("call", _("%(name)s may not see this number.") % {"name": alarm.call.display_name})
        return alarm.call.display_name
    return ""


def _other(chat: Chat, label: int, pk: int | None) -> Label:
    if pk is None:
        raise BadTimer("turn_into", _("Choose what it turns into."))
    if pk == label:
        raise BadTimer("turn_into", _("A label can't turn into itself."))
    try:
        found = usable(chat, pk)
    except Refused as refused:
        raise BadTimer("turn_into", refused.message) from refused
    if found.archived_at:
        raise BadTimer("turn_into", _("“%(label)s” is archived.") % {"label": found})
    return found


def _tell(actor: Actor, verb: Verb, pair: ChatLabel) -> None:
    enter(actor, verb, chat=pair.chat, label=pair.label)
    note(pair.chat.instance_id, Change.Kind.CHAT, [pair.chat])


# When the time comes


def due_timers(instance: Instance) -> list[tuple[int, int]]:
    """The timers of a number whose time has come, with their chats, by key: the first BATCH, in the order of their times."""
    rows = LabelTimer.objects.filter(rang_at=None, due_at__lte=timezone.now(), pair__label__instance=instance)
    return list(rows.order_by("due_at", "pk").values_list("pk", "pair__chat")[:BATCH])


@patient
def fire(pk: int, chat_pk: int) -> bool:
    """Do what a timer says, if its time has come and nobody has done it: all of it in one transaction, so once, whoever is killed.

    Of a label that is not on the chat any more, and where it can't be done, it ends with the reason.
    """
    chat = lock_chat(chat_pk)
    rows = LabelTimer.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
    rows = rows.select_related("pair__label", "call", "set_by").filter(rang_at=None, due_at__lte=timezone.now())
    timer = rows.filter(pk=pk, pair__chat=chat).first()
    if timer is None:
        return False
    pair = timer.pair
    pair.chat = chat
    if pair.label.deleted_at:
        _end(timer, Reason.DELETED())
    elif not pair.wanted:
        _end(timer, Reason.TIMER_LOST())
    else:
        _try(timer)
    return True


def _try(timer: LabelTimer) -> None:
    try:
        with transaction.atomic():
            WAYS[Then(timer.then)](timer)
    except OperationalError:
        raise  # the database, not the timer: it is made again
    except Refused as refused:
        _end(timer, Reason.TIMER_BROKE(str(refused.message)))
    except Exception as error:
        log.exception("timer %s failed", timer.pk)
        _end(timer, Reason.TIMER_BROKE(type(error).__name__))


def _end(timer: LabelTimer, reason: str) -> None:
    LabelTimer.objects.filter(pk=timer.pk).delete()
    _tell(Actor(None, Source.TIMER, reason), Verb.TIMER_END, timer.pair)


def _actor(timer: LabelTimer) -> Actor:
    grants = frozenset({"apply_labels"})
    return Actor(None, Source.TIMER, Reason.TIMER_CAME(), grants, timer.depth, timer.rule_id)


def _remove(timer: LabelTimer) -> None:
    LabelTimer.objects.filter(pk=timer.pk).delete()
    tag(_actor(timer), timer.pair.chat, timer.pair.label_id, on=False, priority=RULES)


def _turn(timer: LabelTimer) -> None:
    """The other label goes on first, this one comes off once that is confirmed: as with stages, which do so by themselves."""
    actor, chat = _actor(timer), timer.pair.chat
    LabelTimer.objects.filter(pk=timer.pk).delete()
    new = tag(actor, chat, timer.turn_into_id or 0, on=True, priority=RULES)
    old = lock_pair(chat, timer.pair.label)
    if old.wanted:
        wish(actor, old, False, after=new if new.is_open else None, priority=RULES)
        note(chat.instance_id, Change.Kind.CHAT, [chat])


def _call(timer: LabelTimer) -> None:
    """The label stays, overdue from now on. Who may not see the number any more is not told: then whoever set the timer is."""
    chat, label = timer.pair.chat, timer.pair.label
    told = next((user for user in (timer.call, timer.set_by) if user and _notify(user, chat, label)), None)
    LabelTimer.objects.filter(pk=timer.pk).update(rang_at=timezone.now())
    name = told.display_name if told else ""
    _tell(Actor(None, Source.TIMER, Reason.TIMER_TOLD(name)), Verb.TIMER_CALL, timer.pair)


def _notify(user: User, chat: Chat, label: Label) -> int:
    with translation.override(user.language or settings.LANGUAGE_CODE):
        words = gettext("%(label)s: its time has come") % {"label": label}
    return notify([user], chat, words, label=label, urgent=True)


WAYS: dict[Then, Callable[[LabelTimer], None]] = {Then.REMOVE: _remove, Then.TURN: _turn, Then.CALL: _call}
