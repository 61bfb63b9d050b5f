"""Rows of the drift page, made without a provider."""

from datetime import timedelta

from django.utils import timezone

from labelapp.actions import pairs
from labelapp.actions.actor import Actor
from labelapp.actions.findings import raise_finding
from labelapp.actions.tagging import set_label
from labelapp.models import Chat, ChatLabel, Finding, Label, LedgerEntry
from labelapp.models.reasons import Reason
from labelapp.queries.differences import CLASH, FINDING, WISH, Ref, clash_seen, pair_seen


def give_up(actor: Actor, chat: Chat, label: Label, *, on: bool = True, remote: bool | None = None) -> ChatLabel:
    """A wish that was sent, denied and given up; `remote` as it was seen after that."""
    pair = set_label(actor, chat, label, on=on)
    earlier = timezone.now() - timedelta(minutes=2)
    ChatLabel.objects.filter(pk=pair.pk).update(
        called_at=earlier, sent_at=earlier, remote=remote, remote_at=timezone.now() if remote is not None else earlier
    )
    pair = ChatLabel.objects.select_related("chat", "label").get(pk=pair.pk)
    pairs.fail(pair, Reason.NOT_THERE())
    LedgerEntry.objects.all().delete()
    return pair


def wish_ref(pair: ChatLabel) -> Ref:
    return Ref(WISH, pair.pk, seen=pair_seen(pair))


def clash_ref(chat: Chat, labels: dict[str, Label]) -> Ref:
    """The stages that a chat holds at once."""
    group = labels["Quoted"].group_id or 0
    return Ref(CLASH, chat.pk, group, clash_seen(ChatLabel.objects.filter(chat=chat, label__group=group, wanted=True)))


def doubt_about(chat: Chat, label: Label) -> tuple[ChatLabel, Ref]:
    """A doubtful removal of a label that the chat holds: the label's list lacks the chat, the chat names the label."""
    pair = ChatLabel.objects.get(chat=chat, label=label)
    pair.doubted_at = pair.remote_at = timezone.now()
    pair.save()
    found = raise_finding(label.instance, Finding.Kind.REMOVAL, chat=chat, label=label, words=Reason.LISTS(), count=1)
    return pair, Ref(FINDING, found.pk, seen=pair_seen(pair))


def empty_list(label: Label) -> Finding:
    """The label's list was read just now and is empty, while chats hold it here."""
    Label.objects.filter(pk=label.pk).update(verified_at=timezone.now(), remote_count=0)
    count = ChatLabel.objects.filter(label=label, wanted=True).count()
    return raise_finding(label.instance, Finding.Kind.EMPTY, label=label, words=Reason.EMPTY(), count=count)


def entries() -> list[tuple[str, str]]:
    """What the ledger holds: verbs with their causes."""
    return list(LedgerEntry.objects.order_by("pk").values_list("verb", "cause"))
