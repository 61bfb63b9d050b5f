"""Labels that a chat with many of them could lose: free ones that were put on long ago."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count
from django.utils import timezone

from labelapp.models import Chat, ChatLabel, Instance
from labelapp.models.fields import NEVER
from labelapp.queries.directory import Directory, Tag
from labelapp.queries.text import listed

MANY = 8  # from so many on, whoever adds one hears which are stale
TOO_MANY = 10
STALE = timedelta(days=30)
NAMED = 3
SHOWN = 20


@dataclass(frozen=True, slots=True)
class Stale:
    """A label that has been on a chat for long. `since` None: since before labelapp."""

    tag: Tag
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Crowded:
    """A chat that carries many labels, and those to look at first."""

    chat: Chat
    count: int
    stale: list[Stale]


def stale_among(held: Iterable[tuple[Tag, datetime]], now: datetime) -> list[Stale]:
    """Of the labels that a chat carries, each with when it was put on: the oldest few, none where it carries less than MANY.

    Stages change by themselves, so they are never among them.
    """
    held = list(held)
    if len(held) < MANY:
        return []
    old = sorted((at, tag.pk, tag) for tag, at in held if not tag.exclusive and at <= now - STALE)
    return [Stale(tag, at if at != NEVER else None) for at, _pk, tag in old[:NAMED]]


def stale_of(chat: Chat, directory: Directory) -> list[Stale]:
    """Those of one chat. One query."""
    held = ChatLabel.objects.filter(chat=chat, wanted=True, label__deleted_at=None).values_list("label_id", "wanted_at")
    return stale_among(_tagged(held, directory), timezone.now())


def crowded(number: Instance, directory: Directory) -> tuple[list[Crowded], int]:
    """Chats of a number with TOO_MANY labels or more, those with most first, at most SHOWN; and how many there are. Two queries."""
    labels = [pk for pk, tag in directory.tags.items() if not tag.dead and directory.homes.get(pk) == number.pk]
    if len(labels) < TOO_MANY:
        return [], 0
    wanted = ChatLabel.objects.filter(label__in=labels, wanted=True).order_by()
    found = list(
        wanted.values_list("chat_id").annotate(n=Count("pk")).filter(n__gte=TOO_MANY).order_by("-n", "chat_id")
    )
    counts = dict(found[:SHOWN])
    held: dict[int, list[tuple[int, datetime]]] = {}
    chats: dict[int, Chat] = {}
    for pair in ChatLabel.objects.filter(chat__in=listed(list(counts)), wanted=True).select_related("chat"):
        held.setdefault(pair.chat_id, []).append((pair.label_id, pair.wanted_at))
        chats[pair.chat_id] = pair.chat
    now = timezone.now()
    rows = [Crowded(chats[pk], n, stale_among(_tagged(held[pk], directory), now)) for pk, n in counts.items()]
    return rows, len(found)


def _tagged(held: Iterable[tuple[int, datetime]], directory: Directory) -> Sequence[tuple[Tag, datetime]]:
    return [(directory.tags[pk], at) for pk, at in held if pk in directory.tags]
