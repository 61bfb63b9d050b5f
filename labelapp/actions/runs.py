"""Bulk runs: paused, gone on with, stopped, tried again and ended. They begin in `run_starts`, what they do to chats is in `run_steps`."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from labelapp.actions.actor import Actor, Refused
from labelapp.actions.run_ends import tell_end
from labelapp.actions.run_starts import must_run, tell
from labelapp.actions.transactions import patient
from labelapp.models import Instance, Label, Run, RunChat, RunItem, User
from labelapp.models.reasons import Reason
from labelapp.queries.run_tallies import tallies

STREAK = 3  # chats of a number that fail one after the other stop the run
OUTAGE = timedelta(minutes=10)  # a number that can't be reached for so long stops its runs
CUT_OFF = timedelta(minutes=15)  # nobody prepares a run for so long
State, Chats = Run.State, RunChat.State


@patient
def pause(actor: Actor, run: Run) -> bool:
    """Begin no further chat. What is on its way arrives. False when it does not run."""
    return _move(actor, run, State.PAUSED, [State.RUNNING])


@patient
def resume(actor: Actor, run: Run) -> bool:
    """Go on. False when it is not paused."""
    return _move(actor, run, State.RUNNING, [State.PAUSED])


@patient
def cancel(actor: Actor, run: Run) -> bool:
    """Begin no further chat, for good. What is on its way arrives, and what was done stays. False when it is over."""
    return _move(actor, run, State.CANCELLED, [State.RUNNING, State.PAUSED])


def _move(actor: Actor, run: Run, to: Run.State, of: Sequence[str]) -> bool:
    must_run(actor)
    held = _locked(run)
    if held.state not in of or held.ended_at is not None:
        return False
    _enter(held, to, actor.user)
    return True


@patient
def retry(actor: Actor, run: Run, chat: int | None = None) -> int:
    """Try the chats that failed, or the one of this key, again. Returns how many. A run that is over begins anew for them."""
    must_run(actor)
    held = _locked(run)
    if held.state in (State.PREPARING, State.CANCELLED):
        raise Refused(_("This run was stopped."), status=409)
    failed = RunChat.objects.filter(run=held, state=Chats.FAILED, instance__removed_at=None)
    pks = list((failed if chat is None else failed.filter(chat=chat)).values_list("pk", flat=True))
    if not pks:
        return 0
    again = RunItem.objects.filter(place__in=RunChat.objects.filter(pk__in=pks))
    kept = Q(state=RunItem.State.SKIPPED, follows=False, reason=Reason.STAGE())  # it waited for what failed
    again.filter(Q(state=RunItem.State.FAILED) | kept).update(state=RunItem.State.WAITING, reason="")
    done = RunChat.objects.filter(pk__in=pks).update(state=Chats.WAITING, reason="", at=timezone.now())
    held.ended_at = None
    try:
        with transaction.atomic():
            _enter(held, State.RUNNING, actor.user)
    except IntegrityError as error:
        raise Refused(_("This label is being merged already."), status=409) from error
    return done


def stop_itself(run: Run, trouble: str) -> bool:
    """Pause a run that does no good (`trouble` as stored by `Reason`). False when it does not run any more. Safe to run twice."""
    with transaction.atomic():
        held = _locked(run)
        if held.state != State.RUNNING:
            return False
        _enter(held, State.PAUSED, None, trouble)
        return True


def streak(run: Run, instance: Instance) -> str:
    """Why the last STREAK chats of a number failed, if all of them did since somebody said that the run shall go on; else ""."""
    ends = RunChat.objects.filter(run=run, instance=instance, state__in=[Chats.CHANGED, Chats.FAILED])
    last = list(ends.filter(at__gt=run.state_at).order_by("-at", "-pk").values_list("state", "reason")[:STREAK])
    return last[0][1] if len(last) == STREAK and {state for state, _reason in last} == {Chats.FAILED} else ""


def finish(run: Run) -> bool:
    """Write down that nothing is left to do, if so. Safe to run twice, and by the runners of several numbers."""
    return not _has_left(run) and _finish(run)


def _has_left(run: Run) -> bool:
    left = [Chats.SENT] if run.state == State.CANCELLED else [Chats.SENT, Chats.WAITING]
    places = RunChat.objects.filter(run=run)
    return run.state == State.PREPARING or places.filter(state__in=left).exists() or is_retiring(run)


def is_retiring(run: Run) -> bool:
    """Whether a label is to be deleted yet, once the run's chats are through: a chat that failed keeps it."""
    if run.retires_id is None or run.state == State.CANCELLED:
        return False
    living = Label.objects.filter(pk=run.retires_id, deleted_at=None).exists()
    return living and not RunChat.objects.filter(run=run, state=Chats.FAILED).exists()


@patient
def _finish(run: Run) -> bool:
    held = _locked(run)
    if held.ended_at is not None or _has_left(held):
        return False
    held.tally = asdict(tallies([held])[held.pk])
    held.ended_at = timezone.now()
    if held.state != State.CANCELLED:
        held.state, held.state_at, held.state_by, held.trouble = State.DONE, held.ended_at, None, ""
    held.save(update_fields=["tally", "ended_at", "state", "state_at", "state_by", "trouble"])
    tell(held)
    tell_end(held)
    return True


@transaction.atomic
def cut_off(run: Run) -> None:
    """End a run whose preparation a crash has cut off long ago: nobody knows which chats are missing."""
    held = _locked(run)
    if held.state == State.PREPARING and held.created_at < timezone.now() - CUT_OFF:
        held.ended_at, held.tally = timezone.now(), asdict(tallies([held])[held.pk])
        held.save(update_fields=["ended_at", "tally"])
        _enter(held, State.CANCELLED, None, Reason.CUT_OFF())
        tell_end(held)


def leave_number(instance: Instance) -> None:
    """The number was removed: runs leave its chats out. In the removal's transaction."""
    for run in Run.objects.filter(numbers=instance, ended_at=None).order_by("pk"):
        places = RunChat.objects.filter(run=run, instance=instance, state__in=[Chats.WAITING, Chats.SENT])
        gone = {"state": Chats.SKIPPED, "reason": Reason.REMOVED()}
        RunItem.objects.filter(place__in=places, state__in=[Chats.WAITING, Chats.SENT]).update(**gone)
        places.update(**gone, at=timezone.now())
        finish(run)


def _locked(run: Run) -> Run:
    rows: QuerySet[Run] = Run.objects.select_for_update(no_key=True)
    return rows.get(pk=run.pk)


def _enter(held: Run, state: Run.State, user: User | None, trouble: str = "") -> None:
    held.state, held.state_at, held.state_by, held.trouble = state, timezone.now(), user, trouble
    held.save(update_fields=["state", "state_at", "state_by", "trouble", "ended_at"])
    tell(held)
