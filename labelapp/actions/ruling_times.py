"""Rules that wait for time to pass. Nothing is scheduled: each look finds what has come true since, so a restart loses nothing."""

from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from labelapp.actions.ruling import fire, live_rules
from labelapp.models import Chat, Fact, Instance, Rule
from labelapp.queries.rules.waits import due
from labelapp.queries.rules.world import World


def look_at_clocks(instance: Instance, now: datetime | None = None) -> int:
    """Let the timed rules of the number fire where it is time. Returns how often one did. Safe to run twice.

    A chat that does not meet a rule's other conditions is looked at again later, as long as it waits: at night for the morning's hours.
    """
    if not Rule.objects.filter(instance=instance, is_on=True, trigger__in=Rule.TIMED).exists():
        return 0
    return _look(instance, now or timezone.now())


@transaction.atomic
def _look(instance: Instance, now: datetime) -> int:
    rules = [live for live in live_rules(instance) if live.rule.is_timed]
    for live in rules:
        waiting = due(live.rule, live.spec, now)
        world = World(instance, {fact.chat_id for fact, _since in waiting if fact.chat_id})
        for fact, since in waiting:
            if fact.chat is not None:
                occasion = world.occasion(live.rule.trigger, fact, fact.chat)
                fire(live, replace(occasion, text=_last_words(fact, fact.chat)), fact.chat, world, since=since)
        live.save()
    return sum(live.fired for live in rules)


def _last_words(fact: Fact, chat: Chat) -> str:
    """What the customer said last: that is what nobody has answered."""
    return "" if chat.last_message_from_me else chat.last_message_text
