"""The card of a chat on a board, and how long it has been there. Made of formats, like the rows of the list."""

from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from html import escape

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from labelapp.models import Chat
from labelapp.models.fields import NEVER
from labelapp.queries.board import Age, Card
from labelapp.queries.directory import Tag
from labelapp.queries.inbox import Pair
from labelapp.templatetags.chips import EMPTY, chip_html, tag_name
from labelapp.templatetags.insights import span
from labelapp.templatetags.rows import mark_html, more_html, pair_chip, preview_html, time_html
from labelapp.templatetags.screens import avatar, icon, initials

register = template.Library()
CHIPS = 3
MINUTE = timedelta(minutes=1)
MICROSECOND = timedelta(microseconds=1)

CARD = (
    '<li class="{classes}" id="card-{pk}" data-chat="{jid}" data-pk="{pk}" data-stage="{stage}" data-at="{at}"'
    ' data-focus-home="open-{pk}">'
    '<div class="line">{avatar}<a class="hit ell grow" dir="auto" draggable="false" id="open-{pk}" href="/chats/{pk}/?instance={slug}">'
    "<b>{title}</b></a>{mark}{age}</div>"
    '<p class="prev">{preview}</p>{conflict}'
    '<div class="line foot"><ul class="chips grow">{chips}</ul>{mover}{owner}</div></li>'
)
BARS = (
    '<svg class="bars" viewBox="0 0 14 10" aria-hidden="true"><rect x="0" y="6" width="3.5" height="4" rx="1"{}/>'
    '<rect x="5" y="3" width="3.5" height="7" rx="1"{}/><rect x="10" y="0" width="3.5" height="10" rx="1"{}/></svg>'
)


@dataclass(frozen=True, slots=True)
class Face:
    """What is the same for all cards of an answer."""

    may_tag: bool
    slug: str


def card_html(card: Card, face: Face) -> SafeString:
    """Text from outside goes through `escape` here; all other parts are HTML already."""
    chat = card.row.chat
    level = f" a{card.age.level}" if card.age and card.age.level else ""
    return SafeString(
        CARD.format(
            pk=chat.pk,
            jid=escape(chat.jid),
            stage=card.stage,
            at=(chat.last_message_at - NEVER) // MICROSECOND,
            classes=f"kard{level}{' is-stuck' if card.age and card.age.is_stuck else ''}{' unread' if card.row.is_news else ''}",
            slug=face.slug,
            avatar=avatar(chat.name, chat.is_group, "xs"),
            title=escape(chat.title),
            mark=mark_html(chat) if chat.is_group or chat.archived else "",
            age=age_html(card.age) if card.age else time_html(chat.last_message_at),
            preview=preview_html(chat),
            conflict=conflict_html(card, face) if card.others else "",
            chips=chips_html(card),
            mover=mover_html(chat) if face.may_tag else "",
            owner=owner_html(chat),
        )
    )


def chips_html(card: Card) -> SafeString:
    """All chips but the one that the column stands for, as long as WhatsApp has it: three, then how many more."""
    shown = [pair for pair in card.row.pairs if not _is_said(pair, card)]
    parts = [f"<li>{pair_chip(pair)}</li>" for pair in shown[:CHIPS]]
    if more := shown[CHIPS:]:
        parts.append(more_html(more))
    return SafeString("".join(parts))  # every part is escaped already


def _is_said(pair: Pair, card: Card) -> bool:
    is_settled = pair.wanted and pair.state == "confirmed"
    return is_settled and (pair.tag.pk == card.stage or pair.tag in card.others)


def conflict_html(card: Card, face: Face) -> SafeString:
    """The other stages that it has, and the way to leave it with this one."""
    chips = SafeString(" ".join(chip_html(tag) for tag in card.others))
    keep = EMPTY
    if face.may_tag:
        keep = format_html(
            '<button type="button" class="linkish" id="keep-{}" data-keep="{}">{}</button>',
            card.row.chat.pk,
            card.stage,
            _("Keep it here"),
        )
    # Translators: a chat that has two stages; {stages} are the other ones
    words = format_html(_("Also at {stages}"), stages=chips)
    return format_html('<p class="conf">{}<span>{}</span>{}</p>', icon("alert", "s"), words, keep)


def age_html(age: Age) -> SafeString:
    return _age(get_language() or "", age.span // MINUTE, age.is_seen, age.level, age.is_stuck)


@lru_cache(maxsize=4096)
def _age(
    language: str, minutes: int, is_seen: bool, level: int, is_stuck: bool
) -> SafeString:  # the language is part of the key
    words = span(max(1, minutes) * MINUTE)
    if not is_seen:
        words = _("≥ %(span)s") % {"span": words}
    said = [each for each in (_("Stuck") if is_stuck else "", level_words(level)) if each]
    if not is_seen:
        said.append(_("Nobody saw it begin"))
    since = _("In this stage for %(span)s") % {"span": words}
    title = f"{since}. {'. '.join(said)}".strip()
    return format_html(
        '<span class="age" title="{}">{}<span aria-hidden="true">{}</span><span class="vh">{}</span></span>',
        title,
        icon("clock", "s") if is_stuck else bars(level) if level else EMPTY,
        words,
        title,
    )


@register.simple_tag
def bars(level: int) -> SafeString:
    """One to three bars, as many filled as the level says."""
    return SafeString(BARS.format(*(' class="f"' if n < level else "" for n in range(3))))


@register.simple_tag
def levels() -> list[tuple[int, str]]:
    """What the legend explains."""
    return [(level, level_words(level)) for level in (1, 2, 3)]


def level_words(level: int) -> str:
    """What so many bars say."""
    return ("", _("Under the median"), _("Over the median"), _("Longer than nine of ten"))[level]


def mover_html(chat: Chat) -> SafeString:
    """The way to another stage without dragging."""
    return _mover(get_language() or "", chat.pk, chat.title)


@lru_cache(maxsize=4096)
def _mover(language: str, pk: int, title: str) -> SafeString:  # the language is part of the key
    words = _("Move %(chat)s to another stage") % {"chat": title}
    return format_html(
        '<a class="btn icon-only ghost sm mover" id="move-{}" href="/chats/{}/stage/" role="button" aria-haspopup="menu"'
        ' draggable="false" data-move aria-label="{}" title="{}">{}</a>',
        pk,
        pk,
        words,
        words,
        icon("next", "flip"),
    )


def owner_html(chat: Chat) -> SafeString:
    return _owner(get_language() or "", chat.assignee.display_name) if chat.assignee else EMPTY


@lru_cache(maxsize=1024)
def _owner(language: str, name: str) -> SafeString:  # the language is part of the key
    words = _("Assigned to %(name)s") % {"name": name}
    return format_html(
        '<span class="avatar xs" title="{}"><span aria-hidden="true">{}</span><span class="vh">{}</span></span>',
        words,
        initials(name) or icon("agent"),
        words,
    )


@register.filter
def stage_name(tag: Tag | None) -> str:
    """The name of a column."""
    return tag_name(tag) if tag else _("No stage")
