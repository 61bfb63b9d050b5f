"""What publishing labels would change, in words."""

from datetime import timedelta

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from labelapp.forms.labels import COLOR_NAMES
from labelapp.forms.spans import write_span
from labelapp.models import LabelGroup
from labelapp.queries.taxonomy_differences import Step

register = template.Library()
SIGNS = {"label-add": "+", "group-add": "+"}


def _color(index: str | int | None) -> str:
    return str(COLOR_NAMES[index]) if isinstance(index, int) else _("another colour")


def _chosen(value: str | int | None) -> str:
    """A kind or a policy of groups."""
    return str(dict([*LabelGroup.Kind.choices, *LabelGroup.ConflictPolicy.choices]).get(str(value), value))


def _span(seconds: str | int | None) -> str:
    return write_span(timedelta(seconds=seconds)) if isinstance(seconds, int) else _("never")


@register.simple_tag
def step_line(step: Step) -> SafeString:
    """One difference, with a sign: added or changed."""
    names = {"name": step.name, "before": step.before or _("nothing"), "after": step.after or _("nothing")}
    if step.kind == "color":
        names |= {"before": _color(step.before), "after": _color(step.after)}
    if step.kind in ("group-add", "group-change"):
        names |= {"before": _chosen(step.before), "after": _chosen(step.after)}
    if step.kind == "stuck-after":
        names |= {"before": _span(step.before), "after": _span(step.after)}
    words = {
        "label-add": _("New label “%(name)s”"),
        "label-name": _("“%(before)s” becomes “%(after)s”"),
        "color": _("“%(name)s”: colour %(before)s becomes %(after)s"),
        "group": _("“%(name)s”: from group “%(before)s” to “%(after)s”"),
        "description": _("“%(name)s”: description “%(after)s”"),
        "unarchive": _("“%(name)s” comes out of the archive"),
        "stuck-after": _("“%(name)s”: limit %(before)s becomes %(after)s"),
        "takes-off": _("“%(name)s”: comes off when a chat enters it: %(after)s"),
        "group-add": _("New group “%(name)s” (%(after)s)"),
        "group-change": _("Group “%(name)s”: %(before)s becomes %(after)s"),
        "order": _("The order of groups and labels"),
        "urgency": _("The order by urgency: %(after)s"),
    }
    spot = (
        format_html('<i class="sw c{}"></i> ', step.after) if step.kind in ("label-add", "color") and step.after else ""
    )
    if step.kind in ("label-add", "color") and step.after == 0:
        spot = format_html('<i class="sw c0"></i> ')
    sign = SIGNS.get(step.kind, "~")
    line = '<li data-step="{}"><span class="pm" aria-hidden="true">{}</span> {}<span dir="auto">{}</span></li>'
    return format_html(line, step.kind, sign, spot, words[step.kind] % names)
