"""WhatsApp's twenty label colours, and how the REST side reads and writes them."""

COLORS = [
    "#ff9485", "#64c4ff", "#ffd429", "#dfaef0", "#99b6c1", "#55ccb3", "#ff9dff", "#d3a91d", "#6d7cce", "#d7e752",
    "#00d0e2", "#ffc5c7", "#93ceac", "#f74848", "#00a0f2", "#83e422", "#ffaf04", "#b5ebff", "#9ba6ff", "#9368cf",
]  # fmt: skip


def hex_of(color: int) -> str | None:
    """The hex of an index; black above the palette, nothing below it (as the providers do)."""
    if color < 0:
        return None
    return COLORS[color] if color < len(COLORS) else "#000000"
