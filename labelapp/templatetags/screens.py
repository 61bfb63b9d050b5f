"""Small pieces of every page: icons, avatars, times, the texts that scripts show."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import lru_cache

from django import template
from django.templatetags.static import static
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _

from labelapp.models.fields import NEVER

register = template.Library()


@register.simple_tag
@lru_cache(maxsize=512)
def icon(name: str, more: str = "") -> SafeString:
    """An icon of static/icons.svg. Says nothing to screen readers: put words beside it."""
    classes = f"icon {more}".strip()
    return format_html(
        '<svg class="{}" aria-hidden="true"><use href="{}#{}"/></svg>', classes, static("icons.svg"), name
    )


@lru_cache(maxsize=512)
def pie(part: int, whole: int) -> SafeString:
    """How far along a funnel a stage is, in twelfths: never empty, full only at the last stage."""
    twelfths = 12 if part >= whole else min(11, max(1, round(12 * part / whole)))
    return format_html(
        '<svg class="pie" aria-hidden="true"><use href="{}#pie-{}"/></svg>', static("icons.svg"), twelfths
    )


def initials(name: str) -> str:
    """Up to two letters of a name in any script, "" for a number: the avatar then shows a figure."""
    words = [word for word in name.split() if word[0].isalpha()]
    if len(words) > 1:
        return (words[0][0] + words[-1][0]).upper()
    return words[0][:2].upper() if words else ""


@register.simple_tag
@lru_cache(maxsize=4096)
def avatar(name: str, is_group: bool = False, more: str = "") -> SafeString:
    """A neutral round (group: rounded square) with initials. No pictures: they would come from outside."""
    classes = f"avatar {'group ' if is_group else ''}{more}".strip()
    short = "" if is_group else initials(name)
    inside = short or icon("group" if is_group else "agent")
    return format_html('<span class="{}" aria-hidden="true">{}</span>', classes, inside)


@register.filter
def when(moment: datetime | None) -> str:
    """A time as lists show it: 09:42, Yesterday, 12 Nov, 12 Nov 2025; "" for never."""
    if moment is None or moment == NEVER:
        return ""
    here, today = timezone.localtime(moment), timezone.localdate()
    if here.date() == today:
        return f"{here:%H:%M}"
    return _day(get_language() or "", here.date(), today)


@lru_cache(maxsize=4096)
def _day(language: str, day: date, today: date) -> str:  # the language is part of the key
    if day == today - timedelta(days=1):
        return _("Yesterday")
    return formats.date_format(day, "j M" if day.year == today.year else "j M Y")


@register.filter
def moment(value: datetime | None) -> str:
    """Date and time in full; "" for never."""
    if value is None or value == NEVER:
        return ""
    # Translators: day, month, year, hour, minute; letters as in Django's date filter
    return formats.date_format(timezone.localtime(value), pgettext("date format", "j M Y, H:i"))


def stamp(value: datetime) -> str:
    """Date and time for titles, the same in every language: a tenth of the cost of `moment`."""
    return f"{timezone.localtime(value):%Y-%m-%d %H:%M}"


@register.filter
def iso(value: datetime | None) -> str:
    """For the datetime attribute of <time>."""
    return "" if value is None or value == NEVER else value.isoformat(timespec="seconds")


@register.filter
def clock(value: datetime | None) -> str:
    """The time of day alone."""
    return "" if value is None or value == NEVER else timezone.localtime(value).strftime("%H:%M")


# One number of each CLDR plural category that English and Arabic know
SAMPLES = {"zero": 0, "one": 1, "two": 2, "few": 3, "many": 11, "other": 100}


def plural(pick: Callable[[int], str]) -> dict[str, str]:
    """All plural forms of a sentence by CLDR category, so that scripts can pick with Intl.PluralRules. The number stays %(n)s."""
    return {category: pick(n) for category, n in SAMPLES.items()}


@register.simple_tag
def texts() -> dict[str, object]:
    """Every sentence that static/*.js shows, in the person's language."""
    return {
        # Translators: said aloud later; %(label)s is a label's name
        "on": _("%(label)s is on WhatsApp"),
        "off": _("%(label)s is off WhatsApp"),
        "failed": _("%(label)s could not be applied"),
        "waiting": _("%(label)s: waiting for WhatsApp"),
        "unsaved": _("%(label)s: not saved, you are offline. Click to try again."),
        "unsavedCount": plural(
            lambda n: ngettext(
                "%(n)s change is not saved, you are offline.", "%(n)s changes are not saved, you are offline.", n
            )
        ),
        "unanswered": _("%(label)s: not saved, labelapp does not answer. Click to try again."),
        "unansweredCount": plural(
            lambda n: ngettext(
                "%(n)s change is not saved, labelapp does not answer.",
                "%(n)s changes are not saved, labelapp does not answer.",
                n,
            )
        ),
        "loggedOut": _("You are logged out. The next click leads to the login."),
        "broken": _("That did not work. Please try again."),
        "unreachable": _("labelapp can't be reached. Check the connection and try again."),
        "news": plural(lambda n: ngettext("%(n)s chat has news", "%(n)s chats have news", n)),
        "chosenRows": plural(lambda n: ngettext("%(n)s row chosen", "%(n)s rows chosen", n)),
        "chosen": plural(lambda n: ngettext("%(n)s selected", "%(n)s selected", n)),
        "chosenAll": _("All that match are selected"),
        "chosenNone": _("Nothing is selected"),
        # Translators: what is about to be done; %(label)s is a label's name
        "putOn": plural(lambda n: ngettext("Put %(label)s on %(n)s chat.", "Put %(label)s on %(n)s chats.", n)),
        "takeOff": plural(lambda n: ngettext("Take %(label)s off %(n)s chat.", "Take %(label)s off %(n)s chats.", n)),
        "putOnAll": _("Put %(label)s on all that match and don't have it."),
        "takeOffAll": _("Take %(label)s off all that match and have it."),
        "replacesRest": _("It replaces what else of “%(group)s” they have."),
        "addTo": plural(lambda n: ngettext("add to %(n)s", "add to %(n)s", n)),
        "takeFrom": plural(lambda n: ngettext("remove from %(n)s", "remove from %(n)s", n)),
        "chooseLabels": _("Choose labels to put on or take off."),
        "oneAtATime": _("You may label one chat at a time."),
        # Translators: %(name)s is the name that a new label shall have
        "createLabel": _("Create “%(name)s”"),
        "whoLooksAfterThese": _("Who looks after these chats?"),
        "live": _("Live"),
        # Translators: a notification; %(chat)s is a person or group, %(words)s a label's name or a search
        "notice": _("%(chat)s: %(words)s"),
        # Translators: %(time)s is a time of day such as 10:42
        "reconnecting": _("Reconnecting, data from %(time)s"),
        "connecting": _("Connecting"),
        "found": plural(lambda n: ngettext("%(n)s label found", "%(n)s labels found", n)),
        "foundEntries": plural(lambda n: ngettext("%(n)s entry found", "%(n)s entries found", n)),
        "whoLooksAfter": _("Who looks after this chat?"),
        "nothingToUndo": _("Nothing to undo."),
        "nothingToRepeat": _("Nothing to repeat yet."),
        "lastChat": _("That was the last chat of the list."),
        "noViewLabel": _("This list is not about one label: choose one in the filter, then y takes it off."),
        "chatOpened": _("%(name)s opened"),
        # Translators: on a board; %(chat)s is a person or group, %(stage)s a stage
        "cardMoved": _("%(chat)s is in “%(stage)s” now"),
        "cardStays": _("%(chat)s stays in “%(stage)s”"),
        "cardsMoved": plural(
            lambda n: ngettext("%(n)s chat came to another stage", "%(n)s chats came to another stage", n)
        ),
        "firstStage": _("There is no stage before this one."),
        "lastStage": _("There is no stage after this one."),
        "chooseCard": _("Choose a chat first."),
    }
