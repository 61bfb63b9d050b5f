"""Business events: accepted once, and carried out once, through the same door as a click.

An event is durable before anybody is told that it was accepted. What it asks for is wished in the transaction that settles it: a
process that ends anywhere leaves an event that the facts lane carries out, never one that was carried out twice.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, InterfaceError, OperationalError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from labelapp.actions.actor import Actor, Refused
from labelapp.actions.facts import tell
from labelapp.actions.notices import note, wake
from labelapp.actions.pairs import RULES, lock_chat, lock_pair, wish
from labelapp.actions.tagging import put, usable
from labelapp.actions.transactions import patient
from labelapp.models import (
    ApiToken,
    BusinessEvent,
    Change,
    Chat,
    ChatLabel,
    EventAddress,
    EventMapping,
    Fact,
    Instance,
    Label,
    Receipt,
    Source,
)
from labelapp.models.reasons import Reason
from labelapp.queries.events.places import arrived

log = logging.getLogger(__name__)
Outcome = BusinessEvent.Outcome
Stop = Callable[[], bool]
HEAD_START = timedelta(seconds=2)  # whoever accepted an event carries it out; the lane takes what was left behind
SETTLED = ("chat", "instance", "outcome", "reason", "asked", "applied_at", "answer", "status")
RETRIABLE = (Outcome.FAILED, Outcome.PAUSED, Outcome.UNMAPPED)


class Reused(Refused):
    """The id came before, with another event."""

    status = 422


# Accepted


def accepted_before(token: ApiToken, external_id: str, fingerprint: str) -> BusinessEvent | None:
    """The event of this id. Raises Reused (422) where it said something else then."""
    event = BusinessEvent.objects.filter(token=token, external_id=external_id).first()
    if event is not None and event.fingerprint != fingerprint:
        raise Reused(_("This id came with another event."))
    return event


def accept(
    actor: Actor,
    token: ApiToken,
    external_id: str,
    fingerprint: str,
    *,
    type: str,
    data: dict[str, Any],
    chat: Chat | None = None,
    phone: str = "",
    waits_at: Sequence[tuple[Instance, str]] = (),
) -> tuple[BusinessEvent, bool]:
    """Store an event for good, and whether it is new: of many that come at once with one id one is. `waits_at`: the addresses at which
    its chat will be, where there is none yet. Durable when it returns; nothing was done for it so far.

    Raises NotAllowed, and Reused (422) as `accepted_before`.
    """
    actor.must("apply_labels")
    homes = {chat.instance_id} if chat else {number.pk for number, _jid in waits_at}
    event = BusinessEvent(
        token=token, external_id=external_id, fingerprint=fingerprint, type=type, data=data, phone=phone
    )
    event.instance_id = homes.pop() if len(homes) == 1 else None
    try:
        with transaction.atomic():
            event.chat = lock_chat(chat.pk) if chat else None  # it may be joined to another one at this moment
            event.save(force_insert=True)
            rows = [] if chat else [EventAddress(event=event, instance=number, jid=jid) for number, jid in waits_at]
            EventAddress.objects.bulk_create(rows)
            wake()
    except IntegrityError:
        before = accepted_before(token, external_id, fingerprint)
        if before is None:
            raise
        return before, False
    return event, True


# Carried out


def settle(event: BusinessEvent) -> BusinessEvent:
    """Carry an accepted event out, if that was not done and its chat is there. Returns it as it is then. Safe to run twice at once.

    What breaks over it is kept with it, and nothing of it is done. Raises django.db.OperationalError.
    """
    if event.applied_at is None:
        chat = event.chat_id or arrived(event=event.pk).get(event.pk)
        if chat is not None:
            _settle(event.pk, chat)
    return BusinessEvent.objects.select_related("instance", "chat").get(pk=event.pk)


def keep_answer(event: BusinessEvent, status: int, answer: str) -> tuple[int, str]:
    """What a settled event's program was told, the same for all who ask. Of several at once the first one counts, for all of them."""
    BusinessEvent.objects.filter(pk=event.pk, answer="").update(status=status, answer=answer)
    kept = BusinessEvent.objects.values_list("status", "answer").get(pk=event.pk)
    return kept[0] or status, kept[1]


def try_again(actor: Actor, event: BusinessEvent) -> BusinessEvent:
    """Carry out an event that could not be carried out when it came, by the mappings of now. Returns it as it is then. A repeat changes
    nothing. Raises NotAllowed, and Refused (409) for one that was carried out, or has no chat."""
    actor.must("manage_rules")
    if event.chat_id is None or event.outcome not in RETRIABLE:
        raise Refused(_("There is nothing to do for this event."), status=409)
    _settle(event.pk, event.chat_id, RETRIABLE)
    return BusinessEvent.objects.select_related("instance", "chat").get(pk=event.pk)


def carry_out_left(instance: Instance, stop: Stop = lambda: False) -> int:
    """Carry out events of the number whose process ended before it did so. Returns how many."""
    left = BusinessEvent.objects.filter(instance=instance, applied_at=None, chat__isnull=False)
    rows = left.filter(received_at__lt=timezone.now() - HEAD_START).order_by("received_at", "pk")
    return _settle_all(rows.values_list("pk", "chat_id")[:500], stop)


def match_waiting(instance: Instance, stop: Stop = lambda: False) -> int:
    """Carry out events whose chat has come to the number since: by a message, a list, an address that was learnt. Returns how many."""
    return _settle_all(sorted(arrived(instance).items()), stop)


def expire_events() -> int:
    """Give up events that have waited for their chat for EVENT_DAYS. Returns how many."""
    old = timezone.now() - timedelta(days=settings.EVENT_DAYS)
    waiting = BusinessEvent.objects.filter(applied_at=None, chat=None, received_at__lt=old)
    return waiting.update(applied_at=timezone.now(), outcome=Outcome.EXPIRED)


def _settle_all(rows: Iterable[tuple[int, int | None]], stop: Stop) -> int:
    done = 0
    for event, chat in rows:
        if stop():
            break
        if chat is not None:
            done += _settle(event, chat)
    return done


def _settle(event: int, chat: int, outcomes: Iterable[str] = (Outcome.WAITING,)) -> bool:
    """Whether it was for us to do."""
    try:
        return _carry_out(event, chat, outcomes)
    except (OperationalError, InterfaceError):
        raise  # the database, not the event: it is there the next time
    except Exception as error:
        log.exception("business event %s failed", event)
        words = Reason.RULE_BROKE(str(error) or type(error).__name__)
        ours = BusinessEvent.objects.filter(pk=event, outcome__in=outcomes)
        return bool(ours.update(outcome=Outcome.FAILED, reason=words, applied_at=timezone.now()))


@patient
def _carry_out(pk: int, chat_pk: int, outcomes: Iterable[str]) -> bool:
    """The chat first, then the event: so do merges, too."""
    chat = lock_chat(chat_pk)
    event = BusinessEvent.objects.select_for_update(no_key=True).filter(pk=pk, outcome__in=outcomes).first()
    if event is None:
        return False
    is_news = event.applied_at is None
    actor = Actor(None, Source.EVENT, Reason.EVENT(str(event)), frozenset({"apply_labels"}))
    event.chat, event.instance_id = chat, chat.instance_id
    event.outcome, event.reason, event.asked = _answer(actor, event, chat)
    event.applied_at, event.answer, event.status = timezone.now(), "", None
    event.save(update_fields=SETTLED)
    event.addresses.all().delete()
    if is_news:
        tell(Fact.Kind.BUSINESS, actor, chat.instance, chat=chat, data={"type": event.type, "id": event.external_id})
    return True


Answer = tuple[str, str, list[dict[str, Any]]]  # outcome, reason, asked


def _answer(actor: Actor, event: BusinessEvent, chat: Chat) -> Answer:
    """Do what the mappings of its type say, each as a whole or not at all."""
    mappings = list(EventMapping.objects.filter(instance=chat.instance_id, type=event.type, is_on=True))
    named = {pk for mapping in mappings for pk in mapping.labels}
    dead = dict(Label.objects.filter(pk__in=named, deleted_at__isnull=False).values_list("pk", "name"))
    asked: list[dict[str, Any]] = []
    changed, refusal = False, ""
    for mapping in mappings:
        if mapping.labels & dead.keys():
            continue
        try:
            with transaction.atomic():
                changed |= _do(actor, chat, mapping)
        except Refused as refused:
            refusal = Reason.RULE_BROKE(str(refused.message))
        else:
            asked += _asked(mapping)
    if changed:
        note(chat.instance_id, Change.Kind.CHAT, [chat])
    paused = Reason.RULE_DEAD(", ".join(dead[pk] for pk in sorted(dead))) if dead else ""
    if refusal:
        return Outcome.FAILED, refusal, asked
    if not asked:
        return (Outcome.PAUSED if dead else Outcome.UNMAPPED), paused, asked
    return (Outcome.APPLIED if changed else Outcome.UNCHANGED), paused, asked


def _asked(mapping: EventMapping) -> list[dict[str, Any]]:
    puts_on = [{"label": pk, "on": True, "stage": pk == mapping.stage_id} for pk in mapping.puts_on]
    return puts_on + [{"label": pk, "on": False, "stage": False} for pk in mapping.removes]


def _do(actor: Actor, chat: Chat, mapping: EventMapping) -> bool:
    """Whether it changed anything. The chat is locked. What is removed waits until what is put on, the stage above all, is confirmed."""
    actor.must("apply_labels")
    first: ChatLabel | None = None
    changed = False
    for pk in mapping.puts_on:
        label = usable(chat, pk)
        if pk == mapping.stage_id and not (label.group and label.group.is_exclusive):
            raise Refused(_("“%(label)s” is no stage.") % {"label": label})
        pair = lock_pair(chat, label)
        changed |= bool(put(actor, pair, on=True, priority=RULES, after=RULES))
        first = pair if pair.is_open else first
    for pk in mapping.removes:
        pair = lock_pair(chat, usable(chat, pk))
        if pair.wanted or pair.receipt == Receipt.FAILED:
            wish(actor, pair, False, after=first, priority=RULES)
            changed = True
    return changed
