"""Messages on their way to hooks: claimed, posted by whoever claimed them, and what came of it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from random import SystemRandom

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from labelapp.models import HookSend, Instance, OutgoingHook
from labelapp.whatsapp.outgoing import Answer, Failure, post, signed_headers

MINUTE, HOUR = 60, 3600
# Seconds before the next try, after the first, the second …: about a day in all
PAUSES = (5, 30, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR, 6 * HOUR, 8 * HOUR)
A_DAY = timedelta(hours=24)
JITTER = 0.2
PER_HOOK = 4  # in flight: one slow receiver leaves room for the others
Outcome = HookSend.Outcome


@dataclass(frozen=True, slots=True)
class Job:
    """What a thread needs to post a claimed message, without the database. Its repr shows nothing of it."""

    pk: int
    hook: int
    attempt: int
    url: str
    allow_private: bool
    keys: tuple[str, ...]
    message_id: str
    body: bytes

    def __repr__(self) -> str:
        return f"<Job {self.pk}>"

    def run(self) -> Answer:
        """Post it."""
        return self.post(settings.HOOK_SECONDS)

    def post(self, seconds: float, *, whole: int = 0) -> Answer:
        """Signed at this moment: a receiver refuses what is old. `whole`: as in `whatsapp.outgoing.post`."""
        if not self.keys or not self.url:
            return Answer(failure=Failure.LOCKED)
        headers = signed_headers(self.keys, self.message_id, int(timezone.now().timestamp()), self.body)
        return post(self.url, self.body, headers, allow_private=self.allow_private, seconds=seconds, whole=whole)


def claim_due(instance: Instance, room: int, flying: Collection[Job] = ()) -> list[Job]:
    """Claim up to `room` messages that are due, the longest due first, at most PER_HOOK of a hook with those that are `flying`.

    Whoever claims a message has it for as long as the pause before the next try: when this process dies, it is posted again then, with
    the same id.
    """
    in_flight = [job.hook for job in flying]
    full = {hook for hook in in_flight if in_flight.count(hook) >= PER_HOOK}
    due = HookSend.objects.filter(instance=instance, outcome=Outcome.WAITING, due_at__lte=timezone.now())
    rows = due.filter(hook__is_on=True).exclude(hook__in=full).exclude(pk__in=[job.pk for job in flying])
    jobs: list[Job] = []
    for send in rows.select_related("hook").order_by("due_at", "pk")[: room * 4]:
        in_flight_now = in_flight.count(send.hook_id) + sum(job.hook == send.hook_id for job in jobs)
        if len(jobs) < room and in_flight_now < PER_HOOK and (job := claim(send)):
            jobs.append(job)
    return jobs


def claim(send: HookSend) -> Job | None:
    """Count one attempt, which is the caller's to make; None when somebody else has begun it."""
    now = timezone.now()
    mine = HookSend.objects.filter(pk=send.pk, attempts=send.attempts, outcome=Outcome.WAITING)
    if not mine.update(attempts=F("attempts") + 1, tried_at=now, due_at=now + _pause(send.attempts + 1)):
        return None
    hook = send.hook
    return Job(
        pk=send.pk,
        hook=hook.pk,
        attempt=send.attempts + 1,
        url=hook.url,
        allow_private=hook.allow_private,
        keys=tuple(hook.keys),
        message_id=send.message_id,
        body=send.body.encode(),
    )


@transaction.atomic
def record(job: Job, answer: Answer, *, last: bool = False) -> None:
    """Write what came of an attempt: taken, to be tried again later, or given up (`last`: whatever came, nobody tries again)."""
    send = HookSend.objects.select_for_update(no_key=True).filter(pk=job.pk, attempts=job.attempt).first()
    if send is None or send.outcome != Outcome.WAITING:
        return
    now = timezone.now()
    send.status, send.failure, send.answer = answer.status, answer.failure, _storable(answer.text)
    send.due_at = None
    if answer.is_ok:
        send.outcome = Outcome.TAKEN
    elif answer.is_gone:
        send.outcome = Outcome.FAILED
        _switch_off(send.hook_id)
    elif last or answer.failure == Failure.FORBIDDEN or send.attempts > len(PAUSES) or now - send.made_at > A_DAY:
        send.outcome = Outcome.FAILED
    else:
        send.due_at = now + max(_pause(send.attempts), timedelta(seconds=answer.wait or 0))
    send.ended_at = now if send.outcome else None
    send.save(update_fields=["status", "failure", "answer", "due_at", "outcome", "ended_at"])


def _switch_off(hook: int) -> None:
    """The receiver wants no more: nothing waits for it any longer."""
    OutgoingHook.objects.filter(pk=hook).update(is_on=False, off_reason=OutgoingHook.Off.GONE)
    waiting = HookSend.objects.filter(hook=hook, outcome=Outcome.WAITING)
    waiting.update(outcome=Outcome.DROPPED, due_at=None, ended_at=timezone.now())


def end_old() -> int:
    """Give up what nobody could post for more than a day: its hook is off, or its number was removed. Returns how many."""
    old = HookSend.objects.filter(outcome=Outcome.WAITING, made_at__lt=timezone.now() - 2 * A_DAY)
    return old.update(outcome=Outcome.FAILED, due_at=None, ended_at=timezone.now())


def _pause(attempts: int) -> timedelta:
    """Before the try after so many, sooner or later by chance: many messages that failed at once don't come back at once."""
    seconds = PAUSES[min(max(attempts, 1), len(PAUSES)) - 1]
    return timedelta(seconds=seconds * (1 - JITTER + 2 * JITTER * SystemRandom().random()))


def _storable(text: str) -> str:
    return " ".join(text.replace("\x00", "").split())[:400]
