"""L1 to L10: the directory, and labels on chats."""

from typing import Any

from labelapp.simulator import shapes, store
from labelapp.simulator.models import Assignment, Label
from labelapp.simulator.palette import COLORS
from labelapp.simulator.wawp.answers import SUCCESS, Answer, Ask, address, upstream


def find(wa_id: str) -> Label:
    label = Label.objects.filter(pk=int(wa_id)).first() if wa_id.isdecimal() and len(wa_id) < 10 else None
    if label is None:
        raise upstream(404, "Label not found")
    return label


def list_labels(ask: Ask) -> Answer:
    return Answer([shapes.label(row, ask.faults.color_as) for row in Label.objects.order_by("id")])


def get_label(ask: Ask, label: str) -> Answer:
    return Answer(shapes.label(find(label), ask.faults.color_as))


def create_label(ask: Ask) -> Answer:
    """WAHA's rules. Its guard at 20 is on creating only."""
    name = _name(ask)
    color = _color(ask.params)
    if name is None:
        raise upstream(400, ["name must be a string", "name should not be empty"])
    if color is None:
        raise upstream(422, "'color' or 'colorHex' is required")
    if Label.objects.count() >= store.LABEL_LIMIT:
        raise upstream(422, f"Maximum {store.LABEL_LIMIT} labels allowed")
    _must_be_free(name, None)
    label, events = store.create_label(name, color, reuse_ids=ask.faults.reuse_ids)
    return Answer(shapes.label(label, ask.faults.color_as), 201, events)


def update_label(ask: Ask, label: str) -> Answer:
    """Name and colour may come alone, as Wawp's page says (WAHA itself wants both)."""
    row, name, color = find(label), _name(ask), _color(ask.params)
    if name is None and color is None:
        raise upstream(422, "'color' or 'colorHex' is required")
    if name is not None:
        _must_be_free(name, None if ask.faults.duplicate_check_self else row)
    events = store.update_label(
        row, name=row.name if name is None else name, color=row.color if color is None else color
    )
    return Answer(shapes.label(row, ask.faults.color_as), 200, events)


def delete_label(ask: Ask, label: str) -> Answer:
    return Answer({"result": True}, 200, store.delete_label(find(label)))


def chats_of_label(ask: Ask, label: str) -> Answer:
    """GOWS: bare ids, and an unknown label is an empty list."""
    wa_id = int(label) if label.isdecimal() and len(label) < 10 else -1
    return Answer([{"id": jid} for jid in Assignment.objects.filter(label=wa_id).values_list("jid", flat=True)])


def link(ask: Ask, label: str, chat: str) -> Answer:
    return Answer(SUCCESS, 200, store.link(address(chat), find(label)))


def unlink(ask: Ask, label: str, chat: str) -> Answer:
    return Answer(SUCCESS, 200, store.unlink(address(chat), find(label)))


def labels_of_chat(ask: Ask, chat: str) -> Answer:
    """No check that there is such a chat: it has no labels then."""
    jid = address(chat)
    return Answer([shapes.label(row, ask.faults.color_as) for row in store.labels_of([jid])[jid]])


def set_labels_of_chat(ask: Ask, chat: str) -> Answer:
    """The whole list. A bare array instead of `{"labels": [...]}` is answered as if all were well, and does nothing."""
    jid = address(chat)
    if isinstance(ask.body, list):
        return Answer(SUCCESS)
    rows = ask.params.get("labels")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise upstream(400, ["labels must be an array"])
    wanted = [int(str(row["id"])) for row in rows if str(row.get("id", "")).isdecimal()]
    return Answer(SUCCESS, 200, store.set_labels(jid, wanted))


def _name(ask: Ask) -> str | None:
    name = ask.params.get("name")
    if name is not None and (not isinstance(name, str) or not name or len(name) > 200):
        raise upstream(400, ["name must be a string", "name should not be empty"])
    return name


def _color(params: dict[str, Any]) -> int | None:
    """The index is not range-checked, a hex is, and case-sensitively. A numeric string is an index (Wawp's own sample)."""
    color, shown = params.get("color"), params.get("colorHex")
    if color is not None and shown is not None:
        raise upstream(422, "Use either 'color' or 'colorHex'")
    if shown is not None:
        if shown not in COLORS:
            raise upstream(422, f"Invalid 'colorHex'. Possible values: {', '.join(COLORS)}")
        return COLORS.index(shown)
    if color is None:
        return None
    digits = str(color).removeprefix("-")
    if isinstance(color, bool) or not digits.isdecimal() or len(digits) > 6:
        raise upstream(400, ["color must be a number conforming to the specified constraints"])
    return int(color)


def _must_be_free(name: str, besides: Label | None) -> None:
    taken = Label.objects.filter(name=name).exclude(pk=besides.pk if besides else 0).first()
    if taken:
        raise upstream(422, f"Label with '{name}' already exists, id: {taken.pk}")
