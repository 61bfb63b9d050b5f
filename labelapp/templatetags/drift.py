"""Pieces of the drift page: what a difference is, what can be done about it, and how old a comparison is."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from labelapp.models import Instance, LabelGroup, Source
from labelapp.models.fields import NEVER
from labelapp.models.reasons import sentence
from labelapp.queries.differences import Row
from labelapp.queries.directory import Tag
from labelapp.queries.health import span
from labelapp.queries.panel import Conflict
from labelapp.queries.states import LONGEST_CYCLE
from labelapp.templatetags.chips import chip_html, tag_name
from labelapp.templatetags.screens import icon, when

register = template.Library()


@dataclass(frozen=True, slots=True)
class Check:
    """Whether a comparison of the number is under way, or about to begin."""

    is_running: bool
    is_due: bool


@register.filter
def check(number: Instance) -> Check:
    now = timezone.now()
    began, due = number.reconcile_started_at, number.reconcile_due_at
    return Check(began is not None and now - began < LONGEST_CYCLE, due is not None and due <= now)


@register.filter
def has_verified(number: Instance) -> bool:
    """Whether the number was compared at least once."""
    return bool(number.reconciled_at != NEVER)


@register.filter
def age(at: datetime) -> str:
    """How long ago, in its largest unit: "2 min"; "never"."""
    return _("never") if at == NEVER else span(max(timedelta(), timezone.now() - at).total_seconds())


@register.filter
def verified(at: datetime) -> str:
    """When the number was compared last, as a sentence."""
    return _("Not verified yet.") if at == NEVER else _("Verified %(span)s ago.") % {"span": age(at)}


@register.filter
def signed(n: int) -> str:
    """A difference with its sign."""
    return f"+{n}" if n > 0 else f"\N{MINUS SIGN}{-n}" if n < 0 else "0"


@register.simple_tag
def drift_chip(row: Row) -> SafeString:
    """The label of a row. One that WhatsApp is not sure to have is hollow."""
    if row.kind == "wish" and row.pair:
        return chip_html(row.tag, "failed", row.pair.wanted, sentence(row.pair.error) if row.pair.error else "")
    if row.kind != "removal":
        return chip_html(row.tag, size="full" if row.tag.ghost else "")
    name = tag_name(row.tag)
    return format_html(
        '<span class="chip {} doubted" title="{}" data-label="{}" data-state="doubted">{}<span class="t" dir="auto">{}</span>'
        '<span class="vh">, {}</span></span>',
        f"{row.tag.color} stage" if row.tag.exclusive else row.tag.color,
        _("%(label)s: WhatsApp contradicts itself.") % {"label": name},
        row.tag.wa_id,
        icon("question", "s"),
        name,
        _("in doubt"),
    )


@register.filter
def why(row: Row) -> str:
    """Why a person has to look."""
    if row.kind == "wish" and row.pair:
        if row.pair.error:
            return sentence(row.pair.error)
        return _("It could not be added.") if row.pair.wanted else _("It could not be taken off.")
    if row.kind == "unknown":
        return _("WhatsApp uses label id %(id)s, which its list of labels does not show.") % {"id": row.tag.wa_id}
    return row.finding.reason if row.finding else ""


@register.filter
def since(row: Row) -> str:
    """Who wished it and when, or when it was first seen: nobody knows when something happened on the phone."""
    time = when(row.at)
    if row.kind == "wish":
        who = row.who or row.source
        return f"{who} · {time}" if who else time
    if row.kind == "unknown" and row.count > len(row.chats):
        return _("On %(n)d chats.") % {"n": row.count}
    return _("First seen: %(time)s") % {"time": time} if time else ""


@register.filter
def rule(row: Row) -> str:
    """What a group says about two of its labels on one chat."""
    texts: dict[str, str] = {
        LabelGroup.ConflictPolicy.FURTHEST: _("Only one may stay. By the group's rule the furthest wins."),
        LabelGroup.ConflictPolicy.LATEST: _("Only one may stay. By the group's rule the latest wins."),
    }
    return texts.get(row.policy, _("Only one of them may stay on a chat."))


@register.simple_tag
def came(row: Row | Conflict, tag: Tag) -> str:
    """How a label of a clash came to be on the chat, as the ledger tells it."""
    entry, values = row.came.get(tag.pk), {"label": tag_name(tag)}
    if entry is None:
        return _("%(label)s: there before labelapp") % values
    values |= {
        "time": when(entry.at),
        "who": entry.actor.display_name if entry.actor else str(Source(entry.source).label),
    }
    if entry.source == Source.PHONE:
        return _("%(label)s: on the phone, first seen %(time)s") % values
    return _("%(label)s: %(who)s, %(time)s") % values


@register.filter
def label_name(row: Row) -> str:
    return tag_name(row.tag) if row.tags else ""


@register.filter
def chat_name(row: Row) -> str:
    return row.chat.title if row.chat else ""


def _is_off(row: Row) -> bool:
    """Whether the wish was to take it off."""
    return row.kind == "wish" and row.pair is not None and not row.pair.wanted


@register.filter
def push_words(row: Row) -> str:
    return _("Take off phone") if _is_off(row) else _("Push")


@register.filter
def push_title(row: Row) -> str:
    return _("Tell WhatsApp once more to take it off") if _is_off(row) else _("Put it on WhatsApp once more")


@register.filter
def pull_words(row: Row) -> str:
    if row.kind == "removal":
        return _("Take off")
    return _("Keep it") if _is_off(row) else _("Drop here")


@register.filter
def pull_title(row: Row) -> str:
    if row.kind == "removal":
        return _("Take it off, here and on WhatsApp")
    return _("Leave it on WhatsApp, and have it here too") if _is_off(row) else _("Take WhatsApp's word: it is not on")
