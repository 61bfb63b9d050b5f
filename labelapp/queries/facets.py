"""Counts beside the labels, and how many chats match."""

from collections import Counter
from dataclasses import dataclass, field

from django.db.models import Count, Exists, OuterRef

from labelapp.models import Chat, ChatLabel, Instance
from labelapp.queries.directory import Directory
from labelapp.queries.filters import Filter
from labelapp.queries.inbox import CAP, CHUNK, capped_count, matching, walks

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

    def of(self, pk: int) -> Number:
        return self.labels.get(pk, Number(0))


def facets(instance: Instance, sieve: Filter, directory: Directory) -> Facets:
    """Counts of the whole inbox from the labels' own counters; with a filter those of its newest CAP matches."""
    everything = walks(instance, Filter(), directory)[0]
    total = _capped(capped_count(everything, TOTAL_CAP), TOTAL_CAP)
    if not sieve:
        labels = {pk: Number(n) for pk, n in directory.counts.items()}
        return Facets(total, total, _unlabelled(instance, total), labels)
    ids = [key.pk for key in matching(instance, sieve, directory, size=CAP + 1)]
    matches = _capped(len(ids), CAP)
    held, labelled = _within(ids[:CAP])
    labels = {pk: Number(n, matches.more and n > 0) for pk, n in held.items()}
    return Facets(total, matches, Number(matches.n - labelled, matches.more), labels)


def _capped(n: int, cap: int) -> Number:
    return Number(min(n, cap), n > cap)


def _unlabelled(instance: Instance, total: Number) -> Number:
    """Chats without any label among the newest TOTAL_CAP: an inbox may hold a million."""
    newest = Chat.objects.filter(instance=instance).order_by("-last_message_at", "-pk").values("pk")[:TOTAL_CAP]
    held = ChatLabel.objects.filter(chat=OuterRef("pk"), wanted=True)
    return Number(Chat.objects.filter(~Exists(held), pk__in=newest).count(), total.more)


def _within(chats: list[int]) -> tuple[Counter[int], int]:
    """Of these chats: how many hold each label, and how many hold any."""
    held: Counter[int] = Counter()
    labelled = 0
    for start in range(0, len(chats), CHUNK):
        wanted = ChatLabel.objects.filter(chat__in=chats[start : start + CHUNK], wanted=True)
        held.update(dict(wanted.values_list("label").annotate(n=Count("pk")).order_by()))
        labelled += wanted.values("chat").distinct().count()
    return held, labelled
