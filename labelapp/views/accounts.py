"""Another WhatsApp account answers under a number: an admin decides which one the number is."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from labelapp.access import instance_for
from labelapp.actions.accounts import keep_account, take_account
from labelapp.actions.actor import Actor, Refused
from labelapp.forms.numbers import TypedNameForm
from labelapp.models import Instance, Label, User
from labelapp.queries.states import number_state

managers_only = permission_required("labelapp.manage_instances", raise_exception=True)


@managers_only
@require_http_methods(["GET", "HEAD", "POST"])
def decide(request: HttpRequest, slug: str) -> HttpResponse:
    """The question with what follows from either answer: `decision=keep`, or `decision=take` with the number's short name typed, and
    which account the person saw as `rival`."""
    number = instance_for(cast(User, request.user), slug.replace("\0", ""))
    decision, status = request.POST.get("decision"), 422 if request.method == "POST" else 200
    form = TypedNameForm(request.POST if decision == "take" else None, expected=number.slug)
    if decision == "keep" or (decision == "take" and form.is_valid()):
        try:
            return _decided(request, number, decision)
        except Refused as refused:
            messages.error(request, str(refused.message))
            number.refresh_from_db()
            form, status = TypedNameForm(expected=number.slug), refused.status
        if not number.is_frozen:
            return redirect("settings.number", number.slug)
    if not number.is_frozen:
        messages.info(request, _("There is nothing to decide any more: one known account answers."))
        return redirect("chats.index")
    context = {
        "state": number_state(number),
        "number": number,
        "form": form,
        "labels": Label.objects.filter(instance=number).living().count(),
    }
    return render(request, "accounts/decide.html", context, status=status)


def _decided(request: HttpRequest, number: Instance, decision: str) -> HttpResponse:
    """Raises Refused as the actions do."""
    actor, rival = Actor.of(request.user), request.POST.get("rival", "")
    if decision == "keep":
        keep_account(actor, number, rival=rival)
        messages.success(request, _("Nothing is sent until the known account is linked again."))
    else:
        take_account(actor, number, rival=rival)
        messages.success(request, _("The number starts anew with the account that answers now."))
    return redirect("settings.number", number.slug)
