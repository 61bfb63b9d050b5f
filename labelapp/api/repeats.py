"""`Idempotency-Key`: a POST that comes twice is done once, and answered the same."""

import re
from collections.abc import Callable
from hashlib import sha256

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import HeaderEx, P, Schema

from labelapp.actions.repeats import claim, keep, release
from labelapp.api.door import token
from labelapp.api.problems import invalid

KEY = r"^[\x21-\x7e]{1,200}$"
HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
IdempotencyKey = HeaderEx[
    str | None,
    P(
        alias=HEADER,
        description="a text of your own, e.g. a UUID: the same request with the same key is done once, for 24 hours",
        pattern=KEY,
    ),
]


def once(request: HttpRequest, make: Callable[[], Schema], status: int = 201) -> HttpResponse:
    """What `make` gives, or what it gave when the request came first. A refusal is not kept: the key may come again."""
    key = request.headers.get(HEADER)
    if key is None:
        return _answer(status, make().model_dump_json())
    if not re.fullmatch(KEY, key):
        raise invalid(HEADER, _("At most 200 letters, digits and signs, without spaces."))
    turn = claim(token(request), key, _fingerprint(request))
    if turn.kept is not None:
        answer = _answer(turn.kept.status or status, turn.kept.body)
        answer[REPLAYED] = "true"
        return answer
    try:
        body = make().model_dump_json()
    except BaseException:
        release(turn)
        raise
    keep(turn, status, body)
    return _answer(status, body)


def _answer(status: int, body: str) -> HttpResponse:
    return HttpResponse(body, status=status, content_type="application/json")


def _fingerprint(request: HttpRequest) -> str:
    said = "\n".join([request.method or "", request.get_full_path()]).encode()
    return sha256(said + b"\n" + request.body).hexdigest()
