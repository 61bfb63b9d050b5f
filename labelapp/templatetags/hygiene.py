"""Findings about labels in words, and where each is mended."""

from dataclasses import dataclass

from django import template
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import localize
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from labelapp.forms.labels import COLOR_NAMES
from labelapp.models import Instance
from labelapp.queries.hygiene import Finding, Kind

register = template.Library()
SIGNS = {
    Kind.UNUSED: "clock",
    Kind.NAMES: "label",
    Kind.COLORS: "eye",
    Kind.PASSIVE: "info",
    Kind.REDS: "bang",
    Kind.SKIPPED: "next",
    Kind.BACKWARD: "undo",
}


@register.filter
def sign(finding: Finding) -> str:
    """Its icon."""
    return SIGNS[finding.kind]


@register.filter
def says(finding: Finding) -> str:
    """What was found, after the chips."""
    if finding.kind == Kind.UNUSED:
        if finding.since is None:
            return _("nobody has used it for 30 days or longer")
        days = (timezone.now() - finding.since).days
        return ngettext("nobody has used it for %(n)d day", "nobody has used it for %(n)d days", days) % {"n": days}
    if finding.kind == Kind.COLORS:
        return _colors(finding)
    if finding.kind == Kind.SKIPPED:
        words = ngettext("was skipped %(n)s time", "was skipped %(n)s times", finding.count)
        return words % {"n": localize(finding.count)}
    if finding.kind == Kind.BACKWARD:
        words = ngettext("%(n)s chat went back", "%(n)s chats went back", finding.count)
        return words % {"n": localize(finding.count)}
    return {
        Kind.NAMES: _("have nearly the same name"),
        Kind.PASSIVE: _("says what was done"),
        Kind.REDS: _("is red but not urgent"),
    }[finding.kind]


def _colors(finding: Finding) -> str:
    like = finding.like
    if like is None or like.distance == 0:
        return _("have the same colour")
    return _("look nearly the same") if like.eyes == "normal" else _("look the same to some colour-blind people")


@register.filter
def because(finding: Finding) -> str:
    """Why that matters, and what would help."""
    if finding.kind == Kind.UNUSED:
        words = ngettext("It is on %(n)s chat.", "It is on %(n)s chats.", finding.count)
        return words % {"n": localize(finding.count)}
    if finding.kind == Kind.COLORS:
        return f"{_eyes(finding)} {_offer(finding)}".strip()
    if finding.kind == Kind.PASSIVE and finding.words:
        return _("A hint: a name that says what to do works better, such as “%(name)s”.") % {"name": finding.words}
    if finding.kind == Kind.REDS:
        why = _("Red is read first. Keep it for what can't wait, or add the label to the urgent ones.")
        return f"{why} {_offer(finding)}".strip()
    return {
        Kind.NAMES: _("People will pick now one, now the other. Rename one of them, or move its chats and delete it."),
        Kind.PASSIVE: _("A hint: a name that says what to do works better than one that says what was done."),
        Kind.SKIPPED: _("In the last 30 days. Perhaps the funnel does not need the stage."),
        Kind.BACKWARD: _("In the last 30 days. Perhaps chats move on too early."),
    }[finding.kind]


def _eyes(finding: Finding) -> str:
    like = finding.like
    if like is None or like.distance == 0:
        return ""
    kind = {
        "normal": _("For everybody"),
        "protan": _("Protanopia (red-blind)"),
        "deutan": _("Deuteranopia (green-blind)"),
        "tritan": _("Tritanopia (blue-blind)"),
    }[like.eyes]
    return _("%(eyes)s: distance %(n)s.") % {"eyes": kind, "n": f"{like.distance:.1f}"}


def _offer(finding: Finding) -> str:
    if finding.color is None:
        return ""
    return _("Free and clear of the others: %(colors)s.") % {"colors": COLOR_NAMES[finding.color]}


@dataclass(frozen=True, slots=True)
class Way:
    """A link that follows a piece of advice, or a button that does so at once, with the name of what it changes."""

    words: str
    address: str
    about: str
    is_done_here: bool = False


@register.filter
def ways(finding: Finding, number: Instance) -> list[Way]:
    """Where it is mended, or looked at."""
    if finding.kind in (Kind.SKIPPED, Kind.BACKWARD):
        query = urlencode({"instance": number.slug, "funnel": str(finding.fix)})
        return [Way(_("Show the moves"), f"{reverse('insights.index')}?{query}#moves", finding.tags[0].name)]
    name = next(tag.name for tag in finding.tags if tag.pk == finding.fix)
    edit, end, merge = (reverse(f"labels.{what}", args=[finding.fix]) for what in ("edit", "delete", "merge"))
    if finding.kind == Kind.UNUSED:
        return [Way(_("Archive or delete"), f"{end}?how=archive", name)]
    if finding.kind == Kind.NAMES:
        other = next(tag for tag in finding.tags if tag.pk != finding.fix)
        return [Way(_("Merge"), f"{merge}?into={other.pk}", name), Way(_("Rename"), edit, name)]
    if finding.kind == Kind.PASSIVE:
        return [Way(_("Rename"), _filled(edit, name=finding.words), name)]
    recolour = Way(_("Recolour"), _filled(edit, color=finding.color), name)
    if finding.kind == Kind.REDS:
        return [recolour, Way(_("Urgent"), reverse("urgency.mark", args=[finding.fix]), name, is_done_here=True)]
    return [recolour]


def _filled(address: str, **advised: str | int | None) -> str:
    """A form with what is advised filled in."""
    query = urlencode({key: value for key, value in advised.items() if value not in ("", None)})
    return f"{address}?{query}" if query else address
