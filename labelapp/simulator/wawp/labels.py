"""L1 to L10: the directory, and labels on chats."""

from labelapp.simulator import reading, rows, shapes, store
from labelapp.simulator.directory import BAD_NAME, NO_COLOR, color_in, find, must_be_free, must_have_room, name_in
from labelapp.simulator.wawp.answers import SUCCESS, Answer, Ask, address, upstream


def list_labels(ask: Ask) -> Answer:
    return Answer([shapes.label(row, ask.faults.color_as) for row in reading.directory()])


def get_label(ask: Ask, label: str) -> Answer:
    return Answer(shapes.label(find(label), ask.faults.color_as))


def create_label(ask: Ask) -> Answer:
    """By WAHA's rules. A numeric string is an index too (Wawp's own sample)."""
    name, color = name_in(ask.params), color_in(ask.params, words=True)
    if name is None:
        raise upstream(400, BAD_NAME)
    if color is None:
        raise upstream(422, NO_COLOR)
    must_have_room()
    must_be_free(name, None)
    label, events = store.create_label(name, color, reuse_ids=ask.faults.reuse_ids)
    return Answer(shapes.label(label, ask.faults.color_as), 201, events)


def update_label(ask: Ask, label: str) -> Answer:
    """Name and colour may come alone, as Wawp's page says (WAHA itself wants both)."""
    row, name, color = find(label), name_in(ask.params), color_in(ask.params, words=True)
    if name is None and color is None:
        raise upstream(422, NO_COLOR)
    if name is not None:
        must_be_free(name, None if ask.faults.duplicate_check_self else row)
    events = store.update_label(
        row, name=row.name if name is None else name, color=row.color if color is None else color
    )
    return Answer(shapes.label(row, ask.faults.color_as), 200, events)


def delete_label(ask: Ask, label: str) -> Answer:
    return Answer({"result": True}, 200, store.delete_label(find(label)))


def chats_of_label(ask: Ask, label: str) -> Answer:
    """Rows as the engine gives them; an unknown label is an empty list."""
    return Answer(rows.chats_of_label(label))


def link(ask: Ask, label: str, chat: str) -> Answer:
    return Answer(SUCCESS, 200, store.link(address(chat), find(label)))


def unlink(ask: Ask, label: str, chat: str) -> Answer:
    return Answer(SUCCESS, 200, store.unlink(address(chat), find(label)))


def labels_of_chat(ask: Ask, chat: str) -> Answer:
    """No check that there is such a chat: it has no labels then."""
    jid = address(chat)
    return Answer([shapes.label(row, ask.faults.color_as) for row in reading.labels_of(jid)])


def set_labels_of_chat(ask: Ask, chat: str) -> Answer:
    """The whole list. A bare array instead of `{"labels": [...]}` is answered as if all were well, and does nothing."""
    jid = address(chat)
    if isinstance(ask.body, list):
        return Answer(SUCCESS)
    listed = ask.params.get("labels")
    if not isinstance(listed, list) or not all(isinstance(row, dict) for row in listed):
        raise upstream(400, ["labels must be an array"])
    wanted = [int(str(row["id"])) for row in listed if str(row.get("id", "")).isdecimal()]
    return Answer(SUCCESS, 200, store.set_labels(jid, wanted))
