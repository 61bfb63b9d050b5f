"""How a change of a chat is answered: with what it looks like now, or with the sentence why not."""

from typing import cast

from django.contrib import messages as notes
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from labelapp.actions.actor import Refused
from labelapp.actions.undoing import Offer
from labelapp.models import Chat
from labelapp.views.inbox import Desk, is_open
from labelapp.views.offers import token
from labelapp.views.requests import HtmxHttpRequest


def changed(desk: Desk, chat: Chat, offer: Offer | None = None, *, undone: bool = False) -> HttpResponse:
    """The chat's line as it is now, with the panel's chips and activity where the chat is open, and a toast about what was done.

    `offer`: what the change did, None for nothing that could be taken back.
    """
    request = desk.request
    if not request.htmx:
        return redirect(_way_back(request, chat))
    shown, row = is_open(request, chat), desk.row(chat)
    context = desk.frame | desk.row_context(row, shown) | {"panel": shown}
    if shown:
        context |= desk.tags_context(chat, row.pairs) | desk.activity_context(chat)
    if offer:
        context |= {"chat": chat, "offer": offer, "undone": undone, "directory": desk.directory}
        context["offer_token"] = "" if undone else token(chat, offer)
    return render(request, "chats/_tagged.html", context)


def refusal(request: HtmxHttpRequest, chat: Chat, refused: Refused) -> HttpResponse:
    """The action's own sentence: as text for scripts, as a note on the page before without them."""
    if request.htmx:
        return HttpResponse(str(refused.message), status=refused.status, content_type="text/plain; charset=utf-8")
    notes.error(request, str(refused.message))
    return redirect(_way_back(request, chat))


def _way_back(request: HtmxHttpRequest, chat: Chat) -> str:
    """The page the form was on, if it is ours."""
    before = cast(str, request.META.get("HTTP_REFERER", ""))
    ours = url_has_allowed_host_and_scheme(before, {request.get_host()}, require_https=request.is_secure())
    return before if ours else reverse("chats.detail", args=[chat.pk])
