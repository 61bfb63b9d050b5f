"""Business events: which labels they mean, one to try, and what programs told lately."""

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from labelapp.access import event_for, instance_for, mapping_for
from labelapp.actions.actor import Actor, Refused
from labelapp.actions.event_mappings import arrange_mappings, delete_mapping, keep_mapping, switch_mapping
from labelapp.actions.events import RETRIABLE, try_again
from labelapp.forms.events import MappingForm, TrialForm
from labelapp.models import EventMapping, Instance
from labelapp.queries.directory import directory_of
from labelapp.queries.events.listing import Show, counts, lines, log_of
from labelapp.queries.events.trial import foresee
from labelapp.queries.layouts import read_layout
from labelapp.queries.rules.specs import Wrong
from labelapp.queries.states import number_state, switcher
from labelapp.views.choosing import chosen_number
from labelapp.views.inbox import person
from labelapp.views.label_page import sent
from labelapp.views.requests import HtmxHttpRequest

managers_only = permission_required("labelapp.manage_rules", raise_exception=True)


def actor(request: HttpRequest) -> Actor:
    return Actor.of(request.user)


@managers_only
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """The mappings of one number, a box to try an event in, and the newest events: `show` says which, `before` goes on."""
    number = chosen_number(request)
    if number is None:
        return render(request, "events/no_number.html")
    return _page(request, number, TrialForm(number=number))


def _page(request: HttpRequest, number: Instance, form: TrialForm, **more: Any) -> HttpResponse:
    states = switcher(person(request))
    directory = directory_of(number)
    found = lines(number, directory)
    asked = request.GET.get("show", "")
    show = Show(asked) if asked in Show.values else Show.ALL
    told, older = log_of(number, directory, show, _key(request.GET.get("before", "")))
    counted = counts(number)
    context = {
        "number": number,
        "states": states,
        "state": next((state for state in states if state.number == number), None) or number_state(number),
        "lines": found,
        "paused": [line for line in found if line.is_paused],
        "form": form,
        "told": told,
        "older": older,
        "show": show,
        "shows": [(one, counted.get(one.value)) for one in Show],
        "days": settings.EVENT_DAYS,
        "again": RETRIABLE,
        **more,
    }
    return render(request, "events/index.html", context, status=422 if form.errors else 200)


@managers_only
@require_POST
def test(request: HtmxHttpRequest) -> HttpResponse:
    """What an event would do. Changes nothing."""
    number = instance_for(person(request), request.GET.get("instance", "").replace("\0", ""))
    form = TrialForm(request.POST, number=number)
    more: dict[str, Any] = {}
    if form.is_valid():
        more["trial"] = foresee(number, directory_of(number), form.type, form.chat, form.phone)
    if not request.htmx:
        return _page(request, number, form, **more)
    context = {"number": number, "form": form, "days": settings.EVENT_DAYS} | more
    return render(request, "events/_test.html", context, status=422 if form.errors else 200)


@managers_only
@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    """A new mapping, switched on at once. `type` of the address stands in its field."""
    number = chosen_number(request)
    if number is None:
        return redirect("events.index")
    return _form(request, number, None)


@managers_only
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    mapping = mapping_for(person(request), pk)
    return _form(request, mapping.instance, mapping)


def _form(request: HttpRequest, number: Instance, mapping: EventMapping | None) -> HttpResponse:
    directory = directory_of(number)
    initial = {"type": request.GET.get("type", "")[:80]}
    form = MappingForm(sent(request), directory=directory, mapping=mapping, initial=initial)
    if request.method == "POST" and form.is_valid() and _saved(request, number, form):
        messages.success(request, _("“%(name)s” is saved.") % {"name": form.cleaned_data["type"]})
        return back(number)
    dead = [directory.tags[pk] for pk in mapping.labels if directory.tags[pk].dead] if mapping else []
    context: dict[str, Any] = {"number": number, "mapping": mapping, "form": form, "tags": form.tags, "dead": dead}
    return render(request, "events/form.html", context, status=422 if form.is_bound else 200)


def _saved(request: HttpRequest, number: Instance, form: MappingForm) -> bool:
    try:
        keep_mapping(actor(request), number, form.mapping, **form.values)
    except Wrong as wrong:
        form.wrong(wrong)
        return False
    except Refused as refused:
        form.add_error(None, str(refused.message))
        return False
    return True


@managers_only
@require_POST
def switch(request: HttpRequest, pk: int) -> HttpResponse:
    """`state`: on or off. A repeat changes nothing."""
    mapping = mapping_for(person(request), pk)
    state = request.POST.get("state")
    if state not in ("on", "off"):
        return HttpResponseBadRequest(_("Say state=on or state=off."), content_type="text/plain")
    try:
        switch_mapping(actor(request), mapping, on=state == "on")
    except Wrong as wrong:
        messages.error(request, str(wrong.message))
    return back(mapping.instance)


@managers_only
@require_POST
def arrange(request: HttpRequest) -> HttpResponse:
    """`order`: all mappings as they shall stand, "0:key,key". A repeat changes nothing."""
    number = instance_for(person(request), request.GET.get("instance", "").replace("\0", ""))
    try:
        layout = read_layout(request.POST.get("order", ""))
    except ValueError:
        return HttpResponseBadRequest(_("Say order=0: with the mappings."), content_type="text/plain")
    try:
        arrange_mappings(actor(request), number, [pk for _group, pks in layout for pk in pks])
    except Refused as refused:
        messages.error(request, str(refused.message))
    return back(number)


@managers_only
@require_POST
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    mapping = mapping_for(person(request), pk)
    delete_mapping(actor(request), mapping)
    messages.success(request, _("“%(name)s” is deleted. What it did stays.") % {"name": mapping.type})
    return back(mapping.instance)


@managers_only
@require_POST
def again(request: HttpRequest, pk: int) -> HttpResponse:
    """Carry out an event that could not be when it came, by the mappings of now."""
    event = event_for(person(request), pk)
    try:
        event = try_again(actor(request), event)
    except Refused as refused:
        messages.error(request, str(refused.message))
    else:
        messages.info(request, f"{event}: {event.get_outcome_display()}")
    assert event.instance is not None  # noqa: S101  # found by its number
    return back(event.instance)


def back(number: Instance) -> HttpResponse:
    return redirect(f"{reverse('events.index')}?{urlencode({'instance': number.slug})}")


def _key(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
