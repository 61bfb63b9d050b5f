"""What a person wants to be told of, and how."""

from datetime import time

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from labelapp.actions.actor import Actor, NotAllowed, Refused
from labelapp.models import Label, NoticeSettings, Subscription, User
from labelapp.queries.language.saved import Saved

MOST = 50


def subscribe(
    actor: Actor, *, label: Label | None = None, terms: Saved | None = None, text: str = "", urgent: bool = False
) -> Subscription:
    """Be told of a label or stage, or of chats that a query finds. Refused for what is there already, and for too many."""
    user = _person(actor)
    if Subscription.objects.filter(user=user).count() >= MOST:
        raise Refused(_("You can follow at most %(n)s things. Remove one first.") % {"n": MOST})
    try:
        with transaction.atomic():
            return Subscription.objects.create(user=user, label=label, terms=terms or [], text=text, urgent=urgent)
    except IntegrityError as error:
        raise Refused(_("You follow this already.")) from error


def unsubscribe(actor: Actor, pk: int) -> None:
    """Be told of it no more. Safe to run twice; what belongs to somebody else stays."""
    Subscription.objects.filter(user=_person(actor), pk=pk).delete()


def set_notice_settings(
    actor: Actor, *, sound: bool, desktop: bool, quiet_from: time | None, quiet_until: time | None
) -> None:
    """How the person is told. Safe to run twice."""
    values = {"sound": sound, "desktop": desktop, "quiet_from": quiet_from, "quiet_until": quiet_until}
    NoticeSettings.objects.update_or_create(user=_person(actor), defaults=values)


def _person(actor: Actor) -> User:
    if actor.user is None:
        raise NotAllowed(_("Only people are notified."))
    return actor.user
