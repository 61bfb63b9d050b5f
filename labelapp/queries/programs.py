"""What the API shows: labels with their groups, chats with their labels and receipts, the ledger."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef

from labelapp.models import Chat, ChatLabel, Instance, Label, LabelGroup, LedgerEntry, Run
from labelapp.queries.inbox import matching
from labelapp.queries.language.terms import Query
from labelapp.queries.orders import Cursor, Order
from labelapp.queries.scopes import Scope


@dataclass(frozen=True, slots=True)
class Carrier:
    """A chat with the labels that are on it, or on their way."""

    chat: Chat
    pairs: list[ChatLabel]


def living_labels(numbers: Iterable[Instance]) -> list[tuple[Label, int]]:
    """The labels of these numbers with their places in a funnel, from 1 (0: no stage). One query."""
    labels = Label.objects.filter(instance__in=list(numbers)).living().select_related("group", "instance")
    found = sorted(labels.in_order(), key=lambda label: label.instance_id)
    places: dict[int, int] = {}
    stages = []
    for label in found:
        is_stage = label.group is not None and label.group.kind == LabelGroup.Kind.FUNNEL
        place = places.get(label.group_id or 0, 0) + 1
        if is_stage:
            places[label.group_id or 0] = place
        stages.append((label, place if is_stage else 0))
    return stages


def carriers(chats: Sequence[Chat]) -> list[Carrier]:
    """These chats with their labels. One query."""
    shown = (
        ChatLabel.objects.shown()
        .filter(chat__in=[chat.pk for chat in chats])
        .select_related("label__group", "timer__call")
    )
    pairs: dict[int, list[ChatLabel]] = {}
    for pair in shown.order_by("label__position", "label"):
        pairs.setdefault(pair.chat_id, []).append(pair)
    return [Carrier(chat, pairs.get(chat.pk, [])) for chat in chats]


def chat_page(
    scope: Scope, query: Query, order: Order, after: Cursor | None, size: int
) -> tuple[list[Carrier], Cursor | None]:
    """The next `size` chats after this place, and where the next page begins (None: this is the last one). Two queries and those of
    `matching`."""
    keys = matching(scope, query, order, after, size + 1)
    chats = Chat.objects.select_related("instance", "assignee").in_bulk([key.pk for key in keys[:size]])
    rows = carriers([chats[key.pk] for key in keys[:size] if key.pk in chats])
    return rows, keys[size - 1] if len(keys) > size else None


def runs_page(numbers: Iterable[Instance], before: int | None, size: int) -> tuple[list[Run], int | None]:
    """The next `size` runs below `before`, newest first, all of whose numbers are among these. Two queries."""
    reached = [number.pk for number in numbers]
    hidden = Run.numbers.through.objects.filter(run=OuterRef("pk")).exclude(instance__in=reached)
    rows = Run.objects.exclude(Exists(hidden)).prefetch_related("numbers")
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows.order_by("-pk")[: size + 1])
    return found[:size], found[size - 1].pk if len(found) > size else None


def ledger_page(
    numbers: Iterable[Instance],
    after: int,
    size: int,
    *,
    chat: int | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> tuple[list[LedgerEntry], int | None]:
    """The next `size` entries after this key, oldest first, and the key that the next page begins after. One query."""
    rows = LedgerEntry.objects.filter(instance__in=[number.pk for number in numbers], pk__gt=after)
    if chat is not None:
        rows = rows.filter(chat=chat)
    if since is not None:
        rows = rows.filter(at__gte=since)
    if until is not None:
        rows = rows.filter(at__lt=until)
    found = list(rows.select_related("instance", "chat", "label", "actor").order_by("pk")[: size + 1])
    return found[:size], found[size - 1].pk if len(found) > size else None
