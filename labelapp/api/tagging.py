"""Labels on chats: put on, taken off, and moves to a stage, each with its receipt."""

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Router, Status

from labelapp.actions.addressing import tag_address
from labelapp.actions.tagging import move_to_stage, set_label
from labelapp.api.door import READ, TAG, actor, token
from labelapp.api.problems import Problem
from labelapp.api.reach import chat_of, label_of, numbers_of, place_of
from labelapp.api.refs import ChatRef, LabelRef, Slug, Wait
from labelapp.api.shapes import AssignmentOut, StageIn
from labelapp.api.waiting import settled
from labelapp.models import ChatLabel, Receipt

router = Router(tags=["Tags"])
ANSWERS = {200: AssignmentOut, 202: AssignmentOut}


@router.get(
    "/chats/{chat}/labels/{path:label}", auth=READ, response=AssignmentOut, summary="How far a label on a chat has come"
)
def assignment(request: HttpRequest, chat: ChatRef, label: LabelRef, instance: Slug = None) -> AssignmentOut:
    """404 for a label that the chat never had."""
    found = chat_of(numbers_of(token(request), instance), chat)
    pair = ChatLabel.objects.filter(chat=found, label=label_of(found.instance, label)).select_related("label").first()
    if pair is None:
        raise Problem(404, _("This chat never had this label."))
    return AssignmentOut.of(pair)


@router.put("/chats/{chat}/labels/{path:label}", auth=TAG, response=ANSWERS, summary="Put a label on a chat")
def tag(
    request: HttpRequest, chat: ChatRef, label: LabelRef, instance: Slug = None, wait: Wait = 0
) -> Status[AssignmentOut]:
    """202 while the wish is on its way, 200 once WhatsApp has confirmed it. If it is so already: 200, and nothing happens.

    A label of a group that allows one replaces the other, as on the screens. A phone number without a chat is taken: the chat is
    made, and the receipt tells whether the provider accepted it. With `wait`, 502 if it did not.
    """
    place = place_of(numbers_of(token(request), instance), chat)
    wanted = label_of(place.instance, label)
    if place.chat is None:
        return _answer(tag_address(actor(request), place.instance, place.jid, wanted), wait)
    return _answer(set_label(actor(request), place.chat, wanted, on=True), wait)


@router.delete("/chats/{chat}/labels/{path:label}", auth=TAG, response=ANSWERS, summary="Take a label off a chat")
def untag(
    request: HttpRequest, chat: ChatRef, label: LabelRef, instance: Slug = None, wait: Wait = 0
) -> Status[AssignmentOut]:
    """As to put one on. What is not on the chat is off already: 200, and nothing happens."""
    found = chat_of(numbers_of(token(request), instance), chat)
    return _answer(set_label(actor(request), found, label_of(found.instance, label), on=False), wait)


@router.put("/chats/{chat}/stage", auth=TAG, response=ANSWERS, summary="Move a chat to a stage")
def stage(
    request: HttpRequest, chat: ChatRef, body: StageIn, instance: Slug = None, wait: Wait = 0
) -> Status[AssignmentOut]:
    """The new stage goes on first; once it is confirmed the former one comes off. 422 for a label that is no stage."""
    place = place_of(numbers_of(token(request), instance), chat)
    wanted = label_of(place.instance, body.label)
    if place.chat is None:
        return _answer(tag_address(actor(request), place.instance, place.jid, wanted, as_stage=True), wait)
    return _answer(move_to_stage(actor(request), place.chat, wanted), wait)


def _answer(pair: ChatLabel, wait: int) -> Status[AssignmentOut]:
    pair = settled(pair, wait)
    shown = AssignmentOut.of(pair)
    if wait and pair.receipt == Receipt.FAILED:
        raise Problem(502, pair.reason, more={"assignment": shown.model_dump(mode="json")})
    return Status(202 if pair.is_open else 200, shown)
