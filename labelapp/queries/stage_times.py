"""How long chats stay in the stages of a funnel nowadays, from so few of them that a page can be made with it."""

from datetime import datetime, timedelta

from django.utils import timezone

from labelapp.models import Instance, LedgerEntry, Verb
from labelapp.queries.insights import Funnel, StageTime, Sums
from labelapp.queries.stays import histories, rows_of

DAYS = timedelta(days=30)
SAMPLE = 200  # the newest so many departures from a stage


def stage_times(number: Instance, funnel: Funnel) -> dict[int, StageTime]:
    """By stage: of the chats that left it in the last 30 days, or of the newest SAMPLE of them. One query for each stage and one more:
    what it costs does not go with how much is moved."""
    since: dict[int, datetime] = {}
    chats: set[int] = set()
    for pk in funnel.pks:
        left = _departures(pk)
        since[pk] = min((at for _chat, at in left), default=timezone.now())
        chats.update(chat for chat, _at in left)
    sums = Sums(number.imported_at)
    for one in histories(rows_of(funnel.pks).filter(chat__in=chats)):
        for stay in one.stays:
            if stay.until is not None and stay.until >= since[stay.stage]:
                sums.add(stay)
    return {tag.pk: sums.time(tag) for tag, _label in funnel.stages}


def _departures(stage: int) -> list[tuple[int, datetime]]:
    """The newest, by the index `ledger_of_label`."""
    left = LedgerEntry.objects.filter(label=stage, verb=Verb.REMOVE, chat__isnull=False, at__gte=timezone.now() - DAYS)
    rows = left.order_by("-at").values_list("chat_id", "at")[:SAMPLE]
    return [(chat, at) for chat, at in rows if chat is not None]
