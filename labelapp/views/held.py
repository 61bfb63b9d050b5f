"""Wishes that grew old while a number was away: looked at, and sent or dropped."""

from typing import cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from labelapp.actions.actor import Actor, Refused
from labelapp.actions.held import drop, release
from labelapp.models import ChatLabel, Instance, User
from labelapp.queries.directory import directory_of
from labelapp.queries.held import held_pairs, held_wishes, seen_of
from labelapp.queries.states import number_state
from labelapp.views.choosing import chosen_number, remember


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """What waits for somebody's word, oldest first."""
    number = _number(request)
    remember(request, number)
    actor = Actor.of(request.user)
    context = {
        "number": number,
        "state": number_state(number),
        "held": held_wishes(number, directory_of(number)),
        "may_one": actor.may("apply_labels"),
        "may_all": actor.may("run_bulk"),
    }
    return render(request, "held/index.html", context)


@require_POST
def decide(request: HttpRequest) -> HttpResponse:
    """`do=send` or `do=drop` for one (`pair`) or for all (`all` is what the person saw of them). What is no longer held is left alone."""
    number = _number(request)
    do = {"send": release, "drop": drop}.get(request.POST.get("do", ""))
    if do is None:
        return HttpResponseBadRequest(_("Say do=send or do=drop."), content_type="text/plain; charset=utf-8")
    pairs = _chosen(request, number)
    if pairs is None:
        messages.warning(request, _("The list has changed meanwhile. Nothing was done: look again."))
        return _back(number)
    try:
        done = do(Actor.of(cast(User, request.user)), pairs)
    except Refused as refused:
        messages.error(request, str(refused.message))
        return _back(number)
    messages.success(request, _sentence(do is release, done))
    return _back(number)


def _number(request: HttpRequest) -> Instance:
    number = chosen_number(request)
    if number is None:
        raise Http404("No number.")
    return number


def _chosen(request: HttpRequest, number: Instance) -> list[ChatLabel] | None:
    """The pairs that are meant; None where the person saw another list than there is now."""
    found = held_pairs(number)
    if "all" in request.POST:
        return found if request.POST["all"] == seen_of(found) else None
    return [pair for pair in found if str(pair.pk) == request.POST.get("pair")]


def _sentence(sent: bool, done: int) -> str:
    if not done:
        return _("Somebody has decided about this one already.")
    if sent:
        return ngettext("%(n)d change is sent.", "%(n)d changes are sent.", done) % {"n": done}
    return ngettext("%(n)d change is taken back.", "%(n)d changes are taken back.", done) % {"n": done}


def _back(number: Instance) -> HttpResponse:
    return redirect(f"{reverse('held.index')}?instance={number.slug}")
