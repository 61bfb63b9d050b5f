"""What the deliveries page's views have in common: whose deliveries, through which filter, and where in the list."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

from django.core.exceptions import BadRequest
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from labelapp.access import number_once_for
from labelapp.models import HookDelivery, Instance
from labelapp.queries.deliveries import OUTCOMES, PAGE, SCAN, Sieve, count_parked, delivery_page, key, kinds
from labelapp.queries.health import hook_health
from labelapp.queries.states import number_state
from labelapp.queries.subjects import lines
from labelapp.views.choosing import REMEMBERED
from labelapp.views.inbox import person


@dataclass
class Desk:
    """Which deliveries a person looks at: of one number or of all they may see, through a filter."""

    request: HttpRequest
    numbers: list[Instance]
    number: Instance | None  # None: all
    sieve: Sieve

    @classmethod
    def at(cls, request: HttpRequest, number: Instance | None = None) -> Self:
        """From the address. Raises Http404 for a number that is not theirs, BadRequest for a filter that there is not.

        A number that was removed can still be looked at. A `number` that is given counts more than the address.
        """
        try:
            sieve = Sieve.read(request.GET)
        except ValueError as error:
            raise BadRequest("No such filter.") from error
        numbers = list(Instance.objects.visible_to(person(request)))
        slug = request.GET.get("instance", "").replace("\0", "")  # PostgreSQL takes no NUL
        if slug == "all":
            number = None
        elif number is None:
            number = _number(request, numbers, slug)
        return cls(request, numbers, number, sieve)

    @property
    def chosen(self) -> list[Instance]:
        return self.numbers if self.number is None else [self.number]

    @property
    def is_removed(self) -> bool:
        """Whether it is a number that was removed: nothing of it can be applied any more."""
        return self.number is not None and self.number.removed_at is not None

    @property
    def connected(self) -> list[Instance]:
        """Those of the chosen numbers that still have a hook."""
        return [] if self.is_removed else self.chosen

    @property
    def slug(self) -> str:
        return self.number.slug if self.number else "all"

    @cached_property
    def query(self) -> str:
        """The query string that leads back to this list."""
        return self.sieve.query(instance=self.slug)

    @property
    def href(self) -> str:
        return f"{reverse('deliveries.index')}?{self.query}"

    @property
    def frame(self) -> dict[str, Any]:
        return {"desk": self, "sieve": self.sieve, "number": self.number, "numbers": self.numbers, "query": self.query}

    def list_context(self, before: int | None = None) -> dict[str, Any]:
        page = delivery_page(self.chosen, self.sieve, before)
        return {
            "state": number_state(self.number) if self.number and not self.is_removed else None,
            "lines": listed(page.rows),
            "page": page,
            "is_first": before is None,
            "scan": SCAN,
            "health": hook_health(self.connected),
            "outcomes": [("", _("All")), *((name, outcome.label) for name, outcome in OUTCOMES.items())],
            "kinds": kinds(self.chosen),
            "parked": count_parked(self.connected),
            "following": self.sieve.query(instance=self.slug, before=str(page.following)) if page.following else "",
        }


def _number(request: HttpRequest, numbers: Sequence[Instance], slug: str) -> Instance | None:
    if not slug:
        last = request.session.get(REMEMBERED)
        return next((number for number in numbers if number.slug == last), numbers[0] if numbers else None)
    found = next((number for number in numbers if number.slug == slug), None)
    return found or number_once_for(person(request), slug)


def place(request: HttpRequest, name: str) -> int | None:
    """A delivery's key in the address or the form, None without. Raises BadRequest for what is no key."""
    text = request.POST.get(name) or request.GET.get(name)
    try:
        return key(text) if text else None
    except ValueError as error:
        raise BadRequest("No place in the list.") from error


def places(text: str) -> list[int]:
    try:
        return [key(part) for part in text.split(",")[: PAGE + 1]] if text else []
    except ValueError as error:
        raise BadRequest("No deliveries.") from error


def listed(rows: Sequence[HookDelivery]) -> Any:
    return lines(rows, {row.pk: row.text for row in rows})  # type: ignore[attr-defined]  # annotated by the query
