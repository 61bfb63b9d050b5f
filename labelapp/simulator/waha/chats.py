"""Chats, messages and contacts as WAHA lists them."""

from dataclasses import dataclass
from typing import Any

from labelapp.simulator import rows as rows_of
from labelapp.simulator import shapes, store
from labelapp.simulator.answers import Answer, Ask, upstream
from labelapp.simulator.jids import normalise
from labelapp.simulator.models import Chat, Message
from labelapp.simulator.waha import merged

SORTED_BY = {"conversationTimestamp": "at", "id": "jid", "name": "name"}
ALL = 999_999_999


@dataclass(frozen=True, slots=True)
class Page:
    limit: int
    offset: int
    merge: bool


def list_chats(ask: Ask) -> Answer:
    """Without a limit all."""
    page = _page(ask, ALL)
    by = _one_of(ask, "sortBy", [*SORTED_BY]) or "conversationTimestamp"
    sign = "" if _one_of(ask, "sortOrder", ["desc", "asc"]) == "asc" else "-"
    found = merged.chats(merge=page.merge).order_by(f"{sign}{SORTED_BY[by]}", "-id")
    return Answer([rows_of.chat(row) for row in found[page.offset : page.offset + page.limit]])


def overview(ask: Ask) -> Answer:
    """Newest first; 20 rows unless told. No count of unread messages here."""
    ids = [one for one in str(ask.params.get("ids") or "").split(",") if one]
    return Answer(_overview(_page(ask, 20), ids))


def overview_by_body(ask: Ask) -> Answer:
    pages, wanted = (_object(ask, name) for name in ("pagination", "filter"))
    ids = wanted.get("ids") or []
    if not isinstance(ids, list):
        raise upstream(400, ["filter.ids must be an array"])
    return Answer(_overview(_page(Ask(pages, None, ask.faults), 20), ids), 201)


def _overview(page: Page, ids: list[Any]) -> list[dict[str, Any]]:
    found = merged.chats(merge=page.merge).order_by("-at", "-id")
    if ids:
        found = found.filter(jid__in=[_address(str(raw)) for raw in ids])
    listed = list(found[page.offset : page.offset + page.limit])
    last, me = merged.last_messages(listed, merge=page.merge), store.account()
    return [
        {
            "id": row.jid,
            "name": row.name or None,
            "picture": None,
            "lastMessage": shapes.message(last[row.pk], me=me.jid, engine=me.profile) if row.pk in last else None,
            "_chat": rows_of.chat(row),
        }
        for row in listed
    ]


def messages(ask: Ask, chat: str) -> Answer:
    """Newest first; 10 unless told."""
    page, me = _page(ask, 10), store.account()
    found = Message.objects.filter(chat__jid__in=merged.addresses(_address(chat), merge=page.merge))
    for name, lookup in (("filter.timestamp.gte", "at__gte"), ("filter.timestamp.lte", "at__lte")):
        if name in ask.params:
            found = found.filter(**{lookup: ask.count(name, 0)})
    if "filter.fromMe" in ask.params:
        found = found.filter(from_me=_flag(ask, "filter.fromMe", True))
    order = ("at", "id") if _one_of(ask, "sortOrder", ["desc", "asc"]) == "asc" else ("-at", "-id")
    listed = found.select_related("chat").order_by(*order)[page.offset : page.offset + page.limit]
    return Answer([shapes.message(row, me=me.jid, engine=me.profile) for row in listed])


def contact(ask: Ask, contact: str = "") -> Answer:
    """GOWS knows only the names. Whoever is neither a chat nor wrote in a group has none."""
    jid = _address(contact or str(ask.params.get("contactId") or ""))
    row: dict[str, Any] = {"id": jid, "name": None, "pushname": None}
    if known := Chat.objects.filter(jid=jid).first():
        row |= {"name": known.name or None, "pushname": known.pushname or None}
    elif said := Message.objects.filter(sender=jid).order_by("-id").first():
        row |= {"pushname": said.sender_name}
    return Answer(row)


def _page(ask: Ask, limit: int) -> Page:
    return Page(ask.count("limit", limit), ask.count("offset", 0), _flag(ask, "merge", True))


def _flag(ask: Ask, name: str, default: bool) -> bool:
    raw = str(ask.params.get(name, default)).lower()
    if raw not in {"true", "false"}:
        raise upstream(400, [f"{name} must be a boolean value"])
    return raw == "true"


def _one_of(ask: Ask, name: str, words: list[str]) -> str:
    raw = ask.params.get(name)
    if raw is not None and raw not in words:
        raise upstream(400, [f"{name} must be one of the following values: {', '.join(words)}"])
    return raw or ""


def _object(ask: Ask, name: str) -> dict[str, Any]:
    value = ask.params.get(name) or {}
    if not isinstance(value, dict):
        raise upstream(400, [f"{name} must be an object"])
    return value


def _address(raw: str) -> str:
    """Of what is no address there is nothing to list."""
    try:
        return normalise(raw)
    except ValueError:
        return raw
