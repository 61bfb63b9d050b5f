"""The label directory: changed at the provider inside the request, mirrored from what it answers, events and listings tell."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from labelapp.actions.actor import Actor, Refused
from labelapp.actions.notices import enter, note
from labelapp.actions.pairs import bury
from labelapp.actions.providers import client_for, refusal
from labelapp.models import Change, Chat, Instance, Label, Verb
from labelapp.models.fields import NEVER
from labelapp.whatsapp.errors import ProviderError
from labelapp.whatsapp.provider import Provider
from labelapp.whatsapp.types import LabelInfo


def create_label(actor: Actor, instance: Instance, *, name: str, color: int, description: str = "") -> Label:
    """Make a label at the provider and here. Raises NotAllowed; ProviderRefused or Unavailable with the provider's words.

    After a timeout the directory is read again: a label of that name that came to be is taken for ours.
    """
    actor.must("manage_labels")
    with client_for(instance) as client:
        info = _asked(instance, client, lambda: client.create_label(name, color), lambda found: found.name == name)
    with transaction.atomic():
        label = learn_label(instance, info, at=timezone.now())
        label.description = description
        label.save(update_fields=["description"])
        enter(actor, Verb.LABEL_CREATE, label=label)
        note(instance, Change.Kind.LABELS)
    return label


def update_label(actor: Actor, label: Label, *, name: str, color: int | None, description: str) -> Label:
    """Rename or recolour a label at the provider and here; a new description stays here. `color` None keeps the present one.

    Raises as `create_label` does. Unchanged name and colour cause no call.
    """
    actor.must("manage_labels")
    _living(label)
    wanted = label.color_index if color is None else color
    if wanted is None and name != label.name:  # providers take a name only together with a colour of theirs
        raise Refused(_("Choose one of the 20 colours as well: this label has one that WhatsApp cannot send back."))
    if (name, wanted) != (label.name, label.color_index):
        with client_for(label.instance) as client:
            info = _asked(
                label.instance,
                client,
                lambda: client.update_label(label.wa_id, name=name, color=wanted or 0),
                lambda found: (found.wa_id, found.name, found.color) == (label.wa_id, name, wanted),
            )
    else:
        info = LabelInfo(label.wa_id, label.name, label.color_index, label.color_hex)
    with transaction.atomic():
        label = learn_label(label.instance, info, at=timezone.now())
        label.description = description
        label.save(update_fields=["description"])
        enter(actor, Verb.LABEL_UPDATE, label=label)
        note(label.instance, Change.Kind.LABELS)
    return label


def delete_label(actor: Actor, label: Label) -> None:
    """Delete a label at the provider and here: it comes off every chat. A label already gone is no error. Raises as `create_label`."""
    actor.must("manage_labels")
    if label.deleted_at:
        return
    with client_for(label.instance) as client:
        try:
            client.delete_label(label.wa_id)
        except ProviderError as error:
            if not error.gone and not (error.timed_out and _is_gone(client, label)):
                raise refusal(error) from error
    with transaction.atomic():
        enter(actor, Verb.LABEL_DELETE, label=label)
        remove_label(label, timezone.now())


def _asked(instance: Instance, client: Provider, ask: Any, is_done: Any) -> LabelInfo:
    """What the provider answers to `ask`; after a timeout, which may have acted, what its directory says."""
    try:
        info: LabelInfo = ask()
        return info
    except ProviderError as error:
        if not error.timed_out:
            raise refusal(error) from error
        failed = error
    try:
        found = [info for info in client.labels() if is_done(info)]
    except ProviderError as error:
        raise refusal(error) from error
    if not found:
        raise refusal(failed) from failed
    return found[0]


def _is_gone(client: Provider, label: Label) -> bool:
    try:
        client.label(label.wa_id)
    except ProviderError as error:
        return error.gone
    return False


def _living(label: Label) -> None:
    if label.deleted_at:
        raise Refused(_("“%(label)s” was deleted in WhatsApp.") % {"label": label}, status=410)


def remove_label(label: Label, at: datetime) -> None:
    """Mirror the deletion of a label: tombstone, chips gone, waiting wishes failed. In a transaction. Safe to run twice."""
    label = Label.objects.select_for_update().get(pk=label.pk)
    if label.deleted_at:
        return
    touched = bury(label, at)
    note(label.instance, Change.Kind.LABELS)
    note(label.instance, Change.Kind.CHAT, Chat.objects.filter(pk__in=touched[:500]))


def learn_label(instance: Instance, info: LabelInfo, *, at: datetime | None = None) -> Label:
    """The living row of a label id, made or brought up to date from `info`. In a transaction.

    An info without a name (events often have none) makes a ghost and marks the directory as due. `at`: emission time of the event,
    or now for a listing; an older event changes nothing.
    """
    label = Label.objects.filter(instance=instance, wa_id=info.wa_id, deleted_at=None).first()
    if label is None:
        position = (instance.labels.aggregate(top=Max("position"))["top"] or 0) + 1
        row = Label(instance=instance, wa_id=info.wa_id, position=position)
        Label.objects.bulk_create([row], ignore_conflicts=True)
        label = Label.objects.get(instance=instance, wa_id=info.wa_id, deleted_at=None)
        note(instance, Change.Kind.LABELS)
    if not info.name:
        if label.is_ghost:  # also while the directory is being read: that answer may be older than the label
            Instance.objects.filter(pk=instance.pk).update(directory_due_at=timezone.now())
        return label
    moment = at or label.event_at
    if moment < label.event_at and not label.is_ghost:
        return label
    fresh = {"name": info.name, "color_index": info.color, "color_hex": info.color_hex[:16]}
    changed = label.is_ghost or any(getattr(label, field) != value for field, value in fresh.items())
    if changed or moment > label.event_at:
        for field, value in fresh.items():
            setattr(label, field, value)
        label.known_at, label.event_at, label.seen_at = label.known_at or timezone.now(), moment, timezone.now()
        label.save(update_fields=[*fresh, "known_at", "event_at", "seen_at"])
    if changed:
        note(instance, Change.Kind.LABELS)
    return label


def is_buried(instance: Instance, wa_id: str, since: datetime = NEVER) -> bool:
    """Whether the label of this id was deleted (at `since` or later) and no new one lives: nothing older may bring it back."""
    labels = Label.objects.filter(instance=instance, wa_id=wa_id)
    return not labels.living().exists() and labels.filter(deleted_at__gte=since).exists()


def read_directory(instance: Instance, client: Provider) -> None:
    """Bring the mirror of the directory up to date. Raises ProviderError.

    A label that is missing from the list is deleted here only when the provider, asked for it by id, says 404:
    lists can be short on an account that has labels. An empty list deletes nothing: an engine that lost its
    labels knows no id either.
    """
    asked_at = timezone.now()
    infos = client.labels()
    missing = Label.objects.filter(instance=instance).living().exclude(wa_id__in=[info.wa_id for info in infos])
    gone = [label for label in missing.filter(seen_at__lt=asked_at) if infos and _is_gone(client, label)]
    with transaction.atomic():
        learn_directory(instance, infos, asked_at)
        for label in gone:
            remove_label(label, asked_at)
        Instance.objects.filter(pk=instance.pk, directory_due_at__lte=asked_at).update(directory_due_at=None)


def learn_directory(instance: Instance, infos: Iterable[LabelInfo], asked_at: datetime) -> None:
    """Take over a listing. It is newer than every event that was emitted before it was asked for. In a transaction."""
    for info in infos:
        learn_label(instance, info, at=asked_at)
