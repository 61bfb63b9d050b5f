"""The inbox: pages, their fragments, and tagging."""

from typing import cast

from django.contrib import messages as notes
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import trigger_client_event

from labelapp.access import label_for
from labelapp.actions import tagging
from labelapp.actions.actor import Actor, Refused
from labelapp.actions.messages import fetch_messages, mark_read
from labelapp.models import Chat, ChatLabel
from labelapp.queries.panel import last_messages
from labelapp.views.inbox import Desk, chat_desk, chosen_number, is_open, list_desk, person, position, remember


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """The inbox of a number."""
    number = chosen_number(request)
    if number is None:
        return render(request, "chats/none.html")
    return _page(Desk(request, number, request.GET))


@require_safe
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The same page with a chat open."""
    desk, _chat = chat_desk(request, pk)
    desk.params = request.GET
    return _page(desk)


def _page(desk: Desk) -> HttpResponse:
    request = desk.request
    remember(request, desk.number)
    context = desk.frame | desk.list_context(position(request)) | desk.rail_context() | desk.number_context()
    if request.htmx and request.htmx.target == "main":  # type: ignore[attr-defined]
        return render(request, "chats/_filtered.html", context)
    if desk.chat:
        context |= desk.panel_context(desk.chat)
    return render(request, "chats/index.html", context)


@require_safe
def rows(request: HttpRequest) -> HttpResponse:
    """A page of the list: the first one, or the one below `before`."""
    desk = list_desk(request)
    return render(request, "chats/_rows.html", desk.frame | desk.list_context(position(request)))


@require_safe
def facets(request: HttpRequest) -> HttpResponse:
    """The counts beside the labels and in the search bar."""
    desk = list_desk(request)
    return render(request, "chats/_facets.html", desk.frame | desk.rail_context() | {"with_count": True})


@require_safe
def number(request: HttpRequest) -> HttpResponse:
    """How the number is doing: connection, import, what waits."""
    desk = list_desk(request)
    return render(request, "chats/_number.html", desk.frame | desk.number_context())


@require_safe
def row(request: HttpRequest, pk: int) -> HttpResponse:
    """One line of the list."""
    desk, chat = chat_desk(request, pk)
    return render(request, "chats/_row.html", desk.frame | desk.row_context(chat, is_open(request, chat)))


@require_safe
def panel(request: HttpRequest, pk: int) -> HttpResponse:
    """The open chat."""
    desk, chat = chat_desk(request, pk)
    return render(request, "chats/_panel.html", desk.frame | desk.panel_context(chat))


@require_safe
def tags(request: HttpRequest, pk: int) -> HttpResponse:
    """The chips of the open chat."""
    desk, chat = chat_desk(request, pk)
    return render(request, "chats/_tags.html", desk.frame | desk.tags_context(chat))


@require_safe
def activity(request: HttpRequest, pk: int) -> HttpResponse:
    """Who changed which label of the open chat."""
    desk, chat = chat_desk(request, pk)
    return render(request, "chats/_activity.html", desk.frame | desk.activity_context(chat))


@require_http_methods(["GET", "HEAD", "POST"])
def messages(request: HttpRequest, pk: int) -> HttpResponse:
    """The last messages as stored. A POST counts as reading them; with `fetch` it first asks the provider for newer ones."""
    desk, chat = chat_desk(request, pk)
    trouble = _look(request, chat) if request.method == "POST" else ""
    if not request.htmx:  # type: ignore[attr-defined]
        if trouble:
            notes.error(request, trouble)
        return redirect("chats.detail", pk=chat.pk)
    context = {"chat": chat, "days": last_messages(chat), "trouble": trouble, "fetched": True}
    response = render(request, "chats/_messages.html", desk.frame | context)
    return trigger_client_event(response, f"read-{chat.pk}") if request.method == "POST" else response


def _look(request: HttpRequest, chat: Chat) -> str:
    """Mark as read, and fetch when asked to. A failure to fetch is told in a sentence, "" when there was none."""
    try:
        if request.POST.get("fetch"):
            fetch_messages(chat)
    except Refused as refused:
        return str(refused.message)
    finally:
        mark_read(person(request), chat)
    return ""


@require_safe
def picker(request: HttpRequest, pk: int) -> HttpResponse:
    """The labels that the chat can be given: a fragment, and without JavaScript a page."""
    desk, chat = chat_desk(request, pk)
    template = "chats/_picker.html" if request.htmx else "chats/picker.html"  # type: ignore[attr-defined]
    return render(request, template, desk.frame | desk.picker_context(chat))


@require_POST
def set_label(request: HttpRequest, pk: int, label_pk: int) -> HttpResponse:
    """Tag (`state=on`) or untag (`state=off`). A repeat changes nothing."""
    desk, chat = chat_desk(request, pk)
    label = label_for(person(request), label_pk)
    state = request.POST.get("state")
    if state not in ("on", "off"):
        return HttpResponseBadRequest(_("Say state=on or state=off."), content_type="text/plain; charset=utf-8")
    try:
        tagging.set_label(Actor.of(person(request)), chat, label, on=state == "on")
    except Refused as refused:
        return _refused(request, chat, refused)
    return _tagged(desk, chat)


@require_POST
def dismiss(request: HttpRequest, pk: int, label_pk: int) -> HttpResponse:
    """Give up a failed wish and take WhatsApp's word."""
    desk, chat = chat_desk(request, pk)
    pair = get_object_or_404(ChatLabel, chat=chat, label=label_for(person(request), label_pk))
    try:
        tagging.dismiss_failure(Actor.of(person(request)), pair)
    except Refused as refused:
        return _refused(request, chat, refused)
    return _tagged(desk, chat)


def _tagged(desk: Desk, chat: Chat) -> HttpResponse:
    """The chat's line as it is now, with the panel's chips and activity where the chat is open."""
    request = desk.request
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect(_way_back(request, chat))
    shown = is_open(request, chat)
    context = desk.frame | desk.row_context(chat, shown) | {"panel": shown}
    if shown:
        context |= desk.tags_context(chat) | desk.activity_context(chat)
    return render(request, "chats/_tagged.html", context)


def _refused(request: HttpRequest, chat: Chat, refused: Refused) -> HttpResponse:
    """The action's own sentence: as text for scripts, as a note on the page before without them."""
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponse(str(refused.message), status=refused.status, content_type="text/plain; charset=utf-8")
    notes.error(request, str(refused.message))
    return redirect(_way_back(request, chat))


def _way_back(request: HttpRequest, chat: Chat) -> str:
    """The page the form was on, if it is ours."""
    before = cast(str, request.META.get("HTTP_REFERER", ""))
    ours = url_has_allowed_host_and_scheme(before, {request.get_host()}, require_https=request.is_secure())
    return before if ours else reverse("chats.detail", args=[chat.pk])
