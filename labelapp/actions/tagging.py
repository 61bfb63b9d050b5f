"""Tag and untag: the one door for screens, programs, rules and runs."""

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from labelapp.actions.actor import Actor, Refused
from labelapp.actions.moves import move
from labelapp.actions.notices import count_chats, enter, note
from labelapp.actions.pairs import AGENTS_FIRST, lock_chat, lock_pair, wish
from labelapp.actions.transactions import patient
from labelapp.models import Change, Chat, ChatLabel, Label, Receipt, Verb


class Gone(Refused):
    """The label was deleted in WhatsApp."""

    status = 410


@patient
def set_label(actor: Actor, chat: Chat, label: Label, *, on: bool) -> ChatLabel:
    """Wish a label on (or off) a chat. Durable when it returns; never waits for the provider. A repeat changes nothing.

    Of an exclusive group it is a move, as in `move_to_stage`. A failed wish is tried again.
    Returns the pair with its chat: the one that is left, where the chat was joined to another meanwhile.
    Raises NotAllowed, Gone (410) for a label deleted in WhatsApp, Refused (409) for one that the directory does not know,
    Refused (404) for one that the number has not.
    """
    return tag(actor, lock_chat(chat.pk), label.pk, on=on)


def tag(actor: Actor, chat: Chat, label: int, *, on: bool, priority: int = AGENTS_FIRST) -> ChatLabel:
    """The same of a chat that the caller has locked, by the label's key. The pair is not saved where it is off and never was on."""
    actor.must("apply_labels")
    return _tag(actor, chat, usable(chat, label), on, priority)


def _tag(actor: Actor, chat: Chat, label: Label, on: bool, priority: int) -> ChatLabel:
    pair = lock_pair(chat, label)
    if put(actor, pair, on=on, priority=priority, after=priority):
        note(chat.instance_id, Change.Kind.CHAT, [chat])
    elif pair.is_open and pair.priority > priority:  # wished for many at once already, now somebody waits for it
        pair.priority = priority
        pair.save(update_fields=["priority"])
    return pair


@patient
def move_to_stage(actor: Actor, chat: Chat, label: Label) -> ChatLabel:
    """Move a chat to a stage: it goes on first, and once it is confirmed the former stage comes off, and what it makes redundant.

    If it can't be put on, the former stage stays and the move says why. Durable when it returns; a repeat changes nothing; of two
    moves the last one wins. Returns and raises as `set_label`, and Refused (422) for a label outside of exclusive groups.
    """
    return to_stage(actor, lock_chat(chat.pk), label.pk)


def to_stage(actor: Actor, chat: Chat, label: int, *, priority: int = AGENTS_FIRST) -> ChatLabel:
    """The same of a chat that the caller has locked, by the label's key."""
    actor.must("apply_labels")
    stage = usable(chat, label)
    if stage.group is None or not stage.group.is_exclusive:
        raise Refused(_("“%(label)s” is no stage.") % {"label": stage})
    return _tag(actor, chat, stage, True, priority)


def put(
    actor: Actor, pair: ChatLabel, *, on: bool, priority: int = AGENTS_FIRST, after: int = AGENTS_FIRST
) -> list[ChatLabel]:
    """Wish a pair, whose chat is locked and whose label is `usable`, on or off. Returns the pairs that this changed: none when it
    was so already, else its own and those that come off for it in an exclusive group.

    `priority` is that of the wish, `after` that of what comes off once it is confirmed. The caller tells live screens.
    """
    if on and pair.label.group and pair.label.group.is_exclusive:
        return move(actor, pair, priority=priority, after=after)
    if pair.wanted == on and pair.receipt != Receipt.FAILED:
        return []
    wish(actor, pair, on, priority=priority)
    return [pair]


@patient
def dismiss_failure(actor: Actor, pair: ChatLabel) -> ChatLabel:
    """Give up a failed wish for good and take WhatsApp's word for it. Safe to run twice. The pair with its chat, as in `set_label`."""
    actor.must("apply_labels")
    chat = lock_chat(pair.chat_id)
    pair = ChatLabel.objects.select_related("label__instance").get(chat=chat, label=pair.label_id)
    pair.chat = chat
    if pair.receipt != Receipt.FAILED:
        return pair
    take_word(actor, pair)
    return pair


def take_word(actor: Actor, pair: ChatLabel) -> None:
    """Give a failed wish up. WhatsApp is asked once more where nothing was seen since the last call. The chat must be locked."""
    theirs = not pair.wanted if pair.remote is None else pair.remote
    on, now = theirs and pair.label.deleted_at is None, timezone.now()
    if pair.wanted != on:
        if pair.label.deleted_at is None:
            count_chats({pair.label_id: 1 if on else -1})
        enter(actor, Verb.ADD if on else Verb.REMOVE, chat=pair.chat, label=pair.label)
    is_sure = pair.is_seen_since_last_call or pair.label.deleted_at is not None
    pair.wanted, pair.wanted_at, pair.receipt, pair.error = on, now, Receipt.CONFIRMED, ""
    pair.due_at = None if is_sure else now
    pair.save(update_fields=["wanted", "wanted_at", "receipt", "error", "due_at"])
    note(pair.label.instance, Change.Kind.CHAT, [pair.chat])


def usable(chat: Chat, pk: int) -> Label:
    """The label as it is now, with its group, if it can be put on this chat. Raises Refused as `set_label` does."""
    label = Label.objects.select_related("group").filter(pk=pk, instance=chat.instance_id).first()
    if label is None:  # also where another number has it: its people alone may know
        raise Refused(_("This number has no such label."), status=404)
    if label.deleted_at:
        raise Gone(_("“%(label)s” was deleted in WhatsApp.") % {"label": label})
    if label.is_ghost:
        raise Refused(_("WhatsApp has not told the name of this label yet. Try again in a moment."), status=409)
    return label
