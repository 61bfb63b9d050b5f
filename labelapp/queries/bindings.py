"""Labels bound by name across the numbers in view: one for each name, whichever of the numbers have it."""

from dataclasses import dataclass, field

from labelapp.queries.directory import Directory, Section, Tag
from labelapp.queries.language.folding import fold
from labelapp.queries.language.terms import Ref
from labelapp.queries.scopes import Scope


@dataclass(frozen=True, slots=True)
class Bound:
    """A name as a query says it (its keys are the labels that go by it), with the look of the first that has it."""

    tag: Tag
    ref: Ref


@dataclass(frozen=True, slots=True)
class BoundSection:
    """Groups of one name and kind are one."""

    section: Section
    labels: list[Bound] = field(default_factory=list)


def bound_sections(scope: Scope) -> list[BoundSection]:
    """Every living label of the scope once, by section: those of the first number in its order, then what the others have besides."""
    found: dict[tuple[str, str], BoundSection] = {}
    seen: set[int] = set()
    for section in scope.directory.sections:
        place = found.setdefault((fold(section.name), section.kind), BoundSection(section))
        for tag in section.tags:
            if tag.pk not in seen:
                ref = scope.vocabulary.ref(tag.pk)
                seen.update(ref.pks)
                place.labels.append(Bound(tag, ref))
    return sorted((each for each in found.values() if each.labels), key=lambda each: _rank(each.section))


def namesake(directory: Directory, name: str) -> Tag | None:
    """The living label that goes by this name: spelled the same before any other, and one that is offered before an archived one."""
    living = [tag for section in directory.sections for tag in section.tags if not tag.ghost]
    found = [tag for tag in living if fold(tag.name) == fold(name)]
    return min(found, key=lambda tag: (tag.name != name, tag.archived), default=None)


def _rank(section: Section) -> int:
    """Funnels, then other groups, then what belongs to none."""
    return 0 if section.is_funnel else 1 if section.pk else 2
