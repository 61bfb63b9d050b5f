"""How runs and what they did look."""

from datetime import datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from labelapp.models import Instance, Run, RunChat, RunItem
from labelapp.queries.directory import Tag
from labelapp.queries.runs import Change
from labelapp.templatetags.chips import chip_html, tag_name
from labelapp.templatetags.screens import icon, pie, when

register = template.Library()
TONES = {Run.State.RUNNING: "ok", Run.State.PAUSED: "warn", Run.State.DONE: "ok"}
SIGNS = {
    Run.State.RUNNING: "sync",
    Run.State.PAUSED: "pause",
    Run.State.DONE: "check",
    Run.State.CANCELLED: "x",
    Run.State.PREPARING: "clock",
}
RESULTS = {  # state -> tone, icon
    RunChat.State.WAITING: ("muted", "clock"),
    RunChat.State.SENT: ("warn", "clock"),
    RunChat.State.CHANGED: ("ok", "check"),
    RunChat.State.ALREADY: ("muted", "minus"),
    RunChat.State.FAILED: ("bad", "alert"),
    RunChat.State.SKIPPED: ("muted", "not"),
}


@register.simple_tag
def run_pill(run: Run) -> SafeString:
    """The state of a run in a word."""
    spin = "s spin" if run.state == Run.State.RUNNING else "s"
    tone, sign = TONES.get(Run.State(run.state), ""), icon(SIGNS[Run.State(run.state)], spin)
    return format_html(
        '<span class="pill {}" data-state="{}">{}{}</span>', tone, run.state, sign, run.get_state_display()
    )


@register.simple_tag
def run_result(place: RunChat) -> SafeString:
    """The state of a chat in words."""
    tone, sign = RESULTS[RunChat.State(place.state)]
    return format_html('<span class="line {}">{}{}</span>', tone, icon(sign, "s"), place.get_state_display())


@register.simple_tag
def plain_chip(tag: Tag, size: str = "") -> SafeString:
    """A label by itself, which says nothing about any chat."""
    classes = " ".join(name for name in ("chip", tag.color, "stage" if tag.exclusive else "", size) if name)
    sign = pie(tag.stage, tag.stages) if tag.stage else ""
    return format_html('<span class="{}">{}<span class="t" dir="auto">{}</span></span>', classes, sign, tag_name(tag))


@register.simple_tag
def change_chip(change: Change) -> SafeString:
    """What a run does to a label of a chat: a sign, and the label as it stands there."""
    item = change.item
    sign, said = ("+", _("add")) if item.on else ("−", _("remove"))
    state = {RunItem.State.SENT: "pending", RunItem.State.FAILED: "failed"}.get(RunItem.State(item.state))
    chip = chip_html(change.tag, state, item.on) if state else plain_chip(change.tag)
    return format_html(
        '<li data-item="{}"><span class="pm" aria-hidden="true">{}</span><span class="vh">{} </span>{}</li>',
        item.state,
        sign,
        said,
        chip,
    )


@register.filter
def lasting(seconds: int | None) -> str:
    """A time to wait: "about 50 s", "about 12 min", "about 3 h"."""
    if seconds is None:
        return ""
    if seconds < 90:
        return _("about %(n)s s") % {"n": max(5, 5 * round(seconds / 5))}
    if seconds < 90 * 60:
        return _("about %(n)s min") % {"n": round(seconds / 60)}
    return _("about %(n)s h") % {"n": round(seconds / 3600)}


@register.filter
def took(span: timedelta | None) -> str:
    """How long a change was on its way."""
    if span is None:
        return ""
    seconds = span.total_seconds()
    return _("after %(n)s s") % {"n": f"{seconds:.1f}" if seconds < 10 else round(seconds)}


@register.filter
def finishing(moment: datetime | None) -> str:
    """When something will be through: 11:40, tomorrow 11:40, 12 Nov."""
    if moment is None:
        return ""
    here = timezone.localtime(moment)
    days = (here.date() - timezone.localdate()).days
    if days == 0:
        return f"{here:%H:%M}"
    return _("tomorrow, %(time)s") % {"time": f"{here:%H:%M}"} if days == 1 else f"{when(moment)}, {here:%H:%M}"


@register.filter
def pace(numbers: list[Instance]) -> str:
    """How fast numbers go, the slowest of them, in whole changes a minute or a second."""
    slowest = min(number.pace for number in numbers) if numbers else 0
    n = round(slowest * 60) if slowest < 2 else round(slowest)
    if slowest < 2:
        return ngettext("%(n)d change a minute", "%(n)d changes a minute", n) % {"n": n}
    return ngettext("%(n)d change a second", "%(n)d changes a second", n) % {"n": n}


@register.filter
def resting(number: Instance) -> str:
    """When runs rest there, "" for never."""
    if number.quiet_from is None or number.quiet_until is None or number.quiet_from == number.quiet_until:
        return ""
    times = {"start": f"{number.quiet_from:%H:%M}", "end": f"{number.quiet_until:%H:%M}"}
    return pgettext("quiet hours of runs", "not %(start)s to %(end)s") % times


@register.filter
def bars(chosen: dict[str, int]) -> list[tuple[str, float, float]]:
    """Class, start and width of the parts of a meter 1000 wide, those of nothing left out."""
    total, end = sum(chosen.values()), sum(1 for count in chosen.values() if count)
    parts: list[tuple[str, float, float]] = []
    at = 0.0
    for name, count in chosen.items():
        if not count:
            continue
        width = 1000 * count / total
        gap = 2 if len(parts) < end - 1 else 0  # between two parts, not behind the last
        parts.append((name, round(at, 1), round(max(1.0, width - gap), 1)))
        at += width
    return parts
