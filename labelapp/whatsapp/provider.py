"""The small protocol that every provider client fulfils, and the door to them."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Protocol, Self

import httpx

from labelapp.whatsapp.transport import SECONDS
from labelapp.whatsapp.types import ChatInfo, HookInfo, LabelInfo, LidPair, MessageInfo, SessionInfo
from labelapp.whatsapp.waha import Waha
from labelapp.whatsapp.wawp import Wawp


class Provider(Protocol):
    """Every method may raise ProviderError. A call that returns was *sent*: only a later reading confirms it.

    asks_by_id      `label` asks for the one label; without it, it looks into the list, and what that lacks may live all the same
    calls_a_change  how many calls `add_label` and `remove_label` make, as a rule
    """

    asks_by_id: ClassVar[bool]
    calls_a_change: ClassVar[int]

    def session(self) -> SessionInfo:
        """The connected number and its status."""

    def labels(self) -> list[LabelInfo]:
        """The label directory. An empty or short list proves no deletion: some engines lose labels."""

    def label(self, wa_id: str) -> LabelInfo:
        """One label of the directory."""

    def create_label(self, name: str, color: int) -> LabelInfo:
        """Make a label and return it with its new id. `color` is the palette index."""

    def update_label(self, wa_id: str, *, name: str, color: int) -> LabelInfo:
        """Rename or recolour a label."""

    def delete_label(self, wa_id: str) -> None:
        """Delete a label for the whole account. No events for its chats follow."""

    def add_label(
        self, jid: str, wa_id: str, *, keep: frozenset[str] = frozenset(), force: bool = False
    ) -> list[LabelInfo] | None:
        """Put a label on a chat. Safe to repeat. `force`: even where the chat's list names it already, because that is in doubt.

        `keep` holds the ids that are known to be on the chat beside this one. A provider that can only replace a chat's
        whole list refuses (not permanent) while its own list lacks one of them: it would be taken off. Returns what the
        provider shows for the chat after the write, which may be an old list; None where it was not asked.
        """

    def remove_label(self, jid: str, wa_id: str, *, keep: frozenset[str] = frozenset()) -> list[LabelInfo] | None:
        """Take a label off a chat. Safe to repeat; `keep` and the result as in add_label."""

    def chat_labels(self, jid: str) -> list[LabelInfo]:
        """The labels of one chat. An unknown chat is an empty list."""

    def label_chats(self, wa_id: str) -> list[str]:
        """The addresses (normalised) of the people and groups that carry a label. May miss some."""

    def chats(self, *, limit: int, offset: int) -> list[ChatInfo]:
        """People and groups, newest first.

        A provider may ignore limit and offset, and rows that are no chat of ours are left out: stop paging when a
        page brings nothing new, not when it is short.
        """

    def messages(self, jid: str, *, limit: int) -> list[MessageInfo]:
        """The last messages of a chat, oldest first. Reading marks nothing as seen."""

    def lids(self, *, limit: int, offset: int) -> list[LidPair]:
        """Known pairs of hidden id and number. The same advice on paging as for chats."""

    def hooks(self) -> list[HookInfo]:
        """The addresses that deliveries go to. Never show them: they hold secrets."""

    def register_hook(self, url: str, events: Sequence[str], hmac_key: str, *, replaces: str = "") -> None:
        """Have deliveries of these kinds sent to `url`, leaving other addresses as they are. Safe to repeat.

        `replaces` is an address of ours from before, taken away where the provider can do so in the same call.
        """

    def close(self) -> None:
        """Free the connections."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc: object) -> None: ...


def connect(
    provider: str,
    *,
    base_url: str,
    instance_id: str,
    token: str,
    allow_private: bool = False,
    options: Mapping[str, str] | None = None,
    transport: httpx.BaseTransport | None = None,
    seconds: float = SECONDS,
) -> Provider:
    """A client for one instance. Nothing is sent yet. ValueError (a sentence) for what can't be right.

    `allow_private` permits private addresses and plain http. `transport` replaces the network, for tests. An answer may
    take `seconds`. WAHA has no `options`: what is stored of them is not read.
    """
    if provider not in ("wawp", "waha"):
        raise ValueError("The provider is not known.")
    if provider == "waha":
        return Waha(
            base_url=base_url,
            instance_id=instance_id,
            token=token,
            allow_private=allow_private,
            transport=transport,
            seconds=seconds,
        )
    return Wawp(
        base_url=base_url,
        instance_id=instance_id,
        token=token,
        allow_private=allow_private,
        options=options,
        transport=transport,
        seconds=seconds,
    )
