"""Rules of the label directory that both dialects share: they are WAHA's (provider contract L3, L4)."""

from typing import Any

from labelapp.simulator import store
from labelapp.simulator.answers import upstream
from labelapp.simulator.models import Label
from labelapp.simulator.palette import COLORS

NO_COLOR = "'color' or 'colorHex' is required"
BAD_NAME = ["name must be a string", "name should not be empty"]
BAD_COLOR = ["color must be a number conforming to the specified constraints"]


def find(wa_id: str) -> Label:
    label = Label.objects.filter(pk=int(wa_id)).first() if wa_id.isdecimal() and len(wa_id) < 10 else None
    if label is None:
        raise upstream(404, "Label not found")
    return label


def name_in(params: dict[str, Any]) -> str | None:
    name = params.get("name")
    if name is not None and (not isinstance(name, str) or not name or len(name) > 200):
        raise upstream(400, BAD_NAME)
    return name


def color_in(params: dict[str, Any], *, words: bool) -> int | None:
    """The index is not range-checked, a hex is, and case-sensitively. With `words` a numeric string is an index too."""
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
    if isinstance(color, bool) or (isinstance(color, str) and not words) or not digits.isdecimal() or len(digits) > 6:
        raise upstream(400, BAD_COLOR)
    return int(color)


def must_be_free(name: str, besides: Label | None) -> None:
    taken = Label.objects.filter(name=name).exclude(pk=besides.pk if besides else 0).first()
    if taken:
        raise upstream(422, f"Label with '{name}' already exists, id: {taken.pk}")


def must_have_room() -> None:
    """The guard at 20 is on creating only."""
    if Label.objects.count() >= store.LABEL_LIMIT:
        raise upstream(422, f"Maximum {store.LABEL_LIMIT} labels allowed")
