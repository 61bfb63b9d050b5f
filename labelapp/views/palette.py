"""What the command palette offers: what the keys do, pages, numbers, and labels as filters."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from labelapp.models import Instance
from labelapp.models.instances import ALL
from labelapp.queries.bindings import bound_sections
from labelapp.queries.language.terms import Named, Query
from labelapp.queries.language.writing import write
from labelapp.queries.orders import Order
from labelapp.queries.scopes import Scope, scope_of
from labelapp.views.addresses import list_address
from labelapp.views.choosing import REMEMBERED, AllNumbers
from labelapp.views.inbox import person
from labelapp.views.keyboard import Keyboard, Place


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """The options, for the page that asks: `place` where it is one with keys of its own, `instance` the number shown there."""
    place = request.GET.get("place", "")
    keyboard = Keyboard(person(request), Place(place) if place in Place.values else Place.ELSEWHERE)
    numbers = list(Instance.objects.visible_to(person(request)))
    asked = request.GET.get("instance") or request.session.get(REMEMBERED)
    present = [each for each in numbers if asked in (each.slug, ALL)] or numbers[:1]
    number = AllNumbers() if len(present) > 1 else present[0] if present else None
    filters = _filters(number.slug, scope_of(person(request), present)) if number else []
    context = {"keys": keyboard, "numbers": numbers, "filters": filters, "present": number}
    return render(request, "palette/_index.html", context)


def _filters(slug: str, scope: Scope) -> list[dict[str, object]]:
    """Each name of a living label with the address of the chats that have it."""
    base = reverse("chats.index")
    bound = [each for section in bound_sections(scope) for each in section.labels]
    asked = ((each.tag, Query((Named("label", (each.ref,)),))) for each in bound)
    return [{"tag": tag, "href": f"{base}?{list_address(write(query), slug, Order.NEWEST)}"} for tag, query in asked]
