"""Taking a run back: a run of its own, over what the first one really changed."""

from collections.abc import Sequence

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from labelapp.actions.actor import Actor, Refused
from labelapp.actions.run_starts import forget, must_run, person, set_going
from labelapp.actions.run_targets import in_chunks
from labelapp.actions.runs import cancel, finish
from labelapp.actions.transactions import patient
from labelapp.models import Run, RunChat, RunItem
from labelapp.models.reasons import Reason


def take_back(actor: Actor, run: Run) -> Run:
    """Undo a run at once, even in the middle: no further chat is begun, and what was wished is wished back, arrived or not.

    Returns the run that does so; the run itself where it was stopped before it had changed anything. Raises NotAllowed, and Refused
    (409) as `undo` does.
    """
    if cancel(actor, run):
        _leave_out(run)
        finish(run)
        if not RunItem.objects.filter(place__run=run).wished().exists():
            return run
    return _reverse(actor, run)


@patient
def _leave_out(run: Run) -> None:
    """Whoever begins one of its chats at this moment is waited for, and nobody begins another."""
    places = RunChat.objects.select_for_update(no_key=True).filter(run=run, state=RunChat.State.WAITING).order_by("pk")
    pks, gone = [place.pk for place in places], {"state": RunChat.State.SKIPPED, "reason": Reason.STOPPED()}
    RunItem.objects.filter(place__in=pks, state=RunItem.State.WAITING).update(**gone)
    RunChat.objects.filter(pk__in=pks).update(**gone, at=timezone.now())


def undo(actor: Actor, run: Run) -> Run:
    """Begin a run that reverses the real changes of this one: labels that were on already stay, and so does what was changed
    since, which is judged when its turn comes.

    Raises NotAllowed; Refused (409) while the run is under way, while another undo of it is, and when there is nothing to take back.
    """
    must_run(actor)
    run.refresh_from_db()
    if run.ended_at is None:
        raise Refused(_("Stop the run first."), status=409)
    return _reverse(actor, run)


def _reverse(actor: Actor, run: Run) -> Run:
    must_run(actor)
    if run.retires is not None and run.retires.deleted_at:
        raise Refused(_("The label that this run merged is deleted: it can't be put back."), status=409)
    places = RunChat.objects.filter(
        items__in=RunItem.objects.filter(place__run=run).wished(), instance__removed_at=None
    )
    pks = list(places.order_by("pk").values_list("pk", flat=True).distinct())
    if not pks:
        raise Refused(_("This run has changed nothing that could be taken back."), status=409)
    made = Run(user=person(actor), target=Run.Target.UNDO, undoes=run, adds=run.removes, removes=run.adds)
    try:
        for chunk in in_chunks(pks):
            _write_down(made, run, chunk)
    except IntegrityError as error:
        forget(made)
        raise Refused(_("This run is being taken back already."), status=409) from error
    set_going(made)
    return made


@transaction.atomic
def _write_down(made: Run, run: Run, pks: Sequence[int]) -> None:
    if made.pk is None:
        made.save()
    rows_before = RunChat.objects.filter(pk__in=pks).order_by("pk").select_related("instance")
    before = {place.pk: place for place in rows_before}
    made.numbers.add(*{place.instance for place in before.values()})
    rows = [RunChat(run=made, instance=place.instance, chat_id=place.chat_id) for place in before.values()]
    RunChat.objects.bulk_create(rows)
    places = {
        place.chat_id: place for place in RunChat.objects.filter(run=made, chat__in=[row.chat_id for row in rows])
    }
    RunItem.objects.bulk_create(
        RunItem(
            place=places[before[item.place_id].chat_id],
            label_id=item.label_id,
            on=not item.on,
            expects_at=item.wished_at,
        )
        for item in RunItem.objects.filter(place__in=pks).wished()
    )
