"""What every page's frame needs."""

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from labelapp.views.keyboard import Keyboard, Place

PLACES = {"chats.index": Place.INBOX, "chats.detail": Place.INBOX, "board.funnel": Place.BOARD}


def shell(request: HttpRequest) -> dict[str, object]:
    """Context of base.html. Costs no query: pages that show numbers pass them themselves."""
    return {"DEMO": settings.DEMO, "keyboard": SimpleLazyObject(lambda: _keyboard(request))}


def _keyboard(request: HttpRequest) -> Keyboard:
    match = request.resolver_match
    place = PLACES.get(match.view_name if match else "", Place.ELSEWHERE)
    return Keyboard(request.user, place)  # type: ignore[arg-type]  # only asked behind the login
