"""Wawp v2 (api.wawp.net): its label surface and what an inbox reads. Never sends a message.

Written from the vendor's pages, which show no answer of any label call; where they are silent or disagree, WAHA's
typed answers are expected underneath and several shapes are read.
"""

import re
from collections.abc import Mapping, Sequence

import httpx

from labelapp.whatsapp.answers import (
    carriers_in,
    chats_in,
    labels_in,
    lids_in,
    messages_in,
    one,
    rows_of,
    session_in,
    shown_label,
    some,
)
from labelapp.whatsapp.client import Client, calls_own_name_taken, chat_address, credential, newest
from labelapp.whatsapp.errors import ProviderError
from labelapp.whatsapp.rows import hook_of
from labelapp.whatsapp.shapes import objects
from labelapp.whatsapp.transport import SECONDS
from labelapp.whatsapp.types import ChatInfo, HookInfo, LabelInfo, LidPair, MessageInfo, SessionInfo
from labelapp.whatsapp.wawp_options import PLACEMENTS, Endpoint, Placement, WawpOptions
from labelapp.whatsapp.wire import Request, Wire

_VERSION = re.compile(r"/v\d+$")


class Wawp(Client):
    """One connected number at Wawp. Safe to share between threads; see Provider for what the methods promise."""

    def __init__(
        self,
        *,
        base_url: str,
        instance_id: str,
        token: str,
        allow_private: bool = False,
        options: Mapping[str, str] | None = None,
        transport: httpx.BaseTransport | None = None,
        seconds: float = SECONDS,
    ) -> None:
        self._instance_id = credential(instance_id, "instance id")
        self._token = credential(token, "access token")
        self.options = WawpOptions.parse(options)
        base = base_url.strip().rstrip("/")
        self._wire = Wire(
            base if _VERSION.search(base) else f"{base}/v2",
            secrets=(self._token, self._instance_id),
            allow_private=allow_private,
            transport=transport,
            seconds=seconds,
        )

    # The session and its hooks

    def session(self) -> SessionInfo:
        return session_in(self._call(self.options.session))

    def hooks(self) -> list[HookInfo]:
        answer = self._call(Endpoint.HOOKS)
        # Wawp's pages print an empty array as {}: here that is no sign of trouble, a number may have no hooks.
        if any(row.get("webhooks") in ({}, []) for row in objects(answer)):
            return []
        return some(hook_of, rows_of(answer, "webhooks"))

    def register_hook(self, url: str, events: Sequence[str], hmac_key: str, *, replaces: str = "") -> None:
        # An address to be replaced stays: taking it away is a call that nobody outside Wawp has seen answered.
        # webhook/set changes one address in place. session/webhook would replace the list, and with it Wawp's own hook.
        content: dict[str, object] = {"url": url, "events": list(events), "is_active": 1}
        if hmac_key:
            content["hmac"] = hmac_key
        self._call(Endpoint.SET_HOOK, content=content)

    # The directory

    def labels(self) -> list[LabelInfo]:
        return labels_in(self._call(Endpoint.LABELS))

    def label(self, wa_id: str) -> LabelInfo:
        answer = self._call(Endpoint.LABEL, label=wa_id)
        if not (found := one(shown_label, answer, "label")):
            raise ProviderError("The answer holds no label.")
        return found

    def create_label(self, name: str, color: int) -> LabelInfo:
        # WAHA wants exactly one of color and colorHex, although Wawp's page calls the colour optional.
        answer = self._call(self.options.create, content={"name": name, "color": color})
        made = one(shown_label, answer, "label")
        return made or newest(self.labels(), lambda label: label.name == name)

    def update_label(self, wa_id: str, *, name: str, color: int) -> LabelInfo:
        content: dict[str, object] = {"name": name, "color": color}
        try:
            answer = self._call(Endpoint.UPDATE, label=wa_id, content=content)
        except ProviderError as error:
            if not calls_own_name_taken(error, wa_id):
                raise
            answer = self._recolour(wa_id, color, error)
        changed = one(shown_label, answer, "label")
        return changed or newest(self.labels(), lambda label: label.wa_id == wa_id)

    def _recolour(self, wa_id: str, color: int, refusal: ProviderError) -> object:
        """WAHA calls the label's own name taken. Wawp's page allows to leave the name out, so that is tried."""
        try:
            return self._call(Endpoint.UPDATE, label=wa_id, content={"color": color})
        except ProviderError as error:
            if error.unreachable:
                raise
        raise refusal

    def delete_label(self, wa_id: str) -> None:
        self._call(self.options.delete, label=wa_id)

    # Assignments

    def add_label(
        self, jid: str, wa_id: str, *, keep: frozenset[str] = frozenset(), force: bool = False
    ) -> list[LabelInfo] | None:
        # Its own call for one label, always made: nothing else on the chat is touched, so there is nothing to keep.
        self._call(Endpoint.LINK, label=wa_id, chat=jid)
        return None

    def remove_label(self, jid: str, wa_id: str, *, keep: frozenset[str] = frozenset()) -> list[LabelInfo] | None:
        self._call(Endpoint.UNLINK, label=wa_id, chat=jid)
        return None

    def chat_labels(self, jid: str) -> list[LabelInfo]:
        return labels_in(self._call(Endpoint.CHAT_LABELS, chat=jid))

    def label_chats(self, wa_id: str) -> list[str]:
        return carriers_in(self._call(Endpoint.LABEL_CHATS, label=wa_id))

    def probe_placement(self, jid: str, wa_id: str) -> Placement:
        """The first place for credentials that Wawp accepts for a link: body, query, header.

        Only for a label that the chat already carries, where repeating the link changes nothing. Raises the last
        refusal when none is accepted, and at once what says nothing about places (no connection, too many calls).
        """
        for placement in PLACEMENTS:
            try:
                self._call(Endpoint.LINK, label=wa_id, chat=jid, placement=placement)
            except ProviderError as error:
                if error.unreachable or error.status == 429 or placement == PLACEMENTS[-1]:
                    raise
            else:
                return placement
        raise AssertionError("unreachable")

    # What an inbox reads

    def chats(self, *, limit: int, offset: int) -> list[ChatInfo]:
        return chats_in(self._call(Endpoint.OVERVIEW, content={"limit": limit, "offset": offset}))

    def messages(self, jid: str, *, limit: int) -> list[MessageInfo]:
        chat = chat_address(jid)
        # The page's sample asks for the media too; we show words only, and a download would cost the provider seconds.
        wish = {"chatId": chat, "limit": limit, "offset": 0, "downloadMedia": "false"}
        return messages_in(self._call(Endpoint.MESSAGES, content=wish), chat)

    def lids(self, *, limit: int, offset: int) -> list[LidPair]:
        return lids_in(self._call(Endpoint.LIDS, content={"limit": limit, "offset": offset}))

    # The one way out

    def _call(
        self,
        endpoint: Endpoint,
        *,
        label: str = "",
        chat: str = "",
        content: Mapping[str, object] | None = None,
        placement: Placement | None = None,
    ) -> object:
        reads = endpoint.method == "GET"
        placement = placement or (self.options.read_placement if reads else self.options.write_placement)
        places: dict[str, dict[str, object]] = {"query": {}, "header": {}, "body": {}}
        places["query" if reads else "body"].update(content or {})
        places["query" if placement == "query" else "body"].update(_subject(endpoint, label, chat))
        places[placement].update(self._credentials(placement))
        return self._wire.exchange(
            Request(
                method=endpoint.method,
                path=endpoint.address(label=label, chat=chat),
                params=_texts(places["query"]),
                headers=_texts(places["header"]),
                json=places["body"] or None,
            )
        )

    def _credentials(self, placement: Placement) -> dict[str, object]:
        if placement == "header":
            # The token's header is in Wawp's OpenAPI document, the instance's only in its Python package.
            return {"access-token": self._token, "X-Instance-ID": self._instance_id}
        return {"instance_id": self._instance_id, "access_token": self._token}


def _subject(endpoint: Endpoint, label: str, chat: str) -> dict[str, object]:
    """Link and unlink repeat what the path says. Their page calls the label `id`, its sister pages `labelId`."""
    if endpoint not in (Endpoint.LINK, Endpoint.UNLINK):
        return {}
    return {"id": label, "labelId": label, "chatId": chat_address(chat)}


def _texts(values: Mapping[str, object]) -> dict[str, str]:
    return {key: str(value) for key, value in values.items()}
