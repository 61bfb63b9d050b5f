"""Taking a change back: the offer in the toast, and what a click on it does."""

from django.core import signing
from django.http import HttpResponse, HttpResponseBadRequest
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from labelapp.actions import undoing
from labelapp.actions.actor import Actor, Refused
from labelapp.views.answers import changed, refusal
from labelapp.views.inbox import chat_desk, person
from labelapp.views.offers import offer_of
from labelapp.views.requests import HtmxHttpRequest


@require_POST
def undo(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Take back what `offer` names, unless somebody has changed it since: then 409 and a sentence that says who."""
    desk, chat = chat_desk(request, pk)
    try:
        offer = offer_of(chat, request.POST.get("offer", ""))
    except signing.BadSignature:
        return HttpResponseBadRequest(_("This can't be undone any more."), content_type="text/plain; charset=utf-8")
    try:
        done = undoing.undo(Actor.of(person(request)), chat, offer)
    except Refused as refused:
        return refusal(request, chat, refused)
    chat.refresh_from_db(fields=["assignee"])
    return changed(desk, chat, done, undone=True)
