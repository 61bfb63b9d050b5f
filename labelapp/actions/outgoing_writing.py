"""Facts become messages to the hooks that want them: a consequence of the facts lane, in its transaction."""

import secrets
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db.models import prefetch_related_objects
from django.utils import timezone

from labelapp.models import Chat, Fact, HookSend, Instance, LabelGroup, OutgoingHook, Run
from labelapp.queries.finding import Finders
from labelapp.queries.loud import loud
from labelapp.queries.outgoing_bodies import about, body, labels_now

Event = OutgoingHook.Event
Kind = Fact.Kind
SAME = {kind.value for kind in Event} - {Event.STAGE_ENTERED.value}


def write_sends(instance: Instance, facts: Sequence[Fact]) -> None:
    """Write what the number's hooks are to be told of these facts. Each hook is told of a fact once, however often this is called.

    A few queries for the batch, none but one while there is no hook.
    """
    hooks = list(
        OutgoingHook.objects.filter(is_on=True).select_related("made_by").prefetch_related("labels", "numbers")
    )
    told = [fact for fact in loud(facts) if fact.kind in SAME] if hooks else []
    if not told:
        return
    prefetch_related_objects(told, "label__group", "actor")
    finders = Finders(instance)
    wanted = [
        (hook, fact, event)
        for fact in told
        for event in events_of(fact)
        for hook in hooks
        if event in hook.events and _wants(hook, fact, finders)
    ]
    if not wanted:
        return
    labels = labels_now(fact.chat_id for _hook, fact, _event in wanted if fact.chat_id)
    sends = [
        new_send(hook, event, about(fact, event, instance, labels), at=fact.at, instance=instance, of=fact)
        for hook, fact, event in wanted
    ]
    HookSend.objects.bulk_create(sends, ignore_conflicts=True)


def events_of(fact: Fact) -> Iterator[str]:
    """What a fact is to programs: a stage that was put on is also one that was entered."""
    yield fact.kind
    group = fact.label.group if fact.label is not None and fact.kind == Kind.LABEL_ADDED else None
    if group is not None and group.kind == LabelGroup.Kind.FUNNEL:
        yield Event.STAGE_ENTERED


def _wants(hook: OutgoingHook, fact: Fact, finders: Finders) -> bool:
    """Whether the hook is about the number, the label and the chat of the fact."""
    if not _is_of(hook, fact):
        return False
    labels = {label.pk for label in hook.labels.all()}
    if labels and fact.label_id is not None and fact.label_id not in labels:
        return False
    return fact.chat is None or finders.of(("hook", hook.pk), hook.made_by, hook.terms).finds(fact.chat)


def _is_of(hook: OutgoingHook, fact: Fact) -> bool:
    numbers = {number.pk for number in hook.numbers.all()}
    if not numbers or fact.instance_id in numbers:
        return True
    is_run = fact.kind == Kind.RUN_FINISHED  # told of one of its numbers only
    return is_run and Run.objects.filter(pk=fact.data["run"], numbers__in=numbers).exists()


def new_send(
    hook: OutgoingHook,
    kind: str,
    data: dict[str, Any],
    *,
    at: datetime | None = None,
    instance: Instance | None = None,
    of: Fact | None = None,
    chat: Chat | None = None,
) -> HookSend:
    """An unsaved message that is due now."""
    now = timezone.now()
    return HookSend(
        hook=hook,
        instance=instance,
        chat_id=chat.pk if chat else of.chat_id if of else None,
        fact=of.pk if of else None,
        message_id=f"msg_{secrets.token_urlsafe(18)}",
        kind=kind,
        body=body(kind, at or now, data),
        due_at=now,
    )
