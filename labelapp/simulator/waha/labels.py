"""WAHA's label surface. There is no call for one assignment: a chat's list is replaced, step by step and not at once."""

from functools import partial
from typing import Any

from labelapp.simulator import reading, rows, shapes, store
from labelapp.simulator.answers import Answer, Ask, Refused, upstream
from labelapp.simulator.directory import BAD_NAME, NO_COLOR, color_in, find, must_be_free, must_have_room, name_in
from labelapp.simulator.events import Event
from labelapp.simulator.jids import normalise
from labelapp.simulator.models import Label


def list_labels(ask: Ask) -> Answer:
    return Answer([shapes.label(row, None) for row in reading.directory()])


def create_label(ask: Ask) -> Answer:
    name, color = _name_and_color(ask)
    must_have_room()
    must_be_free(name, None)
    label, events = store.create_label(name, color, reuse_ids=ask.faults.reuse_ids)
    return Answer(shapes.label(label, None), 201, events)


def update_label(ask: Ask, label: str) -> Answer:
    """The check for a free name does not except the label itself: a colour cannot be changed alone."""
    row = find(label)
    name, color = _name_and_color(ask)
    must_be_free(name, None)
    events = store.update_label(row, name=name, color=color)
    return Answer(shapes.label(row, None), 200, events)


def delete_label(ask: Ask, label: str) -> Answer:
    return Answer({"result": True}, 200, store.delete_label(find(label)))


def chats_of_label(ask: Ask, label: str) -> Answer:
    return Answer(rows.chats_of_label(label))


def labels_of_chat(ask: Ask, chat: str) -> Answer:
    """No check that there is such a chat, or that this is the address of one: it has no labels then."""
    try:
        return Answer([shapes.label(row, None) for row in reading.labels_of(normalise(chat))])
    except ValueError:
        return Answer([])


def set_labels_of_chat(ask: Ask, chat: str) -> Answer:
    """The difference to what is stored now, adds first. Ids that the directory does not know are passed over.

    A bare array instead of `{"labels": [...]}` is answered as if all were well, and does nothing.
    """
    if isinstance(ask.body, list):
        return Answer(None)
    jid = _address(chat)
    now = [label.pk for label in store.labels_of([jid])[jid]]
    then = [wa_id for wa_id in _wanted(ask) if Label.objects.filter(pk=wa_id).exists()]
    added = [partial(_step, jid, wa_id, on=True) for wa_id in dict.fromkeys(then) if wa_id not in now]
    return Answer(None, steps=added + [partial(_step, jid, wa_id, on=False) for wa_id in now if wa_id not in then])


def _step(jid: str, wa_id: int, *, on: bool) -> list[Event]:
    """A label that is gone meanwhile is passed over."""
    label = Label.objects.filter(pk=wa_id).first()
    if label is None:
        return []
    return store.link(jid, label) if on else store.unlink(jid, label)


def _wanted(ask: Ask) -> list[int]:
    listed: Any = ask.body.get("labels") if isinstance(ask.body, dict) else None
    if not isinstance(listed, list):
        raise upstream(400, ["labels must be an array"])
    if not all(isinstance(row, dict) and isinstance(row.get("id"), str) for row in listed):
        raise upstream(400, ["labels.0.id must be a string"])
    return [int(row["id"]) for row in listed if row["id"].isdecimal() and len(row["id"]) < 10]


def _name_and_color(ask: Ask) -> tuple[str, int]:
    named = ask.body if isinstance(ask.body, dict) else {}
    name, color = name_in(named), color_in(named, words=False)
    if name is None:
        raise upstream(400, BAD_NAME)
    if color is None:
        raise upstream(422, NO_COLOR)
    return name, color


def _address(raw: str) -> str:
    try:
        return normalise(raw)
    except ValueError as error:
        raise Refused(
            500, {"statusCode": 500, "exception": {"message": "failed to parse jid", "name": "Error"}}
        ) from error
