"""WhatsApp gives the id of a deleted label to the next new one: nothing of the old one may land on the new one (design rule 6)."""

from datetime import datetime

from django.db.models import F, Max, Q, QuerySet
from django.utils import timezone

from labelapp.actions.actor import Actor
from labelapp.actions.facts import tell_label
from labelapp.actions.identity import addresses_of
from labelapp.actions.notices import note
from labelapp.actions.pairs import bury, lock_chat, lock_pair, wish
from labelapp.actions.successors import hand_over_uses
from labelapp.models import Change, Chat, ChatLabel, Fact, Instance, Label, Receipt, Source
from labelapp.models.assignments import CLOCKS, OPEN
from labelapp.models.fields import NEVER
from labelapp.models.holds import hold_directory_alone
from labelapp.models.reasons import Reason
from labelapp.whatsapp.provider import Provider

PHONE = Actor(None, Source.PHONE)
UNDO = Actor(None, Source.RECONCILE, Reason.STRAY())
SAMPLE = 5  # chats that are asked whether they kept a label that looks like another one


def remove_chips(label: Label, at: datetime, by: Actor | None = PHONE) -> None:
    """The end of a label that was deleted at `at`: its chips go, its waiting wishes fail, and what names it names the one that it was
    being merged into. In a transaction that holds the label.

    `by`: who deleted it, None where that is nobody's news.
    """
    hand_over_uses(label)
    touched = bury(label, at)
    if by is not None and not label.is_ghost:
        tell_label(Fact.Kind.LABEL_DELETED, by, label)
    note(label.instance, Change.Kind.LABELS)
    note(label.instance, Change.Kind.CHAT, Chat.objects.filter(pk__in=touched[:500]))


def begin_again(label: Label, at: datetime) -> None:
    """The label was deleted at `at`, but something younger than that was told of its id: that is another label. In a transaction.

    The new one gets a row of its own with what is known of it, with what events said after `at`, and with what people wished since
    the row has the new name; the old one is buried under its own name with its wishes. Which chats carry the new one is asked anew.
    """
    hold_directory_alone(label.instance_id)
    label = Label.objects.select_for_update(no_key=True).get(pk=label.pk)
    if label.deleted_at:
        return
    renamed_at = label.renamed_at if label.event_at > at else None
    before = label.former if renamed_at else {}
    Label.objects.filter(pk=label.pk).update(deleted_at=at, **before)  # the id is free
    new = _successor(label, at)
    new.save(force_insert=True)
    if not new.is_ghost:
        tell_label(Fact.Kind.LABEL_CREATED, PHONE, new)
    younger = Q(event_at__gt=at) & ~Q(called_at__gte=at - CLOCKS)
    if renamed_at:
        younger |= _wished_since(renamed_at)
    ChatLabel.objects.filter(younger, label=label).update(label=new)
    ChatLabel.objects.filter(label=new, receipt=Receipt.PENDING).update(error="")
    remove_chips(label, at)
    undo_strays(new)
    Label.objects.filter(pk=new.pk).update(chat_count=ChatLabel.objects.filter(label=new, wanted=True).count())
    Instance.objects.filter(pk=new.instance_id).update(directory_due_at=timezone.now(), reconcile_due_at=timezone.now())


def _successor(label: Label, at: datetime) -> Label:
    """The unsaved row of the label that has the id of this one since `at`.

    It has the id, and what an event said of it after `at`: name and colour. Where only its chats were heard of it is unknown until
    the directory names it. All else on the row was said of the dead label, and would be wrong of another one: what people made of
    it (description, group, limit as a stage, urgency, archive, being left unknown), its place among the others, and what was found
    by comparing its chats (`verified_at`, `remote_count`) or by asking whether its name is new (`renamed_at` and what goes with it).
    """
    new = Label(instance=label.instance, wa_id=label.wa_id, position=last_place(label.instance), seen_at=timezone.now())
    if label.event_at > at:
        for field, value in label.look.items():
            setattr(new, field, value)
        new.known_at, new.event_at, new.seen_at = timezone.now(), label.event_at, label.seen_at
    return new


def last_place(instance: Instance) -> int:
    """Where a new label of the number stands: behind all others."""
    return (instance.labels.aggregate(top=Max("position"))["top"] or 0) + 1


def _wished_since(at: datetime) -> Q:
    """Pairs whose last wish was made here at `at` or later, whatever has come of it. What was only taken over is none."""
    is_ours = Q(receipt__in=[*OPEN, Receipt.FAILED]) | Q(called_at__gte=at) | Q(sent_at__gte=at)
    return Q(wanted_at__gte=at) & is_ours


def undo_strays(label: Label) -> None:
    """Take a label off where our own calls put it: they were meant for the one that had its id before and was deleted by then.

    In a transaction. The chats' changes for the old label are given up already; these are wishes like any other.
    """
    dead = Label.objects.filter(instance=label.instance_id, wa_id=label.wa_id, deleted_at__isnull=False)
    for pk, died_at in dead.values_list("pk", "deleted_at"):
        landed = Q(receipt=Receipt.FAILED, wanted=True) | Q(confirmed_at__gte=died_at)
        called = ChatLabel.objects.filter(landed, label=pk, called_at__gte=(died_at or NEVER) - CLOCKS)
        for chat_pk in called.order_by("chat").values_list("chat", flat=True):
            wish(UNDO, lock_pair(lock_chat(chat_pk), label), False)


def kept_by_chats(client: Provider, label: Label) -> bool:
    """Whether one of the chats that were last seen with the label still names it, at any of its addresses. Raises ProviderError."""
    rows = held(label).order_by("-last_message_at").select_related("chat")[:SAMPLE]
    every = addresses_of(row.chat for row in rows).values()
    return any(label.wa_id == found.wa_id for jids in every for jid in jids for found in client.chat_labels(jid))


def held(label: Label) -> QuerySet[ChatLabel]:
    """Where the label was last seen, unless a call of ours took it off since; of one with a name in question, where it was seen
    before that changed."""
    untouched = Q(wanted=True) | Q(called_at=None) | Q(called_at__lt=F("wanted_at"))
    rows = ChatLabel.objects.filter(untouched, label=label, remote=True)
    if label.questioned_at is None:
        return rows
    rows = rows.filter(event_at__lt=label.questioned_at)
    return rows.exclude(receipt=Receipt.CONFIRMED, wanted_at__gte=label.renamed_at)
