"""Pieces of the pages about deliveries and hooks."""

from django import template

from labelapp.models import HookDelivery, Instance, Outcome
from labelapp.models.effects import effect_sentence
from labelapp.queries.health import HookHealth, hook_health

register = template.Library()
TONES = {Outcome.APPLIED: "ok", Outcome.PARKED: "bad", Outcome.WAITING: "warn"}


@register.simple_tag
def health_of(number: Instance) -> HookHealth:
    """What a number's hook brings, for pages that are about the number itself."""
    return hook_health([number])[0]


@register.filter
def tone(row: HookDelivery) -> str:
    """The class of a delivery's outcome."""
    return TONES.get(Outcome(row.outcome), "")


@register.filter
def effect(row: HookDelivery) -> str:
    """What a delivery did or why nothing, as a sentence; "" while it waits, and for one that was parked."""
    return effect_sentence(row.effect) if row.applied_at and row.effect and row.outcome != Outcome.PARKED else ""
