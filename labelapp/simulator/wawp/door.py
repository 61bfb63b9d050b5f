"""The door of every /v2/ address: log, faults, credentials, the session's state; then the endpoint; then its echo."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse

from labelapp.simulator import store
from labelapp.simulator.calls import FORBIDDEN
from labelapp.simulator.jids import normalise
from labelapp.simulator.runtime import sim
from labelapp.simulator.wawp import credentials
from labelapp.simulator.wawp.answers import SUCCESS, Answer, Ask, Endpoint, Refused, gateway, phrase

View = Callable[..., Coroutine[Any, Any, HttpResponse]]
HTML_PAGE = (
    "<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
)


def door(**endpoints: Endpoint) -> View:
    """A view that answers the named methods; any other is not found, as the provider's router would say."""

    async def view(request: HttpRequest, **path: str) -> HttpResponse:
        # A client that hangs up does not stop what the provider began.
        return await asyncio.shield(_logged(request, endpoints.get(request.method or ""), path))

    return view


async def _logged(request: HttpRequest, endpoint: Endpoint | None, path: dict[str, str]) -> HttpResponse:
    body, readable = _json(request)
    found = credentials.find(request, body)
    query = {name: value for name, value in request.GET.dict().items() if name not in credentials.NAMES}
    row = sim.calls.open(
        request.method or "",
        request.path.replace(settings.ACCESS_TOKEN, "***"),
        chat=_chat(path.get("chat") or query.get("chatId") or ""),
        query=query,
        placement=[place for place, (_instance, token) in found.items() if token],
    )
    if endpoint is None and FORBIDDEN.search(request.path):
        sim.calls.forbidden += 1
    status = 0
    try:
        if sim.faults.down:
            return await _drop(request, row, endpoint)
        ask = Ask(_params(query, body), body, sim.faults)
        response = await _answer(request, row, endpoint, path, ask, found, readable)
        status = response.status_code
        return response
    finally:
        sim.calls.close(row, status)


def _json(request: HttpRequest) -> tuple[Any, bool]:
    if not request.body:
        return None, True
    try:
        return json.loads(request.body), True
    except ValueError:
        return None, False


def _params(query: dict[str, str], body: Any) -> dict[str, Any]:
    named = body if isinstance(body, dict) else {}
    return query | {name: value for name, value in named.items() if name not in credentials.NAMES}


def _chat(raw: str) -> str:
    try:
        return normalise(raw)
    except ValueError:
        return ""


async def _drop(request: HttpRequest, row: dict[str, Any], endpoint: Endpoint | None) -> HttpResponse:
    row["note"], row["status"] = "dropped", 0
    if endpoint and endpoint.pair:
        sim.seen["dropped"] += 1
    if drop := getattr(request, "scope", {}).get("simulator.drop"):
        drop()
        await asyncio.sleep(0.01)  # until the server has noticed; what is sent after that goes nowhere
    return HttpResponse(status=503)


async def _answer(
    request: HttpRequest,
    row: dict[str, Any],
    endpoint: Endpoint | None,
    path: dict[str, str],
    ask: Ask,
    found: credentials.Found,
    readable: bool,
) -> HttpResponse:
    try:
        if fault := await _fault(row):
            return fault
        if endpoint is None:
            raise gateway(404, f"Cannot {request.method} {row['path']}")
        credentials.check(found)
        if not readable:
            raise gateway(400, "Bad Request: the body is no JSON")
        await _must_be_open(endpoint)
        return await _act(row, endpoint, path, ask)
    except Refused as refused:
        return JsonResponse(refused.body, status=refused.status)


async def _fault(row: dict[str, Any]) -> HttpResponse | None:
    faults = sim.faults
    if faults.latency_ms or faults.jitter_ms:
        await asyncio.sleep((faults.latency_ms + sim.rng.random() * faults.jitter_ms) / 1000)
    status = faults.status
    if not status and sim.rng.random() < faults.fail_rate:
        status = faults.fail_status
    if not status and not faults.html:
        return None
    row["note"] = "fault"
    if faults.html:
        response = HttpResponse(HTML_PAGE, status=status or 200)
    else:
        response = JsonResponse({"status": status, "message": phrase(status), "error": phrase(status)}, status=status)
    if faults.retry_after is not None:
        response["Retry-After"] = f"{faults.retry_after:g}"
    return response


async def _must_be_open(endpoint: Endpoint) -> None:
    if endpoint.paid and sim.faults.free_plan:
        raise gateway(403, "Webhooks need a paid plan.", code="subscription_required")
    if not endpoint.needs_session:
        return
    account = await sim.read(store.account)
    if account.status != "WORKING":
        told = "Session status is not as expected. Try again later or restart the session"
        raise Refused(
            422, {"error": told, "session": account.session, "status": account.status, "expected": ["WORKING"]}
        )


async def _act(row: dict[str, Any], endpoint: Endpoint, path: dict[str, str], ask: Ask) -> HttpResponse:
    faults = sim.faults
    if endpoint.reads:
        answer = await sim.read(endpoint.act, ask, **path)
        if row["path"].endswith("/chats/messages") and row["chat"].endswith("@g.us"):
            sim.seen["group_opened"] += 1
        return _respond(Answer(_rows(answer.body), answer.status))
    if faults.success_false:
        row["note"] = "fault"
        words = (
            faults.success_false if isinstance(faults.success_false, str) else "The operation could not be completed"
        )
        return _respond(Answer({"success": False, "message": words}))
    if endpoint.pair and faults.lie:
        row["note"] = "lied"
        sim.seen["lied"] += 1
        return _respond(Answer(SUCCESS))
    answer = await sim.change(endpoint.act, ask, **path)
    if endpoint.pair:
        sim.seen["tagged"] += 1
        if sim.seen["dropped"] > sim.seen["made_good"]:  # the first one that gets through after lines were cut
            sim.seen["recovered"] += 1
            sim.seen["made_good"] = sim.seen["dropped"]
    await sim.echo(answer.events)
    return _respond(answer)


def _rows(body: Any) -> Any:
    """A list as the switches want it: empty, with gaps, or printed as an object like on the documents' pages."""
    if not isinstance(body, list):
        return body
    if sim.faults.empty_lists:
        body = []
    if sim.faults.partial_lists is not None:
        body = [row for row in body if sim.rng.random() < sim.faults.partial_lists]
    return {str(place): row for place, row in enumerate(body)} if sim.faults.keyed else body


def _respond(answer: Answer) -> HttpResponse:
    told = isinstance(answer.body, dict) and "success" in answer.body
    body = answer.body if told or not sim.faults.wrapped else {"success": True, "data": answer.body}
    return JsonResponse(body, status=answer.status, safe=False, json_dumps_params={"ensure_ascii": False})
