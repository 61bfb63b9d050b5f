"""Where a client put its instance id and token. The documents name three places; a strict profile accepts only one."""

from collections.abc import Mapping
from hmac import compare_digest
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from labelapp.simulator.numbers import NUMBERS
from labelapp.simulator.wawp.answers import gateway

NAMES = ("instance_id", "access_token")
Found = dict[str, tuple[str, str]]  # place -> (instance id, token), "" for what is not there


def find(request: HttpRequest, body: Any) -> Found:
    found = {
        "header": (request.headers.get("X-Instance-ID", ""), _header_token(request)),
        "query": _pair(request.GET.dict()),
        "body": _pair(body if isinstance(body, dict) else {}),
    }
    return {place: pair for place, pair in found.items() if any(pair)}


def _header_token(request: HttpRequest) -> str:
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    return request.headers.get("access-token", "") or (bearer.strip() if scheme.lower() == "bearer" else "")


def _pair(values: Mapping[str, Any]) -> tuple[str, str]:
    instance, token = (str(values.get(name) or "") for name in NAMES)
    return instance, token


def check(found: Found) -> None:
    """Refuse unless the token and the instance are right. Token and instance may come by different ways."""
    pairs = [pair for place, pair in found.items() if settings.STRICT in {"", place}]
    instance = next((pair[0] for pair in pairs if pair[0]), "")
    token = next((pair[1] for pair in pairs if pair[1]), "")
    if not compare_digest(token.encode(), settings.ACCESS_TOKEN.encode()):
        raise gateway(401, "Invalid or Missing Access Token")
    if not instance:
        raise gateway(400, "Missing Required Parameter(s): instance_id")
    if instance not in NUMBERS:
        raise gateway(404, "Instance not found", code="invalid_instance")
