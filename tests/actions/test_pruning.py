from datetime import timedelta
from typing import Any

from django.utils import timezone

from labelapp.actions.notices import note
from labelapp.actions.pruning import prune
from labelapp.models import Change, Chat, HookDelivery, Instance, LedgerEntry, Message
from tests.conftest import MakeChat

NOW = timezone.now()


def delivery(number: Instance, key: str, days: int, **more: Any) -> None:
    at = NOW - timedelta(days=days)
    HookDelivery.objects.create(instance=number, dedupe_key=key, body="{}", received_at=at, **more)


def test_old_deliveries_go_unless_they_still_wait(number: Instance) -> None:
    delivery(number, "old", 31, applied_at=NOW)
    delivery(number, "waits", 31)
    delivery(number, "young", 29, applied_at=NOW)
    assert prune() == 1
    assert set(HookDelivery.objects.values_list("dedupe_key", flat=True)) == {"waits", "young"}


def test_old_messages_and_notices_go(number: Instance, make_chat: MakeChat) -> None:
    chat = make_chat()
    for days in (29, 31):
        Message.objects.create(instance=number, chat=chat, wa_id=str(days), at=NOW - timedelta(days=days))
    note(number, Change.Kind.CHAT, [chat])
    Change.objects.create(instance=number, kind="chat", at=NOW - timedelta(days=2))
    assert prune() == 2
    assert (Message.objects.get().wa_id, Change.objects.count(), Chat.objects.count()) == ("29", 1, 1)
    assert prune() == 0


def test_more_than_one_chunk_goes_too(number: Instance, monkeypatch: Any) -> None:
    monkeypatch.setattr("labelapp.actions.pruning.CHUNK", 2)
    Change.objects.bulk_create(Change(instance=number, kind="chat", at=NOW - timedelta(days=2)) for _ in range(5))
    assert (prune(), Change.objects.count()) == (5, 0)


def test_the_ledger_is_kept_for_ever(number: Instance) -> None:
    LedgerEntry.objects.create(instance=number, verb="add", source="agent", at=NOW - timedelta(days=4000))
    assert (prune(), LedgerEntry.objects.count()) == (0, 1)
