"""What operators watch, in figures of the database: right whichever process is asked. Seven queries, however many numbers."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, Min, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce
from django.utils import timezone

from labelapp.models import ChatLabel, Finding, Heartbeat, HookDelivery, Instance, Outcome, Receipt
from labelapp.models.fields import NEVER
from labelapp.queries.states import UNSETTLED

Counted = dict[int, tuple[Any, ...]]
REMEMBERED = timedelta(hours=1)  # a worker that was killed is told as silent for so long
# written into the statement for the same reason as UNSETTLED: SQLite finds the partial index only so
PARKED = RawSQL(f"'{Outcome.PARKED.value}'", ())  # noqa: S611
ROW = "slug", "status", "frozen_at", "session_due_at", "credentials", "last_event_at", "label_event_at"


@dataclass(frozen=True, slots=True)
class NumberFigures:
    """One number. Ages are in seconds, None where it never happened or nothing waits."""

    slug: str
    is_ready: bool
    last_event_age: float | None
    label_event_age: float | None
    compared_age: float | None
    polled_age: float | None
    deliveries_waiting: int = 0
    deliveries_age: float | None = None  # of the one that is applied next
    deliveries_parked: int = 0
    pairs_open: int = 0
    pairs_age: float | None = None  # of the oldest open wish that no person has to decide about
    pairs_held: int = 0
    pairs_failed: int = 0
    findings: int = 0


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything at one moment. `workers` is how many showed themselves lately, `signs` for how long each of them has not (seconds)."""

    workers: int
    signs: dict[str, float]
    numbers: list[NumberFigures] = field(default_factory=list)


def figures(numbers: QuerySet[Instance], alive: timedelta) -> Figures:
    """The figures of these numbers. A worker counts whose last sign of life is younger than `alive`."""
    now = timezone.now()
    rows = list(numbers.order_by("slug").only(*ROW, "reconciled_at", "polled_at"))
    waiting, parked, pairs, found = _waiting(rows), _parked(rows), _pairs(rows), _findings(rows)
    beats = Heartbeat.objects.filter(at__gt=now - REMEMBERED).values_list("worker", "at")
    signs = {worker: max(0.0, (now - at).total_seconds()) for worker, at in beats}
    told = [
        NumberFigures(
            slug=row.slug,
            is_ready=row.is_ready and not row.locked,
            last_event_age=_age(row.last_event_at, now),
            label_event_age=_age(row.label_event_at, now),
            compared_age=_age(row.reconciled_at, now),
            polled_age=_age(row.polled_at, now),
            deliveries_waiting=_first(waiting, row),
            deliveries_age=_age(waiting.get(row.pk, (0, None))[1], now),
            deliveries_parked=_first(parked, row),
            pairs_open=_first(pairs, row),
            pairs_age=_age(pairs.get(row.pk, (0, None))[1], now),
            pairs_held=pairs.get(row.pk, (0, None, 0))[2],
            pairs_failed=pairs.get(row.pk, (0, None, 0, 0))[3],
            findings=_first(found, row),
        )
        for row in rows
    ]
    return Figures(sum(age < alive.total_seconds() for age in signs.values()), signs, told)


def _waiting(numbers: Sequence[Instance]) -> Counted:
    """How many deliveries wait, and since when the next one: since it came, or was put back. The count reads the index alone."""
    waiting = HookDelivery.objects.filter(applied_at=None, instance__in=numbers).order_by()
    lines: list[Any] = list(
        waiting.values("instance").annotate(n=Count("pk"), head=Min("pk")).values_list("instance", "n", "head")
    )
    heads = HookDelivery.objects.filter(pk__in=[head for _instance, _n, head in lines])
    since = dict(heads.values_list("pk", Coalesce(F("replayed_at"), F("received_at"))))
    return {instance: (n, since.get(head)) for instance, n, head in lines}


def _parked(numbers: Sequence[Instance]) -> Counted:
    return _counted(HookDelivery.objects.filter(outcome=PARKED, instance__in=numbers), "instance", n=Count("pk"))


def _pairs(numbers: Sequence[Instance]) -> Counted:
    """Open pairs, the oldest of them, held ones, failed ones."""
    failed = Q(receipt=Receipt.FAILED)
    held = Q(held_at__isnull=False, receipt=Receipt.PENDING)
    on_their_way = ~failed & ~held
    return _counted(
        ChatLabel.objects.filter(receipt__in=UNSETTLED, label__instance__in=numbers),
        "label__instance",
        open_pairs=Count("pk", filter=on_their_way),
        oldest=Min("wanted_at", filter=on_their_way),
        held_pairs=Count("pk", filter=held & Q(waits_for=None)),  # a stage that follows another one is decided with it
        failed_pairs=Count("pk", filter=failed),
    )


def _findings(numbers: Sequence[Instance]) -> Counted:
    return _counted(Finding.objects.unsettled().filter(instance__in=numbers), "instance", n=Count("pk"))


def _counted(rows: QuerySet[Any], by: str, **what: Any) -> Counted:
    """Aggregates per number, in the order they are named."""
    lines: Any = rows.order_by().values(by).annotate(**what).values_list(by, *what)
    return {int(instance): tuple(values) for instance, *values in lines}


def _first(counted: Counted, number: Instance) -> int:
    return int(counted.get(number.pk, (0,))[0])


def _age(at: datetime | None, now: datetime) -> float | None:
    """Seconds since then, at least 0: clocks of two machines differ."""
    return None if at is None or at == NEVER else max(0.0, (now - at).total_seconds())
