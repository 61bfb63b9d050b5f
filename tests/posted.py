"""Deliveries as a provider posts them (WAHA's envelope, the one both providers print), and the work they cause."""

import json
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from django.utils import timezone

from labelapp.actions.directory_reading import APART
from labelapp.actions.readings import record_reading
from labelapp.lanes import apply, push
from labelapp.lanes.reach import Reach
from labelapp.models import Chat, ChatLabel, HookDelivery, Instance, Label
from labelapp.whatsapp.types import LabelInfo

_ids = count(1)
START = datetime(2026, 1, 5, 9, tzinfo=UTC)  # long ago: nothing here is "soon after" anything


def just_now() -> float:
    """The `at` of an event that is emitted at this moment, like the echo of a call of ours."""
    return (timezone.now() - START).total_seconds()


def later() -> None:
    """So much time passes since labels were last seen that the next reading of the directory is a second one."""
    for label in Label.objects.all():
        label.seen_at -= 2 * APART
        label.event_at -= 2 * APART
        label.save()
    Instance.objects.exclude(directory_due_at=None).update(directory_due_at=timezone.now())


def event(kind: str, payload: dict[str, Any], at: float | None = 0.0, id: str = "") -> dict[str, Any]:
    """An envelope emitted `at` seconds after START; None leaves the time out."""
    row: dict[str, Any] = {"id": id or f"evt_{next(_ids):06}", "event": kind, "session": "demo", "payload": payload}
    if at is not None:
        row["timestamp"] = int((START + timedelta(seconds=at)).timestamp() * 1000)
    return row


def tagged(jid: str, wa_id: str, at: float | None = 0.0, *, on: bool = True, id: str = "") -> dict[str, Any]:
    payload = {"chatId": jid, "labelId": wa_id, "label": None}
    return event("label.chat.added" if on else "label.chat.deleted", payload, at, id)


def untagged(jid: str, wa_id: str, at: float | None = 0.0, id: str = "") -> dict[str, Any]:
    return tagged(jid, wa_id, at, on=False, id=id)


def upserted(wa_id: str, name: str, at: float | None = 0.0, color: int = 1) -> dict[str, Any]:
    return event("label.upsert", {"id": wa_id, "name": name, "color": color}, at)


def deleted(wa_id: str, at: float | None = 0.0) -> dict[str, Any]:
    return event("label.deleted", {"id": wa_id, "name": "", "color": 1}, at)


def said(jid: str, text: str, at: float, *, from_me: bool = False, key: str = "", **more: Any) -> dict[str, Any]:
    """A message, its own time in seconds as both providers write it."""
    mid = key or f"M{next(_ids):06}"
    payload = {
        "id": f"{str(from_me).lower()}_{jid}_{mid}",
        "timestamp": int((START + timedelta(seconds=at)).timestamp()),
        "from": jid,
        "fromMe": from_me,
        "body": text,
        "hasMedia": False,
        **more,
    }
    return event("message.any", payload, at)


def deliver(number: Instance, *events: Any) -> None:
    """Store deliveries and apply all that waits."""
    store(number, events)
    apply.run_due(fresh(number), Reach())


def store(number: Instance, events: Iterable[Any]) -> None:
    """Put deliveries into the inbox, each under its envelope's id."""
    HookDelivery.objects.bulk_create(
        [HookDelivery(instance=number, dedupe_key=row["id"], body=json.dumps(row)) for row in events],
        ignore_conflicts=True,
    )


def fresh(number: Instance) -> Instance:
    """The number as a sweep of the worker would load it."""
    return Instance.objects.get(pk=number.pk)


def run_push(number: Instance, reach: Reach | None = None) -> int:
    """What is due now, at a pace that nobody waits for."""
    Instance.objects.filter(pk=number.pk).update(pace=10_000)
    reach, made = reach or known(), 0
    while done := push.run_due(fresh(number), reach):  # a run ends after a while, however much is due
        made += done
    return made


def known(**more: Any) -> Reach:
    """What a lane knows that has just asked who answers."""
    return Reach(account_at=time.monotonic(), **more)


def run_push_later(number: Instance) -> int:
    """As `run_push`, once every pause is over."""
    ChatLabel.objects.filter(label__instance=number, due_at__isnull=False).update(due_at=timezone.now())
    return run_push(number)


def pair_of(chat: Chat, label: Label) -> ChatLabel:
    return ChatLabel.objects.select_related("chat", "label").get(chat=chat, label=label)


def mirror(number: Instance) -> dict[str, Any]:
    """All that people can see of a number, without times of our own clock and row ids."""
    return {
        "labels": sorted(
            Label.objects.filter(instance=number).living().values_list("wa_id", "name", "color_index", "chat_count")
        ),
        "pairs": sorted(
            ChatLabel.objects.filter(label__instance=number)
            .shown()
            .values_list("chat__jid", "label__wa_id", "wanted", "remote", "receipt", "last_message_at")
        ),
        "chats": sorted(
            Chat.objects.filter(instance=number).values_list(
                "jid", "name", "last_message_text", "last_message_at", "last_in_at", "last_out_at", "archived"
            )
        ),
        "number": Instance.objects.values_list("status", "status_at").get(pk=number.pk),
    }


def show(chat: Chat, *labels: Label) -> None:
    """The chat is read, and carries these labels."""
    infos = [LabelInfo(label.wa_id, label.name, label.color_index) for label in labels]
    record_reading(chat.instance, chat.pk, infos, timezone.now())
