"""What goes wrong with a call because a switch wants it so."""

import asyncio
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from labelapp.simulator.calls import Row
from labelapp.simulator.runtime import here

TOKEN = settings.ACCESS_TOKEN
CUT = {"dropped", "reset", "hung"}  # calls that end with the line cut
HTML_PAGE = (
    "<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
)


def drawn(rate: str) -> bool:
    """Whether this call is one of the share that the switch names."""
    share = getattr(here().faults, rate)
    return bool(share) and here().rng.random() < share


async def slowness() -> None:
    faults = here().faults
    if faults.latency_ms or faults.jitter_ms:
        await asyncio.sleep((faults.latency_ms + here().rng.random() * faults.jitter_ms) / 1000)


def drawn_status(*, assigns: bool) -> int | None:
    """The error of this call, if it is to have one. A `status` below 300 with `html` set is the page's business."""
    faults = here().faults
    if faults.status and not faults.html and (assigns or faults.status_of == "all"):
        return int(faults.status)
    if drawn("fail_rate"):
        return int(faults.fail_status)
    return 429 if drawn("busy_rate") else None


def retry_after(status: int) -> float | None:
    faults = here().faults
    told = faults.retry_after
    if told is None and status == 429 and faults.busy_rate:
        told = faults.busy_seconds
    return None if told is None else float(told)


async def cut(request: HttpRequest, row: Row, note: str, *, assigns: bool) -> HttpResponse:
    """What a client sees when a provider's machine goes away."""
    row["note"], row["status"] = note, 0
    if assigns:
        here().seen["dropped"] += 1
    if drop := getattr(request, "scope", {}).get("simulator.drop"):
        drop()
        await asyncio.sleep(0.01)  # until the server has noticed; what is sent after that goes nowhere
    return HttpResponse(status=503)


def rows(body: Any, source: str) -> Any:
    """A list as the switches want it: empty, with gaps, or printed as an object like on Wawp's pages."""
    faults = here().faults
    if not isinstance(body, list):
        return body
    if faults.lists_of in {"all", source}:
        if faults.empty_lists:
            body = []
        if faults.partial_lists is not None:
            body = [row for row in body if here().rng.random() < faults.partial_lists]
    return {str(place): row for place, row in enumerate(body)} if faults.keyed else body


def lies(row: Row) -> bool:
    """Whether this write is answered as done and has no effect."""
    if not here().faults.lie and not drawn("lie_rate"):
        return False
    row["note"] = "lied"
    here().seen["lied"] += 1
    return True


def count_assignment() -> None:
    seen = here().seen
    seen["tagged"] += 1
    if seen["dropped"] > seen["made_good"]:  # the first one that gets through after lines were cut
        seen["recovered"] += 1
        seen["made_good"] = seen["dropped"]
