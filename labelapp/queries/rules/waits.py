"""Chats that a timed rule waits for: it has been so for as long as the rule says, and it has not fired for that yet."""

from datetime import datetime, timedelta

from django.db.models import Exists, F, OuterRef

from labelapp.models import Chat, ChatLabel, Fact, Receipt, Rule, RuleFiring
from labelapp.queries.rules.specs import Spec

MOST = 500  # of one rule in one look, those that have waited longest


def due(rule: Rule, spec: Spec, now: datetime) -> list[tuple[Fact, datetime]]:
    """What has come true by passing time, as facts that are told to nobody, each with since when it has been so.

    What was so for long enough before the rule was switched on is nobody's news. Two queries at most.
    """
    wait = timedelta(seconds=spec.trigger.seconds)
    earliest, latest = rule.on_since - wait, now - wait
    fired = RuleFiring.objects.filter(rule=rule)
    if rule.trigger == Rule.Trigger.UNANSWERED:
        chats = Chat.objects.filter(instance=rule.instance_id, last_in_at__gt=F("last_out_at"))
        chats = chats.filter(last_in_at__gt=earliest, last_in_at__lte=latest)
        chats = chats.exclude(Exists(fired.filter(chat=OuterRef("pk"), since=OuterRef("last_in_at"))))
        return [(_fact(rule, chat, now), chat.last_in_at) for chat in chats.order_by("last_in_at", "pk")[:MOST]]
    pairs = ChatLabel.objects.filter(label__in=spec.trigger.labels, wanted=True, receipt=Receipt.CONFIRMED)
    pairs = pairs.filter(wanted_at__gt=earliest, wanted_at__lte=latest)
    pairs = pairs.exclude(Exists(fired.filter(chat=OuterRef("chat"), since=OuterRef("wanted_at"))))
    rows = pairs.select_related("chat").order_by("wanted_at", "pk")[:MOST]
    return [(_fact(rule, pair.chat, now, pair.label_id), pair.wanted_at) for pair in rows]


def _fact(rule: Rule, chat: Chat, now: datetime, label: int | None = None) -> Fact:
    return Fact(instance_id=rule.instance_id, chat=chat, label_id=label, at=now)
