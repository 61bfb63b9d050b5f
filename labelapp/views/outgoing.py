"""Outgoing hooks: whom labelapp tells of what, and what came of each message. For people who manage instances."""

from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from labelapp.access import hook_for, hook_send_for
from labelapp.actions.actor import Actor, Refused
from labelapp.actions.outgoing import BadAddress, delete_hook, keep_hook, replay, rotate_signing_secret, try_hook
from labelapp.forms.outgoing import HookForm
from labelapp.forms.queries import kept_text
from labelapp.models import OutgoingHook, User
from labelapp.queries.outgoing import hook_cards, log_of

managers_only = permission_required("labelapp.manage_instances", raise_exception=True)


@managers_only
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    return render(request, "outgoing/index.html", {"cards": hook_cards()})


@managers_only
@never_cache
@sensitive_post_parameters("url")
@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    form = HookForm(_sent(request), user=_person(request))
    if hook := _saved(request, form, None):
        messages.success(request, _("“%(hook)s” is made. Its signing secret is below.") % {"hook": hook})
        return redirect("outgoing.edit", hook.pk)
    return render(request, "outgoing/create.html", {"form": form}, status=422 if form.is_bound else 200)


@managers_only
@never_cache
@sensitive_post_parameters("url")
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """The hook's form, its secret's place, its test and its log."""
    hook = hook_for(_person(request), pk)
    form = HookForm(_sent(request), user=_person(request), hook=hook)
    if _saved(request, form, hook):
        messages.success(request, _("“%(hook)s” is saved.") % {"hook": hook})
        return redirect("outgoing.edit", pk)
    sends, older = log_of(hook, _key(request.GET.get("before", "")))
    context = {
        "hook": hook_for(_person(request), pk),
        "form": form,
        "sends": sends,
        "older": older,
        "hours": settings.OLD_SECRET_HOURS,
        "is_understood": kept_text(hook.made_by, hook.terms)[1],
    }
    return render(request, "outgoing/edit.html", context, status=422 if form.is_bound else 200)


@managers_only
@never_cache
@require_POST
def test(request: HttpRequest, pk: int) -> HttpResponse:
    """Post a test now, and show what came of it."""
    send = try_hook(_actor(request), hook_for(_person(request), pk))
    return render(request, "outgoing/_answer.html", {"send": send})


@managers_only
@never_cache
@require_POST
def secret(request: HttpRequest, pk: int) -> HttpResponse:
    """The signing secret, for whoever asks for it: it stands on no page by itself."""
    return render(request, "outgoing/_secret.html", {"hook": hook_for(_person(request), pk)})


@managers_only
@require_POST
def rotate(request: HttpRequest, pk: int) -> HttpResponse:
    rotate_signing_secret(_actor(request), hook_for(_person(request), pk))
    messages.success(request, _("The secret is new. The one before signs as well for a day."))
    return redirect("outgoing.edit", pk)


@managers_only
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask first."""
    hook = hook_for(_person(request), pk)
    if request.method != "POST":
        return render(request, "outgoing/delete.html", {"hook": hook})
    delete_hook(_actor(request), hook)
    messages.success(request, _("“%(hook)s” is deleted.") % {"hook": hook})
    return redirect("outgoing.index")


@managers_only
@require_POST
def again(request: HttpRequest, pk: int) -> HttpResponse:
    """Post a message of the log once more."""
    send = hook_send_for(_person(request), pk)
    try:
        replay(_actor(request), send)
    except Refused as refused:
        messages.error(request, str(refused.message))
    else:
        messages.success(request, _("It is posted again, under the same id."))
    return redirect("outgoing.edit", send.hook_id)


def _saved(request: HttpRequest, form: HookForm, hook: OutgoingHook | None) -> OutgoingHook | None:
    if not (form.is_bound and form.is_valid()):
        return None
    try:
        return keep_hook(_actor(request), hook, **form.values)
    except BadAddress as error:
        form.add_error("url", str(error.message))
    except Refused as error:
        form.add_error("name", str(error.message))
    return None


def _sent(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else None


def _key(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def _person(request: HttpRequest) -> User:
    return cast(User, request.user)


def _actor(request: HttpRequest) -> Actor:
    return Actor.of(request.user)
