"""WAHA (self-hosted), as its OpenAPI document of 2026.7.1 has it: its label surface and what an inbox reads. Never sends a message."""

import re
import time
from collections.abc import Mapping, Sequence

import httpx

from labelapp.whatsapp.answers import (
    carriers_in,
    chats_in,
    labels_in,
    lids_in,
    messages_in,
    one,
    session_in,
    shown_label,
)
from labelapp.whatsapp.chat_locks import lock_of
from labelapp.whatsapp.client import Client, calls_own_name_taken, chat_address, credential, newest
from labelapp.whatsapp.errors import ProviderError
from labelapp.whatsapp.rows import hook_of, session_of
from labelapp.whatsapp.shapes import mapping, objects
from labelapp.whatsapp.transport import SECONDS
from labelapp.whatsapp.types import ChatInfo, HookInfo, LabelInfo, LidPair, MessageInfo, SessionInfo
from labelapp.whatsapp.waha_calls import WahaCall, hooks_in, with_hook
from labelapp.whatsapp.waha_lists import labels_before, once_without
from labelapp.whatsapp.wire import Request, Wire

_SESSION_NAME = re.compile(r"[A-Za-z0-9_-]{1,80}", re.ASCII)
_API = re.compile(r"/api$")
# The name that a label has between the two steps of a recolouring: visible, so that a person can mend what a crash left.
_ASIDE = " ·"
# Between two steps WAHA looks into its own lists, which may still show what was before the first.
_PAUSES = (0.0, 0.5, 1.0)


class Waha(Client):
    """One session of a WAHA server. Safe to share between threads; see Provider for what the methods promise.

    WAHA's one write for a chat's labels replaces them all. So add and remove read the list, change one entry, write
    and read back, one at a time per chat (within this process: the push lane has one runner per number). A change that
    somebody makes on the phone between the read and the write may be undone by it; no call of WAHA can prevent that.
    """

    asks_by_id = False  # there is no call for one label
    calls_a_change = 3  # the list, the change, the list again

    def __init__(
        self,
        *,
        base_url: str,
        instance_id: str,
        token: str,
        allow_private: bool = False,
        transport: httpx.BaseTransport | None = None,
        seconds: float = SECONDS,
    ) -> None:
        self._session = instance_id.strip()
        if not _SESSION_NAME.fullmatch(self._session):
            raise ValueError("The session name may hold letters, digits, hyphens and underscores only.")
        self._key = credential(token, "API key")
        self._base = _API.sub("", base_url.strip().rstrip("/"))
        self._wire = Wire(
            f"{self._base}/api",
            secrets=(self._key,),
            allow_private=allow_private,
            transport=transport,
            seconds=seconds,
        )

    # The session and its hooks

    def session(self) -> SessionInfo:
        return session_in(self._call(WahaCall.SESSION))

    def hooks(self) -> list[HookInfo]:
        return [hook for hook in map(hook_of, hooks_in(self._config())) if hook]

    def register_hook(self, url: str, events: Sequence[str], hmac_key: str, *, replaces: str = "") -> None:
        # WAHA stops and starts a session that is updated, so it is left alone where nothing is new. `apps` is left out:
        # what an update does not name, it keeps. Inside `config` it keeps nothing, so all of it goes back.
        config = self._config()
        hooks = hooks_in(config)
        wanted = with_hook(hooks, url, events, hmac_key, replaces)
        if wanted != hooks:
            self._call(WahaCall.UPDATE_SESSION, json={"config": {**config, "webhooks": wanted}})

    def _config(self) -> Mapping[str, object]:
        """The session's configuration. An error where no session is told: a list written from it would lose the rest."""
        row = next((row for row in objects(self._call(WahaCall.SESSION)) if session_of(row)), None)
        if row is None:
            raise ProviderError("The answer holds no session.")
        return mapping(row.get("config"))

    # The directory

    def labels(self) -> list[LabelInfo]:
        return labels_in(self._call(WahaCall.LABELS))

    def label(self, wa_id: str) -> LabelInfo:
        # From the list, see `asks_by_id`. An empty one says nothing of it: some engines lose all of them for a while.
        labels = self.labels()
        if not labels:
            raise ProviderError("The provider's list of labels is empty.")
        if found := next((label for label in labels if label.wa_id == wa_id), None):
            return found
        raise ProviderError("The label is not in the provider's list.", permanent=True, status=404)

    def create_label(self, name: str, color: int) -> LabelInfo:
        # Exactly one of color and colorHex, or WAHA answers 422.
        answer = self._call(WahaCall.CREATE, json={"name": name, "color": color})
        made = one(shown_label, answer, "label")
        return made or newest(self.labels(), lambda label: label.name == name)

    def update_label(self, wa_id: str, *, name: str, color: int) -> LabelInfo:
        try:
            return self._update(wa_id, name, color)
        except ProviderError as error:
            if not calls_own_name_taken(error, wa_id):
                raise
        now = self.label(wa_id)
        if (now.name, now.color) == (name, color):
            return now
        return self._recolour(wa_id, name, color)

    def _update(self, wa_id: str, name: str, color: int) -> LabelInfo:
        answer = self._call(WahaCall.UPDATE, label=wa_id, json={"name": name, "color": color})
        changed = one(shown_label, answer, "label")
        return changed or newest(self.labels(), lambda label: label.wa_id == wa_id)

    def _recolour(self, wa_id: str, name: str, color: int) -> LabelInfo:
        """A new colour under the old name, which WAHA refuses: its search for twins finds the label itself.

        So the label is renamed for a moment and gets its name back. Where that fails half-way the error says that it
        may have acted; saving once more then mends it, because the name is no longer taken.
        """
        self._update(wa_id, name + _ASIDE, color)
        for pause in _PAUSES:
            time.sleep(pause)
            try:
                return self._update(wa_id, name, color)
            except ProviderError as error:
                refusal = error
                if not calls_own_name_taken(error, wa_id):
                    break
        refusal.timed_out, refusal.permanent = True, False
        raise refusal

    def delete_label(self, wa_id: str) -> None:
        self._call(WahaCall.DELETE, label=wa_id)

    # Assignments

    def add_label(
        self, jid: str, wa_id: str, *, keep: frozenset[str] = frozenset(), force: bool = False
    ) -> list[LabelInfo] | None:
        return self._set(jid, wa_id, True, keep, force)

    def remove_label(self, jid: str, wa_id: str, *, keep: frozenset[str] = frozenset()) -> list[LabelInfo] | None:
        return self._set(jid, wa_id, False, keep)

    def _set(self, jid: str, wa_id: str, on: bool, keep: frozenset[str], force: bool = False) -> list[LabelInfo] | None:
        """Have the label on the chat or not. Writes nothing where the list says that it is so already, unless by force.

        The caller reads back later either way. A label that is to come off and is missing is looked for in its own list
        of chats too: an engine that loses labels for a while would have the removal believed, and the label come back.
        """
        address = chat_address(jid)
        WahaCall.UPDATE.address(label=wa_id)  # an odd id is refused before it is written into a list
        with lock_of(self._base, self._session, address):
            there = labels_before(self, address, keep - {wa_id})
            if force and wa_id in there:
                there = self._take_off_first(address, there, wa_id)
            if (wa_id in there) == on:
                if not on and address in self.label_chats(wa_id):
                    raise ProviderError("The provider's lists of this label disagree.")
                return None
            wanted = [*there, wa_id] if on else [other for other in there if other != wa_id]
            self._replace(address, wanted)
            return self._labels_after(address)

    def _replace(self, jid: str, wa_ids: Sequence[str]) -> None:
        self._call(WahaCall.SET_CHAT_LABELS, chat=jid, json={"labels": [{"id": wa_id} for wa_id in wa_ids]})

    def _take_off_first(self, jid: str, there: list[str], wa_id: str) -> list[str]:
        """Take off a label that is to be put on anew; the ids beside it. WAHA sends WhatsApp only what differs from its own list
        (`putLabelsToChat` of its engines), so writing that list back would do nothing."""
        rest = [other for other in there if other != wa_id]
        self._replace(jid, rest)
        return list(dict.fromkeys([*rest, *once_without(self, jid, wa_id, _PAUSES)]))

    def _labels_after(self, jid: str) -> list[LabelInfo] | None:
        """What the provider shows after the write, for whoever asked to judge. None when it can't be read.

        Neither a list without the change nor no list is an error here: the write was answered, engines show old lists
        for a while, and the caller looks again later.
        """
        try:
            return self.chat_labels(jid)
        except ProviderError:
            return None

    def chat_labels(self, jid: str) -> list[LabelInfo]:
        return labels_in(self._call(WahaCall.CHAT_LABELS, chat=jid))

    def label_chats(self, wa_id: str) -> list[str]:
        return carriers_in(self._call(WahaCall.LABEL_CHATS, label=wa_id))

    # What an inbox reads

    def chats(self, *, limit: int, offset: int) -> list[ChatInfo]:
        # merge: one row per person, not one per address.
        wish = {"limit": str(limit), "offset": str(offset), "merge": "true"}
        return chats_in(self._call(WahaCall.OVERVIEW, params=wish))

    def messages(self, jid: str, *, limit: int) -> list[MessageInfo]:
        chat = chat_address(jid)
        # The media are downloaded by default, which costs the server seconds, and we show words only.
        wish = {"limit": str(limit), "offset": "0", "downloadMedia": "false", "merge": "true"}
        return messages_in(self._call(WahaCall.MESSAGES, chat=chat, params=wish), chat)

    def lids(self, *, limit: int, offset: int) -> list[LidPair]:
        return lids_in(self._call(WahaCall.LIDS, params={"limit": str(limit), "offset": str(offset)}))

    # The one way out

    def _call(
        self,
        call: WahaCall,
        *,
        label: str = "",
        chat: str = "",
        params: Mapping[str, str] | None = None,
        json: Mapping[str, object] | None = None,
    ) -> object:
        return self._wire.exchange(
            Request(
                method=call.method,
                path=call.address(label=label, chat=chat, session=self._session),
                params=params or {},
                headers={"X-Api-Key": self._key},
                json=json,
            )
        )
