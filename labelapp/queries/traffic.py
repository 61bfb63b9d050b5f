"""What happens at the moment, and why it fails, in figures of the database: right whichever process is asked.

Nothing here counts in the memory of a process: a worker's calls are told by the pairs that they were made for. Five queries,
however many numbers, and none reads more than MOST rows that are done.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, CharField, Count, F, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.functions import Concat
from django.utils import timezone

from labelapp.models import ChatLabel, Heard, HookDelivery, Instance, LedgerEntry, Outcome, Receipt, Source, Verb
from labelapp.models.effects import Effect
from labelapp.models.reasons import Reason
from labelapp.queries.states import UNSETTLED
from labelapp.whatsapp.events import KINDS

LATELY = timedelta(minutes=15)
MOST = 5000  # of what was wished, and of what was delivered, lately: the newest
OURS = (Source.AGENT, Source.RULE, Source.BULK, Source.API, Source.EVENT, Source.TIMER)
READINGS = {"compare": "reconciled_at", "poll": "polled_at"}  # work -> the column that tells when it was last done
TROUBLES = {"call": "trouble", "compare": "reconcile_error", "import": "import_error"}  # ... and why it fails
OTHER = "other"

# short name of the number, then what is counted: words of ours alone, never a text from outside
Counted = Counter[tuple[str, ...]]


@dataclass
class Traffic:
    """Of these numbers. `wishes` and `deliveries` are of the last LATELY, `heard` of all time, the others of now."""

    wishes: Counted = field(default_factory=Counter)  # (number, how far it has come, kind of error)
    errors: Counted = field(default_factory=Counter)  # (number, receipt, kind of error)
    deliveries: Counted = field(default_factory=Counter)  # (number, effect)
    heard: Counted = field(default_factory=Counter)  # (number, kind of event)
    failing: list[tuple[str, str, str]] = field(default_factory=list)  # (number, work, kind of error)
    done_at: dict[tuple[str, str], datetime] = field(default_factory=dict)  # (number, work); 1970: never


def traffic(numbers: QuerySet[Instance]) -> Traffic:
    """The figures of these numbers."""
    rows = list(numbers.order_by("slug").only("slug", *TROUBLES.values(), *READINGS.values()))
    slugs = {row.pk: row.slug for row in rows}
    since = timezone.now() - LATELY
    return Traffic(
        wishes=_wishes(slugs, since),
        errors=_errors(slugs, rows),
        deliveries=_deliveries(slugs, since),
        heard=_heard(slugs, rows),
        failing=list(_failing(rows)),
        done_at={(row.slug, work): getattr(row, name) for row in rows for work, name in READINGS.items()},
    )


def _failing(rows: Iterable[Instance]) -> Iterable[tuple[str, str, str]]:
    told = ((row.slug, work, _kind(getattr(row, name))) for row in rows for work, name in TROUBLES.items())
    return ((slug, work, kind) for slug, work, kind in told if kind)


def _wishes(slugs: dict[int, str], since: datetime) -> Counted:
    """Each pair that somebody here wished something for once, by how far it has come by now."""
    pair = ChatLabel.objects.filter(chat=OuterRef("chat"), label=OuterRef("label"))
    state = Case(When(held_at__isnull=False, receipt=Receipt.PENDING, then=Value("held")), default=F("receipt"))
    told = pair.annotate(outcome=Concat(state, Value(":"), F("error"), output_field=CharField())).values("outcome")
    wished = LedgerEntry.objects.filter(at__gt=since, verb__in=[Verb.ADD, Verb.REMOVE], source__in=OURS)
    found: Any = wished.order_by("-at").values_list("instance", "chat", "label", Subquery(told[:1]))[:MOST]
    pairs = {(chat, label): (instance, told) for instance, chat, label, told in found if instance in slugs and told}
    return Counter((slugs[instance], *_outcome(told)) for instance, told in pairs.values())


def _outcome(told: str) -> tuple[str, str]:
    """How far a wish has come, and why not further."""
    receipt, _colon, error = told.partition(":")
    return "retried" if receipt == Receipt.PENDING and error else receipt, _kind(error)


def _errors(slugs: dict[int, str], rows: Sequence[Instance]) -> Counted:
    """What is not settled and met an error, however long ago it was wished."""
    pairs = ChatLabel.objects.filter(receipt__in=UNSETTLED, label__instance__in=rows).exclude(error="").order_by()
    found: Counted = Counter()
    lines: Any = pairs.values_list("label__instance", "receipt", "error").annotate(n=Count("pk"))
    for instance, receipt, error, n in lines:
        found[slugs[instance], receipt, _kind(error)] += n
    return found


def _deliveries(slugs: dict[int, str], since: datetime) -> Counted:
    newest = HookDelivery.objects.filter(received_at__gt=since).order_by("-received_at")
    found: Any = newest.values_list("instance", "outcome", "effect")[:MOST]
    return Counter((slugs[pk], _effect(outcome, effect)) for pk, outcome, effect in found if pk in slugs)


def _effect(outcome: str, effect: str) -> str:
    if outcome in (Outcome.WAITING, Outcome.PARKED):
        return outcome or "waiting"
    return _code(effect, Effect)


def _heard(slugs: dict[int, str], rows: Sequence[Instance]) -> Counted:
    """Applied deliveries since the number was connected. A kind that is not mirrored could be any word."""
    found: Counted = Counter()
    lines: Any = Heard.objects.filter(instance__in=rows).values_list("instance", "kind", "total")
    for pk, kind, total in lines:
        found[slugs[pk], kind if kind in KINDS else OTHER] += total
    return found


def _kind(error: str) -> str:
    """The kind of a stored error, "" where there is none: its words are the provider's, and may hold anything."""
    return _code(error, Reason) if error else ""


def _code(stored: str, codes: Any) -> str:
    code = stored.partition(":")[0]
    return code if code in set(codes) else OTHER
