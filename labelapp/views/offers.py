"""The offer to take a change back, as a page carries it."""

from datetime import datetime

from django.core import signing

from labelapp.actions.undoing import Handed, Offer, Turn
from labelapp.models import Chat, MergedChat

SALT = "undo"
SECONDS = 3600  # a toast stays eight; one may be at it for longer


def token(chat: Chat, offer: Offer) -> str:
    """The offer as the page carries it, of this chat only. Signed: nobody makes one up."""
    turns = [[turn.label, turn.before, turn.at.isoformat()] for turn in offer.turns]
    handed = [offer.handed.before, offer.handed.now] if offer.handed else None
    return signing.dumps([chat.pk, offer.entry, turns, handed], salt=SALT)


def offer_of(chat: Chat, token: str) -> Offer:
    """Raises BadSignature for what is no token of this chat, or an old one."""
    home, entry, turns, handed = signing.loads(token, salt=SALT, max_age=SECONDS)
    if home != chat.pk and not MergedChat.objects.filter(old=home, chat=chat).exists():
        raise signing.BadSignature("Of another chat.")
    return Offer(
        entry,
        tuple(Turn(label, before, datetime.fromisoformat(at)) for label, before, at in turns),
        Handed(*handed) if handed else None,
    )
