"""Deliveries put back into the inbox. The apply lane does the rest: what was applied before changes nothing when it is applied again."""

from django.db.models import Exists, Max, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from labelapp.actions.actor import Actor, Refused
from labelapp.actions.notices import wake
from labelapp.actions.transactions import patient
from labelapp.models import HookDelivery, Instance, Outcome

CHUNK = 1000  # rows in one transaction: on SQLite nobody else writes meanwhile


def replay(actor: Actor, deliveries: QuerySet[HookDelivery]) -> int:
    """Have these deliveries applied once more, oldest first. Returns how many were put back; those that wait already are left alone.

    Safe to run twice and to be cut off: each chunk is a transaction of its own. Raises Refused: without the permission "see
    operations" (403), and before anything is put back when a number of theirs was removed (409).
    """
    actor.must("see_operations")
    deliveries = deliveries.order_by()
    removed = Instance.objects.filter(removed_at__isnull=False)
    if removed.filter(Exists(deliveries.filter(instance=OuterRef("pk")))).exists():
        raise Refused(_("The number was removed: nothing can be applied to it any more."), status=409)
    done, last = 0, 0
    newest = deliveries.aggregate(pk=Max("pk"))["pk"] or 0  # what comes in meanwhile is not meant
    while chunk := list(
        deliveries.filter(pk__gt=last, pk__lte=newest, applied_at__isnull=False)
        .order_by("pk")
        .values_list("pk", flat=True)[:CHUNK]
    ):
        done += _put_back(chunk)
        last = chunk[-1]
    return done


@patient
def _put_back(chunk: list[int]) -> int:
    rows = HookDelivery.objects.filter(pk__in=chunk, applied_at__isnull=False)
    now = timezone.now()
    done = rows.update(applied_at=None, outcome=Outcome.WAITING, effect="", error="", attempts=0, replayed_at=now)
    wake()
    return done
