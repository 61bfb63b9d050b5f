"""What the picker of many chats shows: how many of them carry each label, and how many each choice would change."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Count

from labelapp.models import Chat, ChatLabel, Instance, Receipt
from labelapp.queries.directory import Directory, Tag, directory_of
from labelapp.queries.facets import Number, facets
from labelapp.queries.inbox import CHUNK
from labelapp.queries.language.terms import Query
from labelapp.queries.scopes import Scope


@dataclass(frozen=True, slots=True)
class Share:
    """A label, for those of the same name on other numbers too: how many of `of` chats carry it (`more`: perhaps others as well).

    `adds`, `takes`: how many would change if it were put on, or taken off, all of them.
    """

    tag: Tag
    have: int
    of: int
    adds: int
    takes: int
    more: bool = False

    @property
    def state(self) -> str:
        """As `aria-checked` has it."""
        if not self.have:
            return "false"
        return "true" if self.have == self.of and not self.more else "mixed"


@dataclass(slots=True)
class ShareGroup:
    """Labels under one heading, of which at most one can be on a chat if `is_exclusive`."""

    name: str
    is_exclusive: bool
    shares: list[Share]


@dataclass(slots=True)
class Selection:
    """Chats that were chosen, with the labels of their numbers. `used`: slots taken, None where there are several numbers."""

    size: Number
    numbers: list[Instance]
    groups: list[ShareGroup]
    used: int | None

    @property
    def options(self) -> dict[str, int]:
        """Name -> key of what can be picked."""
        return {share.tag.name: share.tag.pk for group in self.groups for share in group.shares}


@dataclass(slots=True)
class _Counts:
    """Per label the chats that carry it, and those for which a choice would be a change; per number its chats."""

    have: Counter[int]
    adds: Counter[int]  # less than the number's chats: those where it is on, and not because a change failed
    takes: Counter[int]
    chats: Counter[int]


def ticked(pks: Sequence[int]) -> Selection:
    """These chats. Three queries, and two more for each further CHUNK."""
    counts = _Counts(Counter(), Counter(), Counter(), Counter())
    for start in range(0, len(pks), CHUNK):
        _count(counts, pks[start : start + CHUNK])
    numbers = list(Instance.objects.filter(pk__in=counts.chats).order_by("pk"))
    return _selection(numbers, directory_of(*numbers), counts, Number(counts.chats.total()))


def all_matching(scope: Scope, query: Query) -> Selection:
    """All that match, as far as they are counted."""
    found = facets(scope, query)
    have = Counter({pk: found.of(pk).n for pk in scope.directory.counts})
    n = found.matches.n
    # of several numbers nobody has counted each: a label is shown against all
    counts = _Counts(have, have, have, Counter(dict.fromkeys((number.pk for number in scope.numbers), n)))
    return _selection(list(scope.numbers), scope.directory, counts, found.matches)


def _count(counts: _Counts, pks: Sequence[int]) -> None:
    homes = Chat.objects.filter(pk__in=pks).order_by().values_list("instance").annotate(n=Count("pk"))
    counts.chats.update(dict(homes))
    rows = ChatLabel.objects.filter(chat__in=pks).order_by().values_list("label", "wanted", "receipt")
    for label, wanted, receipt, n in rows.annotate(n=Count("pk")):
        failed = receipt == Receipt.FAILED
        if wanted:
            counts.have[label] += n
        if wanted or failed:
            counts.takes[label] += n
        if wanted and not failed:
            counts.adds[label] += n


def _selection(numbers: list[Instance], directory: Directory, counts: _Counts, size: Number) -> Selection:
    headings: dict[tuple[str, bool], dict[str, list[Tag]]] = {}
    for section in directory.sections:
        names = headings.setdefault((section.name, section.is_exclusive), {})
        for tag in section.tags:
            if not tag.ghost and (not tag.archived or counts.takes[tag.pk]):
                names.setdefault(tag.name, []).append(tag)
    groups = [
        ShareGroup(name, exclusive, [_share(same, directory, counts, size) for same in names.values()])
        for (name, exclusive), names in headings.items()
        if names
    ]
    return Selection(size, numbers, groups, directory.used if len(numbers) == 1 else None)


def _share(same: Iterable[Tag], directory: Directory, counts: _Counts, size: Number) -> Share:
    """Of labels with one name on one number the first counts, as it does for runs."""
    first: dict[int, Tag] = {}
    for tag in same:
        first.setdefault(directory.homes[tag.pk], tag)
    of = min(size.n, sum(counts.chats[number] for number in first))
    pks = [tag.pk for tag in first.values()]
    have = min(of, sum(counts.have[pk] for pk in pks))
    return Share(
        tag=next(iter(first.values())),
        have=have,
        of=of,
        adds=of - min(of, sum(counts.adds[pk] for pk in pks)),
        takes=sum(counts.takes[pk] for pk in pks),
        more=size.more,
    )
