"""Which labels of a number are urgent, and in which order."""

import re
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from labelapp.access import instance_for, label_for
from labelapp.actions.actor import Actor, Refused
from labelapp.actions.urgency import mark_urgent, rank_labels
from labelapp.views.inbox import person
from labelapp.views.label_page import managers_only

ORDER = re.compile(r"(?:[0-9]{1,18}(?:,[0-9]{1,18}){0,99})?", re.ASCII)


@managers_only
@require_POST
def rank(request: HttpRequest) -> HttpResponse:
    """`order`: the keys of the urgent labels with commas between, the most urgent first. `before`: those that the person saw. A repeat
    changes nothing."""
    number = instance_for(person(request), request.GET.get("instance", "").replace("\0", ""))
    order = request.POST.get("order")
    before = request.POST.get("before")
    if order is None or not ORDER.fullmatch(order) or not ORDER.fullmatch(before or ""):
        return HttpResponseBadRequest(_("Say order=keys of labels, with commas."), content_type="text/plain")
    try:
        rank_labels(Actor.of(person(request)), number, _keys(order), None if before is None else _keys(before))
    except Refused as refused:
        messages.error(request, str(refused.message))
    return redirect(f"{reverse('labels.index')}?{urlencode({'instance': number.slug})}")


@managers_only
@require_POST
def mark(request: HttpRequest, pk: int) -> HttpResponse:
    """The label is an urgent one, as Hygiene advises for a red one. A repeat changes nothing."""
    label = label_for(person(request), pk)
    try:
        mark_urgent(Actor.of(person(request)), label)
    except Refused as refused:
        messages.error(request, str(refused.message))
    else:
        messages.success(request, _("“%(label)s” is in the order by urgency.") % {"label": label})
    return redirect(f"{reverse('hygiene.index')}?{urlencode({'instance': label.instance.slug})}")


def _keys(order: str) -> list[int]:
    return [int(pk) for pk in order.split(",") if pk]
