"""The picker's lines for many chats."""

from django import template
from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from labelapp.queries.selections import Share, ShareGroup
from labelapp.templatetags.chips import EMPTY, chip_html
from labelapp.templatetags.screens import icon

register = template.Library()
MARKS = {"true": "yes", "mixed": "some", "false": ""}


@register.simple_tag
def share_option(share: Share, group: ShareGroup) -> SafeString:
    """A label: a box (a circle where one excludes the others) that is full, empty, or has a dash where only some carry it.

    What is chosen, `data-want`, is the script's: nothing, "on" or "off".
    """
    tag = share.tag
    return format_html(
        '<div role="option" class="opt many" id="opt-{}" data-pk="{}" data-name="{}" data-group="{}" data-want=""'
        ' data-have="{}" data-adds="{}" data-takes="{}" data-more="{}" aria-checked="{}" data-was="{}">'
        '<span class="mark{} {}">{}{}{}</span>{}<span class="d ell"></span>{}</div>',
        tag.pk,
        tag.pk,
        tag.name,
        group.name if group.is_exclusive else "",
        share.have,
        share.adds,
        share.takes,
        "1" if share.more else "",
        share.state,
        share.state,
        " o" if group.is_exclusive else "",
        MARKS[share.state],
        EMPTY if group.is_exclusive else icon("check", "s"),
        icon("minus", "s"),
        icon("x", "s"),
        chip_html(tag),
        _part(share),
    )


def _part(share: Share) -> SafeString:
    """ "5/12", and in words."""
    have, of = f"{intcomma(share.have)}{'+' if share.more else ''}", _of(share)
    words = _("on %(have)s of %(of)s") % {"have": have, "of": of}
    return format_html(
        '<span class="n"><bdi dir="ltr" aria-hidden="true">{}/{}</bdi><span class="vh">{}</span></span>',
        have,
        of,
        words,
    )


def _of(share: Share) -> str:
    return f"{intcomma(share.of)}{'+' if share.more else ''}"
