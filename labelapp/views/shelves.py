"""The page of all views: what each line shows, and the orders that its buttons ask for."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from django.http import HttpRequest

from labelapp.actions.actor import Actor
from labelapp.actions.saved import may_change
from labelapp.models import SavedView
from labelapp.queries.language.reading import Reading
from labelapp.queries.language.sentences import sentence
from labelapp.queries.saved import Shelf, read_views, shelf
from labelapp.queries.scopes import scope_of
from labelapp.views.choosing import visible_numbers
from labelapp.views.inbox import person


@dataclass(frozen=True, slots=True)
class Line:
    """A view of the page. `up`, `down`: the wanted order of all tabs, as a POST carries it."""

    view: SavedView
    text: str
    trouble: str
    may_change: bool
    is_default: bool
    up: str = ""
    down: str = ""


class Shelves:
    """Their tabs, and the other views that they might pin."""

    def __init__(self, request: HttpRequest) -> None:
        self.user = person(request)
        self.actor = Actor.of(self.user)
        self.numbers = visible_numbers(request)

    @cached_property
    def shelf(self) -> Shelf:
        return shelf(self.user)

    @cached_property
    def readings(self) -> dict[int, Reading]:
        """What the views ask of all the person's numbers."""
        scope = scope_of(self.user, self.numbers)
        return read_views(scope, [*self.shelf.tabs, *self.shelf.others])

    @property
    def tabs(self) -> Iterator[Line]:
        pks = [view.pk for view in self.shelf.tabs]
        for n, view in enumerate(self.shelf.tabs):
            yield self._line(view, up=_swapped(pks, n - 1), down=_swapped(pks, n))

    @property
    def others(self) -> Iterator[Line]:
        return (self._line(view) for view in self.shelf.others)

    def _line(self, view: SavedView, up: str = "", down: str = "") -> Line:
        reading = self.readings[view.pk]
        trouble = sentence(reading.problems[0]) if reading.problems else ""
        return Line(
            view, reading.text, trouble, may_change(self.actor, view), self.user.default_view_id == view.pk, up, down
        )


def _swapped(pks: list[int], n: int) -> str:
    """The order with the nth and the next one exchanged; the same order at either end."""
    swapped = [*pks]
    if 0 <= n < len(pks) - 1:
        swapped[n], swapped[n + 1] = pks[n + 1], pks[n]
    return ",".join(map(str, swapped))
