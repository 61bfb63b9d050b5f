"""The labels of the rail: how many of the result have each, and the links by which it is wanted, refused, or neither."""

from dataclasses import dataclass

from labelapp.queries.bindings import bound_sections
from labelapp.queries.directory import Section, Tag
from labelapp.queries.facets import Facets, Number
from labelapp.queries.language import verbs
from labelapp.queries.language.terms import Ref
from labelapp.queries.language.verbs import Side
from labelapp.views.switches import Links


@dataclass(frozen=True, slots=True)
class RailItem:
    """A label, or chats without any. A click leads on: wanted, refused, neither. `other`: refused at once, and back from there."""

    count: Number
    side: Side
    href: str
    other: str
    tag: Tag | None = None

    @property
    def sinks(self) -> bool:
        """Nothing that was counted has it, and nothing is asked of it: it stands below the others."""
        return not (self.count.n or self.side)

    @property
    def is_idle(self) -> bool:
        """Nothing of the whole result has it."""
        return self.sinks and not self.count.more


@dataclass(frozen=True, slots=True)
class RailSection:
    """The labels of a group."""

    section: Section
    labels: list[RailItem]


def rail(links: Links, facets: Facets) -> list[RailSection]:
    """Every living label of the numbers in view, each name once."""
    return [
        RailSection(each.section, _sunk([_item(links, facets, bound.tag, bound.ref) for bound in each.labels]))
        for each in bound_sections(links.scope)
    ]


def unlabelled(links: Links, facets: Facets) -> RailItem:
    """Chats without any label."""
    side = verbs.unlabelled_side(links.query)
    return RailItem(
        facets.unlabelled,
        side,
        links.to(verbs.unlabelled(links.query, verbs.AFTER[side])),
        links.to(verbs.unlabelled(links.query, _other(side))),
    )


def _item(links: Links, facets: Facets, tag: Tag, ref: Ref) -> RailItem:
    side = verbs.side_of_name(links.query, ref)
    return RailItem(
        facets.together(ref.pks),
        side,
        links.to(verbs.turned(links.query, ref, verbs.AFTER[side])),
        links.to(verbs.turned(links.query, ref, _other(side))),
        tag,
    )


def _other(side: Side) -> Side:
    return "" if side == "excluded" else "excluded"


def _sunk(items: list[RailItem]) -> list[RailItem]:
    return sorted(items, key=lambda item: item.sinks)
