"""The stage control of a chat: to which stages it can be moved, and moving it."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from labelapp.actions.actor import Actor, Refused
from labelapp.actions.tagging import to_stage
from labelapp.actions.undoing import noting
from labelapp.views.answers import changed, refusal
from labelapp.views.inbox import chat_desk, desk_of, person
from labelapp.views.requests import HtmxHttpRequest


@require_safe
def choose(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """The stages of the chat's number: a fragment, and without JavaScript a page."""
    desk, chat = chat_desk(request, pk)
    context = desk.stages_context(chat)
    if not context["sections"]:
        return refusal(request, chat, Refused(_("This number has no stages."), status=409))
    template = "chats/_picker.html" if request.htmx else "chats/picker.html"
    return render(request, template, desk.frame | context)


@require_POST
def move(request: HtmxHttpRequest, pk: int, label_pk: int) -> HttpResponse:
    """Move the chat to a stage. A repeat changes nothing."""
    desk, chat = chat_desk(request, pk)
    try:
        actor = Actor.of(person(request))
        pair, offer = noting(chat, lambda locked: to_stage(actor, locked, label_pk))
    except Refused as refused:
        return refusal(request, chat, refused)
    return changed(*desk_of(desk, chat, pair.chat_id), offer)
