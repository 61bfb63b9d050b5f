"""What the pages around the label directory have in common: who may, which number, the page itself with something beside it."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect, trigger_client_event

from labelapp.access import instance_for
from labelapp.actions.actor import Actor, Refused
from labelapp.actions.providers import ProviderRefused
from labelapp.forms.labels import LabelForm
from labelapp.models import Instance, Label
from labelapp.queries.label_uses import uses_of
from labelapp.queries.labels import Directory
from labelapp.queries.states import number_state, switcher
from labelapp.queries.urgency import ladder
from labelapp.views.inbox import person

REFUSED = "refused"  # the code of what an action or the provider refused
managers_only = permission_required("labelapp.manage_labels", raise_exception=True)


def sent(request: HttpRequest) -> QueryDict | None:
    """What a form is bound to: a post without any field is one all the same."""
    return request.POST if request.method == "POST" else None


def actor(request: HttpRequest) -> Actor:
    return Actor.of(request.user)


def chosen_number(request: HttpRequest) -> Instance | None:
    """The number that was asked for, else the last one looked at, else the first."""
    if slug := request.GET.get("instance"):
        return instance_for(person(request), slug.replace("\0", ""))  # PostgreSQL takes no NUL
    visible = Instance.objects.visible_to(person(request))
    return visible.filter(slug=request.session.get("instance", "")).first() or visible.first()


def page(
    request: HttpRequest, number: Instance, listing: Directory, side: str = "", form: Any = None, **more: Any
) -> HttpResponse:
    """The whole page, with the template `side` beside it. htmx takes the parts it wants out of it, and shows messages as toasts."""
    states = switcher(person(request))
    context = {
        "number": number,
        "directory": listing,
        "uses": uses_of(person(request), [row.label for row in listing.rows]),
        "ladder": ladder(listing),
        "states": states,
        "state": next((state for state in states if state.number == number), None) or number_state(number),
        "label": None,
        "side": side,
        "form": form,
        **more,
    }
    said = []
    if getattr(request, "htmx", False):
        said = list(messages.get_messages(request))
        context["messages"] = []
    answer = render(request, "labels/index.html", context, status=422 if form is not None and form.is_bound else 200)
    for message in said:
        trigger_client_event(answer, "toast", {"text": str(message), "level": message.level_tag})
    return answer


def back(number: Instance) -> HttpResponse:
    return redirect(f"{reverse('labels.index')}?{urlencode({'instance': number.slug})}")


def away(request: HttpRequest, address: str) -> HttpResponse:
    """To a page of another kind, of which a part would not do."""
    return HttpResponseClientRedirect(address) if getattr(request, "htmx", False) else redirect(address)


def gone(request: HttpRequest, label: Label) -> HttpResponse:
    """A label that can't be changed: deleted meanwhile, perhaps by the first of two clicks, or not known yet."""
    if label.deleted_at and request.method != "POST":
        messages.warning(request, _("“%(label)s” was deleted in WhatsApp.") % {"label": label})
    return back(label.instance)


def done(form: Any, change: Callable[[], object]) -> bool:
    """Whether the change was made. A refusal goes into the form, in the provider's own words."""
    try:
        change()
    except Refused as error:
        refuse(form, error)
        return False
    return True


def refuse(form: Any, refused: Refused) -> None:
    """Say why nothing was saved: beside the name where the provider does not like that, else above the form."""
    renames = isinstance(form, LabelForm) and form.renames
    is_name = isinstance(refused, ProviderRefused) and refused.about_name and renames
    form.add_error("name" if is_name else None, ValidationError(str(refused.message), code=REFUSED))
