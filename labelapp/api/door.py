"""Who comes in: the token of a request, what it may do, and how often."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from ninja.security import HttpBearer

from labelapp.actions.actor import Actor
from labelapp.actions.tokens import token_of
from labelapp.api.limits import Rate, counted
from labelapp.api.problems import MEDIA, Problem
from labelapp.models import ApiToken, Source

GRANTS = {
    "read": frozenset[str](),
    "tag": frozenset({"apply_labels"}),
    "manage": frozenset({"run_bulk", "apply_labels"}),
}
LONGEST = 200  # characters of what may be a secret
RATE = "labelapp_rate"  # on the request: what is left to its token


class Bearer(HttpBearer):
    """`Authorization: Bearer la_…` of a living token that has this scope. A login in a browser opens nothing here."""

    def __init__(self, scope: str) -> None:
        super().__init__()
        self.scope = scope

    def __call__(self, request: HttpRequest) -> ApiToken:
        found = super().__call__(request)
        if found is None:
            raise Problem(401, headers={"WWW-Authenticate": 'Bearer realm="labelapp"'})
        token: ApiToken = found
        rate = counted.count(token.pk, settings.API_RATE)
        setattr(request, RATE, rate)
        if rate.remaining < 0:
            raise Problem(429, headers={"Retry-After": str(rate.reset)})
        if self.scope not in token.scopes:
            raise Problem(403, _("This token has not the scope “%(scope)s”.") % {"scope": self.scope})
        if request.body and request.content_type != "application/json":
            raise Problem(415)
        return token

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken | None:
        return token_of(token) if 0 < len(token) <= LONGEST else None


READ, TAG, MANAGE = Bearer("read"), Bearer("tag"), Bearer("manage")


def token(request: HttpRequest) -> ApiToken:
    """Whose request it is: `Bearer` has let it in."""
    return cast(ApiToken, request.auth)  # type: ignore[attr-defined]  # set by ninja


def actor(request: HttpRequest) -> Actor:
    """The program: nobody in person. It may do what its token's scopes say, and no more."""
    own = token(request)
    grants = frozenset[str]().union(*(GRANTS[scope] for scope in own.scopes))
    return Actor(None, Source.API, own.name, grants)


def in_person(request: HttpRequest) -> Actor:
    """The program, in the name of whoever made its token: a run has to be somebody's. The person must be allowed it too."""
    own = token(request)
    return Actor(own.created_by, Source.API, own.name)


View = Callable[..., HttpResponseBase]


def front(view: View) -> View:
    """What all addresses of the API have in common: no login, no cookies, what is left to the token, refusals as problems."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        if response.status_code == 405 and response.get("Content-Type") != MEDIA:
            response = _no_such_method(response)
        rate: Rate | None = getattr(request, RATE, None)
        for name, value in (rate.headers if rate else {}).items():
            response[name] = value
        response.setdefault("Cache-Control", "no-store")
        return response

    answer.login_required = False  # type: ignore[attr-defined]  # read by Django's middleware
    answer.csrf_exempt = True  # type: ignore[attr-defined]  # read by Django's middleware
    return answer


def _no_such_method(response: HttpResponseBase) -> HttpResponse:
    return Problem(405, headers={"Allow": response.get("Allow", "")}).answer()
