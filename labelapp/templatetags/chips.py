"""Label chips. Round: a stage, pick one. Square: free. Filled: WhatsApp has confirmed it. Hollow: not (yet) so on the phone."""

from functools import lru_cache

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from labelapp.models import Label
from labelapp.queries.directory import Tag, tag_of
from labelapp.templatetags.screens import icon, pie

register = template.Library()
EMPTY = SafeString("")


def tag_name(tag: Tag) -> str:
    """The label's own name; an unknown one says so."""
    return tag.name or _("Unknown label #%(id)s") % {"id": tag.wa_id}


def chip_html(
    tag: Tag,
    state: str = "confirmed",
    wanted: bool = True,
    error: str = "",
    size: str = "",
    tail: SafeString = EMPTY,
    until: str = "",
) -> SafeString:
    """A chip of a pair in this state ("pending", "held", "sent", "confirmed", "failed"). `tail` goes inside, at its end. `until`: what
    its time says, for its title and for who can't see it."""
    return _chip(get_language() or "", tag, state, wanted, error, size, tail, until)


@lru_cache(maxsize=16384)
def _chip(
    language: str, tag: Tag, state: str, wanted: bool, error: str, size: str, tail: SafeString, until: str
) -> SafeString:  # the language is part of the key
    shown, said, title = _words(tag, state, wanted, error)
    said, title = ". ".join(filter(None, (said, until))), f"{title} {until}".strip()
    classes = ["chip", tag.color, "stage" if tag.exclusive else "", shown, "" if wanted else "leaving", size]
    return format_html(
        '<span class="{}" title="{}" data-label="{}" data-pk="{}" data-state="{}" data-wanted="{}">'
        '{}<span class="t" dir="auto">{}</span>{}{}</span>',
        " ".join(name for name in classes if name),
        title,
        tag.wa_id,
        tag.pk,
        "ghost" if tag.ghost else state,
        "on" if wanted else "off",
        _sign(tag, state, wanted),
        tag_name(tag),
        format_html('<span class="vh">, {}</span>', said) if said else EMPTY,
        tail,
    )


def _words(tag: Tag, state: str, wanted: bool, error: str) -> tuple[str, str, str]:
    """The class of the state, what a screen reader adds to the name, and the title."""
    name = {"label": tag_name(tag)}
    if state == "failed":
        title = _("%(label)s could not be added.") if wanted else _("%(label)s is still on WhatsApp.")
        said = _("not applied") if wanted else _("still on WhatsApp")
        return "failed", said, f"{title % name} {error}".strip()
    if state == "held":
        title = (
            _("Waits for your word: %(label)s is to be put on.")
            if wanted
            else _("Waits for your word: %(label)s is to come off.")
        )
        said = _("waits for your word") if wanted else _("coming off, waits for your word")
        return "pending", said, f"{title % name} {error}".strip()
    if state in ("pending", "sent"):
        title = _("%(label)s: waiting for WhatsApp.") if wanted else _("%(label)s is coming off: waiting for WhatsApp.")
        said = _("waiting for WhatsApp") if wanted else _("coming off, waiting for WhatsApp")
        return "pending", said, f"{title % name} {error}".strip()
    if tag.ghost:
        return (
            "ghost",
            "",
            _("WhatsApp used label id %(id)s, which the list of labels does not show yet.") % {"id": tag.wa_id},
        )
    return "", "", _("%(label)s: on WhatsApp, confirmed.") % name


def _sign(tag: Tag, state: str, wanted: bool) -> SafeString:
    signs = {"failed": "alert", "held": "pause"} | dict.fromkeys(("pending", "sent"), "clock" if wanted else "minus")
    if state in signs:
        return icon(signs[state], "s")
    return pie(tag.stage, tag.stages) if tag.stage else EMPTY


@register.simple_tag
def chip(label: Label | Tag, state: str = "confirmed", size: str = "", wanted: bool = True) -> SafeString:
    """A chip of a label by itself, outside any chat."""
    return chip_html(label if isinstance(label, Tag) else tag_of(label), state, wanted, "", size)


@register.simple_tag
def swatch(label: Label | Tag) -> SafeString:
    """A spot of a label's colour: a square, or for a stage a circle with its pie."""
    tag = label if isinstance(label, Tag) else tag_of(label)
    if not tag.exclusive:
        return format_html('<i class="sw {}"></i>', tag.color)
    share = f"{tag.stage or 1} {tag.stages or 1}"
    return format_html(
        '<svg class="sw {}" viewBox="0 0 12 12" aria-hidden="true"><circle class="ring" cx="6" cy="6" r="5.4"/>'
        '<circle class="wedge" cx="6" cy="6" r="2" pathLength="{}" stroke-dasharray="{}" transform="rotate(-90 6 6)"'
        ' stroke-width="4"/></svg>',
        tag.color,
        tag.stages or 1,
        share,
    )


register.filter("tag_name", tag_name)
