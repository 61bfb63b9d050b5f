"""The settings of connected numbers. For people who manage instances: the pages hold hook addresses, which are secrets."""

from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render, resolve_url
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from labelapp.access import instance_for
from labelapp.actions.actor import Actor, Refused
from labelapp.actions.hooks import hook_address, register_hook, rotate_secret, set_hmac_key
from labelapp.actions.numbers import (
    BadNumber,
    Reach,
    change_number,
    connect_number,
    probe_placement,
    remove_number,
    set_pace,
    try_connection,
)
from labelapp.forms.numbers import HmacForm, NumberForm, PaceForm, TypedNameForm
from labelapp.models import Instance, User
from labelapp.models.fields import Locked
from labelapp.queries.numbers import hook_is_unreachable, number_card, number_cards, old_secret_until
from labelapp.queries.states import number_state

managers_only = permission_required("labelapp.manage_instances", raise_exception=True)


@managers_only
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    return render(request, "settings/index.html", {"cards": number_cards()})


@managers_only
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    # which provider is part of the address: the form speaks its words, also without a script
    form = NumberForm(_sent(request), provider=request.POST.get("provider") or request.GET.get("provider", ""))
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        more = {name: values[name] for name in ("name", "slug", "people")}
        number = _saved(form, lambda: connect_number(Actor.of(request.user), _reach(form), **more))
        if number is not None:
            messages.success(
                request, _("“%(number)s” is connected. Its chats and labels are being imported.") % {"number": number}
            )
            return _go(request, number)
    context = {"form": form, "providers": Instance.Provider.choices}
    return render(request, "settings/create.html", context, status=422 if form.is_bound else 200)


@managers_only
@never_cache
@sensitive_post_parameters()
@require_POST
def test(request: HttpRequest) -> HttpResponse:
    """What the provider answers to what is in the form, saved or not. Changes nothing."""
    slug = request.POST.get("number", "")
    number = _number(request, slug) if slug else None
    form = NumberForm(request.POST, number=number, provider=request.POST.get("provider", ""))
    form.is_valid()
    wrong = [form.errors[name][0] for name in ("base_url", "instance_id", "token") if name in form.errors]
    if wrong:
        return render(request, "settings/_answer.html", {"words": wrong[0]}, status=422)
    try:
        answer = try_connection(Actor.of(request.user), _reach(form), number)
    except Refused as error:
        return render(request, "settings/_answer.html", {"words": error.message}, status=422)
    return render(request, "settings/_answer.html", {"answer": answer})


@managers_only
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def number(request: HttpRequest, slug: str) -> HttpResponse:
    found = _number(request, slug)
    form = NumberForm(_sent(request), number=found)
    if request.method == "POST" and form.is_valid():
        more = {name: form.cleaned_data[name] for name in ("name", "people")}
        if _saved(form, lambda: change_number(Actor.of(request.user), found, _reach(form), **more)):
            messages.success(request, _("“%(number)s” is saved.") % {"number": found})
            return _go(request, found)
        found.refresh_from_db()
    return _page(request, found, form=form)


@managers_only
@never_cache
@require_POST
def register(request: HttpRequest, slug: str) -> HttpResponse:
    found = _number(request, slug)
    try:
        register_hook(Actor.of(request.user), found)
    except Refused as error:
        return _page(request, found, hook_words=error.message)
    messages.success(request, _("The provider posts to labelapp from now on."))
    return redirect("settings.number", slug)


@managers_only
@require_POST
def rotate(request: HttpRequest, slug: str) -> HttpResponse:
    found = _number(request, slug)
    rotate_secret(Actor.of(request.user), found)
    messages.success(request, _("The hook address is new. Register it before the old one ends."))
    return redirect("settings.number", slug)


@managers_only
@never_cache
@sensitive_post_parameters()
@require_POST
def sign(request: HttpRequest, slug: str) -> HttpResponse:
    """Set the signing key, or clear it."""
    found = _number(request, slug)
    if "clear" in request.POST:
        set_hmac_key(Actor.of(request.user), found, "")
        messages.success(request, _("Deliveries are accepted without a signature again."))
        return redirect("settings.number", slug)
    form = HmacForm(request.POST)
    if not form.is_valid():
        return _page(request, found, hmac_form=form)
    set_hmac_key(Actor.of(request.user), found, form.cleaned_data["hmac_key"])
    messages.success(
        request, _("Only signed deliveries are accepted now. Register the hook again, or set the key there.")
    )
    return redirect("settings.number", slug)


@managers_only
@never_cache
@require_POST
def pace(request: HttpRequest, slug: str) -> HttpResponse:
    """How fast labels are changed, and the hours in which runs rest."""
    found = _number(request, slug)
    form = PaceForm(request.POST, number=found)
    if form.is_valid():
        values = form.cleaned_data
        quiet = {name: values[name] for name in ("quiet_from", "quiet_until")}
        if _saved(form, lambda: set_pace(Actor.of(request.user), found, pace=values["pace"] / 60, **quiet)):
            messages.success(request, _("“%(number)s” is saved.") % {"number": found})
            return redirect("settings.number", slug)
    return _page(request, found, pace_form=form)


@managers_only
@never_cache
@require_POST
def probe(request: HttpRequest, slug: str) -> HttpResponse:
    found = _number(request, slug)
    try:
        place = probe_placement(Actor.of(request.user), found)
    except Refused as error:
        return _page(request, found, probe_words=error.message)
    if place:
        messages.success(request, _place(place))
    else:
        messages.info(request, _("No chat carries a label yet, so there is nothing to try it on."))
    return redirect("settings.number", slug)


@managers_only
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: HttpRequest, slug: str) -> HttpResponse:
    found = _number(request, slug)
    form = TypedNameForm(_sent(request), expected=found.slug)
    if request.method == "POST" and form.is_valid():
        remove_number(Actor.of(request.user), found)
        messages.success(request, _("“%(number)s” is removed.") % {"number": found})
        return redirect("settings.index")
    return render(
        request, "settings/remove.html", {"number": found, "form": form}, status=422 if form.is_bound else 200
    )


def _sent(request: HttpRequest) -> QueryDict | None:
    """What a form is bound to: a post without any field is one all the same."""
    return request.POST if request.method == "POST" else None


def _number(request: HttpRequest, slug: str) -> Instance:
    return instance_for(cast(User, request.user), slug.replace("\0", ""))


def _reach(form: NumberForm) -> Reach:
    provider = form.number.provider if form.number else form.cleaned_data.get("provider", "")
    return Reach(
        provider, **{name: form.cleaned_data[name] for name in ("base_url", "instance_id", "token", "allow_private")}
    )


def _saved(form: NumberForm | PaceForm, change: Any) -> Instance | None:
    """What `change` stored; None when it was refused, the reason then stands beside its field."""
    try:
        return cast(Instance, change())
    except BadNumber as error:
        form.add_error(error.field if error.field in form.fields else None, str(error.message))
    except Refused as error:
        form.add_error(None, str(error.message))
    return None


def _go(request: HttpRequest, number: Instance) -> HttpResponse:
    """To the number's page, with a whole page load: the form was sent by htmx so that a typed token outlives a refusal."""
    if getattr(request, "htmx", False):
        return HttpResponseClientRedirect(resolve_url("settings.number", number.slug))
    return redirect("settings.number", number.slug)


def _place(place: str) -> str:
    sentences = {
        "body": _("The provider takes the credentials of changes in their body."),
        "query": _("The provider takes the credentials of changes in their address."),
        "header": _("The provider takes the credentials of changes in their headers."),
    }
    return sentences.get(place, "")


def _page(request: HttpRequest, number: Instance, **more: Any) -> HttpResponse:
    own = {"form": NumberForm(number=number), "hmac_form": HmacForm(), "pace_form": PaceForm(number=number)}
    forms = own | more
    refused = any(getattr(form, "is_bound", False) or name.endswith("_words") for name, form in forms.items())
    context = {
        "number": number,
        "card": number_card(number),
        "state": number_state(number),
        "hook": hook_address(number),
        "unreachable": hook_is_unreachable(number),
        "key_locked": isinstance(number.hmac_key, Locked),
        "old_until": old_secret_until(number),
        "zone": settings.TIME_ZONE,
        "place": _place(number.options.get("write_placement", "")),
        **forms,
    }
    return render(request, "settings/number.html", context, status=422 if refused else 200)
