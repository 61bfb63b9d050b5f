"""Deliveries as people look at them: newest first, filtered, by keyset, and what each of them is about."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from django.db.models import Case, Q, QuerySet, TextField, Value, When
from django.db.models.functions import Length
from django.http import QueryDict
from django.utils import timezone

from labelapp.models import ChatAlias, Heard, HookDelivery, Instance, Outcome

PAGE = 50
SCAN = 20_000  # rows that one page looks through at most, for filters that no index answers
MOST = 100_000  # deliveries that one replay may put back
LOOSE = 1_000  # ids this far apart may have come in the other order
READABLE = 65_536  # characters: of longer bodies a list does not say what they are about
AGES = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7)}
OUTCOMES = {"waiting": Outcome.WAITING} | {str(outcome.value): outcome for outcome in Outcome if outcome.value}
ID = re.compile(r"[0-9]{1,18}")  # within a bigint
PHONE = re.compile(r"\+?[0-9][0-9 ()./-]{4,30}")
Rows = QuerySet[HookDelivery]


@dataclass(frozen=True, slots=True)
class Sieve:
    """What is asked for. "" = any."""

    outcome: str = ""
    kind: str = ""
    age: str = ""
    text: str = ""

    @classmethod
    def read(cls, params: QueryDict) -> Self:
        """From an address. Raises ValueError for an outcome or an age that there is not."""
        found = cls(
            outcome=params.get("outcome", ""),
            kind=params.get("kind", "").replace("\0", "")[:60],
            age=params.get("age", ""),
            text=params.get("q", "").replace("\0", "").strip()[:120],
        )
        if found.outcome not in {"", *OUTCOMES} or found.age not in {"", *AGES}:
            raise ValueError("No such filter.")
        return found

    @property
    def is_open(self) -> bool:
        """Whether it lets everything through."""
        return self == Sieve()

    @property
    def is_indexed(self) -> bool:
        """Whether an index finds all matches, however few: nothing has to be looked through."""
        return not (self.kind or self.text) and self.outcome in ("", "waiting", "parked")

    @property
    def outcome_words(self) -> str:
        return str(OUTCOMES[self.outcome].label) if self.outcome else ""

    def query(self, **more: str) -> str:
        """The query string that `read` understands."""
        params = QueryDict(mutable=True)
        values = {**more, "outcome": self.outcome, "kind": self.kind, "age": self.age, "q": self.text}
        params.update({name: value for name, value in values.items() if value})
        return params.urlencode()


@dataclass(slots=True)
class Page:
    """`following`: where the next page begins, None at the end. `cut`: the page ends early, because SCAN rows were looked through."""

    rows: list[HookDelivery]
    following: int | None = None
    cut: bool = False
    newest: int = 0  # the newest delivery of the numbers when the page was made, whatever the filter


def key(text: str) -> int:
    """A place in the list as an address tells it. Raises ValueError."""
    if not ID.fullmatch(text):
        raise ValueError(text)
    return int(text)


def matching(numbers: Sequence[Instance], sieve: Sieve) -> Rows:
    """All deliveries that the filter lets through, in no order."""
    found = _indexed(numbers, sieve)
    if sieve.outcome not in ("", "waiting", "parked"):
        found = found.filter(outcome=OUTCOMES[sieve.outcome])
    if sieve.kind:
        found = found.filter(kind=sieve.kind)
    return found.filter(_about(numbers, sieve.text)) if sieve.text else found


def _indexed(numbers: Sequence[Instance], sieve: Sieve) -> Rows:
    """The part of the filter that indexes answer."""
    found = HookDelivery.objects.filter(instance__in=numbers)
    if sieve.age:
        since = timezone.now() - AGES[sieve.age]
        young = HookDelivery.objects.filter(received_at__gte=since)
        first = young.order_by("received_at").values_list("pk", flat=True).first()
        if first is None:
            return found.none()
        found = found.filter(pk__gte=first - LOOSE, received_at__gte=since)  # so a walk down the ids ends there
    if sieve.outcome == "waiting":
        return found.filter(applied_at=None)
    return found.filter(outcome=Outcome.PARKED) if sieve.outcome == "parked" else found


def _about(numbers: Sequence[Instance], text: str) -> Q:
    """Its id, or the address of a chat anywhere in it. A chat's other addresses are looked for too."""
    digits = re.sub(r"\D", "", text) if PHONE.fullmatch(text) else ""
    known = ChatAlias.objects.filter(instance__in=numbers, jid__in=[text, f"{digits}@c.us"])
    chats = list(known.values_list("chat_id", flat=True)[:10])
    others = ChatAlias.objects.filter(chat_id__in=chats).values_list("jid", flat=True)[:20]
    words = {digits or text, *(_spelled(jid) for jid in others)}
    found = Q(dedupe_key=text)
    for word in sorted(words):
        found |= Q(body__contains=word)
    return found


def _spelled(jid: str) -> str:
    """What all spellings of an address have in common: @c.us, @s.whatsapp.net and :device differ behind the digits."""
    local, _at, host = jid.partition("@")
    return local if host == "c.us" else jid


def delivery_page(numbers: Sequence[Instance], sieve: Sieve, before: int | None = None) -> Page:
    """The next PAGE deliveries below `before`. At most seven queries, however many rows and numbers."""
    newest = HookDelivery.objects.filter(instance__in=numbers).order_by("-pk").values_list("pk", flat=True).first() or 0
    exact = _of_this_id(numbers, sieve.text) if sieve.text and before is None else []
    if exact:
        return Page(exact, newest=newest)
    rows = matching(numbers, sieve)
    floor = None
    if before is not None:
        rows = rows.filter(pk__lt=before)
    if not sieve.is_indexed:
        floor = _floor(_indexed(numbers, sieve), before)
        rows = rows.filter(pk__gt=floor) if floor else rows
    found = _fetch(rows, numbers, PAGE + 1)
    if len(found) > PAGE:
        return Page(found[:PAGE], found[PAGE - 1].pk, newest=newest)
    return Page(found, floor + 1 if floor else None, cut=bool(floor), newest=newest)


def _floor(rows: Rows, before: int | None) -> int | None:
    """The delivery below which this page does not look, None when it sees all."""
    below = rows if before is None else rows.filter(pk__lt=before)
    return below.order_by("-pk").values_list("pk", flat=True)[SCAN : SCAN + 1].first()


def _of_this_id(numbers: Sequence[Instance], text: str) -> list[HookDelivery]:
    return _fetch(HookDelivery.objects.filter(instance__in=numbers, dedupe_key=text), numbers, PAGE)


def _fetch(rows: Rows, numbers: Sequence[Instance], limit: int) -> list[HookDelivery]:
    """The newest of these, without bodies too long to say in a list what they are about."""
    short = Case(When(size__lte=READABLE, then="body"), default=Value(""), output_field=TextField())
    slim = rows.defer("body").annotate(size=Length("body")).annotate(text=short)
    found: list[HookDelivery] = list(slim.order_by("-pk")[:limit])
    known = {number.pk: number for number in numbers}
    for row in found:
        row.instance = known[row.instance_id]  # a join would decrypt the number's secrets for every row
    return found


def news(numbers: Sequence[Instance], sieve: Sieve, after: int, cap: int = 100) -> int:
    """How many matches came in after this delivery, at most `cap`: among the newest SCAN for filters that no index answers."""
    rows = matching(numbers, sieve).filter(pk__gt=after)
    floor = None if sieve.is_indexed else _floor(_indexed(numbers, sieve), None)
    return (rows.filter(pk__gt=floor) if floor else rows).order_by()[:cap].count()


def some_of(numbers: Sequence[Instance], pks: Iterable[int]) -> list[HookDelivery]:
    """These deliveries as a list shows them, newest first."""
    return _fetch(HookDelivery.objects.filter(instance__in=numbers, pk__in=list(pks)), numbers, PAGE + 1)


def kinds(numbers: Sequence[Instance]) -> list[str]:
    """The names of the events that these numbers have posted so far, at most 100: those that came last."""
    heard = Heard.objects.filter(instance__in=numbers).exclude(kind="").order_by("-at").values_list("kind", flat=True)
    return sorted(set(heard[:100]))


def count_parked(numbers: Sequence[Instance]) -> int:
    """How many were parked after an error."""
    return HookDelivery.objects.filter(instance__in=numbers, outcome=Outcome.PARKED).count()


def bounded_count(rows: Rows) -> int:
    """How many these are, MOST + 1 for more than MOST."""
    return rows.order_by()[: MOST + 1].count()
