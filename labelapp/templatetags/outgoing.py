"""Pieces of the pages about outgoing hooks."""

import json

from django import template
from django.utils.translation import gettext as _

from labelapp.models import HookSend
from labelapp.whatsapp.outgoing import Failure

register = template.Library()
Outcome = HookSend.Outcome
TONES = {Outcome.TAKEN: "ok", Outcome.FAILED: "bad", Outcome.WAITING: "warn"}


@register.filter
def send_tone(send: HookSend) -> str:
    """The class of a message's outcome."""
    return TONES.get(Outcome(send.outcome), "")


@register.filter
def send_words(send: HookSend) -> str:
    """What the receiver said last, or why it said nothing; "" before the first attempt."""
    said = {
        Failure.FORBIDDEN: _("The name leads to a private address: nothing was sent."),
        Failure.TIMED_OUT: _("No answer in time."),
        Failure.NO_CONNECTION: _("No connection."),
        Failure.LOCKED: _("The address or the secret can't be read."),
    }
    if send.status is not None:
        return _("The receiver answered %(status)s.") % {"status": send.status}
    return said.get(Failure(send.failure), "")


@register.filter
def pretty(send: HookSend) -> str:
    """The message, for people to read."""
    return json.dumps(json.loads(send.body), ensure_ascii=False, indent=2)
