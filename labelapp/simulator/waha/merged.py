"""One person's two chats as one: `merge` joins a hidden id with its number where both have a chat and the mapping is known.

Only lists of chats and messages are merged, never labels (provider contract 5).
"""

from typing import Any

from django.db.models import F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce, Greatest

from labelapp.simulator import store
from labelapp.simulator.models import Chat, Lid, Message


def chats(*, merge: bool) -> QuerySet[Any]:
    """Annotated with `at`, the time of the newest message of both."""
    found = Chat.objects.annotate(at=F("last_at"))
    joined = Lid.objects.exclude(pn="").filter(pn__in=Chat.objects.values("jid"), lid__in=Chat.objects.values("jid"))
    if not merge or not joined.exists():
        return found
    theirs = Lid.objects.filter(pn=OuterRef(OuterRef("jid"))).values("lid")
    hidden = Chat.objects.filter(jid__in=theirs).order_by("-last_at").values("last_at")[:1]
    rest = Chat.objects.exclude(jid__in=joined.values("lid"))
    return rest.annotate(at=Greatest("last_at", Coalesce(Subquery(hidden), 0)))


def last_messages(rows: list[Chat], *, merge: bool) -> dict[int, Message]:
    """By the key of the chat that is shown."""
    last = store.last_messages(rows)
    if not merge:
        return last
    owners = {row.jid: row.pk for row in rows}
    lids = dict(Lid.objects.filter(pn__in=list(owners)).values_list("lid", "pn"))
    twins = {row.pk: owners[lids[row.jid]] for row in Chat.objects.filter(jid__in=list(lids))}
    for twin, message in store.last_messages(Chat.objects.filter(pk__in=list(twins))).items():
        shown = last.get(twins[twin])
        if shown is None or (message.at, message.pk) > (shown.at, shown.pk):
            last[twins[twin]] = message
    return last


def addresses(jid: str, *, merge: bool) -> list[str]:
    """All under which this chat's messages may be."""
    if not merge:
        return [jid]
    lids = Lid.objects.filter(pn=jid).values_list("lid", flat=True)
    pns = Lid.objects.filter(lid=jid).exclude(pn="").values_list("pn", flat=True)
    return [jid, *lids, *pns]
