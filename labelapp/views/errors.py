"""Pages for what went wrong. They need no database and no context; htmx gets one sentence for its toast."""

import logging
import sys
from urllib.parse import quote

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

log = logging.getLogger("labelapp.errors")

BARE = "<!doctype html><title>labelapp</title><p>Something broke on our side. Please try again in a moment.</p>"


def _answer(request: HttpRequest, template: str, sentence: str, status: int) -> HttpResponse:
    if request.headers.get("HX-Request") == "true":
        answer = HttpResponse(sentence, status=status, content_type="text/plain; charset=utf-8")
        answer.headers["X-Said"] = quote(sentence)  # shown as a toast; headers hold no letters but ASCII
        return answer
    return HttpResponse(render_to_string(template), status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if _is_storage(exception):  # the login could not be written: Django calls that a session deleted meanwhile
        return _unavailable(request)
    return _answer(request, "400.html", _("The server could not make sense of this request."), 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, "403.html", _("You may not do this. Ask an admin of your team."), 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, "404.html", _("This does not exist, or it is not for you to see."), 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """A fault of ours; a database that is away or busy is none, it comes back. Django calls this while it handles the exception."""
    try:
        if _is_storage(sys.exc_info()[1]):
            return _unavailable(request)
        return _answer(request, "500.html", _("Something broke on our side. Please try again in a moment."), 500)
    except Exception:  # the page about the fault must not be a fault itself, e.g. before the static files are collected
        log.exception("The page for server errors can't be shown")
        return HttpResponse(BARE, status=500)


def _is_storage(error: BaseException | None) -> bool:
    """Whether a database that does not answer, or is busy for too long, stands at the beginning of an error."""
    while error is not None:
        if isinstance(error, OperationalError | InterfaceError):
            return True
        error = error.__cause__ or error.__context__
    return False


def _unavailable(request: HttpRequest) -> HttpResponse:
    answer = _answer(request, "503.html", _("The storage does not answer. Please try again in a moment."), 503)
    answer.headers["Retry-After"] = "5"
    return answer


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Mostly a page that was open across a login. htmx loads it again, which brings a fresh token."""
    answer = _answer(request, "403_csrf.html", _("This page was open for too long. It was loaded again."), 403)
    if request.headers.get("HX-Request") == "true":
        answer.headers["HX-Refresh"] = "true"
    return answer
