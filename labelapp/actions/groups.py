"""Groups of labels: made, changed, deleted. They are ours alone; WhatsApp has none."""

import unicodedata

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from labelapp.actions.actor import Actor, Refused
from labelapp.actions.notices import enter, note
from labelapp.models import Change, Instance, LabelGroup, Verb
from labelapp.models.reasons import Reason

NAME_LENGTH = 80


def create_group(actor: Actor, instance: Instance, *, name: str, kind: str, conflict_policy: str) -> LabelGroup:
    """Make a group, the last of the number's. Raises NotAllowed, and Refused for a name that is empty, too long or taken."""
    actor.must("manage_labels")
    last = LabelGroup.objects.filter(instance=instance).aggregate(last=Max("position"))["last"] or 0
    group = LabelGroup(instance=instance, position=last + 1)
    _write(actor, group, Reason.GROUP_MADE, name=name, kind=kind, conflict_policy=conflict_policy)
    return group


def update_group(actor: Actor, group: LabelGroup, *, name: str, kind: str, conflict_policy: str) -> LabelGroup:
    """Give a group another name, rule or way out of conflicts. Safe to run twice. Raises as `create_group` does.

    Chats that hold more of its labels than the new rule allows keep them: they are conflicts, for a person to settle.
    """
    actor.must("manage_labels")
    if (group.name, group.kind, group.conflict_policy) != (name, kind, conflict_policy):
        _write(actor, group, Reason.GROUP_CHANGED, name=name, kind=kind, conflict_policy=conflict_policy)
    return group


@transaction.atomic
def delete_group(actor: Actor, group: LabelGroup) -> None:
    """Delete a group. Its labels stay, in no group, and on their chats. Safe to run twice. Raises NotAllowed."""
    actor.must("manage_labels")
    count, _rows = LabelGroup.objects.filter(pk=group.pk).delete()
    if count:
        enter(Actor(actor.user, actor.source, Reason.GROUP_DELETED(group.name)), Verb.GROUP, instance=group.instance)
        note(group.instance, Change.Kind.LABELS)


def _write(actor: Actor, group: LabelGroup, cause: Reason, *, name: str, kind: str, conflict_policy: str) -> None:
    _check(name, kind, conflict_policy)
    if (group.kind, group.conflict_policy) != (kind, conflict_policy):
        group.ruled_at = timezone.now()
    group.name, group.kind, group.conflict_policy = name, kind, conflict_policy
    try:
        with transaction.atomic():
            group.save()
            enter(Actor(actor.user, actor.source, cause(name)), Verb.GROUP, instance=group.instance)
            note(group.instance, Change.Kind.LABELS)
    except IntegrityError as error:
        raise Refused(_("There is already a group “%(name)s”.") % {"name": name}) from error


def _check(name: str, kind: str, conflict_policy: str) -> None:
    if not name.strip():
        raise Refused(_("Give the group a name."))
    if len(name) > NAME_LENGTH:
        raise Refused(_("The name has more than %(n)s characters.") % {"n": NAME_LENGTH})
    if any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in name):
        raise Refused(_("A name can't hold control characters or line breaks."))
    if kind not in LabelGroup.Kind.values or conflict_policy not in LabelGroup.ConflictPolicy.values:
        raise Refused(_("There is no such kind of group."))
