"""A funnel as a board: its columns, their cards, and moving one. Whatever is moved goes through the stage control's own action."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from labelapp.access import chat_for, label_for
from labelapp.actions.actor import Refused
from labelapp.actions.tagging import to_stage
from labelapp.actions.undoing import noting
from labelapp.queries.insights import funnels
from labelapp.queries.states import number_state, switcher
from labelapp.views.answers import refusal
from labelapp.views.board_desk import BoardDesk, Lane, board_desk
from labelapp.views.choosing import chosen_number, remember
from labelapp.views.inbox import person
from labelapp.views.offers import token
from labelapp.views.requests import HtmxHttpRequest

MOST = 100  # cards that are asked for at once


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """The board of the number's first funnel; a page that says how one comes to be where it has none."""
    number = chosen_number(request)
    if number is None:
        return render(request, "board/no_number.html")
    found = funnels(number)
    if found:
        return redirect("board.funnel", pk=found[0].pk)
    remember(request, number)
    return render(request, "board/no_funnel.html", {"number": number, **_states(request, number)})


@require_safe
def funnel(request: HttpRequest, pk: int) -> HttpResponse:
    """The whole page, or its columns alone. What was typed beside the filters becomes one of them."""
    desk = board_desk(request, pk)
    if "add" in request.GET:
        return redirect(f"{request.path}?{desk.query}")
    context = desk.frame | {"lanes": desk.lanes(desk.board.columns())}
    if request.htmx.target == "board":  # type: ignore[attr-defined]
        return render(request, "board/_board.html", context)
    remember(request, desk.number)
    return render(request, "board/index.html", context | _states(request, desk.number))


def _states(request: HttpRequest, number: object) -> dict[str, object]:
    states = switcher(person(request))
    state = next((state for state in states if state.number == number), None)
    return {"states": states, "state": state or number_state(number)}  # type: ignore[arg-type]


@require_safe
def column(request: HttpRequest, pk: int) -> HttpResponse:
    """Further cards of the column `stage` (0: without a stage), those below `after`."""
    desk = board_desk(request, pk)
    stage = request.GET.get("stage", "")
    if not stage.isascii() or not stage.isdigit() or int(stage) not in (0, *desk.funnel.pks):
        raise Http404("No such column.")
    return render(
        request, "board/_cards.html", desk.frame | {"lane": Lane(desk, desk.board.column(int(stage), desk.after))}
    )


@require_safe
def cards(request: HttpRequest, pk: int) -> HttpResponse:
    """The cards of `chats` (keys with commas between) that are on the board now."""
    desk = board_desk(request, pk)
    asked = [int(each) for each in request.GET.get("chats", "").split(",") if _is_key(each)]
    return render(request, "board/_fresh.html", desk.frame | {"cards": desk.html(desk.board.among(asked[:MOST]))})


def _is_key(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19


@require_safe
def heads(request: HttpRequest, pk: int) -> HttpResponse:
    """What stands over the columns, and how many chats have two stages."""
    desk = board_desk(request, pk)
    return render(request, "board/_heads.html", desk.frame | {"lanes": desk.lanes(desk.board.counts())})


@require_POST
def move(request: HtmxHttpRequest, pk: int, chat_pk: int, label_pk: int) -> HttpResponse:
    """Move a chat to a stage of the funnel. A repeat changes nothing. Answers with its card, and a toast that can take it back."""
    desk = board_desk(request, pk)
    chat, label = chat_for(person(request), chat_pk), label_for(person(request), label_pk)
    if label.group_id != desk.group.pk:
        raise Http404("No such stage.")
    try:
        pair, offer = noting(chat, lambda locked: to_stage(desk.actor, locked, label.pk))
    except Refused as refused:
        return refusal(request, chat, refused)
    if not request.htmx:
        return redirect("board.funnel", pk=pk)
    return render(
        request, "board/_fresh.html", desk.frame | _moved(desk, pair.chat_id) | _offered(desk, pair.chat, offer)
    )


def _moved(desk: BoardDesk, chat: int) -> dict[str, object]:
    return {"cards": desk.html(desk.board.among([chat]))}


def _offered(desk: BoardDesk, chat: object, offer: object) -> dict[str, object]:
    if offer is None:
        return {}
    return {"chat": chat, "offer": offer, "offer_token": token(chat, offer), "directory": desk.scope.directory}  # type: ignore[arg-type]
