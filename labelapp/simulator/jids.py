"""Chat addresses as providers take and give them."""

import re

ADDRESS = re.compile(r"^(\d{3,20}(?:-\d{3,20})?)(?::\d{1,4})?@(c\.us|s\.whatsapp\.net|lid|g\.us)$")


def normalise(raw: str) -> str:
    """One spelling per chat: no device part, `@c.us` for people, bare digits are a number. ValueError when it is no chat."""
    raw = raw.strip()
    found = ADDRESS.match(raw if "@" in raw else f"{raw}@c.us")
    if not found:
        raise ValueError("That is no chat address.")
    user, server = found.groups()
    return f"{user}@{'c.us' if server == 's.whatsapp.net' else server}"


def kind_of(jid: str) -> str:
    """`group`, `lid` (a person whose number is hidden) or `person`."""
    return {"g.us": "group", "lid": "lid"}.get(jid.rpartition("@")[2], "person")
