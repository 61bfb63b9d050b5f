"""Bulk runs: what they may do, and how they begin."""

from collections import Counter
from collections.abc import Iterable, Sequence

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from labelapp.actions.actor import Actor, Refused
from labelapp.actions.notices import note
from labelapp.actions.run_targets import MOST, Target, too_many
from labelapp.models import Change, Instance, Run, RunChat, RunItem, User
from labelapp.queries.run_labels import Binding, Place, Wanted, bind, places

MOST_LABELS = 20
State, Chats = Run.State, RunChat.State


def bindings_for(actor: Actor, wanted: Wanted, among: Iterable[Instance] | None = None) -> dict[int, Binding]:
    """The labels of a run on each number that the actor may see, of `among` where that is given.

    Raises NotAllowed, and Refused for labels that make no sense.
    """
    must_run(actor)
    if not wanted.adds and not wanted.removes:
        raise Refused(_("Choose at least one label to add or remove."))
    if set(wanted.adds) & set(wanted.removes):
        raise Refused(_("A label can't be added and removed at once."))
    if len(wanted.adds) + len(wanted.removes) > MOST_LABELS:
        raise Refused(_("These are too many labels at once."))
    numbers = Instance.objects.visible_to(actor.user) if actor.user else Instance.objects.connected()
    if among is not None:
        numbers = numbers.filter(pk__in=[number.pk for number in among])
    found = bind(numbers, wanted)
    for binding in found.values():
        groups = Counter(label.group for label in binding.adds if label.group and label.group.is_exclusive)
        if double := next((group for group, count in groups.items() if count > 1), None):
            raise Refused(_("Only one label of “%(group)s” can be on a chat.") % {"group": double})
    if not any(binding.adds or binding.removes for binding in found.values()):
        raise Refused(_("No number has a label of this name."))
    return found


def must_run(actor: Actor) -> None:
    """Raise NotAllowed without the permissions that a run needs."""
    actor.must("run_bulk")
    actor.must("apply_labels")


def start(
    actor: Actor,
    target: Target,
    wanted: Wanted,
    *,
    purpose: str = "",
    fires_rules: bool = False,
    numbers: Iterable[Instance] | None = None,
) -> Run:
    """Begin a run over the chats of `target` as they are now. What changes about the target later does not matter. `numbers`: chats
    of others are left out.

    In short transactions; a crash before the last one leaves a run that never begins. Raises as `bindings_for`, and Refused for a
    target without a chat that the actor may see, or with too many.
    """
    bindings = bindings_for(actor, wanted, numbers)
    run = Run(
        user=person(actor),
        target=target.kind,
        target_text=target.text[:500],
        adds=list(wanted.adds),
        removes=list(wanted.removes),
        purpose=purpose.strip()[:200],
        fires_rules=fires_rules,
    )
    try:
        _write_all(run, target, bindings)
    except Refused:
        forget(run)
        raise
    set_going(run)
    return run


def _write_all(run: Run, target: Target, bindings: dict[int, Binding]) -> None:
    count = 0
    for chunk in target.chunks():
        found = [place for place in places(chunk, bindings) if place.binding is not None]
        count += len(found)
        if count > MOST:
            raise too_many()
        if found:
            _write_down(run, found)
    if not count:
        raise Refused(_("There is no chat to change."))


def person(actor: Actor) -> User:
    """Whoever starts a run. Raises NotAllowed for nobody."""
    if actor.user is None:
        actor.must("run_bulk")
        raise Refused(_("A run needs somebody who starts it."))
    return actor.user


@transaction.atomic
def _write_down(run: Run, found: Sequence[Place]) -> None:
    """These chats, with what is to be done to each; the run itself with the first of them."""
    if run.pk is None:
        run.save()
    homes = {place.chat: place.binding for place in found if place.binding is not None}
    run.numbers.add(*{binding.number for binding in homes.values()})
    now = timezone.now()
    rows = [
        RunChat(run=run, instance=binding.number, chat_id=pk, state=Chats.SKIPPED, reason=binding.blocked, at=now)
        if binding.blocked
        else RunChat(run=run, instance=binding.number, chat_id=pk)
        for pk, binding in homes.items()
    ]
    RunChat.objects.bulk_create(rows, ignore_conflicts=True)  # a target may name a chat twice
    written = RunChat.objects.filter(run=run, chat__in=homes, state=Chats.WAITING, items=None)
    RunItem.objects.bulk_create(
        RunItem(place_id=pk, label=label, on=on)
        for pk, chat in written.values_list("pk", "chat")
        for label, on in homes[chat].items
    )


@transaction.atomic
def set_going(run: Run) -> None:
    """Its chats are all written down."""
    run.state, run.state_at = State.RUNNING, timezone.now()
    run.save(update_fields=["state", "state_at"])
    tell(run)


def forget(run: Run) -> None:
    """A run that has not begun was never there."""
    if run.pk is not None:
        run.delete()


def tell(run: Run) -> None:
    """Live screens: something about the run is new. It has numbers, and is seen by those who see them."""
    for number in run.numbers.all():
        note(number, Change.Kind.INSTANCE)
