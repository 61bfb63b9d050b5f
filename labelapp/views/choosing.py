"""Which numbers a page is about: the one of its address, else the last choice, else the first; or all that the person may see."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from labelapp.access import instance_for
from labelapp.models import Instance, User
from labelapp.models.instances import ALL
from labelapp.queries.states import NumberState

REMEMBERED = "instance"
WORST = ("bad", "warn", "ok")


@dataclass(frozen=True, slots=True)
class AllNumbers:
    """What a page shows in the place of a number, where it shows all of them."""

    slug = ALL
    phone = ""
    is_frozen = False
    is_working = True

    @property
    def name(self) -> str:
        return _("All numbers")


@dataclass(frozen=True, slots=True)
class AllStates:
    """How all numbers together are doing: as badly as the worst of them. What each has to say is told beside it."""

    states: Sequence[NumberState]
    number = AllNumbers()

    @property
    def tone(self) -> str:
        return min((state.tone for state in self.states), key=WORST.index)

    @property
    def words(self) -> str:
        bad = sum(state.tone == "bad" for state in self.states)
        if not bad:
            return _("Connected")
        return ngettext("%(n)d number needs somebody", "%(n)d numbers need somebody", bad) % {"n": bad}


def _person(request: HttpRequest) -> User:
    return cast(User, request.user)


def chosen_number(request: HttpRequest) -> Instance | None:
    """The number of the address, else the last one this person looked at, else the first; None when there is none."""
    if slug := request.GET.get("instance"):
        return instance_for(_person(request), slug.replace("\0", ""))  # PostgreSQL takes no NUL
    numbers = visible_numbers(request)
    last = request.session.get(REMEMBERED)
    return next((number for number in numbers if number.slug == last), numbers[0] if numbers else None)


def chosen_numbers(request: HttpRequest) -> tuple[Instance, ...]:
    """As `chosen_number`, or all numbers for `instance=all`. None at all where the person may see none."""
    if asks_all(request.GET):
        return visible_numbers(request)
    number = chosen_number(request)
    return (number,) if number else ()


def visible_numbers(request: HttpRequest) -> tuple[Instance, ...]:
    return tuple(Instance.objects.visible_to(_person(request)))


def asks_all(params: QueryDict) -> bool:
    return params.get("instance") == ALL


def remembers_all(request: HttpRequest) -> bool:
    """Whether the address leaves the choice open, and the last one was all numbers."""
    return "instance" not in request.GET and request.session.get(REMEMBERED) == ALL


def remember(request: HttpRequest, number: Instance | AllNumbers) -> None:
    """Keep the choice. A page that can't show all numbers, and shows one of them unasked, leaves the choice of all as it is."""
    if request.session.get(REMEMBERED) != number.slug and not remembers_all(request):
        request.session[REMEMBERED] = number.slug
