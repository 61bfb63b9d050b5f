"""Hygiene: what could be better about the labels of a number, each with the way to mend it. For people who manage labels."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from labelapp.queries.hygiene import hygiene
from labelapp.queries.names import passive
from labelapp.queries.states import number_state, switcher
from labelapp.views.choosing import chosen_number
from labelapp.views.inbox import person
from labelapp.views.label_page import managers_only


@managers_only
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """All findings about one number."""
    number = chosen_number(request)
    if number is None:
        return render(request, "labels/no_number.html")
    states = switcher(person(request))
    state = next((state for state in states if state.number == number), None) or number_state(number)
    context = {"number": number, "states": states, "state": state, "hygiene": hygiene(number)}
    return render(request, "hygiene/index.html", context)


@managers_only
@require_safe
def hint(request: HttpRequest) -> HttpResponse:
    """What might be a better `name`, while it is typed: a fragment, empty for a good one."""
    return render(request, "hygiene/_hint.html", {"advice": passive(request.GET.get("name", "")[:100])})
