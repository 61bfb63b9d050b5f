"""WhatsApp's 20 label colours, by index. The providers agree on this table; index 0 is a colour, not "none"."""

import re

PALETTE: tuple[str, ...] = (
    "#ff9485",
    "#64c4ff",
    "#ffd429",
    "#dfaef0",
    "#99b6c1",
    "#55ccb3",
    "#ff9dff",
    "#d3a91d",
    "#6d7cce",
    "#d7e752",
    "#00d0e2",
    "#ffc5c7",
    "#93ceac",
    "#f74848",
    "#00a0f2",
    "#83e422",
    "#ffaf04",
    "#b5ebff",
    "#9ba6ff",
    "#9368cf",
)

_INDEX = {color: index for index, color in enumerate(PALETTE)}
_NUMBER = re.compile(r"\d{1,2}", re.ASCII)


def color_index(value: int | float | str | None, hex: str = "") -> int | None:
    """The palette index of a colour told as index, numeric string or hex in any case; None for one outside the palette.

    `hex` is asked only where `value` says nothing: the provider advises to trust the index over the hex.
    """
    if isinstance(value, bool) or value is None:
        return _INDEX.get(hex.strip().lower())
    if isinstance(value, str):
        text = value.strip().lower()
        value = int(text) if _NUMBER.fullmatch(text) else _INDEX.get(text, -1)
    if value in range(len(PALETTE)):
        return int(value)
    return _INDEX.get(hex.strip().lower())
