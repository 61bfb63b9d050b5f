"""What the inbox's views have in common: which numbers, which query, what each fragment needs."""

from dataclasses import dataclass
from functools import cached_property
from typing import cast
from urllib.parse import urlsplit

from django.http import Http404, HttpRequest, QueryDict
from django.urls import reverse
from django.utils import timezone

from labelapp.access import chat_for, view_for
from labelapp.actions.actor import Actor
from labelapp.models import Chat, Instance, SavedView, User
from labelapp.queries import panel
from labelapp.queries.directory import Directory
from labelapp.queries.elsewhere import elsewhere
from labelapp.queries.facets import facets
from labelapp.queries.inbox import Pair, Row, inbox_page, rows_of
from labelapp.queries.language import verbs
from labelapp.queries.language.reading import Reading
from labelapp.queries.language.writing import write
from labelapp.queries.matches import is_match
from labelapp.queries.orders import Cursor, Order
from labelapp.queries.saved import read_views
from labelapp.queries.scopes import Scope, scope_of
from labelapp.queries.stale import MANY, stale_of
from labelapp.queries.states import NumberState, number_states, switcher
from labelapp.templatetags.rows import Look, row_html
from labelapp.views.addresses import Opened, list_address, read_address
from labelapp.views.choosing import AllNumbers, AllStates, asks_all, chosen_numbers, visible_numbers
from labelapp.views.picking import frame
from labelapp.views.rail import rail, unlabelled
from labelapp.views.requests import HtmxHttpRequest
from labelapp.views.switches import Links
from labelapp.views.tabs import Tabs


def person(request: HttpRequest) -> User:
    return cast(User, request.user)  # every view here is behind the login


def page_address(request: HtmxHttpRequest) -> tuple[str, QueryDict]:
    """Path and query of the page the person is on: of the address itself, or of the one that htmx asks from."""
    current = getattr(request.htmx, "current_url", None)
    try:
        parts = urlsplit(current or "")
    except ValueError:  # somebody's own idea of an address
        current = None
    return (parts.path, QueryDict(parts.query[:4000])) if current else (request.path, request.GET)


@dataclass
class Desk:
    """One person's inbox of one number, or of all, through one query. Each part asks the database once, when it is first needed."""

    request: HtmxHttpRequest
    numbers: tuple[Instance, ...]  # at least one
    params: QueryDict
    chat: Chat | None = None

    @property
    def is_all(self) -> bool:
        return len(self.numbers) > 1

    @property
    def number(self) -> Instance | AllNumbers:
        """What the list is of."""
        return AllNumbers() if self.is_all else self.numbers[0]

    @cached_property
    def scope(self) -> Scope:
        return scope_of(person(self.request), self.numbers)

    @property
    def directory(self) -> Directory:
        return self.scope.directory

    @cached_property
    def view(self) -> SavedView | None:
        """The view of the address, None where it names none, or one that the person has not (any more)."""
        pk = self.params.get("view", "")
        try:
            return view_for(person(self.request), int(pk)) if pk.isascii() and pk.isdigit() and len(pk) < 19 else None
        except Http404:
            return None

    def must_have_view(self) -> None:
        """Raise Http404 where the list of a view is asked for that is not there for this person."""
        if self.params.get("view") and self.view is None:
            raise Http404("No such view.")

    @cached_property
    def kept(self) -> Reading | None:
        """What the view asks, as it is kept."""
        return read_views(self.scope, [self.view])[self.view.pk] if self.view else None

    @cached_property
    def opened(self) -> Opened | None:
        return (
            Opened(self.view.pk, write(self.kept.query), Order.of(self.view.order)) if self.view and self.kept else None
        )

    @cached_property
    def reading(self) -> Reading:
        if self.kept and "q" not in self.params:
            return self.kept
        return read_address(self.params, self.scope.vocabulary)

    @cached_property
    def order(self) -> Order:
        if self.opened and "q" not in self.params:
            return self.opened.order
        return Order.of(self.params.get("order", ""))

    @cached_property
    def tabs(self) -> Tabs:
        return Tabs(Actor.of(person(self.request)), self.links, self.view)

    @cached_property
    def query(self) -> str:
        """The query string that leads back to this list."""
        return self.address()

    def address(self, **more: str) -> str:
        return list_address(write(self.reading.query), self.number.slug, self.order, self.opened, **more)

    @cached_property
    def may_tag(self) -> bool:
        return Actor.of(person(self.request)).may("apply_labels")

    @cached_property
    def links(self) -> Links:
        return Links(self.number.slug, self.reading, self.scope, self.order, self.opened)

    @property
    def view_labels(self) -> tuple[int, ...]:
        """The label that the list is about: the only one that the filter wants, as each number has it."""
        wanted = verbs.wishes(self.reading.query)
        return wanted[0].pks if len(wanted) == 1 else ()

    @property
    def frame(self) -> dict[str, object]:
        """What every fragment knows."""
        return {
            "number": self.number,
            "is_all": self.is_all,
            "asked": self.reading.query,
            "order": "" if self.order == Order.NEWEST else self.order.value,
            "links": self.links,
            "tabs": self.tabs,
            "query": self.query,
            "may_tag": self.may_tag,
            "open_chat": self.chat,
        }

    def look(self, open_pk: int | None) -> Look:
        funnels = self.directory.funnels
        return Look(timezone.now(), funnels, self.may_tag, self.query, open_pk, self.numbers if self.is_all else ())

    @cached_property
    def after(self) -> Cursor | None:
        """Where the page of the list begins, None for its start: also for a place that was tampered with."""
        return Cursor.read(self.request.GET.get("after", ""), self.order)

    def list_context(self) -> dict[str, object]:
        self.must_have_view()
        page = inbox_page(self.scope, self.reading.query, self.order, self.after)
        look = self.look(self.chat.pk if self.chat else None)
        following = self.address(after=str(page.following)) if page.following else ""
        return {
            "rows": [row_html(row, look) for row in page.rows],
            "following": following,
            "is_first": self.after is None,
            "view_labels": self.view_labels,
        }

    def row(self, chat: Chat) -> Row:
        return rows_of(person(self.request), [chat], self.directory)[0]

    def row_context(self, row: Row, is_open: bool) -> dict[str, object]:
        gone = not is_match(self.scope, self.reading.query, row.chat)
        return {"row": row_html(row, self.look(row.chat.pk if is_open else None), gone=gone)}

    @cached_property
    def states(self) -> list[NumberState]:
        """All numbers of the person, for the switcher."""
        return switcher(person(self.request))

    def rail_context(self) -> dict[str, object]:
        counted = facets(self.scope, self.reading.query)
        return {
            "facets": counted,
            "rail": rail(self.links, counted),
            "unlabelled": unlabelled(self.links, counted),
            "numbered": [(each.slug, self.directory.only(each.pk).numbered.values()) for each in self.numbers],
            **self.switch_context(),
        }

    def switch_context(self) -> dict[str, object]:
        """The way to the other numbers, and how those of the list are doing."""
        shown = {number.pk for number in self.numbers}
        own = [state for state in self.states if state.number.pk in shown] or number_states(self.numbers)
        state = AllStates(own) if self.is_all else own[0]
        return {"states": self.states, "state": state, "told": own, "offers_all": True}

    def panel_context(self, chat: Chat) -> dict[str, object]:
        parts = self.tags_context(chat) | self.activity_context(chat) | self.elsewhere_context(chat)
        return parts | {"days": panel.last_messages(chat)}

    def elsewhere_context(self, chat: Chat) -> dict[str, object]:
        """The same person on the other numbers that may be seen."""
        others = [number for number in visible_numbers(self.request) if number.pk != chat.instance_id]
        return {"chat": chat, "elsewhere": elsewhere(chat, others)}

    def tags_context(self, chat: Chat, pairs: list[Pair] | None = None) -> dict[str, object]:
        """`pairs`: the chat's chips, where they are known already."""
        has_stages = any(section.is_exclusive for section in self.directory.only(chat.instance_id).sections)
        pairs = panel.pairs(chat, self.directory) if pairs is None else pairs
        conflicts = panel.conflicts(chat, pairs, self.directory)
        return {"chat": chat, "pairs": pairs, "has_stages": has_stages, "conflicts": conflicts}

    def activity_context(self, chat: Chat) -> dict[str, object]:
        return {"chat": chat, "activity": panel.activity(chat, self.directory)}

    def picker_context(self, chat: Chat) -> dict[str, object]:
        directory = self.directory.only(chat.instance_id)
        held = {pair.tag.pk: pair for pair in panel.pairs(chat, directory)}
        stages = {directory.groups[pk]: pair.tag for pk, pair in held.items() if pair.wanted and pk in directory.groups}
        options = {tag.name: tag.pk for tag in directory.usable}
        return {
            "chat": chat,
            "held": held,
            "stages": stages,
            "sections": directory.offered(held),
            "stale": stale_of(chat, directory) if len(held) >= MANY else [],
            "numbers": {tag.pk: n for n, tag in directory.numbered.items() if person(self.request).shortcuts},
            **frame(person(self.request), options, chat.instance, directory.used),
        }

    def stages_context(self, chat: Chat) -> dict[str, object]:
        """As for the picker, with the groups alone that allow one label, and what each of their labels would take off besides."""
        context = self.picker_context(chat) | {"home": None, "recents": [], "numbers": {}, "is_stage": True}
        sections = [each for each in self.directory.only(chat.instance_id).sections if each.is_exclusive]
        return context | {"sections": sections, "prunes": panel.prunes(chat, self.directory)}


def list_desk(request: HtmxHttpRequest) -> Desk:
    """The desk of a fragment that belongs to the list. Raises Http404 where the person has no number."""
    numbers = chosen_numbers(request)
    if not numbers:
        raise Http404("No number.")
    return Desk(request, numbers, request.GET)


def chat_desk(request: HtmxHttpRequest, pk: int, params: QueryDict | None = None) -> tuple[Desk, Chat]:
    """A chat, and the desk of its fragments. The list beside it is that of the page it is asked from, unless its `params` are known:
    that of the chat's number, or of all. Raises Http404 for strangers."""
    chat = chat_for(person(request), pk)
    params = page_address(request)[1] if params is None else params
    numbers = visible_numbers(request) if asks_all(params) else (chat.instance,)
    return Desk(request, numbers, params, chat), chat


def desk_of(desk: Desk, chat: Chat, pk: int) -> tuple[Desk, Chat]:
    """The chat that an action was done to: the same one, or the one that it was joined to meanwhile."""
    return (desk, chat) if pk == chat.pk else chat_desk(desk.request, pk)


def is_open(request: HtmxHttpRequest, chat: Chat) -> bool:
    """Whether the page that asks has this chat open."""
    return page_address(request)[0] == reverse("chats.detail", args=[chat.pk])
