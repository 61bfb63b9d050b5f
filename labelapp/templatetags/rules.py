"""What the pages of rules show."""

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from labelapp.queries.directory import Tag
from labelapp.queries.rules.words import Span

register = template.Library()


@register.filter
def tag_of_key(tags: dict[int, Tag], pk: int) -> Tag:
    """The label behind a box to tick."""
    return tags[pk]


@register.filter
def marked(text: str, spans: list[Span]) -> SafeString:
    """The text with what was found in it marked."""
    parts, end = [], 0
    for start, stop in spans:
        if start >= end:
            parts.append((text[end:start], text[start:stop]))
            end = stop
    return format_html("{}{}", format_html_join("", "{}<mark>{}</mark>", parts), text[end:])
