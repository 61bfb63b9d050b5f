"""A number's labels by urgency, each with the orders that one step would make of it."""

from dataclasses import dataclass

from labelapp.queries.directory import Tag
from labelapp.queries.labels import Directory


@dataclass(frozen=True, slots=True)
class Rung:
    """A label of the order, from place 1, and what the order would be. A step beyond its ends leaves it as it is."""

    tag: Tag
    place: int
    up: tuple[int, ...]
    down: tuple[int, ...]
    without: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Ladder:
    """The most urgent first; and the labels that are not in the order, each with the order that ends with it."""

    rungs: list[Rung]
    others: list[tuple[Tag, tuple[int, ...]]]

    @property
    def order(self) -> list[int]:
        return [rung.tag.pk for rung in self.rungs]


def ladder(directory: Directory) -> Ladder:
    """No query: the directory knows."""
    ranked = [row for row in directory.rows if row.label.urgency is not None]
    ranked.sort(key=lambda row: row.label.urgency or 0)
    order = [row.tag.pk for row in ranked]
    rungs = [_rung(row.tag, n, order) for n, row in enumerate(ranked)]
    return Ladder(rungs, [(row.tag, (*order, row.tag.pk)) for row in directory.rows if row.label.urgency is None])


def _rung(tag: Tag, n: int, order: list[int]) -> Rung:
    rest = order[:n] + order[n + 1 :]
    up, down = (tuple(rest[:at] + [tag.pk] + rest[at:]) for at in (max(0, n - 1), n + 1))
    return Rung(tag, n + 1, up, down, tuple(rest))
