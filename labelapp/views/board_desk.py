"""What the board's views have in common: which funnel, through which query, what each fragment needs."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import cast

from django.core.cache import cache
from django.http import Http404, HttpRequest
from django.urls import reverse

from labelapp.access import group_for
from labelapp.actions.actor import Actor
from labelapp.forms.selections import sealed
from labelapp.forms.spans import write_span
from labelapp.models import Instance, LabelGroup
from labelapp.queries.board import CAP, Board, Card, Column
from labelapp.queries.clashes import clash_keys
from labelapp.queries.directory import Tag
from labelapp.queries.facets import Number
from labelapp.queries.insights import Funnel, StageTime, funnels
from labelapp.queries.language.reading import Reading
from labelapp.queries.language.terms import ME, Choice, Elapsed, Named, Query, Ref
from labelapp.queries.language.writing import write
from labelapp.queries.orders import Cursor, Order
from labelapp.queries.scopes import Scope, scope_of
from labelapp.queries.stage_times import stage_times
from labelapp.queries.stuck import stuck_counts
from labelapp.templatetags.board import Face, card_html
from labelapp.views.addresses import list_address, read_address
from labelapp.views.inbox import person
from labelapp.views.switches import Links

A_MINUTE = 60  # seconds
TIMES_KEPT = 2 * A_MINUTE  # medians of a month don't move faster
MINE = Named("assigned", (Ref(ME),))


@dataclass
class BoardDesk:
    """One person's look at a funnel. Each part asks the database once, when it is first needed."""

    request: HttpRequest
    group: LabelGroup

    @property
    def number(self) -> Instance:
        return self.group.instance

    @cached_property
    def actor(self) -> Actor:
        return Actor.of(person(self.request))

    @cached_property
    def scope(self) -> Scope:
        return scope_of(person(self.request), [self.number])

    @cached_property
    def funnels(self) -> list[Funnel]:
        """All funnels of the number; the board's own is among them even if it has no stage yet."""
        found = funnels(self.number)
        return (
            found
            if any(one.pk == self.group.pk for one in found)
            else [*found, Funnel(self.group.pk, self.group.name, [])]
        )

    @cached_property
    def funnel(self) -> Funnel:
        """Without archived stages that nobody is at."""
        found = next(one for one in self.funnels if one.pk == self.group.pk)
        counts = self.scope.directory.counts
        shown = [(tag, label) for tag, label in found.stages if not tag.archived or counts.get(tag.pk)]
        return Funnel(found.pk, found.name, shown)

    @cached_property
    def reading(self) -> Reading:
        return read_address(self.request.GET, self.scope.vocabulary)

    @cached_property
    def links(self) -> Links:
        return Links("", self.reading, self.scope, base=reverse("board.funnel", args=[self.group.pk]))

    @property
    def query(self) -> str:
        """The query string that leads back to this board."""
        return list_address(write(self.reading.query), "")

    @cached_property
    def times(self) -> dict[int, StageTime]:
        key = f"stage-times-{self.group.pk}-{'-'.join(map(str, self.funnel.pks))}"
        found = cache.get_or_set(key, lambda: stage_times(self.number, self.funnel), TIMES_KEPT)
        return cast(dict[int, StageTime], found)

    @cached_property
    def board(self) -> Board:
        return Board(self.scope, self.funnel, self.reading.query, self.times)

    @property
    def frame(self) -> dict[str, object]:
        """What every fragment knows."""
        return {
            "desk": self,
            "number": self.number,
            "funnel": self.funnel,
            "links": self.links,
            "asked": self.reading.query,
            "query": self.query,
            "may_tag": self.actor.may("apply_labels"),
            "is_board": True,
        }

    def lanes(self, columns: Iterable[Column]) -> list["Lane"]:
        """The columns as the page shows them. Asks once who is stuck."""
        stuck = stuck_counts(self.number, self.funnel, CAP)
        return [Lane(self, column, stuck.get(column.pk)) for column in columns]

    def list_of(self, query: Query) -> str:
        """The address of these chats as a list."""
        return f"{reverse('chats.index')}?{list_address(write(query), self.number.slug)}"

    @property
    def clashes(self) -> int:
        """How many chats had two stages of this funnel within the last minute: to find out, all that have any are read."""
        key = f"stage-clashes-{self.group.pk}"
        found = cache.get_or_set(
            key, lambda: [one for one in clash_keys(self.number) if one[1] == self.group.pk], A_MINUTE
        )
        return len(cast(list[tuple[int, int]], found))

    @property
    def clashing(self) -> str:
        """The address of the list of these."""
        return self.list_of(Query((Choice("is", ("conflict",)),)))

    # what is done with all chats of a column

    @cached_property
    def may_run(self) -> bool:
        """Not while a part of the query is not understood: what is left of it could be far more than was meant."""
        return self.actor.may("run_bulk") and self.actor.may("apply_labels") and not self.reading.problems

    @cached_property
    def stages(self) -> list[Tag]:
        """Where a chat can be moved."""
        return [tag for tag, _label in self.funnel.stages if not tag.archived]

    @cached_property
    def free(self) -> list[Tag]:
        """What a chat can be given besides."""
        return [tag for tag in self.scope.directory.usable if not tag.exclusive]

    # filters that are one click away

    @property
    def scopes(self) -> Iterator[tuple[str, str, bool]]:
        """Whose chats: name, address, whether it is so."""
        terms = self.reading.query.terms
        is_mine = MINE in terms
        rest = Query(tuple(term for term in terms if term != MINE))
        yield "all", self.links.to(rest), not is_mine
        yield "mine", self.links.to(Query((*rest.terms, MINE))), is_mine

    @property
    def others(self) -> Iterator[tuple[str, str, bool]]:
        """The boards of the number: name, address, whether it is this one."""
        for one in self.funnels:
            yield one.name, reverse("board.funnel", args=[one.pk]), one.pk == self.group.pk

    # cards

    def html(self, cards: Iterable[Card]) -> list[str]:
        face = Face(self.actor.may("apply_labels"), self.number.slug)
        return [card_html(card, face) for card in cards]

    @property
    def after(self) -> Cursor | None:
        return Cursor.read(self.request.GET.get("after", ""), Order.NEWEST)


@dataclass(frozen=True)
class Lane:
    """A column on the page. `stuck`: how many are, None for a stage without a limit."""

    desk: BoardDesk
    column: Column
    stuck: Number | None = None

    @property
    def pk(self) -> int:
        return self.column.pk

    @property
    def tag(self) -> Tag | None:
        return self.column.tag

    @property
    def is_open(self) -> bool:
        """Whether chats can be moved there: an archived stage is offered to nobody."""
        return self.tag is not None and not self.tag.archived

    @property
    def time(self) -> StageTime | None:
        return self.desk.times.get(self.pk)

    @property
    def limit(self) -> timedelta | None:
        return self.column.label.stuck_after if self.column.label else None

    @property
    def cards(self) -> list[str]:
        return self.desk.html(self.column.cards)

    @property
    def following(self) -> str:
        """The query string of the cards below these, "" where there are none."""
        if self.column.following is None:
            return ""
        text, after = write(self.desk.reading.query), str(self.column.following)
        return list_address(text, "", stage=str(self.pk), after=after)

    @property
    def href(self) -> str:
        """The address of its chats as a list."""
        return self.desk.list_of(self.column.query)

    @property
    def stuck_href(self) -> str:
        """The address of those that are stuck."""
        return self.desk.list_of(_older(self.column.query, self.limit)) if self.limit else ""

    @property
    def sealed(self) -> str:
        """Its chats, for a run."""
        return sealed(self.desk.scope, self.column.query)


def board_desk(request: HttpRequest, pk: int) -> BoardDesk:
    """Raises Http404 for a group that is no funnel, is not there, or belongs to a number that the person may not see."""
    group = group_for(person(request), pk)
    if group.kind != LabelGroup.Kind.FUNNEL:
        raise Http404("No such funnel.")
    return BoardDesk(request, group)


def _older(query: Query, limit: timedelta) -> Query:
    written = write_span(limit)
    return Query((*query.terms, Elapsed("age", True, int(written[:-1]), written[-1])))
