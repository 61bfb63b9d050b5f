"""Labels that nobody needs any more but that stay at WhatsApp: out of every picker, still on their chats and in queries."""

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from labelapp.actions.actor import Actor, Refused
from labelapp.actions.notices import enter, note
from labelapp.actions.transactions import patient
from labelapp.models import Change, Label, Verb
from labelapp.models.reasons import Reason


@patient
def archive_label(actor: Actor, label: Label, *, on: bool) -> None:
    """Put a label into the archive, or take it out. WhatsApp is not told, and the label keeps its slot. Safe to run twice.

    Raises NotAllowed, and Refused (410) for a label that was deleted.
    """
    actor.must("manage_labels")
    label = Label.objects.select_for_update(no_key=True).get(pk=label.pk)
    if label.deleted_at:
        raise Refused(_("“%(label)s” was deleted in WhatsApp.") % {"label": label}, status=410)
    if (label.archived_at is not None) == on:
        return
    label.archived_at = timezone.now() if on else None
    label.save(update_fields=["archived_at"])
    cause = Reason.ARCHIVED() if on else Reason.UNARCHIVED()
    enter(Actor(actor.user, actor.source, cause), Verb.LABEL_UPDATE, label=label)
    note(label.instance, Change.Kind.LABELS)
