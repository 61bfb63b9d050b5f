"""Ledger rows with times of their own, as days of work leave them behind."""

from datetime import datetime, timedelta

from django.utils import timezone

from labelapp.models import Chat, ChatLabel, Label, LedgerEntry, Source

HOUR = timedelta(hours=1)


def ago(hours: float) -> datetime:
    return timezone.now() - hours * HOUR


def say(chat: Chat, label: Label, verb: str, hours: float, source: str = Source.AGENT, cause: str = "") -> LedgerEntry:
    """The ledger tells that so many hours ago."""
    return LedgerEntry.objects.create(
        instance=chat.instance, chat=chat, label=label, verb=verb, source=source, cause=cause, at=ago(hours)
    )


def walk(chat: Chat, *steps: tuple[Label, float], source: str = Source.AGENT) -> None:
    """The chat enters these stages, one after the other, so many hours ago, and is in the last one now."""
    before: Label | None = None
    for label, hours in steps:
        say(chat, label, "add", hours, source)
        if before:
            say(chat, before, "remove", hours, source)
        before = label
    last, hours = steps[-1]
    ChatLabel.objects.update_or_create(
        chat=chat,
        label=last,
        defaults={"wanted": True, "remote": True, "wanted_at": ago(hours), "last_message_at": chat.last_message_at},
    )
