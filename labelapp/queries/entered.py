"""Chats that entered a stage by themselves, on a phone, and still carry what the stage makes redundant."""

from datetime import datetime

from django.db.models import Exists, OuterRef, Q

from labelapp.models import ChatLabel, Instance, LedgerEntry, Receipt, StagePrune, Verb
from labelapp.models.reasons import Reason
from labelapp.queries.clashes import ONE_ALONE

MOST = 200  # in one look


def entered(instance: Instance, since: datetime, until: datetime) -> list[int]:
    """The pairs of such chats and stages, by key, for stages entered after `since` and up to `until`.

    What came on with the stage or after it was meant so, and a setting is of no concern to chats that were at the stage already.
    A chat that is at another stage of the group too is a conflict: whoever settles that moves it. Three queries at most; walks
    `pair_age`, so it costs what changed.
    """
    stages = set(
        StagePrune.objects.filter(stage__instance=instance, stage__deleted_at=None).values_list("stage", flat=True)
    )
    if not stages:
        return []
    set_ = LedgerEntry.objects.filter(
        label__in=stages, verb=Verb.LABEL_UPDATE, cause__startswith=Reason.PRUNES(), at__gt=since
    )
    begins = dict.fromkeys(stages, since) | dict(set_.order_by("at").values_list("label", "at"))
    came = Q()
    for stage, at in begins.items():
        came |= Q(label=stage, wanted_at__gt=at)
    held = ChatLabel.objects.filter(wanted=True)
    pruned = StagePrune.objects.filter(stage=OuterRef(OuterRef("label"))).values("label")
    older = held.filter(
        chat=OuterRef("chat"), label__in=pruned, label__deleted_at=None, wanted_at__lt=OuterRef("wanted_at")
    )
    rival = held.filter(chat=OuterRef("chat"), label__group=OuterRef("label__group")).exclude(label=OuterRef("label"))
    found = held.filter(came, receipt=Receipt.CONFIRMED, wanted_at__lte=until, label__group__kind__in=ONE_ALONE)
    return list(found.filter(Exists(older)).exclude(Exists(rival)).order_by("pk").values_list("pk", flat=True)[:MOST])
