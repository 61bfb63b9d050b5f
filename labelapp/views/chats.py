"""The inbox: pages, their fragments, and tagging."""

from django.contrib import messages as notes
from django.http import Http404, HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import trigger_client_event

from labelapp.access import label_for
from labelapp.actions import tagging
from labelapp.actions.actor import Actor, Refused
from labelapp.actions.messages import fetch_messages, mark_read
from labelapp.actions.rereading import ask_reading
from labelapp.actions.undoing import noting
from labelapp.models import Chat, ChatLabel, SavedView
from labelapp.models.instances import ALL
from labelapp.queries import bindings
from labelapp.queries.panel import last_messages
from labelapp.queries.saved import views_for
from labelapp.queries.states import number_state
from labelapp.templatetags.chips import chip_html
from labelapp.views.answers import changed, refusal
from labelapp.views.choosing import asks_all, chosen_number, chosen_numbers, remember, remembers_all
from labelapp.views.inbox import Desk, chat_desk, desk_of, is_open, list_desk, page_address, person
from labelapp.views.requests import HtmxHttpRequest


@require_safe
def index(request: HtmxHttpRequest) -> HttpResponse:
    """The inbox of a number, or of all. Without any wish in its address it opens with the person's own view."""
    if view := _opening(request):
        return redirect(f"{request.path}?view={view.pk}")
    if remembers_all(request):
        return _of_all(request)
    numbers = chosen_numbers(request)
    if not numbers:
        return render(request, "chats/none.html")
    return _page(Desk(request, numbers, request.GET))


def _opening(request: HtmxHttpRequest) -> SavedView | None:
    user = person(request)
    if request.GET or request.htmx or user.default_view_id is None:
        return None
    return views_for(user).filter(pk=user.default_view_id).first()


@require_safe
def detail(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """The same page with a chat open."""
    desk, _chat = chat_desk(request, pk, request.GET)
    return _of_all(request) if remembers_all(request) else _page(desk)


def _of_all(request: HtmxHttpRequest) -> HttpResponse:
    """The same page of all numbers, as they were chosen last: the address says what is shown."""
    params = request.GET.copy()
    params["instance"] = ALL
    return redirect(f"{request.path}?{params.urlencode(safe=':,')}")


def _page(desk: Desk) -> HttpResponse:
    request = desk.request
    remember(request, desk.number)
    context = desk.frame | desk.list_context() | desk.rail_context()
    if request.htmx and request.htmx.target == "main":
        return render(request, "chats/_filtered.html", context)
    if desk.chat:
        context |= desk.panel_context(desk.chat)
    return render(request, "chats/index.html", context)


@require_safe
def rows(request: HtmxHttpRequest) -> HttpResponse:
    """A page of the list: the first one, or the one below `before`."""
    desk = list_desk(request)
    return render(request, "chats/_rows.html", desk.frame | desk.list_context())


@require_safe
def facets(request: HtmxHttpRequest) -> HttpResponse:
    """The counts beside the labels and in the search bar."""
    desk = list_desk(request)
    return render(request, "chats/_facets.html", desk.frame | desk.rail_context() | {"with_count": True})


@require_safe
def number(request: HtmxHttpRequest) -> HttpResponse:
    """How the number is doing: connection, import, what waits."""
    number = chosen_number(request)
    if number is None:
        raise Http404("No number.")
    context = {"state": number_state(number), "is_all": asks_all(page_address(request)[1])}
    return render(request, "chats/_number.html", context)


@require_safe
def row(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """One line of the list."""
    desk, chat = chat_desk(request, pk)
    return render(request, "chats/_row.html", desk.frame | desk.row_context(desk.row(chat), is_open(request, chat)))


@require_safe
def panel(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """The open chat."""
    desk, chat = chat_desk(request, pk)
    return render(request, "chats/_panel.html", desk.frame | desk.panel_context(chat))


@require_safe
def tags(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """The chips of the open chat."""
    desk, chat = chat_desk(request, pk)
    return render(request, "chats/_tags.html", desk.frame | desk.tags_context(chat))


@require_safe
def elsewhere(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """The chats that the same person has with other numbers, with their labels."""
    desk, chat = chat_desk(request, pk)
    return render(request, "chats/_elsewhere.html", desk.frame | desk.elsewhere_context(chat))


@require_safe
def activity(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Who changed which label of the open chat."""
    desk, chat = chat_desk(request, pk)
    return render(request, "chats/_activity.html", desk.frame | desk.activity_context(chat))


@require_http_methods(["GET", "HEAD", "POST"])
def messages(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """The last messages as stored. A POST counts as reading them; with `fetch` (the chat was opened) it first asks the provider for
    newer ones, and has the chat's labels read again behind its back."""
    desk, chat = chat_desk(request, pk)
    trouble = ""
    if request.method == "POST":
        left, trouble = _look(request, chat)
        desk, chat = desk_of(desk, chat, left.pk)
    if not request.htmx:
        if trouble:
            notes.error(request, trouble)
        return redirect("chats.detail", pk=chat.pk)
    context = {"chat": chat, "days": last_messages(chat), "trouble": trouble, "fetched": True}
    response = render(request, "chats/_messages.html", desk.frame | context)
    return trigger_client_event(response, f"read-{chat.pk}") if request.method == "POST" else response


def _look(request: HtmxHttpRequest, chat: Chat) -> tuple[Chat, str]:
    """Mark as read, and fetch when asked to. The chat that was read, and a failure to fetch in a sentence, "" when there was none."""
    trouble = ""
    try:
        if request.POST.get("fetch"):
            ask_reading(chat)
            fetch_messages(chat)
    except Refused as refused:
        trouble = str(refused.message)
    return mark_read(person(request), chat), trouble


@require_safe
def picker(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """The labels that the chat can be given: a fragment, and without JavaScript a page."""
    desk, chat = chat_desk(request, pk)
    template = "chats/_picker.html" if request.htmx else "chats/picker.html"
    return render(request, template, desk.frame | desk.picker_context(chat))


@require_POST
def set_label(request: HtmxHttpRequest, pk: int, label_pk: int) -> HttpResponse:
    """Tag (`state=on`) or untag (`state=off`). A repeat changes nothing."""
    desk, chat = chat_desk(request, pk)
    state = request.POST.get("state")
    if state not in ("on", "off"):
        return HttpResponseBadRequest(_("Say state=on or state=off."), content_type="text/plain; charset=utf-8")
    try:
        actor = Actor.of(person(request))
        pair, offer = noting(chat, lambda locked: tagging.tag(actor, locked, label_pk, on=state == "on"))
    except Refused as refused:
        return refusal(request, chat, refused)
    return changed(*desk_of(desk, chat, pair.chat_id), offer)


@require_safe
def namesake(request: HtmxHttpRequest, pk: int, label_pk: int) -> HttpResponse:
    """The chip of the label that goes by the same name at the chat's own number; 404 with a sentence where it has none."""
    desk, chat = chat_desk(request, pk)
    label = label_for(person(request), label_pk)
    tag = bindings.namesake(desk.directory.only(chat.instance_id), label.name)
    if tag is None:
        words = _("%(number)s has no label “%(label)s”.") % {"number": chat.instance.name, "label": label}
        return HttpResponse(words, status=404, content_type="text/plain; charset=utf-8")
    return HttpResponse(chip_html(tag))


@require_POST
def dismiss(request: HtmxHttpRequest, pk: int, label_pk: int) -> HttpResponse:
    """Give up a failed wish and take WhatsApp's word."""
    desk, chat = chat_desk(request, pk)
    pair = get_object_or_404(ChatLabel, chat=chat, label=label_for(person(request), label_pk))
    try:
        pair = tagging.dismiss_failure(Actor.of(person(request)), pair)
    except Refused as refused:
        return refusal(request, chat, refused)
    return changed(*desk_of(desk, chat, pair.chat_id))
