"""The small protocol that every provider client fulfils, and the door to them."""

from collections.abc import Mapping, Sequence
from typing import Protocol, Self

import httpx

from labelapp.whatsapp.types import ChatInfo, HookInfo, LabelInfo, LidPair, MessageInfo, SessionInfo
from labelapp.whatsapp.wawp import Wawp


class Provider(Protocol):
    """Every method may raise ProviderError. A call that returns was *sent*: only a later reading confirms it."""

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

    def add_label(self, jid: str, wa_id: str) -> None:
        """Put a label on a chat. Safe to repeat."""

    def remove_label(self, jid: str, wa_id: str) -> None:
        """Take a label off a chat."""

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

    def register_hook(self, url: str, events: Sequence[str], hmac_key: str) -> None:
        """Have deliveries of these kinds sent to `url`, leaving other addresses as they are. Safe to repeat."""

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
) -> Provider:
    """A client for one instance. Nothing is sent yet. ValueError (a sentence) for what can't be right.

    `allow_private` permits private addresses and plain http. `transport` replaces the network, for tests.
    """
    if provider != "wawp":
        raise ValueError("The provider is not known.")
    return Wawp(
        base_url=base_url,
        instance_id=instance_id,
        token=token,
        allow_private=allow_private,
        options=options,
        transport=transport,
    )
