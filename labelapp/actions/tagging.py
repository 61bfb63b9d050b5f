"""Tag and untag: the one door for screens, programs, rules and runs."""

from django.utils.translation import gettext_lazy as _

from labelapp.actions.actor import Actor, Refused
from labelapp.actions.notices import count_chats, enter, note
from labelapp.actions.pairs import lock_chat, lock_pair, wish
from labelapp.actions.transactions import patient
from labelapp.models import Change, Chat, ChatLabel, Label, Receipt, Verb


class Gone(Refused):
    """The label was deleted in WhatsApp."""

    status = 410


@patient
def set_label(actor: Actor, chat: Chat, label: Label, *, on: bool) -> ChatLabel:
    """Wish a label on (or off) a chat. Durable when it returns; never waits for the provider. A repeat changes nothing.

    In an exclusive group the labels that it replaces come off once the new one is confirmed. A failed wish is tried again.
    Raises NotAllowed, Gone (410) for a label deleted in WhatsApp, Refused (409) for one that the directory does not know,
    Refused (404) for a label of another number.
    """
    actor.must("apply_labels")
    chat = lock_chat(chat.pk)
    label = _usable(chat, label)
    pair = lock_pair(chat, label)
    if pair.wanted == on and pair.receipt != Receipt.FAILED:
        return pair
    wish(actor, pair, on)
    if on and label.group and label.group.is_exclusive:
        _take_off_others(actor, chat, pair)
    note(label.instance, Change.Kind.CHAT, [chat])
    return pair


@patient
def dismiss_failure(actor: Actor, pair: ChatLabel) -> ChatLabel:
    """Give up a failed wish for good and take WhatsApp's word for it. Safe to run twice."""
    actor.must("apply_labels")
    chat = lock_chat(pair.chat_id)
    pair = ChatLabel.objects.select_related("label__instance").get(pk=pair.pk)
    pair.chat = chat
    if pair.receipt != Receipt.FAILED:
        return pair
    seen = bool(pair.remote) and pair.label.deleted_at is None
    if pair.wanted != seen:
        if pair.label.deleted_at is None:
            count_chats({pair.label_id: 1 if seen else -1})
        enter(actor, Verb.ADD if seen else Verb.REMOVE, chat=chat, label=pair.label)
    pair.wanted, pair.receipt, pair.error, pair.due_at = seen, Receipt.CONFIRMED, "", None
    pair.save(update_fields=["wanted", "receipt", "error", "due_at"])
    note(pair.label.instance, Change.Kind.CHAT, [chat])
    return pair


def _usable(chat: Chat, label: Label) -> Label:
    """The label as it is now, if it can be put on this chat."""
    label = Label.objects.select_related("group", "instance").get(pk=label.pk)
    if label.instance_id != chat.instance_id:
        raise Refused(_("This label belongs to another number."), status=404)
    if label.deleted_at:
        raise Gone(_("“%(label)s” was deleted in WhatsApp.") % {"label": label})
    if label.is_ghost:
        raise Refused(_("WhatsApp has not told the name of this label yet. Try again in a moment."), status=409)
    return label


def _take_off_others(actor: Actor, chat: Chat, new: ChatLabel) -> None:
    """Wish the other labels of the group off, to be sent after `new` has arrived: a chat is never without a stage."""
    others = ChatLabel.objects.select_related("label").filter(chat=chat, label__group=new.label.group_id, wanted=True)
    for pair in others.exclude(pk=new.pk):
        pair.chat = chat
        wish(actor, pair, False, after=None if new.receipt == Receipt.CONFIRMED else new)
