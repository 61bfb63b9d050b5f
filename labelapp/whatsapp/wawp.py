"""Wawp v2 (api.wawp.net): its label surface and what an inbox reads. Never sends a message."""

from collections.abc import Mapping, Sequence
from typing import Self

import httpx

from labelapp.whatsapp.types import ChatInfo, HookInfo, LabelInfo, LidPair, MessageInfo, SessionInfo


class Wawp:
    """One connected number at Wawp."""

    def __init__(
        self,
        *,
        base_url: str,
        instance_id: str,
        token: str,
        allow_private: bool = False,
        options: Mapping[str, str] | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        raise NotImplementedError

    def session(self) -> SessionInfo:
        raise NotImplementedError

    def labels(self) -> list[LabelInfo]:
        raise NotImplementedError

    def label(self, wa_id: str) -> LabelInfo:
        raise NotImplementedError

    def create_label(self, name: str, color: int) -> LabelInfo:
        raise NotImplementedError

    def update_label(self, wa_id: str, *, name: str, color: int) -> LabelInfo:
        raise NotImplementedError

    def delete_label(self, wa_id: str) -> None:
        raise NotImplementedError

    def add_label(self, jid: str, wa_id: str) -> None:
        raise NotImplementedError

    def remove_label(self, jid: str, wa_id: str) -> None:
        raise NotImplementedError

    def chat_labels(self, jid: str) -> list[LabelInfo]:
        raise NotImplementedError

    def label_chats(self, wa_id: str) -> list[str]:
        raise NotImplementedError

    def chats(self, *, limit: int, offset: int) -> list[ChatInfo]:
        raise NotImplementedError

    def messages(self, jid: str, *, limit: int) -> list[MessageInfo]:
        raise NotImplementedError

    def lids(self, *, limit: int, offset: int) -> list[LidPair]:
        raise NotImplementedError

    def hooks(self) -> list[HookInfo]:
        raise NotImplementedError

    def register_hook(self, url: str, events: Sequence[str], hmac_key: str) -> None:
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
