"""The calls that WAHA's client may make, and what it asks of a session's deliveries."""

from collections.abc import Mapping, Sequence

from labelapp.whatsapp.client import Call
from labelapp.whatsapp.shapes import listed, mapping

# 15 tries whose pauses double from 4 s bridge a day and a half; the default (15 x 2 s) loses what happens in a longer outage.
RETRIES: Mapping[str, object] = {"delaySeconds": 2, "attempts": 15, "policy": "exponential"}


class WahaCall(Call):
    """The allow-list. Nothing here sends, types, shows presence or marks as read.

    UPDATE_SESSION alone reaches beyond labels: it registers deliveries, and WAHA restarts the session for it.
    """

    SESSION = ("GET", "sessions/{session}")
    UPDATE_SESSION = ("PUT", "sessions/{session}")
    LABELS = ("GET", "{session}/labels")
    CREATE = ("POST", "{session}/labels")
    UPDATE = ("PUT", "{session}/labels/{label}")
    DELETE = ("DELETE", "{session}/labels/{label}")
    LABEL_CHATS = ("GET", "{session}/labels/{label}/chats")
    CHAT_LABELS = ("GET", "{session}/labels/chats/{chat}")
    SET_CHAT_LABELS = ("PUT", "{session}/labels/chats/{chat}")
    OVERVIEW = ("GET", "{session}/chats/overview")
    MESSAGES = ("GET", "{session}/chats/{chat}/messages")
    LIDS = ("GET", "{session}/lids")


def hooks_in(config: Mapping[str, object]) -> list[object]:
    """The deliveries of a session's configuration, as they stand there."""
    return listed(config.get("webhooks")) or []


def with_hook(hooks: list[object], url: str, events: Sequence[str], hmac_key: str, replaces: str) -> list[object]:
    """`hooks` with one for `url`, in place of the one it `replaces`. All that is not ours to say stays as it is."""
    replaces = "" if replaces == url else replaces
    ours = next((mapping(hook) for hook in hooks if _leads_to(hook, url)), None)
    old = next((mapping(hook) for hook in hooks if _leads_to(hook, replaces)), {})
    wanted = _wanted(old if ours is None else ours, url, events, hmac_key)
    rest = [hook for hook in hooks if not _leads_to(hook, replaces)]
    if ours is None:
        return [*rest, wanted]
    return [wanted if _leads_to(hook, url) else hook for hook in rest]


def _leads_to(hook: object, url: str) -> bool:
    return bool(url) and mapping(hook).get("url") == url


def _wanted(kept: Mapping[str, object], url: str, events: Sequence[str], hmac_key: str) -> dict[str, object]:
    """Our entry. The order of events says nothing, so the one that is there stays: a change would restart the session."""
    told = listed(kept.get("events")) or []
    same = {str(event) for event in told} == set(events)
    wanted = {**kept, "url": url, "events": told if same else list(events)}
    if hmac_key:
        wanted["hmac"] = {"key": hmac_key}
    elif kept.get("hmac"):
        wanted["hmac"] = None
    if not kept.get("retries"):
        wanted["retries"] = dict(RETRIES)
    return wanted
