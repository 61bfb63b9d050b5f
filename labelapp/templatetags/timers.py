"""The times of labels in words, in the reader's language and time zone."""

from datetime import datetime
from typing import NamedTuple

from django import template
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from labelapp.models import LabelTimer
from labelapp.queries.inbox import Until
from labelapp.templatetags.screens import icon

register = template.Library()
Then = LabelTimer.Then
SOON = 6  # days within which a day of the week says which one


class Words(NamedTuple):
    """`short`: for a chip. `sentence`: what happens then. `is_late`: the time has come, and the label is still there."""

    short: str
    sentence: str
    is_late: bool = False


def words_of(until: Until) -> Words:
    short = short_time(until.at)
    if until.at <= timezone.now():
        return Words(short, _("Its time has come: %(time)s.") % {"time": short}, True)
    values = {"time": short, "name": until.into.name if until.into else ""}
    said = {
        Then.REMOVE: _("Until %(time)s, then it comes off."),
        Then.TURN: _("Until %(time)s, then it turns into “%(name)s”."),
        Then.CALL: _("Until %(time)s, then somebody is told."),
    }
    return Words(short, said[Then(until.then)] % values)


@register.filter
def short_time(at: datetime) -> str:
    """As short as it can be told without a doubt: 10:00, tomorrow 10:00, Thu 10:00, 12 Nov 10:00, 12 Jan 2027."""
    local, today = timezone.localtime(at), timezone.localdate()
    clock = f"{local:%H:%M}"
    days = (local.date() - today).days
    if days == 0:
        return clock
    if days in (1, -1):
        words = _("tomorrow %(time)s") if days == 1 else _("yesterday %(time)s")
        return words % {"time": clock}
    if 0 < days <= SOON:
        return f"{formats.date_format(local, 'D')} {clock}"
    if local.year != today.year:
        return formats.date_format(local, "j M Y")
    return f"{formats.date_format(local, 'j M')} {clock}"


def timer_mark(words: Words) -> SafeString:
    """The sign of a time with the time itself, for the eye alone: the chip's own words tell the ear."""
    return format_html(
        '<span class="tm{}" aria-hidden="true">{}{}</span>',
        " late" if words.is_late else "",
        icon("timer", "s"),
        words.short,
    )
