"""The world in the database: making it, reading it, changing it. Runs in the one thread that owns the number's database.

Whatever changes something returns the events that it causes; who calls decides when they go out.
"""

import random
import time
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

from django.db.models import Count, Model, OuterRef, QuerySet, Subquery

from labelapp.simulator import events, history, numbers, world
from labelapp.simulator.events import Event
from labelapp.simulator.jids import kind_of
from labelapp.simulator.models import Account, Assignment, Chat, Hook, Label, Lid, Message

LABEL_LIMIT = 20
BATCH = 2000


def account() -> Account:
    return Account.objects.get(pk=1)


def fill(*, seed: int, chats: int, profile: str = "") -> None:
    """A world made anew. Hooks stay: whoever is connected stays connected."""
    number = numbers.present()
    config = dict(*Account.objects.values_list("config", flat=True))
    for model in (Assignment, Message, Chat, Lid, Label, Account):
        everything(model)
    # a new directory continues no old numbering
    statuses = [{"status": status, "timestamp": int(time.time() * 1000)} for status in ("STARTING", "WORKING")]
    Account.objects.create(
        pk=1, session=number.session, statuses=statuses, jid=number.jid, lid=number.lid, name=number.name,
        last_label_id=len(world.LABELS), profile=profile or number.profile, config=config,
    )  # fmt: skip
    Label.objects.bulk_create(Label(id=wa_id, name=name, color=color) for wa_id, name, color in world.LABELS)
    people = world.contacts(seed=seed, chats=chats, now=int(time.time()))
    while batch := list(islice(people, BATCH)):
        _save(batch)


def everything(model: type[Model]) -> None:
    """Delete all rows: thousands need no collector."""
    rows: Any = model._default_manager.all()
    rows._raw_delete(rows.db)


def _save(batch: Sequence[world.Contact]) -> None:
    rows = Chat.objects.bulk_create(
        Chat(
            jid=who.jid, name=who.name, pushname=who.pushname, language=who.language, archived=who.archived,
            unread=who.unread, last_at=who.lines[-1].at,
        )
        for who in batch
    )  # fmt: skip
    Message.objects.bulk_create(
        (
            Message(
                key=line.key, chat=row, at=line.at, from_me=line.from_me, text=line.text, sender=line.sender,
                sender_name=line.sender_name, source=line.source,
            )
            for row, who in zip(rows, batch, strict=True)
            for line in who.lines
        ),
        batch_size=BATCH,
    )  # fmt: skip
    Assignment.objects.bulk_create(Assignment(jid=who.jid, label_id=label) for who in batch for label in who.labels)
    Lid.objects.bulk_create(Lid(lid=who.lid, pn=who.pn) for who in batch if who.lid)


# Reading


def newest_chats() -> QuerySet[Chat]:
    return Chat.objects.order_by("-last_at", "-id")


def last_messages(chats: Iterable[Chat]) -> dict[int, Message]:
    """The newest message of each chat."""
    newest = Message.objects.filter(chat=OuterRef("pk")).order_by("-at", "-id").values("pk")[:1]
    keys = Chat.objects.filter(pk__in=[chat.pk for chat in chats]).values_list(Subquery(newest), flat=True)
    rows = Message.objects.filter(pk__in=[key for key in keys if key]).select_related("chat")
    return {row.chat_id: row for row in rows}


def messages(jid: str, *, limit: int, offset: int = 0) -> list[Message]:
    """Newest first."""
    found = Message.objects.filter(chat__jid=jid).select_related("chat").order_by("-at", "-id")
    return list(found[offset : offset + limit])


def labels_of(jids: Iterable[str]) -> dict[str, list[Label]]:
    found: dict[str, list[Label]] = {jid: [] for jid in jids}
    for row in Assignment.objects.filter(jid__in=list(found)).select_related("label").order_by("label_id"):
        found[row.jid].append(row.label)
    return found


def label_counts() -> list[tuple[Label, int]]:
    counts = dict(Assignment.objects.values_list("label").annotate(Count("pk")))
    return [(label, counts.get(label.pk, 0)) for label in Label.objects.order_by("id")]


# Changing


def link(jid: str, label: Label) -> list[Event]:
    """Put a label on an address. Safe to repeat; the event comes again."""
    _row, made = Assignment.objects.get_or_create(jid=jid, label=label)
    if made:
        history.paired(jid, label.pk, on=True)
    return [events.chat_labelled(jid, label, on=True)]


def unlink(jid: str, label: Label) -> list[Event]:
    gone, _by_model = Assignment.objects.filter(jid=jid, label=label).delete()
    if gone:
        history.paired(jid, label.pk, on=False)
    return [events.chat_labelled(jid, label, on=False)]


def set_labels(jid: str, wanted: Iterable[int]) -> list[Event]:
    """The difference to what is stored, adds first. Ids that the directory does not know are passed over."""
    now = {label.pk: label for label in labels_of([jid])[jid]}
    then = Label.objects.in_bulk(list(wanted))
    added = [event for key, label in then.items() if key not in now for event in link(jid, label)]
    return added + [event for key, label in now.items() if key not in then for event in unlink(jid, label)]


def create_label(name: str, color: int, *, reuse_ids: bool) -> tuple[Label, list[Event]]:
    """The id is the highest existing one plus 1, so an id can come back; without `reuse_ids` it never does."""
    me = account()
    top = Label.objects.order_by("-id").values_list("id", flat=True).first() or 0
    label = Label.objects.create(id=(top if reuse_ids else max(top, me.last_label_id)) + 1, name=name, color=color)
    me.last_label_id = max(me.last_label_id, label.pk)
    me.save(update_fields=["last_label_id"])
    history.named(label.pk, None)
    return label, [events.label_upserted(label, new=True)]


def update_label(label: Label, *, name: str, color: int) -> list[Event]:
    before = Label.objects.get(pk=label.pk)
    history.named(label.pk, (before.name, before.color))
    label.name, label.color = name, color
    label.save(update_fields=["name", "color"])
    return [events.label_upserted(label)]


def delete_label(label: Label) -> list[Event]:
    """Its assignments go with it, without an event for any of them."""
    event = events.label_deleted(label)
    for jid in Assignment.objects.filter(label=label).values_list("jid", flat=True):
        history.paired(jid, label.pk, on=False)
    history.named(label.pk, (label.name, label.color))
    Assignment.objects.filter(label=label).delete()
    label.delete()
    return [event]


def set_status(status: str) -> list[Event]:
    me = account()
    me.status = status
    me.statuses = [*me.statuses, {"status": status, "timestamp": int(time.time() * 1000)}][-3:]
    me.save(update_fields=["status", "statuses"])
    return [events.session_changed(me)]


def add_message(
    chat: Chat, text: str, *, from_me: bool, rng: random.Random, sender: str = "", sender_name: str = ""
) -> tuple[Message, list[Event]]:
    chat.last_at = max(int(time.time()), chat.last_at)  # a chat's messages never run backwards
    chat.unread = 0 if from_me else chat.unread + 1
    chat.save(update_fields=["last_at", "unread"])
    row = Message.objects.create(
        key=world.key(rng),
        chat=chat,
        at=chat.last_at,
        from_me=from_me,
        text=text,
        sender=sender,
        sender_name=sender_name,
    )
    return row, events.message_seen(row, account())


def sender_in(chat: Chat, name: str, rng: random.Random) -> tuple[str, str]:
    """The address and name of somebody who writes in a group; a new member if nobody there has that name."""
    said = Message.objects.filter(chat=chat, from_me=False).exclude(sender="")
    known = (said.filter(sender_name=name) if name else said).order_by("-id").first()
    if known:
        return known.sender, known.sender_name
    words = world.WORDS[chat.language]
    pn = world.number(chat.language, 200_000 + rng.randrange(90_000))
    return f"{pn}@c.us", name or world.full_name(rng, words)


def add_chat(jid: str, name: str, *, pn: str = "", language: str = "en") -> Chat:
    chat = Chat.objects.create(jid=jid, name=name, pushname=name, language=language, last_at=int(time.time()))
    if kind_of(jid) == "lid":
        Lid.objects.get_or_create(lid=jid, defaults={"pn": pn})
    return chat


def active_hooks() -> tuple[Account, list[Hook]]:
    return account(), list(Hook.objects.filter(is_active=True))


def counts() -> dict[str, Any]:
    """What the state page shows of the world."""
    labels = [
        {"id": str(label.pk), "name": label.name, "color": label.color, "chats": n} for label, n in label_counts()
    ]
    return {"labels": labels, "chats": Chat.objects.count(), "messages": Message.objects.count()}
