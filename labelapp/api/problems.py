"""Every refusal of the API: `application/problem+json` (RFC 9457), with a type that the documentation page explains."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

MEDIA = "application/problem+json"
PAGE = "/api/v1/docs"  # the types are places on it
FAULT = 500


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of refusal: its name in `type`, its title, and when it is given."""

    name: str
    title: str
    when: Any  # lazy: the page tells it in the reader's language


KINDS = {
    400: Kind("bad-request", "Bad request", gettext_lazy("The body is no JSON, or the request makes no sense.")),
    401: Kind("unauthorized", "Unauthorized", gettext_lazy("No token, or one that is unknown, expired or ended.")),
    403: Kind("forbidden", "Forbidden", gettext_lazy("The token has not the scope that this needs.")),
    404: Kind("not-found", "Not found", gettext_lazy("There is no such thing, or the token may not see its number.")),
    405: Kind("method-not-allowed", "Method not allowed", gettext_lazy("The address does not take this method.")),
    408: Kind("too-slow", "Request timeout", gettext_lazy("The body took longer than 10 s.")),
    409: Kind("conflict", "Conflict", gettext_lazy("It can't be done as things are now, or it is not clear which is meant.")),
    410: Kind("gone", "Gone", gettext_lazy("The label was deleted in WhatsApp.")),
    413: Kind("too-large", "Content too large", gettext_lazy("The body is over 1 MiB.")),
    415: Kind("unsupported-media-type", "Unsupported media type", gettext_lazy("Bodies are application/json.")),
    422: Kind("invalid", "Unprocessable content", gettext_lazy("A field is wrong: “errors” says which and why.")),
    429: Kind("too-many-requests", "Too many requests", gettext_lazy("Wait for as long as Retry-After says.")),
    500: Kind("server-error", "Server error", gettext_lazy("Something broke on our side.")),
    502: Kind("not-applied", "Not applied", gettext_lazy("WhatsApp or the provider did not take the change.")),
    503: Kind("unavailable", "Unavailable", gettext_lazy("The storage does not answer. Try again in a moment.")),
}  # fmt: skip


@dataclass
class Problem(Exception):
    """A request that is refused. `errors`: (field, sentence) of what is wrong in it."""

    status: int
    detail: str = ""
    errors: Sequence[tuple[str, str]] = ()
    headers: dict[str, str] = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)  # members beside the standard ones

    @property
    def body(self) -> dict[str, Any]:
        kind = KINDS[self.status]
        said = {"type": f"{PAGE}#{kind.name}", "title": kind.title, "status": self.status}
        listed = [{"field": name, "detail": sentence} for name, sentence in self.errors]
        return said | {"detail": self.detail or str(kind.when)} | ({"errors": listed} if listed else {}) | self.more

    def answer(self) -> HttpResponse:
        text = json.dumps(self.body, ensure_ascii=False)
        return HttpResponse(text, status=self.status, content_type=MEDIA, headers=self.headers)


def invalid(name: str, sentence: str) -> Problem:
    """One field is wrong."""
    return Problem(422, sentence, [(name, sentence)])


def missing(_request: HttpRequest, rest: str = "") -> HttpResponse:
    """An address below /api/ that there is not."""
    return Problem(404, _("There is no such address.")).answer()


def is_storage(error: BaseException) -> bool:
    """Whether the database does not answer, or is busy for too long."""
    return isinstance(error, OperationalError | InterfaceError)
