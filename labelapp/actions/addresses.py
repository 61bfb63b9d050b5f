"""The chats behind addresses: looked up by any of their addresses, made where they were never seen. In a transaction."""

from collections.abc import Iterable, Mapping

from labelapp.actions.texts import write_new
from labelapp.models import Chat, ChatAlias, Instance
from labelapp.whatsapp.jids import kind_of


def chats_at(instance: Instance, names: Mapping[str, str]) -> dict[str, Chat]:
    """The locked chats at these addresses (address -> name), made where they were never seen. A few queries for any number.

    One object per chat however many of its addresses are asked for.
    """
    found = by_address(instance, names)
    if missing := [jid for jid in names if jid not in found]:
        made = _make(instance, {jid: names[jid] for jid in missing})
        found |= by_address(instance, missing, found.values())
        strays = [chat.pk for chat in made if found[chat.jid].pk != chat.pk]
        write_new(chat for chat in made if chat.pk not in strays)
        if strays:  # somebody else has just learnt that the address is another chat's
            Chat.objects.filter(pk__in=strays, aliases=None).delete()
    return found


def by_address(instance: Instance, jids: Iterable[str], known: Iterable[Chat] = ()) -> dict[str, Chat]:
    """Address -> locked chat, one object per chat however many of its addresses are asked for. `known`: those locked already."""
    chats = {chat.pk: chat for chat in known}
    found: dict[str, Chat] = {}
    asked = list(jids)
    while asked:
        rows = dict(ChatAlias.objects.filter(instance=instance, jid__in=asked).values_list("jid", "chat_id"))
        new = set(rows.values()) - chats.keys()
        chats |= {chat.pk: chat for chat in Chat.objects.locked().filter(pk__in=new)}
        found |= {jid: chats[pk] for jid, pk in rows.items() if pk in chats}
        asked = [jid for jid in rows if jid not in found]  # joined to another chat while its lock was waited for
    return found


def _make(instance: Instance, names: Mapping[str, str]) -> list[Chat]:
    """The chats whose main address is one of these, new ones and those that somebody else has just made. Whose an address is says
    its alias, and an address that has one keeps it."""
    rows = [
        Chat(
            instance=instance,
            jid=jid,
            name=name[:200],
            kind=Chat.Kind.GROUP if kind_of(jid) == "group" else Chat.Kind.PERSON,
        )
        for jid, name in names.items()
    ]
    Chat.objects.bulk_create(rows, ignore_conflicts=True)
    made = list(Chat.objects.filter(instance=instance, jid__in=names))
    aliases = [ChatAlias(instance=instance, jid=chat.jid, chat=chat) for chat in made]
    ChatAlias.objects.bulk_create(aliases, ignore_conflicts=True)
    return made
