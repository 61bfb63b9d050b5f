"""The views above the list: all chats, the ready-made ones, and those that the person has pinned."""

from dataclasses import dataclass
from functools import cached_property

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from labelapp.actions.actor import Actor
from labelapp.actions.saved import may_change
from labelapp.models import SavedView
from labelapp.queries.language.saved import save
from labelapp.queries.language.terms import ME, Choice, Named, Query, Ref
from labelapp.queries.language.writing import write
from labelapp.queries.orders import Order
from labelapp.queries.saved import tabs_of
from labelapp.views.addresses import list_address
from labelapp.views.switches import Links

READY = (
    ("all", _("All"), Query()),
    ("mine", _("Mine"), Query((Named("assigned", (Ref(ME),)),))),
    ("unanswered", _("Unanswered"), Query((Choice("is", ("unanswered",)),))),
)


@dataclass(frozen=True, slots=True)
class Tab:
    """A view and its address. `query`: of a ready-made one."""

    key: str
    words: str
    href: str
    is_current: bool
    query: Query | None = None
    view: SavedView | None = None


class Tabs:
    """What stands above the list. Asks the database when it is shown."""

    def __init__(self, actor: Actor, links: Links, opened: SavedView | None) -> None:
        self.actor = actor
        self.links = links
        self.opened = opened

    @cached_property
    def pinned(self) -> list[SavedView]:
        return tabs_of(self.actor.user) if self.actor.user else []

    @cached_property
    def all(self) -> list[Tab]:
        return [*self._ready(), *map(self._tab, self._views())]

    def _views(self) -> list[SavedView]:
        """With the one that is open, also where it is no tab of theirs."""
        is_loose = self.opened is not None and self.opened.pk not in {view.pk for view in self.pinned}
        return [*self.pinned, *([self.opened] if self.opened and is_loose else [])]

    def _ready(self) -> list[Tab]:
        base, slug = self.links.base, self.links.slug
        return [
            Tab(key, str(words), f"{base}?{list_address(write(query), slug)}", self._asks(query), query=query)
            for key, words, query in READY
        ]

    def _asks(self, query: Query) -> bool:
        return self.opened is None and self.links.query == query

    def _tab(self, view: SavedView) -> Tab:
        href = f"{self.links.base}?view={view.pk}&instance={self.links.slug}"
        return Tab(str(view.pk), view.name, href, view.pk == self._current, view=view)

    @cached_property
    def _current(self) -> int | None:
        """The view that is open, or one that asks the very same."""
        if self.opened or any(self._asks(query) for _key, _words, query in READY):
            return self.opened.pk if self.opened else None
        asked = (save(self.links.query), self.links.order.value)
        same = (view.pk for view in self.pinned if (view.terms, view.order) == asked)
        return next(same, None)

    @property
    def is_changed(self) -> bool:
        """Whether the list asks something else than the view that it began with."""
        kept = self.links.view
        return kept is not None and (write(self.links.query), self.links.order) != (kept.text, kept.order)

    @property
    def may_change(self) -> bool:
        return self.opened is not None and may_change(self.actor, self.opened)

    @property
    def may_keep(self) -> bool:
        """Whether there is something that no tab asks yet."""
        is_plain = not self.links.query and self.links.order == Order.NEWEST
        return self.is_changed if self.opened else not is_plain and not any(tab.is_current for tab in self.all)

    @property
    def is_pinned(self) -> bool:
        return self.opened is not None and self.opened in self.pinned

    @property
    def is_default(self) -> bool:
        """Whether the inbox opens with the open view."""
        user = self.actor.user
        return self.opened is not None and user is not None and user.default_view_id == self.opened.pk

    @property
    def address(self) -> str:
        """The query string of this very list."""
        return list_address(write(self.links.query), self.links.slug, self.links.order, self.links.view)

    @property
    def keep_href(self) -> str:
        return f"{reverse('saved.new')}?{self.address}"
