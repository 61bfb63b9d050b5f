"""What the clients of all providers have in common: the allow-list's form, the wire, and what may go into an address."""

import re
from collections.abc import Callable
from enum import Enum
from typing import ClassVar, Self
from urllib.parse import quote

from labelapp.whatsapp.errors import ProviderError
from labelapp.whatsapp.jids import normalise
from labelapp.whatsapp.types import LabelInfo
from labelapp.whatsapp.wire import Wire

_LABEL_ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_CREDENTIAL = re.compile(r"[\x21-\x7e]{1,500}")
_TAKEN = re.compile(r"already exists, id: ([\w-]+)")


class Call(Enum):
    """One allowed call of a provider: method and path below the base."""

    @property
    def method(self) -> str:
        return str(self.value[0])

    @property
    def path(self) -> str:
        return str(self.value[1])

    def address(self, *, label: str = "", chat: str = "", session: str = "") -> str:
        """The path for these ids, encoded. Raises ProviderError (permanent) for ids that no provider gives."""
        if "{label}" in self.path and (not _LABEL_ID.fullmatch(label) or label == "chats"):
            raise ProviderError("This is no label id.", permanent=True)
        jid = quote(chat_address(chat), safe="") if "{chat}" in self.path else ""
        return self.path.format(label=label, chat=jid, session=session)


class Client:
    """The wire of one connected number, and how it is let go."""

    asks_by_id: ClassVar[bool] = True
    calls_a_change: ClassVar[int] = 1
    _wire: Wire

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        self._wire.close()


def chat_address(jid: str) -> str:
    """The address as it goes out. Raises ProviderError (permanent) for what is no address."""
    try:
        return normalise(jid)
    except ValueError as error:
        raise ProviderError(str(error), permanent=True) from None


def credential(value: str, name: str) -> str:
    """`value` without the spaces around it. ValueError (a sentence) for what no header or address can carry."""
    value = value.strip()
    if not _CREDENTIAL.fullmatch(value):
        raise ValueError(f"The {name} must be a text without spaces or special letters.")
    return value


def newest(labels: list[LabelInfo], wanted: Callable[[LabelInfo], bool]) -> LabelInfo:
    """The newest label that fits, for a write whose answer did not show what came of it."""
    found = [label for label in labels if wanted(label)]
    if not found:
        raise ProviderError("The label is not in the directory yet.", timed_out=True)
    return max(found, key=lambda label: int(label.wa_id) if label.wa_id.isdecimal() else -1)


def calls_own_name_taken(error: ProviderError, wa_id: str) -> bool:
    """Whether a label was refused its own name: WAHA's search for twins does not leave out the label itself."""
    taken = _TAKEN.search(error.message)
    return bool(taken and taken[1] == wa_id)
