"""Questions to classifiers: written by the rule that asks, in its transaction, and posted by whoever claims them, in none."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from labelapp.actions.notices import wake
from labelapp.actions.outgoing_sending import Job
from labelapp.models import Ask, Chat, Instance, Label, OutgoingHook, Rule
from labelapp.models.reasons import Reason
from labelapp.queries.outgoing_bodies import body, number_data, rule_data
from labelapp.whatsapp.classifier import MOST_BYTES, SECONDS
from labelapp.whatsapp.outgoing import Answer

LATE = timedelta(minutes=10)  # by then people have read it themselves
PAUSES = (5, 10, 30, 60, 120)  # seconds before the next try, after the first, the second …; each longer than a call
PER_HOOK = 3  # in flight: one slow classifier leaves room for another
KIND = "message.classify"
Outcome = Ask.Outcome


@dataclass(frozen=True, slots=True, repr=False)
class Question(Job):
    """What a thread needs to ask a claimed question, without the database."""

    def run(self) -> Answer:
        """Ask it."""
        return self.post(SECONDS, whole=MOST_BYTES)


def ask_classifier(
    rule: Rule, hook: OutgoingHook, chat: Chat, text: str, labels: Collection[int], *, of: int | None, depth: int
) -> None:
    """Have a classifier look at a text for a rule: in its transaction, of each fact (`of`) once. Nothing is asked while the hook is off.

    It is told the text, and of the chat its key alone: who wrote it is no business of a classifier's.
    """
    if not hook.is_on or not text.strip():
        return
    names = Label.objects.filter(pk__in=labels).order_by("position", "pk").values_list("name", flat=True)
    data = {
        "number": number_data(chat.instance),
        "rule": rule_data(rule),
        "chat": {"id": chat.pk, "kind": chat.kind},
        "message": {"text": text},
        "labels": list(names),
    }
    now = timezone.now()
    ask = Ask(rule=rule, hook=hook, instance=chat.instance, chat=chat, fact=of, depth=depth, due_at=now)
    ask.message_id, ask.body = f"msg_{secrets.token_urlsafe(18)}", body(KIND, now, data)
    Ask.objects.bulk_create([ask], ignore_conflicts=of is not None)
    wake()


def claim_asks(instance: Instance, room: int, flying: Collection[Job] = ()) -> list[Question]:
    """Claim up to `room` questions that are due, the longest due first, at most PER_HOOK of a hook with those that are `flying`.

    Whoever claims one has it for as long as the pause before the next try: when this process dies, it is asked again then, with the
    same id. What has waited for longer than LATE is given up instead.
    """
    now = timezone.now()
    rows = _due(instance, room, flying, now)
    if any(ask.made_at < now - LATE for ask in rows):
        _drop_late(instance, now)
        rows = _due(instance, room, flying, now)
    in_flight = [job.hook for job in flying]
    jobs: list[Question] = []
    for ask in rows:
        if len(jobs) < room and in_flight.count(ask.hook_id) < PER_HOOK and (job := _claim(ask, now)):
            jobs.append(job)
            in_flight.append(job.hook)
    return jobs


def _due(instance: Instance, room: int, flying: Collection[Job], now: datetime) -> list[Ask]:
    in_flight = [job.hook for job in flying]
    full = {hook for hook in in_flight if in_flight.count(hook) >= PER_HOOK}
    rows = Ask.objects.filter(instance=instance, outcome=Outcome.WAITING, due_at__lte=now)
    rows = rows.filter(Q(hook__is_on=True) | Q(made_at__lt=now - LATE)).exclude(hook__in=full)
    rows = rows.exclude(pk__in=[job.pk for job in flying])
    return list(rows.select_related("hook").order_by("due_at", "pk")[: room * 4])


@transaction.atomic
def _drop_late(instance: Instance, now: datetime) -> None:
    """Their rules say so."""
    late = Ask.objects.filter(instance=instance, outcome=Outcome.WAITING, due_at__lte=now, made_at__lt=now - LATE)
    rules = set(late.values_list("rule", flat=True))
    late.update(outcome=Outcome.FAILED, reason=Reason.ASK_LATE(), body="", due_at=None, ended_at=now)
    Rule.objects.filter(pk__in=rules).update(error=Reason.ASK_LATE(), error_at=now)


def _claim(ask: Ask, now: datetime) -> Question | None:
    """Count one attempt, which is the caller's to make; None when somebody else has begun it."""
    mine = Ask.objects.filter(pk=ask.pk, attempts=ask.attempts, outcome=Outcome.WAITING)
    pause = timedelta(seconds=PAUSES[min(ask.attempts, len(PAUSES) - 1)])
    if not mine.update(attempts=F("attempts") + 1, tried_at=now, due_at=now + pause):
        return None
    return Question(
        pk=ask.pk,
        hook=ask.hook_id,
        attempt=ask.attempts + 1,
        url=ask.hook.url,
        allow_private=ask.hook.allow_private,
        keys=tuple(ask.hook.keys),
        message_id=ask.message_id,
        body=ask.body.encode(),
    )
