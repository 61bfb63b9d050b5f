"""The door of every API address, in any dialect: log, faults, credentials, the session's state; then the endpoint; then its echo."""

import asyncio
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from labelapp.simulator import mishaps, numbers, store
from labelapp.simulator.answers import Answer, Ask, Endpoint, Refused
from labelapp.simulator.calls import FORBIDDEN, Row
from labelapp.simulator.events import Event
from labelapp.simulator.jids import normalise
from labelapp.simulator.models import Account
from labelapp.simulator.runtime import here

View = Callable[..., Coroutine[Any, Any, HttpResponse]]
AFTERWARDS_SECONDS = 0.4
NO_KEYS = "no app state keys found, creating app state keys is not yet supported"


@dataclass(frozen=True, slots=True)
class Entry:
    """Who calls: the number that is named, the places where a token was, and the query without credentials."""

    number: str
    placement: list[str]
    query: dict[str, str]


@dataclass(frozen=True, slots=True)
class Call:
    request: HttpRequest
    endpoint: Endpoint | None
    path: dict[str, str]
    body: Any
    readable: bool
    entry: Entry
    row: Row

    @property
    def assigns(self) -> bool:
        return self.endpoint is not None and self.endpoint.assigns


class Door(ABC):
    """`view` makes a view that answers the named methods; any other is not found, as the provider's router would say."""

    ask: type[Ask] = Ask

    def view(self, **endpoints: Endpoint) -> View:
        async def answer(request: HttpRequest, **path: str) -> HttpResponse:
            call = self._open(request, endpoints.get(request.method or ""), path)
            try:
                # A client that hangs up does not stop what the provider began.
                return await asyncio.shield(self._logged(call))
            except asyncio.CancelledError:
                here().calls.leave(call.row)
                raise

        return answer

    # What the dialects say differently

    @abstractmethod
    def enter(self, request: HttpRequest, body: Any, path: dict[str, str]) -> Entry: ...

    @abstractmethod
    def check(self, call: Call) -> None:
        """Refuse unless the credentials are right and the number is known."""

    @abstractmethod
    def refusal(self, call: Call, status: int, message: str) -> Refused:
        """An error in this dialect's shape."""

    @abstractmethod
    def closed(self, account: Account) -> Refused:
        """The session is not WORKING."""

    @abstractmethod
    def nothing_done(self, call: Call) -> HttpResponse | None:
        """The answer of a write that has no effect because a switch wants so, if one does."""

    @abstractmethod
    def respond(self, answer: Answer) -> HttpResponse: ...

    # What they share

    async def account(self) -> Account:
        return await here().read(store.account)

    def _open(self, request: HttpRequest, endpoint: Endpoint | None, path: dict[str, str]) -> Call:
        body, readable = _json(request)
        entry = self.enter(request, body, path)
        numbers.current.set(entry.number if entry.number in numbers.NUMBERS else numbers.FIRST)
        row = here().calls.open(
            request.method or "",
            request.path.replace(mishaps.TOKEN, "***"),
            chat=_chat(path.get("chat") or entry.query.get("chatId") or ""),
            query=entry.query,
            placement=entry.placement,
            assigns=bool(endpoint and endpoint.assigns),
        )
        if endpoint is None and FORBIDDEN.search(request.path):
            here().calls.forbidden += 1
        return Call(request, endpoint, path, body, readable, entry, row)

    async def _logged(self, call: Call) -> HttpResponse:
        status = 0
        try:
            response = await self._answer(call)
            status = 0 if call.row["note"] in mishaps.CUT else response.status_code
            return response
        finally:
            here().calls.close(call.row, status)

    async def _answer(self, call: Call) -> HttpResponse:
        if here().faults.down:
            return await mishaps.cut(call.request, call.row, "dropped", assigns=call.assigns)
        try:
            await mishaps.slowness()
            if status := mishaps.drawn_status(assigns=call.assigns):
                return self._fault(call, status)
            if here().faults.html or mishaps.drawn("html_rate"):
                return self._fault(call, here().faults.status or 200, html=True)
            if mishaps.drawn("hang_rate"):
                return await self._hang(call)
            response = await self._admit(call)
            if mishaps.drawn("reset_rate"):
                return await mishaps.cut(call.request, call.row, "reset", assigns=call.assigns)
            return response
        except Refused as refused:
            return JsonResponse(refused.body, status=refused.status)

    def _fault(self, call: Call, status: int, *, html: bool = False) -> HttpResponse:
        call.row["note"] = "fault"
        if html:
            response = HttpResponse(mishaps.HTML_PAGE, status=status)
        else:
            response = JsonResponse(self.refusal(call, status, "").body, status=status)
        if (after := mishaps.retry_after(status)) is not None:
            response["Retry-After"] = f"{after:g}"
        return response

    async def _hang(self, call: Call) -> HttpResponse:
        """No answer within the client's patience: done or not, the line is cut in the end."""
        if here().faults.hang_acts:
            await self._admit(call)
        call.row["note"] = "hung"
        await asyncio.sleep(here().faults.hang_ms / 1000)
        return await mishaps.cut(call.request, call.row, "hung", assigns=call.assigns)

    async def _admit(self, call: Call) -> HttpResponse:
        if call.endpoint is None:
            raise self.refusal(call, 404, f"Cannot {call.request.method} {call.row['path']}")
        self.check(call)
        if not call.readable:
            raise self.refusal(call, 400, "Bad Request: the body is no JSON")
        if call.endpoint.paid and here().faults.free_plan:
            raise self.refusal(call, 403, "Webhooks need a paid plan.")
        if call.endpoint.needs_session and (account := await self.account()).status != "WORKING":
            raise self.closed(account)
        return await self._act(call, call.endpoint)

    async def _act(self, call: Call, endpoint: Endpoint) -> HttpResponse:
        runtime = here()
        named = call.body if isinstance(call.body, dict) else {}
        ask = self.ask(call.entry.query | named, call.body, runtime.faults)
        path = {name: value for name, value in call.path.items() if name != "session"}
        if endpoint.reads:
            answer = await runtime.read(endpoint.act, ask, **path)
            if "messages" in call.row["path"] and call.row["chat"].endswith("@g.us"):
                runtime.seen["group_opened"] += 1
            return self.respond(Answer(mishaps.rows(answer.body, endpoint.lists), answer.status))
        if (endpoint.assigns or endpoint.writes_labels) and runtime.faults.no_keys:
            call.row["note"] = "fault"
            raise self.refusal(call, 500, NO_KEYS)
        if untrue := self.nothing_done(call):
            return untrue
        answer = await runtime.change(endpoint.act, ask, **path)
        runtime.publish(answer.told)
        if answer.afterwards:
            runtime.later(AFTERWARDS_SECONDS, answer.afterwards)
        happened, whole = await self._steps(answer)
        if endpoint.assigns:
            mishaps.count_assignment()
        await runtime.echo(happened)
        if not whole:
            call.row["note"] = "halfway"
            raise self.refusal(call, 500, "error sending app state: stopped half way")
        return self.respond(answer)

    async def _steps(self, answer: Answer) -> tuple[list[Event], bool]:
        """The events of the whole, and whether all of it was done."""
        happened = list(answer.events)
        for place, step in enumerate(answer.steps):
            if place * 2 >= len(answer.steps) and mishaps.drawn("halfway_rate"):
                return happened, False
            happened += await here().change(step)
        return happened, True


def _json(request: HttpRequest) -> tuple[Any, bool]:
    if not request.body:
        return None, True
    try:
        return json.loads(request.body), True
    except ValueError:
        return None, False


def _chat(raw: str) -> str:
    try:
        return normalise(raw)
    except ValueError:
        return ""
