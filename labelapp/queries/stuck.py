"""Chats that have been in a stage for longer than its limit. One that is on its way to another stage is not stuck."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from labelapp.models import Chat, ChatLabel, Instance, LedgerEntry, Verb
from labelapp.models.assignments import OPEN
from labelapp.models.fields import NEVER
from labelapp.queries.directory import Tag
from labelapp.queries.facets import Number
from labelapp.queries.insights import Funnel
from labelapp.queries.stays import UNDONE, histories, rows_of

SHOWN = 50
CHUNK = 500


@dataclass(frozen=True, slots=True)
class Stuck:
    """A chat that is stuck in a stage. `is_seen`: its stay was seen to begin; otherwise it lasts at least so long."""

    chat: Chat
    tag: Tag
    span: timedelta
    is_seen: bool


@dataclass(slots=True)
class StuckList:
    """The longest first, at most SHOWN of them; how many there are in each stage."""

    rows: list[Stuck] = field(default_factory=list)
    counts: dict[int, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def more(self) -> int:
        return self.total - len(self.rows)


def stuck(number: Instance, funnel: Funnel) -> StuckList:
    """Who is stuck now. Four queries, one where no stage has a limit."""
    now = timezone.now()
    limits = _limits(funnel, now)
    if not limits:
        return StuckList()
    pairs = _still(funnel, ChatLabel.objects.filter(label__in=limits, wanted=True))
    older = pairs.filter(_older(limits, number.imported_at))
    counts = dict(older.order_by().values_list("label").annotate(n=Count("pk")))
    shown = list(older.select_related("chat").order_by("wanted_at", "pk")[:SHOWN])
    kept = _kept(pairs, limits)
    known = number.imported_at or now
    begun = _begun(funnel, [*shown, *kept])
    kept = [pair for pair in kept if _since(pair, begun, known) <= limits[pair.label_id]]
    for pair in kept:
        counts[pair.label_id] = counts.get(pair.label_id, 0) + 1
    tags = {tag.pk: tag for tag, _label in funnel.stages}
    rows = [_row(pair, tags[pair.label_id], begun, known, now) for pair in [*shown, *kept]]
    rows.sort(key=lambda row: (-row.span, row.chat.pk))
    return StuckList(rows[:SHOWN], counts)


def all_stuck(number: Instance, funnel: Funnel) -> Iterator[Stuck]:
    """All who are stuck now, CHUNK at a time: who has been in a stage for longest first, those that were wished anew since at the end."""
    now = timezone.now()
    limits = _limits(funnel, now)
    if not limits:
        return
    pairs, known = _still(funnel, ChatLabel.objects.filter(label__in=limits, wanted=True)), number.imported_at or now
    older = pairs.filter(_older(limits, number.imported_at)).select_related("chat").order_by("wanted_at", "pk")
    tags = {tag.pk: tag for tag, _label in funnel.stages}
    after = Q()
    while some := list(older.filter(after)[:CHUNK]):
        begun = _begun(funnel, some)
        yield from (_row(pair, tags[pair.label_id], begun, known, now) for pair in some)
        last = some[-1]
        after = Q(wanted_at__gt=last.wanted_at) | Q(wanted_at=last.wanted_at, pk__gt=last.pk)
    kept = _kept(pairs, limits)
    begun = _begun(funnel, kept)
    for pair in kept:
        if _since(pair, begun, known) <= limits[pair.label_id]:
            yield _row(pair, tags[pair.label_id], begun, known, now)


def stuck_counts(number: Instance, funnel: Funnel, cap: int) -> dict[int, Number]:
    """How many are stuck in each stage that has a limit, counted up to `cap`. One query for each of these stages and two more, none
    where no stage has a limit."""
    now = timezone.now()
    limits = _limits(funnel, now)
    if not limits:
        return {}
    pairs = _still(funnel, ChatLabel.objects.filter(label__in=limits, wanted=True))
    found = Counter({pk: _counted(pairs, {pk: limits[pk]}, number, cap) for pk in limits})
    kept = _kept(pairs, limits)
    begun, known = _begun(funnel, kept), number.imported_at or now
    found.update(pair.label_id for pair in kept if _since(pair, begun, known) <= limits[pair.label_id])
    return {pk: Number(min(n, cap), n > cap) for pk, n in found.items()}


def _counted(pairs: QuerySet[ChatLabel], limit: dict[int, datetime], number: Instance, cap: int) -> int:
    return pairs.filter(_older(limit, number.imported_at)).order_by()[: cap + 1].count()


def _limits(funnel: Funnel, now: datetime) -> dict[int, datetime]:
    """Since when somebody has to be in a stage to be stuck, for the stages that have a limit."""
    return {tag.pk: now - label.stuck_after for tag, label in funnel.stages if label.stuck_after is not None}


def _older(limits: dict[int, datetime], known: datetime | None) -> Q:
    """Since before the limit. What was there before labelapp is known for as long as the number."""
    found = Q()
    for pk, limit in limits.items():
        seen = Q(label=pk, wanted_at__lte=limit)
        found |= seen if known and known <= limit else seen & ~Q(wanted_at=NEVER)
    return found


def _still(funnel: Funnel, pairs: QuerySet[ChatLabel]) -> QuerySet[ChatLabel]:
    """Without chats that are about to enter another stage."""
    wishes = ChatLabel.objects.filter(chat=OuterRef("chat"), label__in=funnel.pks, wanted=True, receipt__in=OPEN)
    return pairs.exclude(Exists(wishes.exclude(label=OuterRef("label"))))


def _kept(pairs: QuerySet[ChatLabel], limits: dict[int, datetime]) -> list[ChatLabel]:
    """Pairs that were wished anew since the limit although the chat was there all the time: what was to replace them failed, or was
    undone. Many things stay where they are because they can't leave."""
    back = Q(verb__in=(Verb.KEEP, Verb.FAIL)) | Q(verb=Verb.ADD, cause=UNDONE)
    said = LedgerEntry.objects.filter(back, label__in=limits, at__gte=min(limits.values())).order_by()
    found = pairs.filter(wanted_at__gt=min(limits.values()), chat__in=said.values("chat_id")).select_related("chat")
    return [pair for pair in found if pair.wanted_at > limits[pair.label_id]]


Begun = dict[tuple[int, int], datetime]


def _begun(funnel: Funnel, pairs: list[ChatLabel]) -> Begun:
    """When the stays of these pairs began, as far as the ledger knows."""
    told = histories(rows_of(funnel.pks).filter(chat__in={pair.chat_id for pair in pairs}))
    stays = [stay for one in told for stay in one.stays if stay.until is None]
    return {(stay.chat, stay.stage): stay.since or NEVER for stay in stays}


def _since(pair: ChatLabel, begun: Begun, known: datetime) -> datetime:
    """When the stay began; where nobody saw that, since when it is known."""
    since = begun.get((pair.chat_id, pair.label_id), pair.wanted_at)
    return since if since != NEVER else known


def _row(pair: ChatLabel, tag: Tag, begun: Begun, known: datetime, now: datetime) -> Stuck:
    is_seen = begun.get((pair.chat_id, pair.label_id), pair.wanted_at) != NEVER
    return Stuck(pair.chat, tag, now - _since(pair, begun, known), is_seen)
