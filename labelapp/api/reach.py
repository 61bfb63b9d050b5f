"""Which objects a token may see: each function returns the object or raises 404. How chats and labels are named in addresses."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, OuterRef, Subquery
from django.http import Http404
from django.utils.translation import gettext as _

from labelapp.api.problems import Problem
from labelapp.models import ApiToken, Chat, ChatAlias, ChatLabel, Instance, Label, MergedChat, Run
from labelapp.queries.phones import addresses, read_entry, region_of
from labelapp.whatsapp.jids import normalise, phone_of

CHUNK = 500
LONGEST_KEY = 18  # digits of a primary key


def numbers_of(token: ApiToken, slug: str | None = None) -> list[Instance]:
    """The connected numbers that a token reaches, or the one of this short name. Two queries. Raises Http404 for a short name that
    is none of them."""
    named = list(token.instances.values_list("pk", flat=True))
    numbers = Instance.objects.connected().order_by("pk")
    found = list(numbers.filter(pk__in=named) if named else numbers)
    if slug is not None:
        found = [number for number in found if number.slug == slug]
        if not found:
            raise Http404("No such number.")
    return found


@dataclass(frozen=True, slots=True)
class Place:
    """A chat, or where one can be made: a person's address at a number."""

    instance: Instance
    chat: Chat | None
    jid: str = ""


def place_of(numbers: Sequence[Instance], ref: str) -> Place:
    """The chat that an address names: by its key (`17`), a WhatsApp address (`201001234567@c.us`), a number with its country's code
    (`+201001234567`) or as people write it at the connected number (`phone:01001234567`).

    For a phone number that no chat has: where it can be made, if the numbers leave one choice. Raises Http404, Problem 409 for a
    phone number that has chats at several numbers, 404 with its own words for what is no number.
    """
    if ref.isascii() and ref.isdigit():
        return _by_key(numbers, ref)
    spelled = {number: _spellings(number, ref) for number in numbers}
    if not any(spelled.values()):
        if numbers and ("@" in ref or ref.startswith(("+", "phone:"))):
            raise Problem(404, _("This is no phone number and no address of a chat."))
        raise Http404("No such chat.")
    found = {alias.chat_id: alias.chat for number in numbers for alias in _aliases(number, spelled[number])}
    if len(found) > 1:
        raise Problem(409, _("Several numbers have this chat. Say which one: ?instance=…"))
    homes = {number.pk: number for number in numbers}
    for chat in found.values():
        return Place(homes[chat.instance_id], chat)
    if len(numbers) == 1 and phone_of(spelled[numbers[0]][0]):
        return Place(numbers[0], None, spelled[numbers[0]][0])
    return _nowhere(numbers, spelled)


def _by_key(numbers: Sequence[Instance], ref: str) -> Place:
    homes = {number.pk: number for number in numbers}
    pk = int(ref) if len(ref) <= LONGEST_KEY else 0
    chats = Chat.objects.filter(instance__in=list(homes))
    chat = chats.filter(pk=pk).first() or chats.filter(pk__in=MergedChat.objects.filter(old=pk).values("chat")).first()
    if chat is None:
        raise Http404("No such chat.")
    return Place(homes[chat.instance_id], chat)


def _spellings(number: Instance, ref: str) -> list[str]:
    """The addresses that a reference may mean, none for what is no reference."""
    if "@" not in ref and not ref.startswith(("+", "phone:")):
        return []
    text = ref.removeprefix("phone:").replace("\0", "")
    entry = read_entry(0, text, region_of(number))
    return [normalise(entry.address)] if entry.address else addresses(entry.number) if entry.number else []


def _aliases(number: Instance, jids: Sequence[str]) -> list[ChatAlias]:
    return list(ChatAlias.objects.filter(instance=number, jid__in=jids).select_related("chat"))


def _nowhere(numbers: Sequence[Instance], spelled: dict[Instance, list[str]]) -> Place:
    """No chat has it, and where to make one is not clear, or it can't be made."""
    if len(numbers) > 1 and any(jids and phone_of(jids[0]) for jids in spelled.values()):
        raise Problem(404, _("No number has this chat. To begin one, say at which number: ?instance=…"))
    raise Http404("No such chat.")


def chat_of(numbers: Sequence[Instance], ref: str) -> Chat:
    """The chat that is there already. Raises as `place_of`."""
    chat = place_of(numbers, ref).chat
    if chat is None:
        raise Http404("No such chat.")
    return chat


def chats_named(numbers: Sequence[Instance], refs: Sequence[str]) -> tuple[list[int], list[str]]:
    """The chats that these name, each once, and what names none. A phone number means its chats at all of the numbers.

    Two queries for every CHUNK keys, one for every CHUNK addresses and number.
    """
    found: dict[str, list[int]] = {}
    keys = {int(ref): ref for ref in refs if ref.isascii() and ref.isdigit() and len(ref) <= LONGEST_KEY}
    homes = [number.pk for number in numbers]
    for some in _chunks(list(keys)):
        living = set(Chat.objects.filter(pk__in=some, instance__in=homes).values_list("pk", flat=True))
        joined = MergedChat.objects.filter(old__in=some, chat__instance__in=homes).values_list("old", "chat")
        for old, new in [*((pk, pk) for pk in living), *joined]:
            found.setdefault(keys[old], []).append(new)
    for number in numbers:
        spelled = {jid: ref for ref in refs for jid in _spellings(number, ref)}
        for jids in _chunks(list(spelled)):
            rows = ChatAlias.objects.filter(instance=number, jid__in=jids).values_list("jid", "chat")
            for jid, chat in rows:
                found.setdefault(spelled[jid], []).append(chat)
    pks = dict.fromkeys(pk for ref in refs for pk in found.get(ref, []))
    return list(pks), list(dict.fromkeys(ref for ref in refs if ref not in found))


def _chunks(items: list[Any]) -> Iterator[list[Any]]:
    return (items[start : start + CHUNK] for start in range(0, len(items), CHUNK))


def label_of(instance: Instance, ref: str, chat: Chat | None = None) -> Label:
    """A label of the number: by its key (`4`), WhatsApp's id (`wa_id:31`) or its name as it is written there (`name:VIP`).

    The living one before a dead one, the first of several with one name. `chat`: `beside_of` tells of it without a query of its own.
    Raises Http404.
    """
    kind, _colon, value = ref.partition(":")
    labels = Label.objects.filter(instance=instance).select_related("group")
    if chat is not None:
        others = ChatLabel.objects.filter(chat=chat, wanted=True, label__deleted_at=None).exclude(label=OuterRef("pk"))
        labels = labels.annotate(beside=Subquery(others.order_by().values("chat").values(n=Count("pk"))))
    value = value.replace("\0", "")
    if ref.isascii() and ref.isdigit() and len(ref) <= LONGEST_KEY:
        found = labels.filter(pk=int(ref))
    elif kind == "wa_id" and value:
        found = labels.filter(wa_id=value)
    elif kind == "name" and value:
        found = labels.filter(name=value)
    else:
        raise Http404("No such label.")
    rows = sorted(found, key=lambda label: (label.deleted_at is not None, label.position, label.pk))
    if not rows:
        raise Http404("No such label.")
    return rows[0]


def beside_of(label: Label) -> int:
    """How many other labels the chat carries that `label_of` was asked about."""
    return getattr(label, "beside", 0) or 0


def run_of(token: ApiToken, pk: int) -> Run:
    """A run all of whose numbers the token reaches, with them."""
    rows = Run.objects.select_related("user").prefetch_related("numbers")
    run = rows.filter(pk=pk).first() if pk < 10**LONGEST_KEY else None
    reached = {number.pk for number in numbers_of(token)}
    if run is None or not {number.pk for number in run.numbers.all()} <= reached:
        raise Http404("No such run.")
    return run
