"""Outgoing hooks as their pages show them."""

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from django.db.models import Count, Max, Q, QuerySet
from django.utils import timezone

from labelapp.models import HookSend, Instance, OutgoingHook

SHOWN = 30  # messages on a page of the log
LATELY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class HookCard:
    """One hook in the list. `host`: where it goes, without what may be a secret."""

    hook: OutgoingHook
    host: str
    taken: int
    failed: int
    waiting: int
    last: object


def hook_cards() -> list[HookCard]:
    """All hooks with what became of the last day's messages. One query."""
    lately = Q(sends__made_at__gt=timezone.now() - LATELY)
    rows = OutgoingHook.objects.annotate(
        taken=Count("sends", filter=lately & Q(sends__outcome="taken")),
        failed=Count("sends", filter=lately & Q(sends__outcome="failed")),
        waiting=Count("sends", filter=Q(sends__outcome="")),
        last=Max("sends__tried_at"),
    ).order_by("name", "pk")  # Django leaves out a model's own order where it counts
    return [HookCard(row, host_of(row), row.taken, row.failed, row.waiting, row.last) for row in rows]


def host_of(hook: OutgoingHook) -> str:
    """The host that a hook posts to, "" when its address can't be read."""
    try:
        return str(urlsplit(hook.url).netloc)
    except ValueError:
        return ""


def hooks_of(instance: Instance) -> QuerySet[OutgoingHook]:
    """The hooks that may tell of a number: those that name it, and those that name none. By name."""
    of_all = OutgoingHook.objects.filter(numbers=None).values("pk")
    named = OutgoingHook.numbers.through.objects.filter(instance=instance).values("outgoinghook")
    return OutgoingHook.objects.filter(Q(pk__in=of_all) | Q(pk__in=named)).order_by("name", "pk")


def log_of(hook: OutgoingHook, before: int = 0) -> tuple[list[HookSend], int]:
    """The newest messages of a hook, older than the one with this key; and the key to go on with, 0 at the end."""
    rows: QuerySet[HookSend] = HookSend.objects.filter(hook=hook).select_related("chat", "instance").order_by("-pk")
    found = list((rows.filter(pk__lt=before) if before else rows)[: SHOWN + 1])
    return found[:SHOWN], found[SHOWN - 1].pk if len(found) > SHOWN else 0
