"""/sim/: what tests, the phone page and the demo page use to look at the world and to change it. Loopback only, no login."""

import json
from collections.abc import Awaitable, Callable, Coroutine
from functools import wraps
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, JsonResponse

from labelapp.simulator import chaos, handset, numbers, shapes, shop, store
from labelapp.simulator.events import Event
from labelapp.simulator.faults import Refusal, number
from labelapp.simulator.models import Hook
from labelapp.simulator.runtime import RUNTIMES, here

Body = dict[str, Any]
Control = Callable[..., Awaitable[Any]]
View = Callable[..., Coroutine[Any, Any, HttpResponse]]


def control(**acts: Control) -> View:
    """A view that hands the JSON body to the method's function; a Refusal is a 400 with its sentence.

    `?instance=` says which number it is about.
    """

    async def view(request: HttpRequest, **path: Any) -> HttpResponse:
        act = acts.get(request.method or "")
        if act is None:
            return _error(405, f"This address takes {' and '.join(acts)}.")
        if not _ours(request):
            return _error(403, "The controls answer to this machine only.")
        if (number := request.GET.get("instance", numbers.FIRST)) not in numbers.NUMBERS:
            return _error(404, f"There is no number {number[:40]} here, only {', '.join(numbers.NUMBERS)}.")
        numbers.current.set(number)  # for this request's task
        try:
            body = request.GET.dict() if request.method == "GET" else _body(request)
            return JsonResponse(await act(body, **path), safe=False, json_dumps_params={"ensure_ascii": False})
        except Refusal as refusal:
            return _error(400, str(refusal))

    return view


def _error(status: int, sentence: str) -> HttpResponse:
    return JsonResponse({"error": sentence}, status=status)


def _ours(request: HttpRequest) -> bool:
    """From this machine, and not sent by the page of another site."""
    try:
        near = ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        near = False
    return near and request.headers.get("Sec-Fetch-Site", "none") in {"none", "same-origin"}


def _body(request: HttpRequest) -> Body:
    if not request.body:
        return {}
    try:
        value = json.loads(request.body)
    except ValueError as error:
        raise Refusal("The body is no JSON.") from error
    if not isinstance(value, dict):
        raise Refusal("The body must be a JSON object.")
    return value


# Looking


async def state(_query: Body) -> Body:
    counts = await here().counts()
    session, hooks = await here().read(_session)
    return counts | {
        "session": session,
        "faults": here().faults.as_dict(),
        "life": here().life,
        "forbidden_calls": here().calls.forbidden,
        "calls": here().calls.made,
        "hooks": hooks,
        "deliveries": here().deliveries.counts(),
        "seen": dict(here().seen),
        "version": here().version,
        "profile": here().profile.engine,
        "recording": here().deliveries.outbox.on,
    }


def _session() -> tuple[Body, list[Body]]:
    hooks = list(Hook.objects.order_by("id"))
    session = shapes.session(store.account(), hooks)
    session.pop("config")
    return session | {"instance_id": numbers.current.get()}, [
        shapes.hook(hook)
        | {"url": _masked(hook.url), "active": hook.is_active, "signed": bool(hook.hmac), "dialect": hook.dialect}
        for hook in hooks
    ]


def _masked(url: str) -> str:
    """Without what follows the host: hook addresses hold secrets."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/…"


async def chats(query: Body) -> list[Body]:
    limit, offset = chaos.whole_of(query, "limit", 50), chaos.whole_of(query, "offset", 0)
    return await here().read(handset.chat_list, q=str(query.get("q", "")), limit=limit, offset=offset)


async def chat(query: Body, jid: str) -> Body:
    return await here().read(handset.chat_page, jid, limit=chaos.whole_of(query, "limit", 30))


async def calls(query: Body) -> Body:
    return {"calls": here().calls.since(chaos.whole_of(query, "since", 0)), "last": here().calls.made}


# The phone


def on_phone(act: Callable[..., tuple[Any, list[Event]]], seen: str = "") -> Control:
    """A control whose `act` changes the world as somebody at the handset would; its events go out at once."""

    @wraps(act)
    async def run(body: Body, **path: Any) -> Any:
        result, happened = await here().change(act, body, **path)
        if seen:
            here().seen[seen] += 1
        here().publish(happened)
        return result

    return run


# The provider


async def session(body: Body) -> Body:
    status = body.get("status")
    if not isinstance(status, str) or not status.isupper() or len(status) > 40:
        raise Refusal("status takes a word in capitals, such as WORKING or STOPPED.")
    here().publish(await here().change(store.set_status, status))
    return {"status": status}


async def set_faults(body: Body) -> Body:
    here().set_faults(body)
    return here().faults.as_dict()


async def reset_faults(_body: Body) -> Body:
    here().set_faults(None)
    return here().faults.as_dict()


async def life(body: Body) -> Body:
    if not number(0, 86_400)(body.get("every")):
        raise Refusal("every takes seconds from 0 (off) to 86400.")
    here().set_life(float(body["every"]))
    return {"life": here().life}


async def reset(body: Body) -> Body:
    """The number as it began: its world, its engine, no faults, nothing noted or recorded."""
    await chaos.world(body | {"profile": here().number.profile})
    here().set_faults(None)
    here().deliveries.outbox.on = False
    return await state({})


async def listed(_query: Body) -> list[Body]:
    return [{"id": one.number.id, "name": one.number.name, "profile": one.profile.engine} for one in RUNTIMES.values()]


views = {
    "state": control(GET=state),
    "chats": control(GET=chats),
    "chats/<path:jid>": control(GET=chat),
    "calls": control(GET=calls),
    "phone/label": control(POST=on_phone(handset.set_label, "phone_labelled")),
    "phone/message": control(POST=on_phone(handset.write)),
    "phone/labels": control(POST=on_phone(handset.create_label)),
    "phone/labels/<wa_id>": control(
        PATCH=on_phone(handset.update_label), DELETE=on_phone(handset.delete_label, "phone_deleted")
    ),
    "phone/archive": control(POST=on_phone(handset.archive)),
    "phone/chats": control(POST=on_phone(handset.create_chat)),
    "session": control(POST=session),
    "faults": control(POST=set_faults, DELETE=reset_faults),
    "life": control(POST=life),
    "reset": control(POST=reset),
    "numbers": control(GET=listed),
} | {route: control(**acts) for route, acts in (chaos.acts | shop.acts).items()}
