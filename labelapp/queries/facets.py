"""Counts beside the labels, and how many chats match."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Count, Exists, OuterRef, QuerySet

from labelapp.models import Chat, ChatLabel
from labelapp.queries.inbox import matching
from labelapp.queries.language.terms import Query
from labelapp.queries.scopes import Scope
from labelapp.queries.text import listed

CAP = 2000  # results are counted up to here: "2,000+"
TOTAL_CAP = 10_000


@dataclass(frozen=True, slots=True)
class Number:
    """A count that stops somewhere: `more` says that it did."""

    n: int
    more: bool = False


@dataclass(slots=True)
class Facets:
    """What the rail and the search bar say."""

    total: Number
    matches: Number
    unlabelled: Number
    labels: dict[int, Number] = field(default_factory=dict)
    unmet: Number = Number(0)  # of a label that none of those that were counted has

    def of(self, pk: int) -> Number:
        return self.labels.get(pk, self.unmet)

    def together(self, pks: Iterable[int]) -> Number:
        """How many have a label of one name: a chat belongs to one number, and so has one of them."""
        found = [self.of(pk) for pk in pks]
        return Number(sum(each.n for each in found), any(each.more for each in found))


def facets(scope: Scope, query: Query) -> Facets:
    """Counts of the whole inbox from the labels' own counters; with a query those of its newest CAP matches."""
    newest = [_newest(number.pk) for number in scope.numbers]
    total = _capped(sum(chats[: TOTAL_CAP + 1].count() for chats in newest), TOTAL_CAP)
    if not any(query.running()):
        labels = {pk: Number(n) for pk, n in scope.directory.counts.items()}
        return Facets(total, total, _unlabelled(newest, total), labels)
    ids = [key.pk for key in matching(scope, query, size=CAP + 1)]
    matches = _capped(len(ids), CAP)
    held, labelled = _within(ids[:CAP])
    labels = {pk: Number(n, matches.more) for pk, n in held.items()}
    return Facets(total, matches, Number(matches.n - labelled, matches.more), labels, Number(0, matches.more))


def count(scope: Scope, query: Query, cap: int = CAP) -> Number:
    """How many chats match: what a pinned view or a selection of all says."""
    return _capped(len(matching(scope, query, size=cap + 1)), cap)


def _capped(n: int, cap: int) -> Number:
    return Number(min(n, cap), n > cap)


def _newest(number: int) -> QuerySet[Chat]:
    return Chat.objects.filter(instance=number).order_by("-last_message_at", "-pk")


def _unlabelled(newest: list[QuerySet[Chat]], total: Number) -> Number:
    """Chats without any label among the newest TOTAL_CAP of each number: an inbox may hold a million."""
    held = ChatLabel.objects.filter(chat=OuterRef("pk"), wanted=True)
    bare = (Chat.objects.filter(~Exists(held), pk__in=chats.values("pk")[:TOTAL_CAP]).count() for chats in newest)
    return Number(sum(bare), total.more)


def _within(chats: list[int]) -> tuple[dict[int, int], int]:
    """Of these chats: how many hold each label, and how many hold any."""
    wanted = ChatLabel.objects.filter(chat__in=listed(chats), wanted=True).order_by()
    held = dict(wanted.values_list("label").annotate(n=Count("pk")))
    return held, wanted.values("chat").distinct().count()
