"""What happens around every request: its log line, who may pass, language and time zone."""

import logging
import time
from collections.abc import Callable
from typing import cast
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone, translation
from django.utils.deprecation import MiddlewareMixin
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from labelapp.models import User
from labelapp.views.counters import NO_ROUTE, counters
from labelapp.views.requests import TimedHttpRequest

log = logging.getLogger("labelapp.requests")


class RequestLog(MiddlewareMixin):
    """One line per request: method, route (never the path: it can hold secrets), status, milliseconds. Counted for `/metrics` too."""

    def process_request(self, request: TimedHttpRequest) -> None:
        request.started = time.perf_counter()

    def process_response(self, request: TimedHttpRequest, response: HttpResponse) -> HttpResponse:
        route = request.resolver_match.view_name if request.resolver_match else NO_ROUTE
        counters.count(route, request.method or "", response.status_code, request.started)
        took = 1000 * (time.perf_counter() - request.started)
        log.debug("%s %s %s %.1f ms", request.method, route, response.status_code, took)
        return response


class LoginRequired(LoginRequiredMiddleware):
    """Anonymous people go to the login; htmx is told to go there with the whole page, and to come back to the page it was on."""

    def handle_no_permission(  # type: ignore[override]  # the stubs know it with a redirect alone
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponse:
        response = super().handle_no_permission(request, view_func)
        htmx: HtmxDetails | None = getattr(request, "htmx", None)
        if not htmx:
            return response
        page = htmx.current_url_abs_path or request.get_full_path()
        target = f"{response['Location'].partition('?')[0]}?{urlencode({'next': page})}"
        answer = HttpResponseClientRedirect(target)
        answer.status_code = 401
        return answer


class PersonalLocale(MiddlewareMixin):
    """The person's language and time zone; the browser's language for someone who is not logged in."""

    def process_request(self, request: HttpRequest) -> None:
        user = cast(User, request.user)
        chosen = user.language if user.is_authenticated else ""
        language = chosen or translation.get_language_from_request(request)
        translation.activate(language)
        request.LANGUAGE_CODE = language
        timezone.activate(user.zone if user.is_authenticated else settings.TIME_ZONE)

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        response.headers.setdefault("Content-Language", translation.get_language())
        timezone.deactivate()
        return response
