"""A program that does not know whether its request arrived sends it again with the same key: it is done once."""

from dataclasses import dataclass
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from labelapp.actions.actor import Refused
from labelapp.models import ApiToken, KeptAnswer
from labelapp.models.tokens import KEPT

CUT_OFF = timedelta(minutes=2)  # nobody is answered for so long: the process ended


@dataclass(frozen=True, slots=True)
class Turn:
    """Whether it is ours to do (`kept` is None), or was done: `kept` has what was answered then."""

    pk: int
    kept: KeptAnswer | None = None


def claim(token: ApiToken, key: str, fingerprint: str) -> Turn:
    """The turn of the request with this key. Of many at once one gets it.

    Raises Refused (409) while another one is under way, (422) where the key came with another request.
    """
    now = timezone.now()
    mine = {"fingerprint": fingerprint, "status": None, "body": "", "at": now}
    try:
        with transaction.atomic():
            return Turn(KeptAnswer.objects.create(token=token, key=key, **mine).pk)
    except IntegrityError:
        old = Q(at__lt=now - KEPT) | Q(status=None, at__lt=now - CUT_OFF)
        rows = KeptAnswer.objects.filter(token=token, key=key)
        if rows.filter(old).update(**mine):
            return Turn(rows.get().pk)
        kept = rows.first()
    if kept is None or (kept.fingerprint == fingerprint and kept.status is None):
        raise Refused(_("The same request is still under way. Ask again in a moment."), status=409)
    if kept.fingerprint != fingerprint:
        raise Refused(_("This Idempotency-Key came with another request."))
    return Turn(kept.pk, kept)


def keep(turn: Turn, status: int, body: str) -> None:
    """What was answered; the same is answered again for a day."""
    KeptAnswer.objects.filter(pk=turn.pk).update(status=status, body=body)


def release(turn: Turn) -> None:
    """Nothing was done: the key may come again."""
    KeptAnswer.objects.filter(pk=turn.pk, status=None).delete()
