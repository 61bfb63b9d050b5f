"""Old wishes that wait for a person's word, as their page shows them."""

from collections.abc import Iterable
from dataclasses import dataclass

from labelapp.models import ChatLabel, Instance, LedgerEntry, Receipt, Verb
from labelapp.queries.differences import WISH, Ref, pair_seen
from labelapp.queries.directory import Directory, Tag
from labelapp.queries.drift import digest
from labelapp.queries.states import UNSETTLED

SHOWN = 100  # rows on one page; deciding about them brings the next ones


@dataclass(frozen=True, slots=True)
class HeldWish:
    """A wish with whoever made it, "" where no person did."""

    pair: ChatLabel
    tag: Tag
    who: str


@dataclass(frozen=True, slots=True)
class HeldWishes:
    """The oldest ones, how many there are in all, and what a person sees of all. A stage that waits for another one of them counts
    with it."""

    rows: list[HeldWish]
    total: int
    seen: str


def held_pairs(instance: Instance) -> list[ChatLabel]:
    """All held wishes of the number, oldest first. One query."""
    held = ChatLabel.objects.filter(receipt__in=UNSETTLED, label__instance=instance, held_at__isnull=False)
    pairs = held.filter(receipt=Receipt.PENDING).select_related("chat").order_by("wanted_at", "pk")
    return [pair for pair in pairs if pair.waits_for_id is None]  # asked for in SQL, that is what SQLite would walk


def held_wishes(instance: Instance, directory: Directory) -> HeldWishes:
    """What the page lists. Two queries."""
    pairs = held_pairs(instance)
    shown = [pair for pair in pairs[:SHOWN] if pair.label_id in directory.tags]
    makers = _makers(shown)
    rows = [HeldWish(pair, directory.tags[pair.label_id], makers.get(_key(pair), "")) for pair in shown]
    return HeldWishes(rows, len(pairs), seen_of(pairs))


def seen_of(pairs: Iterable[ChatLabel]) -> str:
    """What a person saw of these wishes. Differs it from now, others are meant."""
    return digest(Ref(WISH, pair.pk, seen=pair_seen(pair)) for pair in pairs)


def _makers(pairs: list[ChatLabel]) -> dict[tuple[int, int, bool], str]:
    """Who wished last, by chat, label and direction."""
    entries = LedgerEntry.objects.filter(
        chat__in={pair.chat_id for pair in pairs},
        label__in={pair.label_id for pair in pairs},
        verb__in=[Verb.ADD, Verb.REMOVE],
    )
    rows = entries.select_related("actor").order_by("at", "pk")
    return {
        (row.chat_id or 0, row.label_id or 0, row.verb == Verb.ADD): row.actor.display_name if row.actor else ""
        for row in rows
    }


def _key(pair: ChatLabel) -> tuple[int, int, bool]:
    return pair.chat_id, pair.label_id, pair.wanted
