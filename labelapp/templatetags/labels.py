"""Pieces of the label directory's page."""

from dataclasses import replace

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from labelapp.forms import LabelForm
from labelapp.models import Label
from labelapp.queries.directory import Tag, tag_of
from labelapp.queries.labels import Directory
from labelapp.templatetags.chips import chip_html

register = template.Library()
STEP = 17  # from slot to slot, in pixels


@register.simple_tag
def slot_meter(directory: Directory) -> SafeString:
    """One shape per slot of the account: round for a stage, square for a free label, empty for what is left."""
    rows = directory.rows
    shapes = [(row.tag.color, "6.5" if row.tag.exclusive else "3") for row in rows] + [
        ("free", "3") for _n in directory.free
    ]
    drawn = format_html_join(
        "",
        '<rect class="slot {}" x="{}" y=".5" width="13" height="13" rx="{}"/>',
        ((color, f"{STEP * n + 0.5}", corner) for n, (color, corner) in enumerate(shapes)),
    )
    words = ngettext("%(used)d of %(slots)d label slot used", "%(used)d of %(slots)d label slots used", directory.slots)
    return format_html(
        '<svg class="slots" width="{0}" height="14" viewBox="0 0 {0} 14" role="img" aria-label="{1}">{2}</svg>',
        STEP * len(shapes),
        words % {"used": directory.used, "slots": directory.slots},
        drawn,
    )


@register.filter
def placed(label: Label, directory: Directory) -> Tag:
    """The label with its place in its funnel, which its chip shows as a pie."""
    return next((row.tag for row in directory.rows if row.label.pk == label.pk), None) or tag_of(label)


@register.simple_tag
def preview(form: LabelForm, label: Label | None, directory: Directory) -> SafeString:
    """The label as chips, with what the form holds. static/labels.js keeps it up to date."""
    color, name = form["color"].value(), form["name"].value() or _("Name")
    shape = placed(label, directory) if label else Tag(0, "", "", "cx")
    tag = replace(shape, pk=0, wa_id="", name=str(name), color="cx" if color in (None, "") else f"c{color}")
    chips = [chip_html(tag, size="lg full"), chip_html(tag), chip_html(tag, "pending")]
    return format_html(
        '<div class="preview" aria-hidden="true" data-empty="{}">{}</div>',
        _("Name"),
        format_html_join("", "{}", ((c,) for c in chips)),
    )
