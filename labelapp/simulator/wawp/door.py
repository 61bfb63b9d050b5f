"""Wawp's door: credentials in three places, and answers of its own around those of the WAHA beneath."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from labelapp.simulator import mishaps
from labelapp.simulator.answers import Answer, Refused, phrase
from labelapp.simulator.door import Call, Door, Entry
from labelapp.simulator.models import Account
from labelapp.simulator.runtime import here
from labelapp.simulator.wawp import credentials
from labelapp.simulator.wawp.answers import SUCCESS, Ask, gateway

NOT_WORKING = "Session status is not as expected. Try again later or restart the session"


class WawpDoor(Door):
    ask = Ask

    def enter(self, request: HttpRequest, body: Any, path: dict[str, str]) -> Entry:
        found = credentials.find(request, body)
        query = {name: value for name, value in request.GET.dict().items() if name not in credentials.NAMES}
        return Entry(
            next((instance for instance, _token in found.values() if instance), ""),
            [place for place, (_instance, token) in found.items() if token],
            query,
        )

    def check(self, call: Call) -> None:
        credentials.check(credentials.find(call.request, call.body))

    def refusal(self, call: Call, status: int, message: str) -> Refused:
        more = {"code": "subscription_required"} if status == 403 and message else {}
        return gateway(status, message or phrase(status), **more)

    def closed(self, account: Account) -> Refused:
        told = {"session": account.session, "status": account.status, "expected": ["WORKING"]}
        return Refused(422, {"error": NOT_WORKING} | told)

    def nothing_done(self, call: Call) -> HttpResponse | None:
        refused = here().faults.success_false
        if refused:
            call.row["note"] = "fault"
            words = refused if isinstance(refused, str) else "The operation could not be completed"
            return self.respond(Answer({"success": False, "message": words}))
        return self.respond(Answer(SUCCESS)) if call.assigns and mishaps.lies(call.row) else None

    def respond(self, answer: Answer) -> HttpResponse:
        told = isinstance(answer.body, dict) and "success" in answer.body
        body = answer.body if told or not here().faults.wrapped else {"success": True, "data": answer.body}
        return JsonResponse(body, status=answer.status, safe=False, json_dumps_params={"ensure_ascii": False})


door = WawpDoor().view
