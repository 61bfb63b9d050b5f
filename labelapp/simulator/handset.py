"""What somebody at the handset sees and does. Takes the controls' JSON, refuses with a sentence what makes no sense."""

from typing import Any

from django.db.models import Q

from labelapp.simulator import events, shapes, store
from labelapp.simulator.events import Event
from labelapp.simulator.faults import Refusal
from labelapp.simulator.jids import kind_of, normalise
from labelapp.simulator.models import Chat, Label, Lid, Message
from labelapp.simulator.palette import COLORS
from labelapp.simulator.runtime import here

Body = dict[str, Any]
Done = tuple[Any, list[Event]]
TEXT_LIMIT = 4000


def chat_list(*, q: str, limit: int, offset: int) -> list[Body]:
    """Newest first; `q` is looked for in names and addresses."""
    found = store.newest_chats()
    if q:
        found = found.filter(Q(name__icontains=q) | Q(pushname__icontains=q) | Q(jid__icontains=q.lstrip("+")))
    return rows_of(list(found[offset : offset + min(limit, 1000)]))


def chat_page(jid: str, *, limit: int) -> Body:
    """One chat with its messages, oldest first."""
    chat = _chat({"chat": jid})
    newest = store.messages(chat.jid, limit=min(limit, 1000))
    return rows_of([chat])[0] | {"messages": [_line(row) for row in reversed(newest)]}


def rows_of(chats: list[Chat]) -> list[Body]:
    last = store.last_messages(chats)
    labels = store.labels_of(chat.jid for chat in chats)
    return [
        {
            "jid": chat.jid,
            "id": chat.jid,
            "name": str(chat) if chat.name or chat.pushname else phone_of(chat.jid),
            "kind": kind_of(chat.jid),
            "archived": chat.archived,
            "unread": chat.unread,
            "labels": [str(label.pk) for label in labels[chat.jid]],
            "last_message": _line(last[chat.pk]) if chat.pk in last else None,
        }
        for chat in chats
    ]


def phone_of(jid: str) -> str:
    user, _, server = jid.partition("@")
    return f"+{user}" if server == "c.us" else jid


def _line(row: Message) -> Body:
    return {
        "id": row.key, "at": row.at * 1000, "text": row.text, "from_me": row.from_me, "sender": row.sender_name, "source": row.source,
    }  # fmt: skip


def set_label(body: Body) -> Done:
    """`on` is the wanted state. Without a change nothing is told to anybody."""
    jid, label = _address(body), _label(body.get("label"))
    on = body.get("on")
    if not isinstance(on, bool):
        raise Refusal("on takes true or false.")
    before = label in store.labels_of([jid])[jid]
    happened = (store.link(jid, label) if on else store.unlink(jid, label)) if on != before else []
    return {"chat": jid, "label": str(label.pk), "on": on}, happened


def write(body: Body) -> Done:
    """A message of the customer or, with `from_me`, ours from the handset. In a group `sender` is the writer's name."""
    chat, text, from_me = _chat(body), body.get("text"), body.get("from_me", False)
    if not isinstance(text, str) or not text.strip() or len(text) > TEXT_LIMIT:
        raise Refusal(f"text takes 1 to {TEXT_LIMIT} characters.")
    if not isinstance(from_me, bool):
        raise Refusal("from_me takes true or false.")
    name = body.get("sender") or ""
    if not isinstance(name, str) or len(name) > 100:
        raise Refusal("sender takes a name.")
    group = kind_of(chat.jid) == "group" and not from_me
    sender, name = store.sender_in(chat, name, here().rng) if group else ("", "")
    row, happened = store.add_message(chat, text, from_me=from_me, rng=here().rng, sender=sender, sender_name=name)
    return _line(row) | {"chat": chat.jid, "wa_id": shapes.message_id(row, store.account().jid)}, happened


def create_label(body: Body) -> Done:
    name, color = name_of(body.get("name")), color_of(body.get("color", 0))
    if Label.objects.count() >= store.LABEL_LIMIT:
        raise Refusal(f"WhatsApp holds {store.LABEL_LIMIT} labels, and all are taken.")
    _must_be_free(name, 0)
    label, happened = store.create_label(name, color, reuse_ids=here().faults.reuse_ids)
    return shapes.label(label, None), happened


def update_label(body: Body, wa_id: str) -> Done:
    label = _label(wa_id)
    name, color = name_of(body.get("name", label.name)), color_of(body.get("color", label.color))
    _must_be_free(name, label.pk)
    happened = store.update_label(label, name=name, color=color)
    return shapes.label(label, None), happened


def delete_label(_body: Body, wa_id: str) -> Done:
    return {"deleted": wa_id}, store.delete_label(_label(wa_id))


def archive(body: Body) -> Done:
    chat, archived = _chat(body), body.get("archived")
    if not isinstance(archived, bool):
        raise Refusal("archived takes true or false.")
    changed = chat.archived != archived
    chat.archived = archived
    chat.save(update_fields=["archived"])
    return {"chat": chat.jid, "archived": archived}, [events.chat_archived(chat)] if changed else []


def create_chat(body: Body) -> Done:
    """A new customer or group. Nobody is told before somebody writes."""
    name, kind = name_of(body.get("name")), body.get("kind", "person")
    if kind not in {"person", "group", "lid"}:
        raise Refusal("kind takes person, group or lid.")
    number = str(900_000 + Chat.objects.count())
    made = {
        "person": f"120155502{number}@c.us",
        "group": f"1203639{number.zfill(11)}@g.us",
        "lid": f"1099{number.zfill(11)}@lid",
    }
    jid = normal(body.get("jid") or made[kind])
    if kind_of(jid) != kind:
        raise Refusal(f"{jid} is not the address of a {kind}.")
    if Chat.objects.filter(jid=jid).exists():
        raise Refusal(f"There is a chat with {jid} already.")
    pn = normal(body["pn"]) if body.get("pn") else ""
    return rows_of([store.add_chat(jid, name, pn=pn)])[0], []


def normal(raw: Any) -> str:
    try:
        return normalise(str(raw or ""))
    except ValueError as error:
        raise Refusal(f"{str(raw)[:60]!r} is no chat address.") from error


def _address(body: Body) -> str:
    jid = normal(body.get("chat"))
    known = Chat.objects.filter(jid=jid).exists() or Lid.objects.filter(Q(lid=jid) | Q(pn=jid)).exists()
    if not known:
        raise Refusal(f"The phone knows no chat with {jid}.")
    return jid


def _chat(body: Body) -> Chat:
    jid = normal(body.get("chat"))
    chat = Chat.objects.filter(jid=jid).first()
    if chat is None:
        raise Refusal(f"The phone knows no chat with {jid}.")
    return chat


def _label(raw: Any) -> Label:
    wa_id = str(raw)
    label = Label.objects.filter(pk=int(wa_id)).first() if wa_id.isdecimal() and len(wa_id) < 10 else None
    if label is None:
        raise Refusal("There is no such label on the phone.")
    return label


def name_of(raw: Any) -> str:
    if not isinstance(raw, str) or not raw.strip() or len(raw) > 100:
        raise Refusal("name takes 1 to 100 characters.")
    return raw


def color_of(raw: Any) -> int:
    if not isinstance(raw, int) or isinstance(raw, bool) or not 0 <= raw < len(COLORS):
        raise Refusal("color takes a number from 0 to 19.")
    return raw


def _must_be_free(name: str, besides: int) -> None:
    if Label.objects.filter(name=name).exclude(pk=besides).exists():
        raise Refusal("There is a label with this name already.")
