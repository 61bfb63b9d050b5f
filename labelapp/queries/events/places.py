"""Where the chat of a business event is, or would appear."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db.models import OuterRef, Subquery

from labelapp.models import Chat, ChatAlias, EventAddress, Instance, MergedChat
from labelapp.queries.phones import addresses, read_entry, region_of
from labelapp.whatsapp.jids import normalise

LONGEST_KEY = 18  # digits of a primary key


@dataclass(frozen=True, slots=True)
class Places:
    """What a phone number means at some numbers: as "+2010…", the chats that have it, and the addresses that one would have."""

    phone: str
    chats: list[Chat] = field(default_factory=list)
    waits_at: list[tuple[Instance, str]] = field(default_factory=list)


def places_of(numbers: Sequence[Instance], phone: str) -> Places | None:
    """Look a phone number up, as people write it at each of the numbers. None where it is no phone number at any of them.

    At one number the first spelling that has a chat counts. One query for each number.
    """
    found: Places | None = None
    for number in numbers:
        entry = read_entry(0, phone, region_of(number))
        if entry.number is None:
            continue
        found = found or Places(entry.number)
        jids = addresses(entry.number)
        rows = {alias.jid: alias.chat for alias in _aliases(number, jids)}
        found.chats.extend([rows[jid] for jid in jids if jid in rows][:1])
        found.waits_at.extend((number, jid) for jid in jids)
    return found


def _aliases(number: Instance, jids: Iterable[str]) -> Iterable[ChatAlias]:
    return ChatAlias.objects.filter(instance=number, jid__in=list(jids)).select_related("chat")


def chat_named(number: Instance, name: str) -> Chat | None:
    """The chat of a number that a program would name so: by its key, or by a WhatsApp address. Two queries at most."""
    if name.isascii() and name.isdigit():
        pk = int(name) if len(name) <= LONGEST_KEY else 0
        own = Chat.objects.filter(instance=number)
        return own.filter(pk=pk).first() or own.filter(pk__in=MergedChat.objects.filter(old=pk).values("chat")).first()
    if "@" not in name:
        places = places_of([number], name)
        return places.chats[0] if places and places.chats else None
    try:
        jid = normalise(name)
    except ValueError:
        return None
    alias = next(iter(_aliases(number, [jid])), None)
    return alias.chat if alias else None


def arrived(number: Instance | None = None, *, event: int | None = None, most: int = 500) -> dict[int, int]:
    """Events whose chat has come to an address that they wait for, at this number or this one event's: event -> chat. One query."""
    waiting = EventAddress.objects.filter(event__applied_at=None, event__chat=None, instance__removed_at=None)
    waiting = waiting.filter(instance=number) if number else waiting.filter(event=event)
    alias = ChatAlias.objects.filter(instance=OuterRef("instance"), jid=OuterRef("jid"))
    rows = waiting.annotate(came=Subquery(alias.values("chat_id")[:1])).exclude(came=None).order_by("-pk")
    return dict(rows.values_list("event_id", "came")[:most])  # the first spelling of an event has the last word
