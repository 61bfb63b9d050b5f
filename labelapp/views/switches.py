"""The query as links: what is asked for and how to drop it, what can be asked for, and the orders of the list."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from django.urls import reverse
from django.utils.translation import gettext as _

from labelapp.models import Chat, SavedView
from labelapp.queries.directory import Tag
from labelapp.queries.language import verbs
from labelapp.queries.language.problems import Problem
from labelapp.queries.language.reading import Reading
from labelapp.queries.language.sentences import sentence
from labelapp.queries.language.terms import Choice, Named, Query, Ref, Term, Text
from labelapp.queries.language.writing import write, write_ref, write_term
from labelapp.queries.orders import Order
from labelapp.queries.scopes import Scope
from labelapp.templatetags.chips import tag_name
from labelapp.views.addresses import Opened, list_address


@dataclass(frozen=True, slots=True)
class Token:
    """A term, or one of its labels, and the address without it. `text` is the whole term as one would type it."""

    words: str
    href: str
    term: int
    text: str
    tag: Tag | None = None
    excluded: bool = False
    note: "Note | None" = None  # what is wrong with it

    @property
    def unknown(self) -> bool:
        return self.note is not None


@dataclass(frozen=True, slots=True)
class Switch:
    """A filter that is on or off."""

    name: str
    words: str
    on: bool
    href: str


@dataclass(frozen=True, slots=True)
class Choosable:
    """One of several of which one is chosen."""

    name: str
    words: str
    on: bool
    href: str


@dataclass(frozen=True, slots=True)
class Note:
    """What is wrong with the query, and the addresses of what may have been meant."""

    pk: int  # its place among them
    words: str
    suggestions: list[tuple[str, str]]
    without: str = ""  # the address without what can't be mended


class Links:
    """Addresses of the list of one number or of all, each one change away from the present query.

    `base`: of another page that has a query; where it says itself which number that is, `slug` is "".
    """

    def __init__(
        self,
        slug: str,
        reading: Reading,
        scope: Scope,
        order: Order = Order.NEWEST,
        view: Opened | None = None,
        base: str = "",
    ) -> None:
        self.slug = slug
        self.view = view
        self.reading = reading
        self.query = reading.query
        self.scope = scope
        self.order = order
        self.base = base or reverse("chats.index")

    def to(self, query: Query) -> str:
        return self._to(write(query), self.order)

    def _to(self, text: str, order: Order) -> str:
        return f"{self.base}?{list_address(text, self.slug, order, self.view)}"

    @property
    def orders(self) -> list[Choosable]:
        """The orders that say something here, and the present one."""
        said = {Order.URGENCY: bool(self.scope.directory.urgency), Order.DEPTH: bool(self.scope.stages)}
        offered = [order for order in Order if said.get(order, True) or order == self.order]
        text = write(self.query)
        return [Choosable(order, _words_of(order), order == self.order, self._to(text, order)) for order in offered]

    @property
    def present_order(self) -> str:
        return _words_of(self.order)

    @property
    def clear(self) -> str:
        """The whole inbox, and no view any more."""
        return f"{self.base}?{list_address('', self.slug, self.order)}"

    @property
    def has_choice(self) -> bool:
        """Whether any and all are different questions."""
        return len(verbs.wishes(self.query)) > 1

    @property
    def needs_all(self) -> bool:
        return verbs.needs_all(self.query)

    @property
    def any(self) -> str:
        return self.to(verbs.matching_any(self.query))

    @property
    def all(self) -> str:
        return self.to(verbs.matching_all(self.query))

    @property
    def tokens(self) -> list[Token]:
        """What is asked for, in the order of the text, but for the words that stand in the search box."""
        named = ((n, term) for n, term in enumerate(self.query.terms) if not self._is_typed(n, term))
        return [token for n, term in named for token in self._tokens(n, term)]

    @property
    def typed(self) -> str:
        """The loose words: they stay in the search box."""
        return write(Query(tuple(term for n, term in enumerate(self.query.terms) if self._is_typed(n, term))))

    @property
    def kept(self) -> str:
        """All but these."""
        return write(Query(tuple(term for n, term in enumerate(self.query.terms) if not self._is_typed(n, term))))

    def _is_typed(self, n: int, term: Term) -> bool:
        return isinstance(term, Text) and not (term.negated or term.together or self._is_wrong(n))

    def _is_wrong(self, n: int) -> bool:
        return any(problem.term == n for problem in self.reading.problems)

    def _tokens(self, n: int, term: Term) -> Iterator[Token]:
        if isinstance(term, Named) and term.field == "label":
            yield from (self._label_token(n, ref, term) for ref in term.refs)
        else:
            href = self.to(verbs.without_term(self.query, n))
            yield Token(_words(term), href, n, write_term(term), excluded=term.negated, note=self._note(n))

    def _label_token(self, n: int, ref: Ref, term: Named) -> Token:
        href = self.to(verbs.without_ref(self.query, n, ref))
        tag = self.scope.directory.tags[ref.pks[0]] if ref.pks else None
        note = None if tag else self._note(n, ref)
        return Token(tag_name(tag) if tag else write_ref(ref), href, n, write_term(term), tag, term.negated, note)

    def _note(self, n: int, ref: Ref | None = None) -> Note | None:
        """What is wrong with a term, or with this name in it."""
        problems = zip(self.reading.problems, self.notes, strict=True)
        found = ((problem, note) for problem, note in problems if problem.term == n)
        return next(
            (note for problem, note in found if ref is None or problem.word in (ref.word, write_ref(ref))), None
        )

    @cached_property
    def notes(self) -> list[Note]:
        """What could not be understood."""
        problems = enumerate(self.reading.problems)
        return [Note(n, sentence(each), self._suggestions(each), self._without(each)) for n, each in problems]

    def _without(self, problem: Problem) -> str:
        """The query of a view without the label that it has lost."""
        if problem.code not in ("gone", "hidden"):
            return ""
        term = self.query.terms[problem.term]
        lost = (ref for ref in getattr(term, "refs", ()) if (ref.gone or ref.hidden) and ref.word == problem.word)
        ref = next(lost, None)
        query = (
            verbs.without_ref(self.query, problem.term, ref) if ref else verbs.without_term(self.query, problem.term)
        )
        return self.to(query)

    def _suggestions(self, problem: Problem) -> list[tuple[str, str]]:
        start, end = problem.span
        text = self.reading.text
        return [(each, self._to(text[:start] + each + text[end:], self.order)) for each in problem.suggestions]

    @property
    def switches(self) -> list[Switch]:
        """What can be switched on or off beside labels."""
        return [
            self._switch("unanswered", _("Unanswered"), "is", "unanswered"),
            self._switch("people", _("People"), "type", Chat.Kind.PERSON.value),
            self._switch("groups", _("Groups"), "type", Chat.Kind.GROUP.value),
        ]

    def _switch(self, name: str, words: str, field: str, value: str) -> Switch:
        on = verbs.has_choice(self.query, field, value)
        return Switch(name, words, on, self.to(verbs.switching(self.query, field, value)))


def _words_of(order: Order) -> str:
    return str(SavedView.Order(order.value).label)


def _words(term: Term) -> str:
    """The term as the list of filters says it, without its `-`."""
    if isinstance(term, Text):
        return _("“%(text)s”") % {"text": term.words}
    if isinstance(term, Choice) and len(term.values) == 1 and (said := _said(term.field, term.values[0])):
        return said
    return write_term(term).removeprefix("-")


def _said(field: str, value: str) -> str:
    """The switches' own words, "" for what is no switch."""
    said = {
        "no:label": _("No label"),
        "is:unanswered": _("Unanswered"),
        "type:person": _("People"),
        "type:group": _("Groups"),
    }
    return said.get(f"{field}:{value}", "")
