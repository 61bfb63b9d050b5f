"""The line of a chat in the list, ready for `chats/_row.html`: words and HTML are made here, so that fifty cost little."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from html import escape

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from labelapp.models import Chat, Instance
from labelapp.models.reasons import sentence
from labelapp.queries.inbox import Pair, Row
from labelapp.templatetags.chips import EMPTY, chip_html, tag_name
from labelapp.templatetags.screens import avatar, icon, initials, iso, stamp, when
from labelapp.templatetags.timers import timer_mark, words_of

register = template.Library()
FREE_CHIPS = 3
MINUTE = timedelta(minutes=1)


# One format per row instead of a template: fifty rows cost a tenth of what nodes and includes cost.
ROW = (
    '<li class="{classes}" id="chat-{pk}" data-chat="{jid}" data-pk="{pk}" data-on="{on}"{home} data-focus-home="open-{pk}"{current}'
    ' hx-get="/chats/{pk}/row/" hx-trigger="chat-{pk} from:body, read-{pk} from:body" hx-swap="outerHTML" hx-sync="this:replace">'
    '<div class="who">{avatar}{owner}{pick}</div>'
    '<div class="main-c"><div class="name"><a class="hit ell" dir="auto" id="open-{pk}" href="/chats/{pk}/{query}">{title}</a>'
    '{mark}</div><div class="prev">{preview}</div></div>'
    '<ul class="chips">{chips}</ul>{tagger}<div class="meta">{time}{badge}</div></li>'
)


@dataclass(frozen=True, slots=True)
class Look:
    """What is the same for all rows of an answer."""

    now: datetime
    funnels: Collection[int] = ()  # the numbers that have one
    may_tag: bool = False
    query: str = ""  # leads back to the list
    open_pk: int | None = None  # the chat that is open beside the list
    numbers: tuple[Instance, ...] = ()  # where the list is of several: a row says to which it belongs

    def home(self, chat: Chat) -> Instance | None:
        return next((number for number in self.numbers if number.pk == chat.instance_id), None)


def row_html(row: Row, look: Look, *, gone: bool = False) -> SafeString:
    """The line of a chat. Text from outside goes through `escape` here; all other parts are HTML already.

    `gone`: it does not fit the filter any more, and stays until one moves on.
    """
    chat, home = row.chat, look.home(row.chat)
    return SafeString(
        ROW.format(
            pk=chat.pk,
            jid=escape(chat.jid),
            on=" ".join(str(pair.tag.pk) for pair in row.pairs if pair.wanted),
            home=f' data-number="{home.slug}"' if home else "",
            classes=f"row{' unread' if row.is_news else ''}{' gone' if gone else ''}",
            current=' aria-current="true"' if chat.pk == look.open_pk else "",
            avatar=avatar(chat.name, chat.is_group),
            owner=owner_html(chat) if chat.assignee_id else "",
            pick=pick_html(chat) if look.may_tag else "",
            query=f"?{escape(look.query)}" if look.query else "",
            title=escape(chat.title),
            mark=(mark_html(chat) if chat.is_group or chat.archived else "") + (home_html(home.name) if home else ""),
            preview=(gone_html() if gone else EMPTY) + preview_html(chat),
            chips=chips_html(row.pairs, chat.instance_id in look.funnels),
            tagger=tagger_html(chat) if look.may_tag else "",
            time=time_html(chat.last_message_at),
            badge=badge_html(row, look.now),
        )
    )


def media_word(media: str) -> str:
    """What a message without words carries."""
    words = {
        "image": _("Photo"),
        "audio": _("Voice message"),
        "video": _("Video"),
        "document": _("Document"),
        "sticker": _("Sticker"),
        "location": _("Location"),
        "contact": _("Contact"),
    }
    return words.get(media, _("Attachment")) if media else ""


def writer(sender: str) -> str:
    """Who wrote in a group: the name, else the number behind an address."""
    digits, at, host = sender.partition("@")
    return f"+{digits}" if at and host == "c.us" and digits.isdigit() else digits if at else sender


def preview_html(chat: Chat) -> SafeString:
    words = chat.last_message_text or media_word(chat.last_message_media)
    if chat.last_message_from_me:
        sign = f'{icon("ticks", "s")}<span class="vh">{escape(_("You:"))}</span>'
        return SafeString(f'{sign}<span class="ell" dir="auto">{escape(words)}</span>')
    if chat.is_group and chat.last_message_sender and words:
        # isolated: the text alone decides the direction of the line
        sender = format_html("<bdi>{}</bdi>", writer(chat.last_message_sender))
        # Translators: the preview of a group's last message
        line = format_html(_("{sender}: {text}"), sender=sender, text=words)
        return format_html('<span class="ell" dir="auto">{}</span>', line)
    return SafeString(f'<span class="ell" dir="auto">{escape(words)}</span>')


def mark_html(chat: Chat) -> SafeString:
    """What kind of chat it is, for those who can't see its avatar; that WhatsApp has put it away."""
    group = format_html('<span class="vh">{}</span>', _("Group")) if chat.is_group else EMPTY
    if not chat.archived:
        return group
    return group + format_html(
        '<span class="archived" title="{}">{}</span>', _("Archived in WhatsApp"), icon("archive", "s")
    )


def home_html(name: str) -> SafeString:
    """The number that the chat belongs to."""
    return SafeString(f'<small class="home ell" dir="auto">{escape(name)}</small>')


def gone_html() -> SafeString:
    """Why the row is dimmed."""
    return format_html('<span class="left-list">{}</span>', _("no longer in this list"))


def owner_html(chat: Chat) -> SafeString:
    """Who looks after the chat, at the corner of its avatar."""
    return _owner(get_language() or "", chat.assignee.display_name) if chat.assignee else EMPTY


@lru_cache(maxsize=1024)
def _owner(language: str, name: str) -> SafeString:  # the language is part of the key
    words = _("Assigned to %(name)s") % {"name": name}
    return format_html(
        '<span class="owner" title="{}"><span aria-hidden="true">{}</span><span class="vh">{}</span></span>',
        words,
        initials(name) or icon("agent", "s"),
        words,
    )


def pick_html(chat: Chat) -> SafeString:
    """The box that chooses the row, over its avatar."""
    return _pick(get_language() or "", chat.pk, chat.title)


@lru_cache(maxsize=4096)
def _pick(language: str, pk: int, title: str) -> SafeString:  # the language is part of the key
    words = _("Select %(chat)s") % {"chat": title}
    return format_html(
        '<label class="pick"><input type="checkbox" id="pick-{}" aria-label="{}" autocomplete="off"></label>',
        pk,
        words,
    )


def tagger_html(chat: Chat) -> SafeString:
    """Opens the picker for the row. Stands beside the preview, so that one can judge what one labels."""
    return _tagger(get_language() or "", chat.pk, chat.title)


@lru_cache(maxsize=4096)
def _tagger(language: str, pk: int, title: str) -> SafeString:  # the language is part of the key
    words = _("Label %(chat)s") % {"chat": title}
    return format_html(
        '<a class="tagger" id="tag-{}" href="/chats/{}/picker/" data-pick="{}" role="button" aria-label="{}" title="{}">{}</a>',
        pk,
        pk,
        pk,
        words,
        words,
        icon("tag-plus"),
    )


def chips_html(pairs: list[Pair], has_funnel: bool) -> SafeString:
    """The stage in its own slot, then three free labels, then how many more there are."""
    slot: Pair | None = pairs[0] if pairs and pairs[0].tag.exclusive else None
    free = pairs[1:] if slot else pairs
    parts: list[str] = []
    if slot:
        parts.append(f'<li class="stage-slot">{pair_chip(slot)}</li>')
    elif has_funnel:
        parts.append(format_html('<li class="stage-slot"><span class="nostage">{}</span></li>', _("No stage")))
    parts += [f"<li>{pair_chip(pair)}</li>" for pair in free[:FREE_CHIPS]]
    if more := free[FREE_CHIPS:]:
        parts.append(more_html(more))
    return SafeString("".join(parts))  # every part is escaped already


def pair_chip(pair: Pair, size: str = "", tail: SafeString = EMPTY) -> SafeString:
    """`tail`: in the place of the mark of its time."""
    words = words_of(pair.until) if pair.until else None
    mark = timer_mark(words) if words and not tail else tail
    error = sentence(pair.error) if pair.error else ""
    return chip_html(pair.tag, pair.state, pair.wanted, error, size, mark, words.sentence if words else "")


def more_html(pairs: list[Pair]) -> SafeString:
    """The rest as a number, with their names in its title; a rest that failed is not hidden in it."""
    names = "\n".join(tag_name(pair.tag) for pair in pairs)
    sign = icon("alert", "s") if any(pair.state == "failed" for pair in pairs) else EMPTY
    rest = _rest(get_language() or "", len(pairs))
    return SafeString(f'<li><span class="chip more" title="{escape(names)}">{sign}{rest}</span></li>')


@lru_cache(maxsize=512)
def _rest(language: str, n: int) -> SafeString:  # the language is part of the key
    said = ngettext("%(n)d more label", "%(n)d more labels", n) % {"n": n}
    return format_html('<bdi dir="ltr" aria-hidden="true">+{}</bdi><span class="vh">{}</span>', n, said)


def time_html(at: datetime) -> SafeString:
    short = when(at)
    if not short:
        return EMPTY
    return SafeString(f'<time datetime="{iso(at)}" title="{stamp(at)}">{escape(short)}</time>')


def badge_html(row: Row, now: datetime) -> SafeString:
    """How long the customer has been waiting; loud until this person has looked."""
    since = row.chat.waiting_since
    if since is None:
        return EMPTY
    return _badge(get_language() or "", (now - since) // MINUTE, row.is_news)


@lru_cache(maxsize=4096)
def _badge(language: str, minutes: int, loud: bool) -> SafeString:  # the language is part of the key
    short, spoken = waited(minutes * MINUTE)
    return format_html(
        '<span class="{}" title="{}"><span aria-hidden="true">{}</span><span class="vh">{}</span></span>',
        "badge" if loud else "badge seen",
        spoken,
        short,
        spoken,
    )


def waited(time: timedelta) -> tuple[str, str]:
    """A waiting time in its largest unit: short for the eye, in full for the ear."""
    minutes = max(1, int(time.total_seconds() // 60))
    if minutes < 60:
        # Translators: a waiting time, as short as possible: minutes, hours, days
        return _("%(n)d min") % {"n": minutes}, ngettext(
            "Waiting for %(n)d minute", "Waiting for %(n)d minutes", minutes
        ) % {"n": minutes}
    if minutes < 60 * 24:
        hours = minutes // 60
        return _("%(n)d h") % {"n": hours}, ngettext("Waiting for %(n)d hour", "Waiting for %(n)d hours", hours) % {
            "n": hours
        }
    days = minutes // (60 * 24)
    return _("%(n)d d") % {"n": days}, ngettext("Waiting for %(n)d day", "Waiting for %(n)d days", days) % {"n": days}


register.filter("media_word", media_word)
register.filter("writer", writer)
register.filter("reason", sentence)
