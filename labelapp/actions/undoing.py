"""Taking a change of a chat back, as long as nobody has changed the same thing since."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from django.utils.translation import gettext_lazy as _

from labelapp.actions.actor import Actor, Refused
from labelapp.actions.assigning import hand
from labelapp.actions.pairs import lock_chat
from labelapp.actions.tagging import Gone, tag
from labelapp.actions.transactions import patient
from labelapp.models import Chat, ChatLabel, Label, LedgerEntry, Source, User, Verb
from labelapp.models.reasons import Reason

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Turn:
    """A label that was put on or taken off: what was wanted before, and when the present wish was made."""

    label: int
    before: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Handed:
    """A chat that was given to somebody: who had it before, and who has it now (keys; None: nobody)."""

    before: int | None
    now: int | None


@dataclass(frozen=True, slots=True)
class Offer:
    """What one change did, so that it can be taken back. `entry`: the chat's newest ledger row then."""

    entry: int
    turns: tuple[Turn, ...] = ()
    handed: Handed | None = None


class Overtaken(Refused):
    """Somebody changed it since."""

    status = 409


@patient
def noting(chat: Chat, act: Callable[[Chat], R]) -> tuple[R, Offer | None]:
    """Let `act` change a chat, which it is given locked. Returns what `act` returns, and what it did: None when nothing.

    Raises what `act` raises, and nothing has changed then. A chat that was joined to another one meanwhile is that one.
    """
    chat = lock_chat(chat.pk)
    owner, wishes = chat.assignee_id, _wishes(chat)
    result = act(chat)
    now = chat.assignee_id
    turns = [
        Turn(label, not wanted, at)
        for label, (wanted, at) in _wishes(chat).items()
        if wanted != wishes.get(label, (False, at))[0]
    ]
    if not turns and now == owner:
        return result, None
    entry = LedgerEntry.objects.filter(chat=chat).order_by("-pk").values_list("pk", flat=True).first() or 0
    return result, Offer(entry, tuple(turns), None if now == owner else Handed(owner, now))


def _wishes(chat: Chat) -> dict[int, tuple[bool, datetime]]:
    """What is wanted of each label, and since when."""
    rows = ChatLabel.objects.filter(chat=chat).values_list("label_id", "wanted", "wanted_at")
    return {label: (wanted, at) for label, wanted, at in rows}


@patient
def undo(actor: Actor, chat: Chat, offer: Offer) -> Offer | None:
    """Wish the opposite of a change, through the same door. Returns what that did.

    Raises Overtaken (409), saying who changed it, when the state is not the one that the offer was made for; and what tagging and
    assigning raise. Then nothing has changed.
    """
    actor = Actor(actor.user, actor.source, Reason.UNDONE())
    chat = lock_chat(chat.pk)
    labels = {label.pk: label for label in Label.objects.filter(pk__in=[turn.label for turn in offer.turns])}
    _must_stand(actor, chat, offer, labels)
    return noting(chat, lambda chat: _turn_back(actor, chat, offer))[1]


def _turn_back(actor: Actor, chat: Chat, offer: Offer) -> None:
    # what comes back first: a chat is never without a stage, and a stage takes the other off by itself
    for turn in sorted(offer.turns, key=lambda turn: not turn.before):
        tag(actor, chat, turn.label, on=turn.before)
    if offer.handed:
        before = offer.handed.before
        hand(actor, chat, User.objects.filter(pk=before).first() if before else None)


def _must_stand(actor: Actor, chat: Chat, offer: Offer, labels: dict[int, Label]) -> None:
    """Raise Overtaken unless everything is as the offer left it."""
    wishes = _wishes(chat)
    for turn in offer.turns:
        if wishes.get(turn.label) == (not turn.before, turn.at):
            continue
        label = labels.get(turn.label)
        if label is None or label.deleted_at:
            raise Gone(_("“%(label)s” was deleted in WhatsApp.") % {"label": label or ""})
        since = LedgerEntry.objects.filter(chat=chat, label=label, pk__gt=offer.entry)
        raise Overtaken(_overtaker(actor, since.order_by("-pk").first(), str(label)))
    if offer.handed:
        newer = LedgerEntry.objects.filter(chat=chat, verb=Verb.ASSIGN, pk__gt=offer.entry).order_by("-pk").first()
        if newer:
            raise Overtaken(_overtaker(actor, newer, ""))


def _overtaker(actor: Actor, entry: LedgerEntry | None, label: str) -> str:
    """Who changed it since, in a sentence. `label`: "" for who looks after the chat."""
    who = entry.actor if entry else None
    values = {"label": label, "name": who.display_name if who else ""}
    if who is not None and who == actor.user:
        words = _("You changed “%(label)s” again since: nothing was undone.")
        handed = _("You gave the chat to somebody else since: nothing was undone.")
    elif who is not None:
        words = _("%(name)s changed “%(label)s” since: nothing was undone.")
        handed = _("%(name)s changed who looks after the chat since: nothing was undone.")
    elif entry is not None and entry.source == Source.PHONE:
        words = handed = _("“%(label)s” was changed on the phone since: nothing was undone.")
    else:
        words = _("“%(label)s” was changed since: nothing was undone.")
        handed = _("Who looks after the chat was changed since: nothing was undone.")
    return str(words if label else handed) % values
