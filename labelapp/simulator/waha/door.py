"""WAHA's door: one key for all sessions, the session in the path, and errors that tell much (provider contract 9)."""

import asyncio
import time
from datetime import UTC, datetime
from hmac import compare_digest
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse

from labelapp.simulator import mishaps, numbers
from labelapp.simulator.answers import Answer, Refused, phrase, upstream
from labelapp.simulator.door import Call, Door, Entry
from labelapp.simulator.events import environment
from labelapp.simulator.models import Account
from labelapp.simulator.numbers import NUMBERS
from labelapp.simulator.runtime import here

NOT_WORKING = "Session status is not as expected. Try again later or restart the session"
STARTING_SECONDS = 5.0  # so long a call waits for a session that is about to work


class WahaDoor(Door):
    def enter(self, request: HttpRequest, body: Any, path: dict[str, str]) -> Entry:
        query = {name: ",".join(request.GET.getlist(name)) for name in request.GET}
        named = body if isinstance(body, dict) else {}
        session = path.get("session") or query.get("session") or str(named.get("session") or "")
        return Entry(session, ["header"] if request.headers.get("X-Api-Key") else [], query)

    def check(self, call: Call) -> None:
        key = call.request.headers.get("X-Api-Key", "")
        if not compare_digest(key.encode(), settings.ACCESS_TOKEN.encode()):
            raise Refused(401, {"message": "Unauthorized", "statusCode": 401})
        if not call.entry.number or call.entry.number in NUMBERS:
            return
        if call.request.path.startswith("/api/sessions/"):
            raise upstream(404, "Session not found")
        told = f'Session "{call.entry.number}" does not exist'
        raise Refused(422, {"error": told, "session": call.entry.number})

    def refusal(self, call: Call, status: int, message: str) -> Refused:
        """From 500 on it prints the request: its body and query come back to whoever reads the answer."""
        if status < 500:
            return upstream(status, message or phrase(status))
        message = message or phrase(status)
        asked = {"path": call.request.get_full_path(), "method": call.request.method, "body": call.body}
        return Refused(
            status,
            {
                "statusCode": status,
                "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                "exception": {"message": message, "name": "Error", "stack": f"Error: {message}\n    at process"},
                "request": asked | {"query": call.entry.query},
                "version": environment(here().profile.engine),
            },
        )

    def closed(self, account: Account) -> Refused:
        told = {"session": numbers.current.get(), "status": account.status, "expected": ["WORKING"]}
        return Refused(422, {"error": NOT_WORKING} | told)

    async def account(self) -> Account:
        until = time.monotonic() + STARTING_SECONDS
        while (me := await super().account()).status == "STARTING" and time.monotonic() < until:
            await asyncio.sleep(0.05)
        return me

    def nothing_done(self, call: Call) -> HttpResponse | None:
        return _empty(200) if call.assigns and mishaps.lies(call.row) else None

    def respond(self, answer: Answer) -> HttpResponse:
        if answer.body is None:
            return _empty(answer.status)
        return JsonResponse(answer.body, status=answer.status, safe=False, json_dumps_params={"ensure_ascii": False})


def _empty(status: int) -> HttpResponse:
    """Success without a word: `response.json()` on it fails."""
    response = HttpResponse(status=status)
    del response.headers["Content-Type"]
    return response


door = WahaDoor().view
