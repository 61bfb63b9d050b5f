"""Labels on chats: put on, taken off, and moves to a stage, each with its receipt."""

from typing import TypeVar

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Router, Status

from labelapp.actions.actor import Actor
from labelapp.actions.addressing import tag_address
from labelapp.actions.tagging import move_to_stage, set_label
from labelapp.actions.timers import BadTimer, set_timer
from labelapp.api.door import READ, TAG, actor, token
from labelapp.api.problems import Problem
from labelapp.api.reach import Place, beside_of, chat_of, label_of, numbers_of, place_of
from labelapp.api.refs import ChatRef, LabelRef, Slug, Wait
from labelapp.api.shapes import AssignmentOut, StageIn, TaggedOut
from labelapp.api.timers import NOTHING, TagIn, alarm_of, refusal
from labelapp.api.waiting import settled
from labelapp.models import ChatLabel, Label, Receipt
from labelapp.queries.directory import directory_of
from labelapp.queries.stale import MANY, stale_of

router = Router(tags=["Tags"])
ANSWERS = {200: AssignmentOut, 202: AssignmentOut}
TAGGED = {200: TaggedOut, 202: TaggedOut}
Shown = TypeVar("Shown", bound=AssignmentOut)


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


@router.put("/chats/{chat}/labels/{path:label}", auth=TAG, response=TAGGED, summary="Put a label on a chat")
def tag(
    request: HttpRequest,
    chat: ChatRef,
    label: LabelRef,
    body: TagIn = NOTHING,
    instance: Slug = None,
    wait: Wait = 0,
) -> Status[TaggedOut]:
    """202 while the wish is on its way, 200 once WhatsApp has confirmed it. If it is so already: 200, and nothing happens.

    A label of a group that allows one replaces the other, as on the screens. From a chat's eighth label on the answer names those that
    have been on it for long (`stale`). A phone number without a chat is taken: the chat is made, and the receipt tells whether the
    provider accepted it. With `wait`, 502 if it did not. Another time than before is kept without a call to the provider.
    """
    place = place_of(numbers_of(token(request), instance), chat)
    wanted = label_of(place.instance, label, place.chat)
    try:
        pair = _tag(actor(request), place, wanted, body)
    except BadTimer as error:
        raise refusal(error) from error
    return _tagged(pair, wanted, wait)


def _tag(who: Actor, place: Place, label: Label, body: TagIn) -> ChatLabel:
    alarm = alarm_of(body, place.instance)
    if place.chat is None:
        return tag_address(who, place.instance, place.jid, label, alarm=alarm)
    return set_timer(who, place.chat, label, alarm) if body.is_asked else set_label(who, place.chat, label, on=True)


@router.delete("/chats/{chat}/labels/{path:label}", auth=TAG, response=ANSWERS, summary="Take a label off a chat")
def untag(
    request: HttpRequest, chat: ChatRef, label: LabelRef, instance: Slug = None, wait: Wait = 0
) -> Status[AssignmentOut]:
    """As to put one on. What is not on the chat is off already: 200, and nothing happens."""
    found = chat_of(numbers_of(token(request), instance), chat)
    return _untagged(set_label(actor(request), found, label_of(found.instance, label), on=False), wait)


@router.put("/chats/{chat}/stage", auth=TAG, response=TAGGED, summary="Move a chat to a stage")
def stage(
    request: HttpRequest, chat: ChatRef, body: StageIn, instance: Slug = None, wait: Wait = 0
) -> Status[TaggedOut]:
    """The new stage goes on first; once it is confirmed the former one comes off. 422 for a label that is no stage."""
    place = place_of(numbers_of(token(request), instance), chat)
    wanted = label_of(place.instance, body.label, place.chat)
    if place.chat is None:
        return _tagged(tag_address(actor(request), place.instance, place.jid, wanted, as_stage=True), wanted, wait)
    return _tagged(move_to_stage(actor(request), place.chat, wanted), wanted, wait)


def _tagged(pair: ChatLabel, wanted: Label, wait: int) -> Status[TaggedOut]:
    """The answer to whoever put it on. A few queries more where the chat carries so many labels."""
    chat, pair = pair.chat, settled(pair, wait)
    is_crowded = beside_of(wanted) + 1 >= MANY
    stale = stale_of(chat, directory_of(chat.instance)) if is_crowded else []
    return _answer(pair, wait, TaggedOut.beside(pair, stale))


def _untagged(pair: ChatLabel, wait: int) -> Status[AssignmentOut]:
    pair = settled(pair, wait)
    return _answer(pair, wait, AssignmentOut.of(pair))


def _answer(pair: ChatLabel, wait: int, shown: Shown) -> Status[Shown]:
    if wait and pair.receipt == Receipt.FAILED:
        raise Problem(502, pair.reason, more={"assignment": shown.model_dump(mode="json")})
    return Status(202 if pair.is_open else 200, shown)
