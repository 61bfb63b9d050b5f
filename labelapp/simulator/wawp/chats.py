"""Chats, messages, contacts, and the mapping of hidden ids to numbers."""

from typing import Any

from labelapp.simulator import rows as rows_of
from labelapp.simulator import shapes, store
from labelapp.simulator.models import Chat, Lid, Message
from labelapp.simulator.wawp.answers import Answer, Ask, address, gateway

SORTED_BY = {"conversationTimestamp": "last_at", "id": "jid", "name": "name"}


def list_chats(ask: Ask) -> Answer:
    field = SORTED_BY.get(str(ask.params.get("sortBy", "conversationTimestamp")))
    order = str(ask.params.get("sortOrder", "desc")).lower()
    if field is None or order not in {"asc", "desc"}:
        raise gateway(400, "Invalid Parameter Format")
    sign = "-" if order == "desc" else ""
    limit, offset = ask.count("limit", 100), ask.count("offset", 0)
    return Answer(
        [rows_of.chat(row) for row in Chat.objects.order_by(f"{sign}{field}", "-id")[offset : offset + limit]]
    )


def overview(ask: Ask) -> Answer:
    """Newest first; 20 rows unless told."""
    limit, offset = ask.count("limit", 20), ask.count("offset", 0)
    found = store.newest_chats()
    if ids := ask.params.get("ids"):
        found = found.filter(jid__in=[address(raw) for raw in (ids if isinstance(ids, list) else str(ids).split(","))])
    rows = list(found[offset : offset + limit])
    last, me = store.last_messages(rows), store.account()
    return Answer([shapes.overview(row, last.get(row.pk), me.jid, me.profile) for row in rows])


def messages(ask: Ask) -> Answer:
    jid = address(str(ask.required("chatId")))
    rows = store.messages(jid, limit=ask.count("limit", 10), offset=ask.count("offset", 0))
    me = store.account()
    return Answer([shapes.message(row, me=me.jid, engine=me.profile) for row in rows])


def contact(ask: Ask) -> Answer:
    """GOWS knows only the names. Whoever is neither a chat nor wrote in a group has none."""
    jid = address(str(ask.required("contactId")))
    row: dict[str, Any] = {"id": jid, "name": None, "pushname": None}
    if chat := Chat.objects.filter(jid=jid).first():
        row |= {"name": chat.name or None, "pushname": chat.pushname or None}
    elif said := Message.objects.filter(sender=jid).order_by("-id").first():
        row |= {"pushname": said.sender_name}
    return Answer(row)


def lids(ask: Ask) -> Answer:
    limit, offset = ask.count("limit", 100), ask.count("offset", 0)
    return Answer([shapes.lid(row) for row in Lid.objects.order_by("id")[offset : offset + limit]])


def lid_count(ask: Ask) -> Answer:
    return Answer({"count": Lid.objects.count()})


def lid_of_number(ask: Ask, number: str) -> Answer:
    """Wawp's page: a bare number comes back, and the lid may be null."""
    jid = address(number)
    row = Lid.objects.filter(pn=jid).first()
    return Answer({"lid": row.lid if row else None, "number": jid.partition("@")[0]})


def number_of_lid(ask: Ask, lid: str) -> Answer:
    """200 either way."""
    jid = address(lid if "@" in lid else f"{lid}@lid")
    row = Lid.objects.filter(lid=jid).first()
    return Answer(shapes.lid(row) if row else {"lid": jid, "pn": None})
