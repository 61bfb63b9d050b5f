"""The label directory: changed at the provider inside the request, mirrored from what it answers, events and listings tell."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from types import EllipsisType
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from labelapp.actions.actor import Actor, Refused
from labelapp.actions.facts import tell_label
from labelapp.actions.notices import enter, note
from labelapp.actions.providers import client_for, refusal
from labelapp.actions.renames import change_name
from labelapp.actions.reuse import PHONE, last_place, remove_chips, undo_strays
from labelapp.models import Change, Fact, Instance, Label, LabelGroup, Verb
from labelapp.models.fields import NEVER
from labelapp.models.holds import hold_directory_alone
from labelapp.queries.prunes import redundant_of
from labelapp.whatsapp.errors import ProviderError
from labelapp.whatsapp.provider import Provider
from labelapp.whatsapp.types import LabelInfo

RENAMED = ("renamed_at", "former", "questioned_at", "denied_at")
SEEN = ("name", "color_index", "description", "group_id")  # what a form shows of a label
LONGEST_CHANGE = timedelta(minutes=2)  # then whoever began it has died: a provider may take a minute
REDUNDANT = "redundant"  # ... and of a stage: the keys of the labels that it takes off
LIMIT = "stuck_after"  # ... and after how many seconds a chat is stuck there


class Overtaken(Refused):
    """Somebody else changed the label while the form was open. `changed`: those of SEEN, REDUNDANT, LIMIT that are not as they were."""

    status = 409

    def __init__(self, changed: list[str]) -> None:
        super().__init__(_("This label was changed while you had it open. Nothing is saved yet."))
        self.changed = changed


def create_label(
    actor: Actor,
    instance: Instance,
    *,
    name: str,
    color: int,
    description: str = "",
    group: LabelGroup | None = None,
) -> Label:
    """Make a label at the provider and here. Raises NotAllowed; ProviderRefused or Unavailable with the provider's words.

    After a timeout the directory is read again: a label of that name that came to be is taken for ours.
    """
    actor.must("manage_labels")
    _own(instance, group)
    with client_for(instance) as client:
        info = _asked(client, lambda: client.create_label(name, color), lambda found: found.name == name)
    with transaction.atomic():
        label = learn_label(instance, info, at=timezone.now(), by=actor)
        _keep_ours(label, description, group)
        enter(actor, Verb.LABEL_CREATE, label=label)
        note(instance, Change.Kind.LABELS)
    return label


def update_label(
    actor: Actor,
    label: Label,
    *,
    name: str,
    color: int | None,
    description: str,
    group: LabelGroup | None | EllipsisType = ...,
    seen: Mapping[str, Any] | None = None,
) -> Label:
    """Rename or recolour a label at the provider and here; description and group stay here. `color` None, `group` ... keep what is.

    `seen`: what the person's form showed (of `shown`); Overtaken when the label is no longer so. Refused (409) while somebody else's
    change of it is under way. Otherwise raises as `create_label` does. Unchanged name and colour cause no call.
    """
    actor.must("manage_labels")
    with _alone(label):
        label.refresh_from_db()
        _living(label)
        _check_seen(label, seen)
        group = label.group if isinstance(group, EllipsisType) else _own(label.instance, group)
        info = _changed(label, name, label.color_index if color is None else color)
        with transaction.atomic():
            label = learn_label(label.instance, info, at=timezone.now(), is_same=True, by=actor)
            _keep_ours(label, description, group)
            enter(actor, Verb.LABEL_UPDATE, label=label)
            note(label.instance, Change.Kind.LABELS)
    return label


@contextmanager
def _alone(label: Label) -> Iterator[None]:
    """Nobody else changes the label here meanwhile, so that who comes later sees what the first one did. Raises Refused (409)."""
    now = timezone.now()
    free = Q(changing_at=None) | Q(changing_at__lt=now - LONGEST_CHANGE)
    if not Label.objects.filter(free, pk=label.pk).update(changing_at=now):
        raise Refused(_("Somebody is changing this label at this moment. Nothing is saved: try again."), status=409)
    try:
        yield
    finally:
        Label.objects.filter(pk=label.pk, changing_at=now).update(changing_at=None)


def _changed(label: Label, name: str, color: int | None) -> LabelInfo:
    """The label as the provider has it once it has this name and colour. No call where it has them."""
    if (name, color) == (label.name, label.color_index):
        return LabelInfo(label.wa_id, label.name, label.color_index, label.color_hex)
    if color is None:  # providers take a name only together with a colour of theirs
        raise Refused(_("Choose one of the 20 colours as well: this label has one that WhatsApp cannot send back."))
    with client_for(label.instance) as client:
        return _asked(
            client,
            lambda: client.update_label(label.wa_id, name=name, color=color),
            lambda found: (found.wa_id, found.name, found.color) == (label.wa_id, name, color),
        )


def _own(instance: Instance, group: LabelGroup | None) -> LabelGroup | None:
    if group is not None and group.instance_id != instance.pk:
        raise Refused(_("This group belongs to another number."), status=404)
    return group


def _check_seen(label: Label, seen: Mapping[str, Any] | None) -> None:
    if seen is None:
        return
    now = shown(label)
    if changed := [field for field in now if field in seen and seen[field] != now[field]]:
        raise Overtaken(changed)


def shown(label: Label) -> dict[str, Any]:
    """What a form shows of a label, as it is now: SEEN, and of a stage what it makes redundant and its limit."""
    now = Label.objects.get(pk=label.pk)
    return {field: getattr(now, field) for field in SEEN} | {REDUNDANT: redundant_of(now), LIMIT: now.stuck_seconds}


def _keep_ours(label: Label, description: str, group: LabelGroup | None) -> None:
    """What WhatsApp does not know. In a new group the label is the last."""
    if group is not None and label.group_id != group.pk:
        label.position, label.grouped_at = last_place(label.instance), timezone.now()
    label.description, label.group = description, group
    label.save(update_fields=["description", "group", "grouped_at", "position"])


def delete_label(actor: Actor, label: Label) -> None:
    """Delete a label at the provider and here: it comes off every chat. A label already gone is no error. Raises as `create_label`."""
    actor.must("manage_labels")
    if label.deleted_at:
        return
    with client_for(label.instance) as client:
        try:
            delete_there(client, label)
        except ProviderError as error:
            raise refusal(error) from error
    bury_label(actor, label)


def delete_there(client: Provider, label: Label) -> None:
    """Delete a label at the provider. Raises ProviderError; one that is gone already is no error."""
    try:
        client.delete_label(label.wa_id)
    except ProviderError as error:
        if not error.gone and not (error.timed_out and is_gone(client, label)):
            raise


@transaction.atomic
def bury_label(actor: Actor, label: Label) -> None:
    """Write down that the provider has deleted the label for `actor`."""
    remove_label(label, timezone.now(), by=actor)
    enter(actor, Verb.LABEL_DELETE, label=label)


def _asked(client: Provider, ask: Any, is_done: Any) -> LabelInfo:
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


def is_gone(client: Provider, label: Label) -> bool:
    """Whether the provider, asked for the label by its id, says that there is none."""
    try:
        client.label(label.wa_id)
    except ProviderError as error:
        return error.gone
    return False


def _living(label: Label) -> None:
    if label.deleted_at:
        raise Refused(_("“%(label)s” was deleted in WhatsApp.") % {"label": label}, status=410)


def remove_label(label: Label, at: datetime, *, by: Actor | None = PHONE) -> None:
    """Mirror the deletion of a label: tombstone, chips gone, waiting wishes failed. In a transaction. Safe to run twice.

    `by`: who deleted it, None where that is nobody's news.
    """
    hold_directory_alone(label.instance_id)
    label = Label.objects.select_for_update(no_key=True).get(pk=label.pk)
    if not label.deleted_at:
        remove_chips(label, at, by)


def learn_label(
    instance: Instance, info: LabelInfo, *, at: datetime | None = None, is_same: bool = False, by: Actor = PHONE
) -> Label:
    """The living row of a label id, made or brought up to date from `info`. In a transaction.

    An info without a name (events often have none) makes a ghost and marks the directory as due. `at`: emission time of the event,
    or now for a listing; an older event changes nothing. `is_same`: another name is known not to be another label's. `by`: whose
    doing it is, if it is news.
    """
    label = Label.objects.filter(instance=instance, wa_id=info.wa_id, deleted_at=None).first()
    if label is None:
        row = Label(instance=instance, wa_id=info.wa_id, position=last_place(instance), seen_at=timezone.now())
        Label.objects.bulk_create([row], ignore_conflicts=True)
        label = Label.objects.get(instance=instance, wa_id=info.wa_id, deleted_at=None)
        undo_strays(label)
        note(instance, Change.Kind.LABELS)
    if not info.name:
        if label.is_ghost:  # also while the directory is being read: that answer may be older than the label
            Instance.objects.filter(pk=instance.pk).update(directory_due_at=timezone.now())
        return label
    moment = at or label.event_at
    if moment < label.event_at and not label.is_ghost:
        return label
    fresh = {"name": info.name, "color_index": info.color, "color_hex": info.color_hex[:16]}
    if _is_news(label, fresh):
        label = Label.objects.select_for_update(no_key=True).get(pk=label.pk)  # its echo may come at this very moment
    changed, former, is_new = _is_news(label, fresh), label.name, label.is_ghost
    if changed or moment > label.event_at:
        if not label.is_ghost and info.name != label.name:
            change_name(label, info.name, moment, is_same=is_same)
        for field, value in fresh.items():
            setattr(label, field, value)
        label.known_at, label.event_at, label.seen_at = label.known_at or timezone.now(), moment, timezone.now()
        label.save(update_fields=[*fresh, "known_at", "event_at", "seen_at", *RENAMED])
    if changed:
        note(instance, Change.Kind.LABELS)
    if is_new:
        tell_label(Fact.Kind.LABEL_CREATED, by, label)
    elif former != label.name:
        tell_label(Fact.Kind.LABEL_RENAMED, by, label, former=former)
    return label


def _is_news(label: Label, fresh: Mapping[str, Any]) -> bool:
    return label.is_ghost or any(getattr(label, field) != value for field, value in fresh.items())


def is_buried(instance: Instance, wa_id: str, since: datetime = NEVER) -> bool:
    """Whether the label of this id was deleted (at `since` or later) and no new one lives: nothing older may bring it back."""
    labels = Label.objects.filter(instance=instance, wa_id=wa_id)
    return not labels.living().exists() and labels.filter(deleted_at__gte=since).exists()
