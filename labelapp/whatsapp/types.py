"""What every provider tells us, in one shape. Frozen: a fact once read does not change."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class LabelInfo:
    """A label of the directory. `color` is the palette index or None; `color_hex` is what the provider wrote, verbatim.

    The name is verbatim too (any script, spaces, emoji; at most 200 characters) and "" where the provider left it out.
    """

    wa_id: str
    name: str
    color: int | None
    color_hex: str = ""


@dataclass(frozen=True, slots=True)
class MessageInfo:
    """One message. `at` is UTC, or None where the provider gave no believable time.

    `sender` is the author in a group (display name, else JID) and "" elsewhere. `source` is "app", "api" or "".
    `media` is "image", "audio", "video", "document", "sticker", "location", "contact" or "".
    """

    wa_id: str
    chat_jid: str
    at: datetime | None
    from_me: bool
    text: str
    sender: str = ""
    source: str = ""
    media: str = ""


@dataclass(frozen=True, slots=True)
class ChatInfo:
    """A row of the chat overview. None means that the provider did not say."""

    jid: str
    name: str
    last_message: MessageInfo | None
    archived: bool | None = None
    unread: int | None = None


DEAF_ENGINES = {"WEBJS"}  # as WAHA's table of events by engine says


@dataclass(frozen=True, slots=True)
class SessionInfo:
    """The connected number. `status` is the provider's word in capitals; unknown words are possible.

    `engine` is what speaks to WhatsApp (GOWS, NOWEB, WEBJS, ...), "" where the provider does not tell.
    """

    name: str
    status: str
    me_jid: str
    me_name: str
    me_lid: str = ""
    engine: str = ""

    @property
    def tells_labels(self) -> bool:
        """False for an engine that is known to send no event about labels."""
        return self.engine not in DEAF_ENGINES


@dataclass(frozen=True, slots=True)
class LidPair:
    """A hidden id and the number behind it; `pn` is None as long as WhatsApp does not tell, which can be for ever."""

    lid: str
    pn: str | None


@dataclass(frozen=True, slots=True)
class HookInfo:
    """An address that the provider sends deliveries to."""

    url: str
    events: tuple[str, ...]
    active: bool
