"""What every change leaves behind, in the transaction that makes it: a ledger row, a notice for live screens, a wake-up."""

from collections.abc import Iterable
from typing import Any

from django.db import connection
from django.db.models import F
from django.db.models.functions import Greatest

from labelapp.actions.actor import Actor
from labelapp.models import Change, Chat, Instance, Label, LedgerEntry, Verb

CHANNEL = "labelapp"  # PostgreSQL's NOTIFY; on SQLite the worker and the live hub see the commit itself


def wake() -> None:
    """Tell workers and live hubs that rows wait for them. Only a hint: the rows are found without it, a little later."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, '')", [CHANNEL])


def note(instance: Instance | int, kind: str, chats: Iterable[Chat] | None = None) -> None:
    """Tell live screens that something about the number, or its key (or about these chats), is new."""
    home = instance if isinstance(instance, int) else instance.pk
    rows = [Change(instance_id=home, chat=chat, kind=kind) for chat in ([None] if chats is None else chats)]
    Change.objects.bulk_create(rows)
    wake()


def entry(
    actor: Actor, verb: Verb, *, chat: Chat | None = None, label: Label | None = None, instance: Instance | None = None
) -> LedgerEntry:
    """An unsaved ledger row: who did what and why. One of chat, label, instance tells the number."""
    home: Any = instance.pk if instance else chat.instance_id if chat else label.instance_id if label else None
    return LedgerEntry(
        instance_id=home,
        chat=chat,
        label=label,
        verb=verb,
        source=actor.source,
        actor=actor.user,
        cause=actor.cause[:300],
        depth=actor.depth,
        rule_id=actor.rule,
    )


def enter(
    actor: Actor, verb: Verb, *, chat: Chat | None = None, label: Label | None = None, instance: Instance | None = None
) -> None:
    """Write who did what and why."""
    entry(actor, verb, chat=chat, label=label, instance=instance).save(force_insert=True)


def enter_all(entries: list[LedgerEntry]) -> None:
    """Write many ledger rows at once."""
    LedgerEntry.objects.bulk_create(entries)


def count_chats(deltas: dict[int, int]) -> None:
    """Move `chat_count` of labels (pk -> difference), always in the same order so that two transactions can't wait for each other.

    A count that was wrong must not refuse a wish: it stops at zero, and the next listing of the label's chats counts anew.
    """
    for pk in sorted(deltas):
        if deltas[pk]:
            Label.objects.filter(pk=pk).update(chat_count=Greatest(F("chat_count") + deltas[pk], 0))
