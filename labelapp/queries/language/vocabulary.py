"""The names that a query may use: labels, stages and people of the numbers in view."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple, Protocol

from labelapp.queries.language.folding import fold
from labelapp.queries.language.terms import ME, NOBODY, Range, Ref


class LabelName(NamedTuple):
    """A living label. `name` is "" for one that only an event has named."""

    pk: int
    number: int
    wa_id: str
    name: str
    funnel: int = 0  # its group's key, 0 outside a funnel
    stage: int = 0  # its place there from 1


@dataclass(frozen=True, slots=True)
class NumberName:
    pk: int
    slug: str
    name: str


@dataclass(frozen=True, slots=True)
class PersonName:
    pk: int
    username: str
    name: str


class _Named(Protocol):
    @property
    def pk(self) -> int: ...


def _no_people() -> tuple[PersonName, ...]:
    return ()


@dataclass
class Vocabulary:
    """Finds rows by their names. People are asked for only when a query names one."""

    numbers: tuple[NumberName, ...]
    labels: tuple[LabelName, ...]
    people: Callable[[], tuple[PersonName, ...]] = field(default=_no_people)

    @cached_property
    def _by_pk(self) -> dict[int, LabelName]:
        return {label.pk: label for label in self.labels}

    @cached_property
    def _by_name(self) -> dict[str, list[LabelName]]:
        found: dict[str, list[LabelName]] = {}
        for label in self.labels:
            if label.name:
                found.setdefault(fold(label.name), []).append(label)
        return found

    @cached_property
    def known_people(self) -> tuple[PersonName, ...]:
        return self.people()

    @property
    def stage_pks(self) -> tuple[int, ...]:
        return tuple(label.pk for label in self.labels if label.stage)

    def label(self, word: str, *, by_id: bool = False, stages_only: bool = False) -> Ref:
        """The labels of this name, of each number those that are written exactly so where there are any."""
        with_id = self._with_id(word) if by_id else []
        found = with_id or ([] if by_id else _exact_first(word, self._by_name.get(fold(word), [])))
        if stages_only:
            found = [label for label in found if label.stage]
        pks = tuple(label.pk for label in found)
        if by_id or not found or found[0].name == word:
            return Ref(word, pks, by_id)
        canonical = self.label(found[0].name, stages_only=stages_only)
        return canonical if canonical.pks == pks else Ref(word, pks)

    def _with_id(self, word: str) -> list[LabelName]:
        """The labels of this id of WhatsApp; with a number's short name before it (`sales/31`), of that number alone."""
        if found := [label for label in self.labels if label.wa_id == word]:
            return found
        slug, _slash, wa_id = word.partition("/")
        homes = {number.pk for number in self.numbers if number.slug == slug}
        return [label for label in self.labels if label.wa_id == wa_id and label.number in homes]

    def has(self, pk: int) -> bool:
        """Whether this label lives on a number in view."""
        return pk in self._by_pk

    def ref(self, pk: int) -> Ref:
        """How a query names this label: by its name, by its id where the name is shared or missing, which numbers give to different
        labels. Raises KeyError for a dead one."""
        label = self._by_pk[pk]
        if label.name:
            found = self.label(label.name)
            if [self._by_pk[each].number for each in found.pks].count(label.number) == 1:
                return found
        return self.ref_by_id(pk)

    def ref_by_id(self, pk: int) -> Ref:
        """This label by WhatsApp's id, `#31`, with its number's name where several have the id. Raises KeyError for a dead one."""
        label = self._by_pk[pk]
        found = self.label(label.wa_id, by_id=True)
        return found if found.pks == (pk,) else self.label(f"{self._slugs[label.number]}/{label.wa_id}", by_id=True)

    @cached_property
    def _slugs(self) -> dict[int, str]:
        return {number.pk: number.slug for number in self.numbers}

    def stages(self, first: Ref | None, last: Ref | None) -> Range:
        """The stages between these two in every funnel that has both, in whichever order they are given."""
        if first == last and first is not None:
            return Range(first, first, first.pks)
        return Range(first, last, tuple(self._between(first, last)))

    def _between(self, first: Ref | None, last: Ref | None) -> Iterable[int]:
        for funnel in dict.fromkeys(label.funnel for label in self.labels if label.stage):
            members = [label for label in self.labels if label.funnel == funnel and label.stage]
            ends = [[label.stage for label in members if label.pk in ref.pks] for ref in (first, last) if ref]
            if not all(ends):
                continue
            places = [stage for end in ends for stage in end]
            low = 1 if first is None else min(places)
            high = len(members) if last is None else max(places)
            yield from (label.pk for label in members if low <= label.stage <= high)

    def number(self, word: str) -> Ref:
        """The number of this short name or name."""
        asked = fold(word)
        found = [each for each in self.numbers if each.slug == word]
        found = found or [each for each in self.numbers if asked in (fold(each.slug), fold(each.name))]
        return Ref(found[0].slug if len(found) == 1 else word, _pks(found))

    def person(self, word: str) -> Ref:
        """The people of this username, else of this full or first name."""
        asked = fold(word)
        if asked in (ME, NOBODY):
            return Ref(asked)
        people = self.known_people
        found = [each for each in people if each.username == word]
        found = found or [each for each in people if fold(each.username) == asked]
        found = found or [each for each in people if asked in _names(each)]
        one = found[0].username if len(found) == 1 and fold(found[0].username) not in (ME, NOBODY) else word
        return Ref(one, _pks(found))


def _exact_first(word: str, labels: list[LabelName]) -> list[LabelName]:
    exact = {label.number for label in labels if label.name == word}
    return [label for label in labels if label.name == word or label.number not in exact]


def _names(person: PersonName) -> set[str]:
    full = fold(person.name)
    return {full, full.partition(" ")[0]}


def _pks(found: Iterable[_Named]) -> tuple[int, ...]:
    return tuple(each.pk for each in found)
