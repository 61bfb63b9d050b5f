"""Business events: what programs know of a customer, told once."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Router

from labelapp.actions.events import Reused, accept, accepted_before, keep_answer, settle
from labelapp.api.door import TAG, actor, token
from labelapp.api.event_shapes import EventIn, EventOut, is_storable
from labelapp.api.problems import Problem, invalid
from labelapp.api.reach import chat_of, numbers_of
from labelapp.api.repeats import REPLAYED
from labelapp.models import BusinessEvent, ChatLabel, Instance
from labelapp.queries.events.places import Places, places_of

router = Router(tags=["Events"])


@router.post("/events", auth=TAG, response={200: EventOut, 202: EventOut}, summary="Tell of a business event")
def receive(request: HttpRequest, body: EventIn) -> HttpResponse:
    """The labels that are mapped to its type are put on and taken off, the stage is set. 202: something is on its way, or waits for the
    chat of the phone number. 200: there was nothing to do.

    The same event with the same `id` is answered as before and changes nothing; one that waits is told how it stands. The id belongs to
    the token, and another event with it is 422. 409 for a phone number that has chats at several numbers: say `instance`.
    """
    if (body.phone is None) == (body.chat is None):
        raise invalid("phone", _("Say either phone or chat."))
    if not is_storable(body.data):
        raise invalid(
            "data", _("It holds what can't be stored: a NUL, half a character, an endless number, or 50 levels.")
        )
    try:
        event, is_new = _accepted(request, body)
    except Reused as reused:
        raise invalid("id", str(reused.message)) from reused
    answer = _answer(event if event.answer else settle(event))
    if not is_new:
        answer[REPLAYED] = "true"
    return answer


def _accepted(request: HttpRequest, body: EventIn) -> tuple[BusinessEvent, bool]:
    """The event, stored, and whether it is new. Raises Reused, Http404 and Problem."""
    own, fingerprint = token(request), body.fingerprint
    if before := accepted_before(own, body.id, fingerprint):
        return before, False
    numbers = numbers_of(own, body.instance)
    places = _places(numbers, body) if body.chat is None else Places("", [chat_of(numbers, str(body.chat))])
    return accept(
        actor(request),
        own,
        body.id,
        fingerprint,
        type=body.type,
        data=body.data,
        chat=places.chats[0] if places.chats else None,
        phone=places.phone,
        waits_at=places.waits_at,
    )


def _places(numbers: list[Instance], body: EventIn) -> Places:
    places = places_of(numbers, body.phone or "")
    if places is None:
        raise invalid("phone", _("This is no phone number."))
    if len(places.chats) > 1:
        raise Problem(409, _("Several numbers have this chat. Say which one: instance."))
    return places


def _answer(event: BusinessEvent) -> HttpResponse:
    """What a settled event was told first; else how it stands."""
    status, text = event.status or 202, event.answer
    if not text:
        pairs = _pairs(event)
        is_open = event.applied_at is None or any(pair.is_open for pair in pairs.values())
        status, text = 202 if is_open else 200, EventOut.of(event, pairs).model_dump_json()
        if event.applied_at is not None:
            status, text = keep_answer(event, status, text)
    return HttpResponse(text, status=status, content_type="application/json")


def _pairs(event: BusinessEvent) -> dict[int, ChatLabel]:
    """What it asked for, by label, in its order. What never was on the chat has none."""
    labels = [one["label"] for one in event.asked]
    rows = ChatLabel.objects.filter(chat=event.chat_id, label__in=labels).select_related("label")
    found = {pair.label_id: pair for pair in rows}
    return {pk: found[pk] for pk in labels if pk in found}
