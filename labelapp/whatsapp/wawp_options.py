"""The calls that Wawp's client may make, and what of them is not proven and can be set per instance."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Literal, Self, cast

from labelapp.whatsapp.client import Call

Placement = Literal["body", "query", "header"]
PLACEMENTS: tuple[Placement, ...] = ("body", "query", "header")


class Endpoint(Call):
    """The allow-list: method and path below the base. Nothing here sends, types, shows presence or marks as read.

    Wawp's page names end in /create, /update, /delete; the one printed address of these (update) does not. So the
    short forms come first and the long ones can be chosen.
    """

    SESSION = ("POST", "session/info")
    SESSION_BY_GET = ("GET", "session/info")
    LABELS = ("GET", "labels")
    LABEL = ("GET", "labels/{label}")
    CREATE = ("POST", "labels")
    CREATE_LONG = ("POST", "labels/create")
    UPDATE = ("PUT", "labels/{label}")
    DELETE = ("DELETE", "labels/{label}")
    DELETE_LONG = ("DELETE", "labels/{label}/delete")
    LABEL_CHATS = ("GET", "labels/{label}/chats")
    LINK = ("PUT", "labels/{label}/chats/{chat}")
    UNLINK = ("DELETE", "labels/{label}/chats/{chat}")
    CHAT_LABELS = ("GET", "labels/chats/{chat}")
    OVERVIEW = ("GET", "chats/overview")
    MESSAGES = ("GET", "chats/messages")
    LIDS = ("GET", "lids")
    HOOKS = ("GET", "session/webhook")
    SET_HOOK = ("POST", "webhook/set")


_ALLOWED: Mapping[str, tuple[str, ...]] = {
    "write_placement": PLACEMENTS,
    "read_placement": ("query", "header"),
    "create_path": ("labels", "labels/create"),
    "delete_path": ("labels/{id}", "labels/{id}/delete"),
    "session_method": ("POST", "GET"),
}


@dataclass(frozen=True, slots=True)
class WawpOptions:
    """Where credentials go, and the addresses that no source proves.

    write_placement  body as on the customer's page for link and unlink: nothing secret in an address or a log of them.
    read_placement   query: the only place for GET that no source contradicts, although it puts the token into the
                     address. `header` is in Wawp's OpenAPI document only; choose it where `connect` finds it accepted.
    """

    write_placement: Placement = "body"
    read_placement: Placement = "query"
    create_path: str = "labels"
    delete_path: str = "labels/{id}"
    session_method: str = "POST"

    @classmethod
    def parse(cls, options: Mapping[str, str] | None) -> Self:
        """The options in a mapping of texts. ValueError (a sentence) for an unknown key or value."""
        for key, value in (options or {}).items():
            if key not in _ALLOWED:
                known = ", ".join(field.name for field in fields(cls))
                raise ValueError(f"The option {key[:40]!r} is not known. Known are: {known}.")
            if value not in _ALLOWED[key]:
                raise ValueError(f"The option {key!r} must be one of: {', '.join(_ALLOWED[key])}.")
        return cls(**cast(dict[str, Placement], dict(options or {})))

    @property
    def create(self) -> Endpoint:
        return Endpoint.CREATE if self.create_path == "labels" else Endpoint.CREATE_LONG

    @property
    def delete(self) -> Endpoint:
        return Endpoint.DELETE if self.delete_path == "labels/{id}" else Endpoint.DELETE_LONG

    @property
    def session(self) -> Endpoint:
        return Endpoint.SESSION if self.session_method == "POST" else Endpoint.SESSION_BY_GET
