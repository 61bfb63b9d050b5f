"""The API as a whole: its addresses, and how whatever goes wrong is told."""

import logging
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from labelapp.actions.actor import Refused
from labelapp.api import chats, events, labels, ledger, runs, tagging
from labelapp.api.document import WORDS, completed
from labelapp.api.door import front
from labelapp.api.problems import KINDS, Problem, is_storage

log = logging.getLogger("labelapp.api")


class Api(NinjaAPI):
    """Ninja's, with refusals in the document and as problems."""

    def get_openapi_schema(self, **kwargs: Any) -> Any:
        return completed(super().get_openapi_schema(path_prefix="api/v1/"))

    def get_openapi_operation_id(self, operation: Any) -> str:
        return f"{operation.view_func.__module__.rpartition('.')[2]}.{operation.view_func.__name__}"

    def get_operation_url_name(self, operation: Any, router: Any) -> str:
        return self.get_openapi_operation_id(operation)


api = Api(title="labelapp", version="1", description=WORDS, urls_namespace="api", openapi_url=None, docs_url=None)
for part in (labels, chats, tagging, events, runs, ledger):
    api.add_router("", part.router)


@api.exception_handler(Problem)
def _problem(_request: HttpRequest, problem: Any) -> HttpResponse:
    return problem.answer()  # type: ignore[no-any-return]  # ninja hands over any exception


@api.exception_handler(Refused)
def _refused(_request: HttpRequest, refused: Any) -> HttpResponse:
    status = refused.status if refused.status in KINDS else 422
    return Problem(status, str(refused.message)).answer()


@api.exception_handler(Http404)
def _missing(_request: HttpRequest, _error: Any) -> HttpResponse:
    return Problem(404).answer()


@api.exception_handler(RequestDataTooBig)
def _too_big(_request: HttpRequest, _error: Any) -> HttpResponse:
    return Problem(413).answer()


@api.exception_handler(HttpError)
def _http(_request: HttpRequest, error: Any) -> HttpResponse:
    return Problem(error.status_code if error.status_code in KINDS else 400).answer()


@api.exception_handler(ValidationError)
def _invalid(_request: HttpRequest, error: Any) -> HttpResponse:
    errors = [(".".join(map(str, _named(one["loc"]))), one["msg"]) for one in error.errors]
    return Problem(422, _("The request does not say what it should: see “errors”."), errors).answer()


@api.exception_handler(Exception)
def _fault(_request: HttpRequest, error: Any) -> HttpResponse:
    """A fault of ours, or a storage that is away: the program hears no details."""
    if is_storage(error):
        return Problem(503, headers={"Retry-After": "5"}).answer()
    log.error("The API failed", exc_info=error)
    return Problem(500).answer()


def _named(loc: Any) -> Any:
    """Where it stands, without where it came by: ("body", "body", "label") is the field `label`."""
    parts = list(loc)
    return (parts[2:] if parts[:2] == ["body", "body"] else parts[1:]) or parts


def addresses() -> list[URLPattern]:
    """All of the API's, for the map."""
    found: list[Any] = list(api.urls[0])
    for pattern in found:
        pattern.callback = front(pattern.callback)
    return [pattern for pattern in found if pattern.name != "api-root"]
