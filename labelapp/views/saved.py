"""Views that people keep: the page of all of them, and what is done with one."""

from typing import Any

from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.urls import Resolver404, resolve, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect, HttpResponseClientRefresh, trigger_client_event

from labelapp.access import view_for
from labelapp.actions.actor import Actor, Refused
from labelapp.actions.saved import change_view, forget_view, keep_view, order_pins, pin_view, set_default_view
from labelapp.forms.saved import ViewForm
from labelapp.models import SavedView
from labelapp.queries.language.saved import save
from labelapp.queries.saved import others_with
from labelapp.views.inbox import Desk, list_desk, page_address, person
from labelapp.views.requests import HtmxHttpRequest
from labelapp.views.shelves import Shelves
from labelapp.views.tallies import tallies


@require_safe
def index(request: HtmxHttpRequest) -> HttpResponse:
    """All views that a person may see, in the order of their tabs."""
    return _page(request)


@require_safe
def counts(request: HtmxHttpRequest) -> HttpResponse:
    """How many chats each tab finds."""
    return render(request, "saved/_counts.html", {"tallies": tallies(list_desk(request))})


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HtmxHttpRequest) -> HttpResponse:
    """Keep the list of the address under a name."""
    desk = list_desk(request)
    desk.must_have_view()
    form = _form(request)
    if request.method == "POST" and form.is_valid():
        try:
            _must_be_understood(desk)
            view = keep_view(_actor(request), **_asked(desk), **form.cleaned_data)
        except Refused as refused:
            form.add_error(None, str(refused.message))
        else:
            return _to_list(request, f"view={view.pk}&instance={desk.number.slug}")
    return _page(request, form=form, desk=desk)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Another name, and for whom it is."""
    view = view_for(person(request), pk)
    form = _form(request, view)
    if request.method == "POST" and form.is_valid():
        try:
            change_view(_actor(request), view, **form.cleaned_data)
        except Refused as refused:
            form.add_error(None, str(refused.message))
        else:
            return _fresh(request)
    return _page(request, form=form, view=view_for(person(request), pk))


@require_POST
def update(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Give the view the query and the order of the address."""
    view, desk = view_for(person(request), pk), list_desk(request)
    try:
        _must_be_understood(desk)
        change_view(_actor(request), view, **_asked(desk))
    except Refused as refused:
        return _refusal(refused)
    return _to_list(request, f"view={view.pk}&instance={desk.number.slug}")


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Ask first: it may be a tab of others."""
    view = view_for(person(request), pk)
    if request.method != "POST":
        return _page(request, doomed=view, others=others_with(view, person(request)))
    try:
        forget_view(_actor(request), view)
    except Refused as refused:
        return _refusal(refused)
    return _fresh(request) if page_address(request)[0] == reverse("saved.index") else _to_list(request, "")


@require_POST
def pin(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """A tab (`state=on`) or none (`state=off`)."""
    view = view_for(person(request), pk)
    pin_view(_actor(request), view, on=_state(request))
    return _fresh(request)


@require_POST
def default(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """What the inbox opens with: this view (`state=on`), or all chats again (`state=off`)."""
    view, user = view_for(person(request), pk), person(request)
    if _state(request):
        set_default_view(_actor(request), view)
    elif user.default_view_id == view.pk:
        set_default_view(_actor(request), None)
    return _fresh(request)


@require_POST
def order(request: HtmxHttpRequest) -> HttpResponse:
    """The tabs in the order of `views`: keys with commas between them."""
    given = request.POST.get("views", "").split(",")[:500]
    if not all(pk.isascii() and pk.isdigit() and len(pk) < 19 for pk in given):
        return HttpResponseBadRequest(_("Say which views, in which order."), content_type="text/plain; charset=utf-8")
    order_pins(_actor(request), [int(pk) for pk in given])
    return _fresh(request)


def _actor(request: HtmxHttpRequest) -> Actor:
    return Actor.of(person(request))


def _state(request: HtmxHttpRequest) -> bool:
    return request.POST.get("state") == "on"


def _form(request: HtmxHttpRequest, view: SavedView | None = None) -> ViewForm:
    initial = {"name": view.name, "shared": view.shared} if view else {}
    return ViewForm(
        request.POST if request.method == "POST" else None,
        may_share=_actor(request).may("share_views"),
        initial=initial,
    )


def _asked(desk: Desk) -> dict[str, Any]:
    return {"terms": save(desk.reading.query), "order": desk.order.value}


def _must_be_understood(desk: Desk) -> None:
    """What is marked would be kept as words alone, and bind to whatever gets that name."""
    if desk.reading.problems:
        raise Refused(_("Mend or remove what is marked in the filter first."))


def _refusal(refused: Refused) -> HttpResponse:
    """The action's own sentence, as text and as a toast."""
    words = str(refused.message)
    response = HttpResponse(words, status=refused.status, content_type="text/plain; charset=utf-8")
    return trigger_client_event(response, "toast", {"text": words, "level": "error"})


def _page(request: HtmxHttpRequest, **asked: Any) -> HttpResponse:
    """The page of all views with its dialog, or the part of it that is asked for."""
    wrong = bool(asked.get("form") and asked["form"].errors)
    target = getattr(request.htmx, "target", "")
    if target == "view-side":
        return render(request, "saved/_side.html", asked, status=422 if wrong else 200)
    context = asked | {"shelves": Shelves(request)}
    template = "saved/_list.html" if target == "views" else "saved/index.html"
    return render(request, template, context, status=422 if wrong else 200)


def _fresh(request: HtmxHttpRequest) -> HttpResponse:
    """The page that asks, as it is now: the list of views in its place, any other page from the start."""
    if not request.htmx:
        return redirect("saved.index")
    if request.htmx.target == "views":
        return _page(request)
    return HttpResponseClientRefresh()


def _to_list(request: HtmxHttpRequest, query: str) -> HttpResponse:
    """The list, beside the chat that is open."""
    address = f"{_list_path(request)}?{query}"
    return HttpResponseClientRedirect(address) if request.htmx else redirect(address)


def _list_path(request: HtmxHttpRequest) -> str:
    path = page_address(request)[0]
    try:
        is_chat = resolve(path).view_name == "chats.detail"
    except Resolver404:
        is_chat = False
    return path if is_chat else reverse("chats.index")
