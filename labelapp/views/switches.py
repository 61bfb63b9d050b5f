"""The filter as links: what is chosen and how to drop it, what can be chosen, and the labels of the rail."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from labelapp.models import Chat
from labelapp.queries.directory import Directory, Section, Tag
from labelapp.queries.facets import Facets, Number
from labelapp.queries.filters import Filter
from labelapp.templatetags.chips import tag_name


@dataclass(frozen=True, slots=True)
class Token:
    """A chosen filter and the address without it."""

    words: str
    href: str
    tag: Tag | None = None
    excluded: bool = False


@dataclass(frozen=True, slots=True)
class Switch:
    """A filter that is on or off."""

    name: str
    words: str
    on: bool
    href: str


@dataclass(frozen=True, slots=True)
class RailItem:
    """A label of the rail: its count, and the addresses that want it or refuse it."""

    tag: Tag
    count: Number
    included: bool
    excluded: bool
    include_href: str
    exclude_href: str


@dataclass(frozen=True, slots=True)
class RailSection:
    """The labels of a group."""

    section: Section
    labels: list[RailItem]


class Links:
    """Addresses of the list of one number, each one change away from the present filter."""

    def __init__(self, slug: str, sieve: Filter, directory: Directory) -> None:
        self.slug = slug
        self.sieve = sieve
        self.directory = directory
        self.base = reverse("chats.index")

    def to(self, sieve: Filter) -> str:
        return f"{self.base}?{sieve.query(instance=self.slug)}"

    @property
    def clear(self) -> str:
        return self.to(Filter())

    @property
    def any(self) -> str:
        return self.to(self.sieve.but(match="any"))

    @property
    def all(self) -> str:
        return self.to(self.sieve.but(match="all"))

    @property
    def unlabelled(self) -> str:
        return self.to(self.sieve.unlabelled())

    @property
    def tokens(self) -> list[Token]:
        """What is chosen, in the order of the search bar."""
        found = [self._label_token(pk, excluded=False) for pk in self.sieve.labels]
        found += [self._label_token(pk, excluded=True) for pk in self.sieve.without]
        if self.sieve.no_label:
            found.append(Token(_("No label"), self.unlabelled))
        found += [Token(switch.words, switch.href) for switch in self.switches if switch.on]
        if self.sieve.text:
            found.append(Token(_("“%(text)s”") % {"text": self.sieve.text}, self.to(self.sieve.but(text=""))))
        return found

    def _label_token(self, pk: int, *, excluded: bool) -> Token:
        tag = self.directory.tags[pk]
        return Token(tag_name(tag), self.to(self.sieve.dropping(pk)), tag, excluded)

    @property
    def switches(self) -> list[Switch]:
        """What can be switched on or off beside labels."""
        sieve = self.sieve
        people, groups = Chat.Kind.PERSON, Chat.Kind.GROUP
        waiting = self.to(sieve.but(unanswered=not sieve.unanswered))
        return [
            Switch("unanswered", _("Unanswered"), sieve.unanswered, waiting),
            Switch("people", _("People"), sieve.kind == people, self._kind(people)),
            Switch("groups", _("Groups"), sieve.kind == groups, self._kind(groups)),
        ]

    def _kind(self, kind: str) -> str:
        return self.to(self.sieve.but(kind="" if self.sieve.kind == kind else kind))

    def rail(self, facets: Facets) -> list[RailSection]:
        """Every living label with its count."""
        return [
            RailSection(section, [self._rail_item(tag, facets.of(tag.pk)) for tag in section.tags])
            for section in self.directory.sections
        ]

    def _rail_item(self, tag: Tag, count: Number) -> RailItem:
        sieve = self.sieve
        return RailItem(
            tag=tag,
            count=count,
            included=tag.pk in sieve.labels,
            excluded=tag.pk in sieve.without,
            include_href=self.to(sieve.dropping(tag.pk) if tag.pk in sieve.without else sieve.including(tag.pk)),
            exclude_href=self.to(sieve.excluding(tag.pk)),
        )
