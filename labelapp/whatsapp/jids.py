"""Chat addresses. One person has one spelling here, whatever engine wrote it."""

import re
from typing import Literal

Kind = Literal["person", "group", "other"]

_ADDRESS = re.compile(r"([A-Za-z0-9._-]{1,48})(?::\d+)?@([a-z.]{1,20})", re.ASCII)
_NUMBER = re.compile(r"\+?(\d{5,20})", re.ASCII)
_SYSTEM = "0@c.us"


def normalise(raw: str) -> str:
    """`raw` in the spelling we store: no `:device`, `@c.us` for `@s.whatsapp.net`, bare digits as a person.

    Raises ValueError when it is no address at all (such as the literal `me`).
    """
    text = raw.strip()
    if number := _NUMBER.fullmatch(text):
        return f"{number[1]}@c.us"
    user, at, server = text.rpartition("@")
    match = _ADDRESS.fullmatch(f"{user}{at}{server.lower()}")
    if not match:
        raise ValueError("This is not a chat address.")
    server = "c.us" if match[2] == "s.whatsapp.net" else match[2]
    return f"{match[1]}@{server}"


def kind_of(jid: str) -> Kind:
    """Person, group, or other (channels, status, broadcast lists, WhatsApp itself): others carry no labels here."""
    if jid.endswith("@g.us"):
        return "group"
    if jid.endswith(("@c.us", "@lid")) and jid != _SYSTEM:
        return "person"
    return "other"


def phone_of(jid: str) -> str:
    """The number as "+2010..." of a person's address, or "" where the address holds none."""
    user, _, server = jid.partition("@")
    return f"+{user}" if server == "c.us" and jid != _SYSTEM and user.isascii() and user.isdigit() else ""
