"""Keys as they are printed on a keyboard."""

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

register = template.Library()
SHOWN = {"ArrowDown": "↓", "ArrowUp": "↑", "Escape": "Esc"}
ROW = 3  # from so many single keys on, only the first and the last are shown


@register.filter
def caps(keys: tuple[str, ...]) -> SafeString:
    """The keys of one line of the help: each of several ways, or "1 to 9"."""
    if len(keys) > ROW:
        # Translators: keys of a keyboard, "1 to 9"
        return format_html(_("{first} to {last}"), first=_combination(keys[0]), last=_combination(keys[-1]))
    return format_html_join(" ", "{}", ((_sequence(each),) for each in keys))


def _sequence(keys: str) -> SafeString:
    """Keys that are pressed one after the other."""
    first, space, second = keys.partition(" ")
    if not space:
        return _combination(first)
    # Translators: two keys of a keyboard, one after the other: "g then d"
    return format_html(_("{first} then {second}"), first=_combination(first), second=_combination(second))


def _combination(keys: str) -> SafeString:
    """Keys that are pressed together."""
    *held, last = keys.split("+") if len(keys) > 1 else [keys]
    parts = [format_html("<kbd{}>{}</kbd>", *_held(each)) for each in held]
    parts.append(format_html("<kbd>{}</kbd>", SHOWN.get(last, last)))
    return SafeString(" ".join(parts))


def _held(key: str) -> tuple[SafeString, str]:
    return (SafeString(" data-mod"), "Ctrl") if key == "Mod" else (SafeString(""), key)
