"""Two labels become one: each chat of the first gets the second, and once that has arrived loses the first, which is deleted in the
end. A run over the chats; a crash anywhere costs nothing, because what is left to do is read from the chats themselves."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from labelapp.actions.actor import Actor, Refused
from labelapp.actions.directory import bury_label, delete_there
from labelapp.actions.renames import ask_directory
from labelapp.actions.run_starts import forget, must_run, person, set_going, tell
from labelapp.actions.run_steps import actor_of
from labelapp.actions.run_targets import CHUNK, in_chunks
from labelapp.actions.timer_ends import turn_into_other
from labelapp.actions.transactions import patient
from labelapp.models import Chat, ChatAlias, ChatLabel, Instance, Label, Receipt, Run, RunChat, RunItem
from labelapp.whatsapp.errors import ProviderError
from labelapp.whatsapp.provider import Provider

State, Chats = Run.State, RunChat.State
AGAIN = timedelta(seconds=2)  # until the directory is read that tells why a label has another name


def start_merge(actor: Actor, source: Label, target: Label, *, purpose: str = "") -> Run:
    """Begin a run that moves all chats of `source` to `target` and then deletes `source` at the provider and here.

    Chats that get `source` while it runs are moved as well. Raises NotAllowed; Refused (409) where one of the two is being merged
    already, else Refused for labels that can't be merged.
    """
    check_merge(actor, source, target)
    run = Run(
        user=person(actor),
        target=Run.Target.MERGE,
        target_text=source.name,
        adds=[target.name],
        removes=[source.name],
        retires=source,
        replacement=target,
        purpose=purpose.strip()[:200],
    )
    try:
        with transaction.atomic():
            run.save()
            run.numbers.add(source.instance)
    except IntegrityError as error:
        raise Refused(_("This label is being merged already."), status=409) from error
    try:
        for chunk in in_chunks(list(carriers(source))):
            take_in(run, chunk)
    except BaseException:
        forget(run)
        raise
    set_going(run)
    return run


def check_merge(actor: Actor, source: Label, target: Label) -> None:
    """Raises as `start_merge` does."""
    actor.must("manage_labels")
    must_run(actor)
    if source.pk == target.pk:
        raise Refused(_("Choose another label: this one is to be deleted."))
    if source.instance_id != target.instance_id:
        raise Refused(_("This label belongs to another number."), status=404)
    for label in (source, target):
        if label.deleted_at:
            raise Refused(_("“%(label)s” was deleted in WhatsApp.") % {"label": label}, status=410)
        if label.is_ghost:
            raise Refused(_("WhatsApp has not told the name of this label yet. Try again in a moment."), status=409)
    if Run.objects.filter(ended_at=None, retires=target).exists():
        raise Refused(_("“%(label)s” is being merged into another label itself.") % {"label": target}, status=409)
    if Run.objects.filter(ended_at=None, replacement=source).exists():
        raise Refused(_("Another label is being merged into “%(label)s”.") % {"label": source}, status=409)


def carriers(label: Label) -> QuerySet[ChatLabel, int]:
    """The chats that have the label, by key."""
    return ChatLabel.objects.filter(label=label, wanted=True).order_by("chat").values_list("chat", flat=True)


@patient
def take_in(run: Run, chats: Sequence[int]) -> int:
    """Have the run move these chats: new ones, and those that have got the label again since their turn. Returns how many.

    Safe to run twice. Chats that failed are left alone until somebody has them tried again.
    """
    now = timezone.now()
    known = dict(RunChat.objects.filter(run=run, chat__in=chats).values_list("chat", "state"))
    again = [pk for pk, state in known.items() if state in (Chats.CHANGED, Chats.ALREADY, Chats.SKIPPED)]
    places = RunChat.objects.filter(run=run, chat__in=again)
    RunItem.objects.filter(place__in=places).update(state=RunItem.State.WAITING, reason="")
    places.update(state=Chats.WAITING, reason="", at=now)
    there = Chat.objects.filter(pk__in=chats).order_by("pk").values_list("pk", flat=True)
    fresh = [pk for pk in there if pk not in known]
    rows = [RunChat(run=run, instance_id=_number(run), chat_id=pk) for pk in fresh]
    RunChat.objects.bulk_create(rows)
    made = RunChat.objects.filter(run=run, chat__in=fresh, items=None).values_list("pk", flat=True)
    RunItem.objects.bulk_create(
        RunItem(place_id=pk, label_id=label, on=on)
        for pk in made
        for label, on in ((run.replacement_id, True), (run.retires_id, False))
        if label is not None
    )
    return len(again) + len(fresh)


def _number(run: Run) -> int:
    return run.retires.instance_id if run.retires else 0


def take_in_late(run: Run) -> int:
    """Have the run move the chats that have its label still, though it began with all: tagged since. Returns how many."""
    if run.retires is None:
        return 0
    waiting = RunChat.objects.filter(run=run, state__in=[Chats.WAITING, Chats.SENT, Chats.FAILED]).values("chat")
    late = list(carriers(run.retires).exclude(chat__in=waiting)[:CHUNK])
    if late and take_in(run, late):
        tell(run)
    return len(late)


def retire(run: Run, client: Provider) -> tuple[int, bool]:
    """Delete the label of a run whose chats are all moved. Raises ProviderError. Safe after a crash at any point.

    The provider is asked first: whose chats it names that the run has not moved come in (how many is returned). The second value
    is False where it names some that are not here at all. A label that goes by another name there may be another one: it waits
    until the directory tells.
    """
    label = run.retires
    if label is None or label.deleted_at:
        return 0, True
    late, strangers = _listed(run, client.label_chats(label.wa_id))
    if late or strangers:
        if strangers:
            Instance.objects.filter(pk=label.instance_id).update(reconcile_due_at=timezone.now())
        return take_in(run, late) if late else 0, not strangers
    try:
        name = client.label(label.wa_id).name
    except ProviderError as error:
        if not error.gone:
            raise
    else:
        if name != label.name:
            ask_directory(label.instance_id, timezone.now() + AGAIN)
            return 0, True
        delete_there(client, label)
    if run.replacement is not None:
        turn_into_other(label, run.replacement)
    bury_label(actor_of(run), label)
    tell(run)
    return 0, True


def _listed(run: Run, jids: Iterable[str]) -> tuple[list[int], set[str]]:
    """Of the chats that the provider lists: those that the run knows nothing of, and the addresses of none here."""
    late, strangers = [], set()
    for chunk in _chunked(list(jids)):
        homes = dict(ChatAlias.objects.filter(instance=_number(run), jid__in=chunk).values_list("jid", "chat_id"))
        strangers |= set(chunk) - set(homes)
        known = set(RunChat.objects.filter(run=run, chat__in=homes.values()).values_list("chat", flat=True))
        unwanted = ChatLabel.objects.filter(label=run.retires_id, chat__in=homes.values(), receipt=Receipt.FAILED)
        known |= set(unwanted.filter(wanted=False).values_list("chat", flat=True))  # it was to come off anyway
        late += [pk for pk in set(homes.values()) if pk not in known]
    return sorted(late), strangers


def _chunked(jids: Sequence[str]) -> Iterable[Sequence[str]]:
    return (jids[start : start + CHUNK] for start in range(0, len(jids), CHUNK))
