"""One person, two addresses: mappings of hidden ids to numbers, learnt late, join chats. Two people are never joined."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime

from django.utils import timezone

from labelapp.actions.actor import Actor
from labelapp.actions.findings import raise_finding
from labelapp.actions.moves import join_moves
from labelapp.actions.notices import enter, note
from labelapp.actions.pair_merging import join_pairs
from labelapp.actions.ruling import join_firings
from labelapp.actions.run_merging import join_places
from labelapp.actions.texts import write_texts
from labelapp.actions.transactions import patient
from labelapp.models import (
    Ask,
    BusinessEvent,
    Change,
    Chat,
    ChatAlias,
    ChatLabel,
    ChatRead,
    Fact,
    Finding,
    HookSend,
    Instance,
    LedgerEntry,
    MergedChat,
    Message,
    Notice,
    Source,
    Verb,
)
from labelapp.models.fields import NEVER
from labelapp.models.reasons import Reason
from labelapp.whatsapp.provider import Provider
from labelapp.whatsapp.types import LabelInfo, LidPair


def learn_hidden_ids(instance: Instance, pairs: Iterable[LidPair]) -> int:
    """Take over which hidden id (@lid) belongs to which number (@c.us). Returns how many chats were joined. Safe to repeat.

    A mapping without a number stays open. One that would give a chat a second number or a second hidden id would join two people
    (numbers are given to somebody else in time): it is left for a person to look at.
    """
    told = {pair.lid: pair.pn for pair in pairs if pair.pn}
    addresses = [*told, *told.values()]
    owners = dict(ChatAlias.objects.filter(instance=instance, jid__in=addresses).values_list("jid", "chat_id"))
    joined = 0
    for lid, pn in told.items():
        hidden, shown = owners.get(lid), owners.get(pn)
        if hidden != shown:  # both None: nobody we know
            joined += _learn(instance, lid, pn)
    return joined


@patient
def _learn(instance: Instance, lid: str, pn: str) -> bool:
    """One mapping, looked at again under the chats' locks."""
    chats = _locked(instance, lid, pn)
    if not chats or not _is_one_person(instance, chats, {lid, pn}):
        return False
    if len(chats) == 1:
        rows = [ChatAlias(instance=instance, jid=jid, chat=chats[0]) for jid in (lid, pn)]
        ChatAlias.objects.bulk_create(rows, ignore_conflicts=True)
        write_texts([chats[0].pk])
        if chats[0].jid == lid:  # people know people by their number
            chats[0].jid = pn
            chats[0].save(update_fields=["jid"])
            note(instance, Change.Kind.CHAT, chats)
        return False
    _merge(*sorted(chats, key=lambda chat: (not chat.jid.endswith("@c.us"), chat.pk)))
    return True


def _locked(instance: Instance, *jids: str) -> list[Chat]:
    pks = ChatAlias.objects.filter(instance=instance, jid__in=jids).values("chat_id")
    return list(Chat.objects.locked().filter(pk__in=pks))


def _is_one_person(instance: Instance, chats: list[Chat], told: set[str]) -> bool:
    """At most one number and one hidden id together; else a finding says so."""
    known = set(ChatAlias.objects.filter(chat__in=chats).values_list("jid", flat=True)) | told
    hosts = Counter(jid.partition("@")[2] for jid in known)
    if hosts["c.us"] <= 1 and hosts["lid"] <= 1:
        return True
    mapping = " = ".join(sorted(told))
    raise_finding(instance, Finding.Kind.IDENTITY, chat=chats[0], words=Reason.TWO_PEOPLE(mapping), about=mapping)
    return False


def _merge(keep: Chat, gone: Chat) -> None:
    """Everything of `gone` becomes `keep`'s: labels, messages, history, what was read; old links lead on. In a transaction."""
    join_pairs(keep, gone)
    _join_messages(keep, gone)
    _join_reads(keep, gone)
    join_places(keep, gone)
    join_moves(keep, gone)
    join_firings(keep, gone)
    Finding.objects.filter(chat=gone).unsettled().update(
        settled_at=timezone.now(), outcome=Finding.Outcome.VANISHED
    )  # its successor is found anew
    for model in (Finding, LedgerEntry, Change, Fact, Notice, HookSend, Ask, BusinessEvent, ChatAlias, MergedChat):
        model._default_manager.filter(chat=gone).update(chat=keep)
    MergedChat.objects.create(old=gone.pk, chat=keep)
    _join_rows(keep, gone)
    told = f"{gone.jid} = {keep.jid}"
    gone.delete()
    keep.save()
    write_texts([keep.pk])
    ChatLabel.objects.filter(chat=keep).update(last_message_at=keep.last_message_at)
    enter(Actor(None, Source.RECONCILE, told), Verb.MERGE, chat=keep)
    note(keep.instance, Change.Kind.CHAT, [keep])
    note(keep.instance, Change.Kind.MESSAGE, [keep])


def _join_rows(keep: Chat, gone: Chat) -> None:
    """The younger preview, the later times, whatever name and assignee there is."""
    if gone.last_message_at > keep.last_message_at:
        for field in ("at", "text", "media", "sender", "from_me"):
            setattr(keep, f"last_message_{field}", getattr(gone, f"last_message_{field}"))
    keep.last_in_at, keep.last_out_at = max(keep.last_in_at, gone.last_in_at), max(keep.last_out_at, gone.last_out_at)
    keep.name = keep.name or gone.name
    _join_archive(keep, gone)
    keep.assignee_id = keep.assignee_id or gone.assignee_id
    keep.labels_read_at = min(keep.labels_read_at, gone.labels_read_at)


def _join_archive(keep: Chat, gone: Chat) -> None:
    """The younger news decides; without any, only what is archived under both addresses is."""
    mine, other = ((chat.archived_event_at, chat.archived_event_id) for chat in (keep, gone))
    if mine == other:
        keep.archived = keep.archived and gone.archived
    elif other > mine:
        keep.archived, (keep.archived_event_at, keep.archived_event_id) = gone.archived, other


def _join_messages(keep: Chat, gone: Chat) -> None:
    """WAHA's message ids name the chat: one message can have come under both addresses. It is kept once."""
    ours = {_key(wa_id) for wa_id in Message.objects.filter(chat=keep).values_list("wa_id", flat=True)}
    theirs = Message.objects.filter(chat=gone).values_list("pk", "wa_id")
    Message.objects.filter(pk__in=[pk for pk, wa_id in theirs if _key(wa_id) in ours]).delete()
    Message.objects.filter(chat=gone).update(chat=keep)


def _key(wa_id: str) -> str:
    """What is left of a message's id without its chat: {fromMe}_{chat}_{key}[_{participant}]."""
    parts = wa_id.split("_")
    return f"{parts[0]}_{parts[2]}" if len(parts) > 2 and "@" in parts[1] else wa_id


def _join_reads(keep: Chat, gone: Chat) -> None:
    """Who has read both chats has read as far as in either. What is unread in one of them stays so: then the older mark counts."""
    marks: dict[int, dict[int, datetime]] = defaultdict(dict)
    for user, chat, at in ChatRead.objects.filter(chat__in=[keep, gone]).values_list("user", "chat", "at"):
        marks[user][chat] = at
    ChatRead.objects.filter(chat__in=[keep, gone]).delete()
    ChatRead.objects.bulk_create(
        ChatRead(user_id=user, chat=keep, at=_mark(keep, gone, at)) for user, at in marks.items()
    )


def _mark(keep: Chat, gone: Chat, marks: dict[int, datetime]) -> datetime:
    """Up to where a person has read both chats."""
    mine, other = (marks.get(chat.pk, NEVER) for chat in (keep, gone))
    return min(mine, other) if keep.is_unread(mine) or gone.is_unread(other) else max(mine, other)


def addresses_of(chats: Iterable[Chat]) -> dict[int, list[str]]:
    """All addresses of chats (primary key -> addresses, the main one first). One query."""
    found = {chat.pk: [chat.jid] for chat in chats}
    for jid, pk in ChatAlias.objects.filter(chat__in=found).order_by("jid").values_list("jid", "chat_id"):
        if jid not in found[pk]:
            found[pk].append(jid)
    return found


def read_labels(client: Provider, addresses: Iterable[str]) -> list[LabelInfo]:
    """The labels that the provider has for a person under any of these addresses: it keeps labels by address. Raises ProviderError."""
    found: dict[str, LabelInfo] = {}
    for jid in addresses:
        found |= {info.wa_id: info for info in client.chat_labels(jid)}
    return list(found.values())
