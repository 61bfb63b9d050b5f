"""Which labels of a number are urgent, and in which order."""

import re
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from labelapp.access import instance_for
from labelapp.actions.actor import Actor, Refused
from labelapp.actions.urgency import rank_labels
from labelapp.views.inbox import person
from labelapp.views.label_page import managers_only

ORDER = re.compile(r"(?:[0-9]{1,18}(?:,[0-9]{1,18}){0,99})?", re.ASCII)


@managers_only
@require_POST
def rank(request: HttpRequest) -> HttpResponse:
    """`order`: the keys of the urgent labels with commas between, the most urgent first. A repeat changes nothing."""
    number = instance_for(person(request), request.GET.get("instance", "").replace("\0", ""))
    order = request.POST.get("order")
    if order is None or not ORDER.fullmatch(order):
        return HttpResponseBadRequest(_("Say order=keys of labels, with commas."), content_type="text/plain")
    try:
        rank_labels(Actor.of(person(request)), number, [int(pk) for pk in order.split(",") if pk])
    except Refused as refused:
        messages.error(request, str(refused.message))
    return redirect(f"{reverse('labels.index')}?{urlencode({'instance': number.slug})}")
