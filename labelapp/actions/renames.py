"""A label that has another name now: renamed on the phone, or another one that got the id of a deleted label (design rule 6).

The row gets the new name at once. Where chats carry it, or wishes wait, that leaves a question, and nothing is sent for the label until
the provider was asked whether one of its chats has kept it. As one has: renamed. As none has: the row is buried with the old
name and its wishes, and a new one begins. A label that no chat was known to carry can't be told apart: it counts as renamed, and
the wishes that waited for the old name are given up with a reason, because they may have been meant for another label.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from labelapp.actions.notices import note
from labelapp.actions.pairs import fail
from labelapp.actions.receipts import is_unheard
from labelapp.actions.reuse import begin_again, held, kept_by_chats, remove_chips
from labelapp.actions.suspects import APART
from labelapp.models import Change, ChatAlias, ChatLabel, Instance, Label, Receipt
from labelapp.models.reasons import Reason
from labelapp.whatsapp.errors import ProviderError
from labelapp.whatsapp.provider import Provider

MOMENT = timedelta(milliseconds=1)  # events tell whole ones
PROBES = 3  # lists of other labels that are looked at where the label's own is empty
SOONEST, LATEST = timedelta(seconds=10), timedelta(hours=1)  # between two tries to answer a question


class Verdict(StrEnum):
    """Whether a label with another name is still the same."""

    SAME = "same"  # a chat that carried it has kept it
    ANOTHER = "another"  # none has
    DENIED = "denied"  # none has, but the label's own list is empty: to be asked once more
    NOBODY = "nobody"  # no chat was known to carry it
    UNKNOWN = "unknown"  # the provider's answers prove nothing now

    @property
    def keeps_row(self) -> bool:
        return self in (Verdict.SAME, Verdict.NOBODY)


def change_name(label: Label, name: str, at: datetime, *, is_same: bool) -> None:
    """The label is about to get another name, told at `at`; `is_same`: it is known to be the same label. In a transaction.

    In memory: the caller writes the label. While a question is open it stays about the first of the names, and ends with its return.
    """
    if label.questioned_at:
        if name == label.former["name"]:
            _release(label)
            label.questioned_at = label.denied_at = None
        return
    label.renamed_at, label.former = timezone.now(), label.look
    waiting = ChatLabel.objects.filter(label=label, receipt=Receipt.PENDING)
    if is_same or not (waiting.exists() or held(label).exists()):
        return
    label.questioned_at = at
    waiting.update(error=Reason.ASKING(label.former["name"]))
    ask_directory(label.instance_id, timezone.now() + _lag())


def ask_directory(instance_pk: int, at: datetime) -> None:
    """Have the directory read at `at`, or sooner if it is due already."""
    rows = Instance.objects.filter(Q(directory_due_at=None) | Q(directory_due_at__gt=at), pk=instance_pk)
    rows.update(directory_due_at=at)


def judge(client: Provider, label: Label) -> Verdict:
    """Ask the provider. One list where the label was renamed; some more where it was not. Raises ProviderError when it is away."""
    jids = set(ChatAlias.objects.filter(chat__in=held(label).values("chat_id")).values_list("jid", flat=True))
    if not jids:
        return Verdict.NOBODY
    asked_at = timezone.now()
    try:
        verdict = _ask(client, label, jids)
    except ProviderError as error:
        if is_unheard(error):
            raise
        return Verdict.UNKNOWN
    if verdict is Verdict.SAME and label.questioned_at and label.renamed_at and asked_at < label.renamed_at + _lag():
        return Verdict.UNKNOWN  # some engines answer with the old lists for a while
    if verdict is Verdict.DENIED and label.denied_at and asked_at >= label.denied_at + APART:
        return Verdict.ANOTHER
    return verdict


def _ask(client: Provider, label: Label, jids: set[str]) -> Verdict:
    """An empty list counts only where that of another label is not empty."""
    listed = client.label_chats(label.wa_id)
    if not jids.isdisjoint(listed) or kept_by_chats(client, label):
        return Verdict.SAME
    if listed:
        return Verdict.ANOTHER
    others = Label.objects.filter(instance=label.instance_id, chat_count__gt=0).living().exclude(pk=label.pk)
    probes = others.order_by("-chat_count", "pk")[:PROBES]
    return Verdict.DENIED if any(client.label_chats(other.wa_id) for other in probes) else Verdict.UNKNOWN


def settle(label: Label, verdict: Verdict, asked_at: datetime) -> None:
    """What the verdict of a directory that was asked for at `asked_at` means for the label. In a transaction, the directory held.

    What was told of it meanwhile is younger: then the question stays.
    """
    row = Label.objects.select_for_update(no_key=True).get(pk=label.pk)
    if row.deleted_at or row.event_at > asked_at:
        return
    if verdict is Verdict.ANOTHER and row.questioned_at:
        begin_again(row, row.questioned_at - MOMENT)
    elif verdict is Verdict.ANOTHER:
        remove_chips(row, asked_at)
    elif verdict is Verdict.DENIED:
        Label.objects.filter(pk=row.pk, denied_at=None).update(denied_at=asked_at)
    elif verdict.keeps_row:
        if verdict is Verdict.NOBODY:
            _give_up(row)
        _close(row)


def ask_again(label: Label, asked_at: datetime) -> None:
    """The question is open after a reading: the next one comes later each time."""
    row = Label.objects.filter(pk=label.pk, deleted_at=None, questioned_at__isnull=False).first()
    if row is not None and row.renamed_at is not None:
        ask_directory(row.instance_id, asked_at + min(max(asked_at - row.renamed_at, SOONEST), LATEST))


def _give_up(row: Label) -> None:
    """The wishes for the name before; who wished since knew the new one."""
    former, since = row.name, timezone.now()
    if row.questioned_at and row.renamed_at:
        former, since = row.former["name"], row.renamed_at
    pairs = ChatLabel.objects.filter(label=row, receipt=Receipt.PENDING, wanted_at__lt=since)
    given_up = list(pairs.select_related("chat", "label").order_by("pk"))
    for pair in given_up:
        fail(pair, Reason.RENAMED(former))
    note(row.instance, Change.Kind.CHAT, [pair.chat for pair in given_up])


def _close(row: Label) -> None:
    """It is the same label: what waited is sent."""
    if row.questioned_at:
        _release(row)
    Label.objects.filter(pk=row.pk).update(questioned_at=None, denied_at=None)


def _release(label: Label) -> None:
    asking = Reason.ASKING(label.former["name"])
    ChatLabel.objects.filter(label=label, receipt=Receipt.PENDING, error=asking).update(error="")


def _lag() -> timedelta:
    return timedelta(seconds=settings.READ_BACK_SECONDS)
