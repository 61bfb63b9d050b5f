"""The same person at other numbers: who is known there by one of the chat's addresses."""

from collections.abc import Sequence
from dataclasses import dataclass

from labelapp.models import Chat, ChatAlias, Instance
from labelapp.queries.directory import directory_of
from labelapp.queries.inbox import Pair, pairs_of


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A chat of another number, with its chips."""

    chat: Chat
    pairs: list[Pair]


def elsewhere(chat: Chat, numbers: Sequence[Instance]) -> list[Elsewhere]:
    """The chats of these numbers with the same person, or the same group, by number. Two queries, and two more where there are any."""
    if not numbers:
        return []
    jids = list(ChatAlias.objects.filter(chat=chat).values_list("jid", flat=True))
    aliases = ChatAlias.objects.filter(instance__in=numbers, jid__in=jids).select_related("chat__instance")
    chats = {alias.chat_id: alias.chat for alias in aliases}
    if not chats:
        return []
    pairs = pairs_of(list(chats), directory_of(*(each.instance for each in chats.values())))
    found = sorted(chats.values(), key=lambda each: (each.instance.name, each.pk))
    return [Elsewhere(each, pairs.get(each.pk, [])) for each in found]
