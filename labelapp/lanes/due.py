"""Which pairs the push lane looks at next, and what can wait until the inbox has been worked off."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db.models import Case, Exists, OuterRef, Q, Value, When
from django.utils import timezone

from labelapp.actions.pairs import BULK, FINISHING
from labelapp.models import ChatLabel, HookDelivery, Instance, Label, Receipt
from labelapp.models.assignments import OPEN

NEXT = 32  # pairs chosen at a time
SIFTED = 256  # due rows looked at to find them: after a burst of doubts a chat has many
BACKLOG = timedelta(seconds=2)  # deliveries that have waited so long are a backlog
LONGEST_WAIT = timedelta(minutes=2)  # for a backlog, then the provider is asked all the same


def backlog(instance: Instance) -> Exists:
    """Whether deliveries of the number wait longer than the apply lane needs for a few.

    What they say may settle a doubt. And whatever is read before them makes doubts of them: each that is older than the reading
    and says otherwise has to be asked about again.
    """
    waiting = HookDelivery.objects.filter(instance=instance, applied_at=None)
    return Exists(waiting.filter(received_at__lt=timezone.now() - BACKLOG))


def must_wait(instance: Instance, due_since: datetime) -> bool:
    """Whether a comparison that is due since then waits for a backlog."""
    may_wait = due_since > timezone.now() - LONGEST_WAIT
    return may_wait and Instance.objects.filter(backlog(instance), pk=instance.pk).exists()


def due_pairs(
    instance: Instance, busy_chats: set[int], *, readings_first: bool = False, listed: Collection[int] = ()
) -> list[ChatLabel]:
    """The pairs to look at now, one per chat, none of a chat with a call in flight: agents' clicks first, then the readings that
    confirm what was sent (`readings_first`: the other way round), doubts about what is at rest last. Runs come after all that.

    A stage that is to come off waits until the one that replaces it is settled, and a wish for a label that may have become another
    one until that is known; in the number's quiet hours runs send nothing; what a list may confirm that is being read (`listed`: of
    these labels) waits for it; and doubts about what is at rest wait for a backlog.
    """
    now = timezone.now()
    waiting = Q(waits_for__wanted=True, waits_for__receipt__in=OPEN)
    own = Label.objects.filter(pk=OuterRef("label"))
    waiting |= Q(Exists(own.filter(questioned_at__isnull=False)), receipt=Receipt.PENDING)
    if listed:
        waiting |= Q(label__in=listed, receipt=Receipt.SENT, wanted=True, priority__gte=FINISHING)
    waiting |= Q(backlog(instance), receipt=Receipt.CONFIRMED, due_at__gt=now - LONGEST_WAIT)
    if instance.is_quiet(now):
        waiting |= Q(receipt=Receipt.PENDING, priority__gte=BULK)
    ready = Instance.objects.filter(pk=instance.pk).connected().ready()  # asked anew each time: a run can be long
    first, second = (Receipt.SENT, Receipt.PENDING) if readings_first else (Receipt.PENDING, Receipt.SENT)
    kind = Case(When(receipt=first, then=Value(0)), When(receipt=second, then=Value(1)), default=Value(2))
    # Labels are looked up for each due pair, not joined: few pairs are due, and a walk of all the number's labels takes them all
    rows = (
        ChatLabel.objects.filter(Exists(own.filter(instance__in=ready)), due_at__lte=now)
        .exclude(waiting)
        .exclude(chat__in=busy_chats)
        .order_by("priority", kind, "due_at", "pk")
        .values_list("chat_id", "pk")[:SIFTED]
    )
    by_chat: dict[int, int] = {}
    for chat, pk in rows:
        by_chat.setdefault(chat, pk)
    chosen = list(by_chat.values())[:NEXT]
    pairs = ChatLabel.objects.select_related("chat", "label").in_bulk(chosen)
    return [pairs[pk] for pk in chosen if pk in pairs]
