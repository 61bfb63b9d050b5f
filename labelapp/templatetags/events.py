"""Pieces of the page of business events."""

import json

from django import template
from django.utils.translation import gettext as _

from labelapp.models import BusinessEvent

register = template.Library()
Outcome = BusinessEvent.Outcome
TONES = {
    Outcome.APPLIED: "ok",
    Outcome.UNCHANGED: "ok",
    Outcome.UNMAPPED: "warn",
    Outcome.PAUSED: "warn",
    Outcome.FAILED: "bad",
    Outcome.EXPIRED: "bad",
}


@register.filter
def event_tone(event: BusinessEvent) -> str:
    """The class of an event's outcome."""
    return TONES.get(Outcome(event.outcome), "")


@register.filter
def event_words(event: BusinessEvent) -> str:
    """What became of an event."""
    return _("waits for a chat") if event.is_unmatched else event.get_outcome_display()


@register.filter
def event_data(event: BusinessEvent) -> str:
    """What an event says beside its type, for people to read."""
    return json.dumps(event.data, ensure_ascii=False, indent=2)
