"""What a change did, in the sentence of its toast."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from labelapp.actions.undoing import Offer
from labelapp.models import Chat, User
from labelapp.queries.directory import Directory
from labelapp.templatetags.chips import tag_name

register = template.Library()


@register.simple_tag
def done(offer: Offer, chat: Chat, directory: Directory, user: User) -> SafeString:
    """What was put on, taken off, or given to whom."""
    # Translators: {label}, {other} are labels, {chat} a person or group, {name} a colleague
    parts = _labels(offer, directory) | {"chat": chat.title, "name": _owner(chat)}
    isolated = {key: format_html("<bdi>{}</bdi>", text) for key, text in parts.items()}
    return format_html(_words(offer, parts, user), **isolated)


def _labels(offer: Offer, directory: Directory) -> dict[str, str]:
    """The first label that is on since, and the first that is off."""
    names: dict[bool, list[str]] = {True: [], False: []}
    for turn in offer.turns:
        if tag := directory.tags.get(turn.label):
            names[turn.before].append(tag_name(tag))
    return {"label": next(iter(names[False]), ""), "other": next(iter(names[True]), "")}


def _owner(chat: Chat) -> str:
    return chat.assignee.display_name if chat.assignee else ""


def _words(offer: Offer, parts: dict[str, str], user: User) -> str:
    if offer.handed:
        if offer.handed.now is None:
            return _("{chat} is assigned to nobody")
        return _("{chat} is assigned to you") if offer.handed.now == user.pk else _("{chat} is assigned to {name}")
    if parts["label"] and parts["other"]:
        return _("“{label}” instead of “{other}” on {chat}")
    return _("“{label}” added to {chat}") if parts["label"] else _("“{other}” removed from {chat}")
