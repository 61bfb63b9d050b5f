"""What outgoing hooks say: the JSON of each message, as `docs/hooks-out.md` shows it."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from types import EllipsisType
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import override

from labelapp.models import (
    Chat,
    ChatLabel,
    Fact,
    Instance,
    Label,
    LabelGroup,
    OutgoingHook,
    Receipt,
    Rule,
    Source,
    User,
)
from labelapp.models.reasons import sentence

Json = dict[str, Any]
Event = OutgoingHook.Event


def body(kind: str, at: datetime, data: Json) -> str:
    """The message as it is posted and signed."""
    whole = {"type": kind, "timestamp": _time(at), "data": data}
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":"))


def about(fact: Fact, kind: str, instance: Instance, labels: Mapping[int, list[Json]]) -> Json:
    """The data of one fact. `labels`: what the chats carry now."""
    data: Json = {"number": number_data(instance), "source": fact.source, "actor": _actor(fact), "cause": _cause(fact)}
    if fact.chat is not None:
        data["chat"] = chat_data(fact.chat, labels)
    if fact.label is not None:
        data["label"] = label_data(fact.label)
    if kind == Event.STAGE_ENTERED and fact.label is not None and fact.label.group is not None:
        data["funnel"] = {"id": fact.label.group.pk, "name": fact.label.group.name}
    if kind == Event.LABEL_RENAMED:
        data["former_name"] = fact.data.get("former", "")
    if kind == Event.RUN_FINISHED:
        data["run"] = {"id": fact.data["run"], "state": fact.data["state"], **fact.data.get("tally", {})}
    return data


def about_firing(
    rule: Rule, turned: Mapping[int, bool], assigned: str | None | EllipsisType, notified: Iterable[User]
) -> Json:
    """The data of a rule that fired, beside the number and the chat. `turned`: the keys of labels that it put on (True) or took off;
    `assigned`: the username of whom it gave the chat to, None for nobody, ... where it left that. One query."""
    labels = Label.objects.select_related("group").in_bulk(turned)
    did: Json = {
        "added": [label_data(labels[pk]) for pk, on in turned.items() if on],
        "removed": [label_data(labels[pk]) for pk, on in turned.items() if not on],
        "notified": [user.username for user in notified],
    }
    if not isinstance(assigned, EllipsisType):
        did["assignee"] = assigned
    return {"source": Source.RULE, "actor": None, "cause": rule.name, "rule": rule_data(rule), "did": did}


def rule_data(rule: Rule) -> Json:
    return {"id": rule.pk, "name": rule.name, "when": rule.trigger}


def number_data(instance: Instance) -> Json:
    return {"slug": instance.slug, "name": instance.name, "phone": instance.phone}


def chat_data(chat: Chat, labels: Mapping[int, list[Json]]) -> Json:
    """A chat with what it carries now, in the order of screens."""
    digits, _at, host = chat.jid.partition("@")
    return {
        "id": chat.pk,
        "jid": chat.jid,
        "phone": f"+{digits}" if host == "c.us" and digits.isdecimal() else None,
        "kind": chat.kind,
        "name": chat.name,
        "url": f"{settings.PUBLIC_URL}{reverse('chats.detail', args=[chat.pk])}",
        "labels": labels.get(chat.pk, []),
    }


def label_data(label: Label) -> Json:
    """A label by our key, WhatsApp's id and its name today; `group` and `stage` where it is in one."""
    group = label.group
    return {
        "id": label.pk,
        "wa_id": label.wa_id,
        "name": label.name,
        "color": label.color_index,
        "group": group.name if group else None,
        "is_stage": group is not None and group.kind == LabelGroup.Kind.FUNNEL,
    }


def labels_now(chats: Iterable[int]) -> dict[int, list[Json]]:
    """What these chats carry, or will: `confirmed` says whether WhatsApp has it. One query."""
    rows = ChatLabel.objects.filter(chat__in=set(chats), wanted=True).select_related("label__group")
    found: dict[int, list[Json]] = {}
    for pair in rows.order_by("label__position", "label"):
        confirmed = pair.receipt == Receipt.CONFIRMED
        found.setdefault(pair.chat_id, []).append({**label_data(pair.label), "confirmed": confirmed})
    return found


def _actor(fact: Fact) -> str | None:
    return fact.actor.username if fact.actor else None


def _cause(fact: Fact) -> str:
    with override("en"):  # programs read it, whoever caused it
        return sentence(fact.cause) if fact.cause else ""


def _time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
