"""The pieces of the open chat: its chips, the picker's options, and its activity in whole sentences."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from types import MappingProxyType

from django import template
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from labelapp.models import Source, Verb
from labelapp.models.reasons import Reason, sentence
from labelapp.queries.directory import Tag
from labelapp.queries.inbox import Pair
from labelapp.queries.panel import TIMERS, Deed
from labelapp.templatetags.chips import EMPTY, chip_html, tag_name
from labelapp.templatetags.rows import pair_chip
from labelapp.templatetags.screens import icon
from labelapp.templatetags.timers import timer_mark, words_of

register = template.Library()
NO_KEYS: Mapping[int, int] = MappingProxyType({})

OF_OURS = Reason.POLICY(), Reason.MADE_REDUNDANT()  # a group's or a stage's setting did it, here

SOURCE_ICONS = {
    Source.AGENT: "agent",
    Source.PHONE: "phone",
    Source.RULE: "rule",
    Source.BULK: "runs",
    Source.API: "api",
    Source.EVENT: "api",
    Source.TIMER: "timer",
    Source.RECONCILE: "sync",
    Source.IMPORT: "down-tray",
}


@register.simple_tag
def panel_chip(pair: Pair, chat: int, may_tag: bool) -> SafeString:
    """A large chip with the way to its time and its button to take the label off, which work without JavaScript too."""
    removable = may_tag and pair.wanted and not pair.tag.ghost and not pair.tag.dead
    return pair_chip(pair, "lg", _clock(pair, chat) + _remover(pair.tag, chat) if removable else EMPTY)


@register.filter
def any_held(pairs: list[Pair]) -> bool:
    """Whether a change of these waits for a person's word."""
    return any(pair.state == "held" for pair in pairs)


def _clock(pair: Pair, chat: int) -> SafeString:
    """The way to the time of a label, which it shows where there is one."""
    words = words_of(pair.until) if pair.until else None
    said = _("Timer of %(label)s") % {"label": tag_name(pair.tag)}
    title = f"{said}. {words.sentence}" if words else said
    address = reverse("timers.edit", args=[chat, pair.tag.pk])
    return format_html(
        '<a class="x{}" id="timer-{}" href="{}" hx-get="{}" hx-target="#view-side" hx-swap="innerHTML" hx-sync="this:drop"'
        ' data-opener aria-haspopup="dialog" aria-label="{}" title="{}">{}</a>',
        "" if words else " unset",
        pair.tag.pk,
        address,
        address,
        title,
        title,
        timer_mark(words) if words else icon("timer", "s"),
    )


def _remover(tag: Tag, chat: int) -> SafeString:
    return format_html(
        '<button class="x" form="tag-form" formaction="{}" name="state" value="off" data-pk="{}" data-chat-pk="{}"'
        ' aria-label="{}">{}</button>',
        reverse("chats.set_label", args=[chat, tag.pk]),
        tag.pk,
        chat,
        _("Remove %(label)s") % {"label": tag_name(tag)},
        icon("x", "s"),
    )


@register.simple_tag
def option(
    tag: Tag,
    chat: int,
    held: dict[int, Pair],
    stages: dict[int, Tag],
    group: int,
    numbers: Mapping[int, int] = NO_KEYS,
    prunes: Mapping[int, list[Tag]] | str = "",
) -> SafeString:
    """A line of the picker: a box for a free label, a circle for one of a group that allows one. A ghost can't be picked.

    `numbers`: the key of each of the first nine labels, shown to people who use such keys. `prunes`: in the stage control, what each
    stage takes off besides.
    """
    redundant = prunes if isinstance(prunes, Mapping) else None
    if tag.ghost:
        return EMPTY
    on = tag.pk in held and held[tag.pk].wanted
    return format_html(
        '<div role="option" class="opt" id="opt-{}" data-pk="{}" data-name="{}" data-group="{}" data-url="{}"'
        ' aria-selected="{}"><span class="mark{}">{}</span>{}<span class="d ell" dir="auto">{}</span>{}{}</div>',
        tag.pk,
        tag.pk,
        tag.name,
        group if tag.exclusive else "",
        reverse("chats.set_label" if redundant is None else "stages.move", args=[chat, tag.pk]),
        "true" if on else "false",
        " o" if tag.exclusive else "",
        EMPTY if tag.exclusive else icon("check", "s"),
        chip_html(tag),
        tag.description,
        format_html('<kbd class="desk" aria-hidden="true">{}</kbd>', numbers[tag.pk]) if tag.pk in numbers else EMPTY,
        _consequence(tag, stages.get(group) if tag.exclusive else None, (redundant or {}).get(tag.pk, [])),
    )


def _consequence(tag: Tag, present: Tag | None, redundant: Iterable[Tag] = ()) -> SafeString:
    """What picking a stage does to the present one, and to what it makes redundant."""
    if present is not None and present.pk == tag.pk:
        return EMPTY
    also = format_html_join(" ", "{}", ((chip_html(each),) for each in redundant))
    # Translators: {labels} are chips of labels that this stage makes redundant
    more = format_html(_("also takes off {labels}"), labels=also) if also else EMPTY
    if present is None:
        return format_html('<span class="replaces">{}</span>', more) if more else EMPTY
    # Translators: {label} is the chip of the stage that the chat has now
    words = format_html(
        _("replaces {label}: the new stage goes on first, the old one comes off after"), label=chip_html(present)
    )
    between = SafeString("<br>") if more else EMPTY
    return format_html('<span class="replaces">{}{}{}</span>', words, between, more)


@register.simple_tag
def plain_option(tag: Tag, chat: int, held: dict[int, Pair], is_stage: bool | str = False) -> SafeString:
    """The same as a button of a form, for a browser without JavaScript. `is_stage`: in the stage control."""
    if tag.ghost:
        return EMPTY
    on = tag.pk in held and held[tag.pk].wanted
    if is_stage:
        return format_html(
            '<button class="btn" formaction="{}"{}>{}</button>',
            reverse("stages.move", args=[chat, tag.pk]),
            SafeString(' aria-current="step"') if on else EMPTY,
            _("Move to %(label)s") % {"label": tag_name(tag)},
        )
    words = _("Remove %(label)s") if on else _("Add %(label)s")
    return format_html(
        '<button class="btn" formaction="{}" name="state" value="{}">{}</button>',
        reverse("chats.set_label", args=[chat, tag.pk]),
        "off" if on else "on",
        words % {"label": tag_name(tag)},
    )


@register.filter
def source_icon(source: str) -> str:
    return SOURCE_ICONS.get(Source(source), "info")


@register.filter
def deed_sentence(deed: Deed) -> SafeString:
    """What happened, with the chip inside the sentence."""
    if deed.tag is None:
        return _handed_over(deed)
    # Translators: {label} is a chip, {who} a person, a rule, a program. One sentence: put the words in the order you need
    return format_html(
        _template_of(deed), label=chip_html(deed.tag), who=format_html('<b dir="auto">{}</b>', _who(deed))
    )


def _handed_over(deed: Deed) -> SafeString:
    """Who gave the chat to whom."""
    entry = deed.entry
    if entry.source == Source.RECONCILE:
        return format_html("{}", _("The chat was given back"))
    if entry.person is None:
        words = _("{who} gave the chat back")
    elif entry.person_id == entry.actor_id:
        words = _("{who} took the chat")
    else:
        words = _("{who} gave the chat to {person}")
    person = entry.person.display_name if entry.person else ""
    bold = '<b dir="auto">{}</b>'
    return format_html(words, who=format_html(bold, _who(deed)), person=format_html(bold, person))


def _template_of(deed: Deed) -> str:
    verb, source = deed.entry.verb, deed.entry.source
    if verb == Verb.FAIL:
        return _("{label} could not be applied")
    if verb == Verb.KEEP:
        return _("{label} stays, because the new stage failed")
    if verb == Verb.IGNORE:  # with a cause it is the undoing
        return (
            _("{who} took up a difference of {label} again")
            if deed.entry.cause
            else _("{who} ignored a difference of {label}")
        )
    if verb in TIMERS:
        return _timer_template(verb, source)
    added = verb == Verb.ADD
    if source == Source.PHONE:
        return _("{label} was added on the phone") if added else _("{label} was removed on the phone")
    if deed.entry.cause.startswith(OF_OURS) and source == Source.RECONCILE:
        return _("labelapp added {label}") if added else _("labelapp removed {label}")
    if source in (Source.RECONCILE, Source.IMPORT):
        return _("{label} was found on WhatsApp") if added else _("{label} was gone from WhatsApp")
    return _("{who} added {label}") if added else _("{who} removed {label}")


def _timer_template(verb: str, source: str) -> str:
    if verb == Verb.TIMER:
        return _("{who} set a timer on {label}")
    if verb == Verb.TIMER_CALL:
        return _("The time of {label} has come")
    return _("The timer of {label} ended") if source == Source.TIMER else _("{who} took the timer of {label} away")


def _who(deed: Deed) -> str:
    """The person, else what acted in nobody's name."""
    names = {
        Source.AGENT: _("Someone"),
        Source.RULE: _("A rule"),
        Source.BULK: _("A bulk run"),
        Source.API: _("A program"),
        Source.EVENT: _("A business event"),
        Source.TIMER: _("A timer"),
    }
    return deed.who or names.get(Source(deed.entry.source), _("Someone"))


@register.filter
def deed_detail(deed: Deed) -> SafeString:
    """Why, and when WhatsApp had it."""
    parts = []
    if deed.entry.cause:
        parts.append(format_html('<span dir="auto">{}</span>', sentence(deed.entry.cause)))
    if deed.entry.source == Source.PHONE:
        parts.append(format_html("{}", _("time when it was first seen")))
    if deed.took is not None:
        parts.append(format_html('<span class="ok">{}</span>', arrived(deed.took)))
    if not parts:
        return EMPTY
    return format_html("<small>{}</small>", SafeString(" · ".join(parts)))


def arrived(took: timedelta) -> str:
    """How long the way to WhatsApp was, as exact as it matters."""
    seconds = max(0.1, took.total_seconds())
    if seconds < 60:
        return _("on WhatsApp after %(n)s s") % {"n": formats.localize(round(seconds, 1))}
    if seconds < 3600:
        return _("on WhatsApp after %(n)d min") % {"n": round(seconds / 60)}
    return _("on WhatsApp after %(n)d h") % {"n": round(seconds / 3600)}


@register.filter
def day(value: date) -> str:
    """The heading of a day's messages."""
    today = timezone.localdate()
    if value == today:
        return _("Today")
    if value == today - timedelta(days=1):
        return _("Yesterday")
    return formats.date_format(value, "l j F" if value.year == today.year else "j F Y")
