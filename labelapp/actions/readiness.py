"""Whether a number can be compared with WhatsApp, and when it is due."""

from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from labelapp.actions.accounts import is_other, observe_session
from labelapp.actions.actor import Refused
from labelapp.actions.notices import note
from labelapp.models import Change, Instance
from labelapp.whatsapp.provider import Provider

FROZEN = _("Another WhatsApp account answers under this number. An admin has to decide first.")


class NotConnected(Refused):
    """The number can't be compared now; the message says why."""

    status = 409


def schedule(instance: Instance, *, seconds: float = 0) -> None:
    """Have the number compared with WhatsApp in so many seconds, or sooner if that was due already. Safe to repeat."""
    at = timezone.now() + timedelta(seconds=seconds)
    rows = Instance.objects.filter(pk=instance.pk)
    later = rows.filter(reconcile_due_at=None) | rows.filter(reconcile_due_at__gt=at)
    if later.update(reconcile_due_at=at):
        note(instance, Change.Kind.INSTANCE)


def must_be_comparable(instance: Instance) -> None:
    """Raise NotConnected for a number that is frozen, or whose import has not ended."""
    if instance.is_frozen:
        raise NotConnected(FROZEN)
    if instance.import_stage != Instance.ImportStage.DONE:
        raise NotConnected(_("The number is still being imported."))


def hold_account(instance: Instance) -> None:
    """Until the transaction ends the number can't be frozen nor go on with another account. Raises NotConnected when it has been.

    To be called last: others lock labels and chats before the number.
    """
    same = Instance.objects.filter(pk=instance.pk, frozen_at=None, me_jid=instance.me_jid)
    if not list(same.select_for_update(no_key=True)):
        raise NotConnected(FROZEN)


def check_session(instance: Instance, client: Provider, *, record: bool = True) -> None:
    """Ask the provider who answers. Raises NotConnected unless the known account is connected, ProviderError when it can't be asked."""
    asked_at, session = timezone.now(), client.session()
    frozen = is_other(instance, session.me_jid, session.me_lid)
    if record:
        frozen = not observe_session(instance, session, asked_at)
    if frozen:
        raise NotConnected(FROZEN)
    if session.status != "WORKING":
        told = session.status or "?"
        raise NotConnected(_("The number is not connected to WhatsApp (%(status)s).") % {"status": told})
    if record and instance.session_due_at is not None:
        raise NotConnected(_("It is not known yet which WhatsApp account answers under this number."))
