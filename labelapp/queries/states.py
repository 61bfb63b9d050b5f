"""How each number is doing: what its banner says, and what the switcher shows of the others. One query for any number of them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from django.db.models import Count, F, Min, Q
from django.db.models.expressions import RawSQL
from django.utils import timezone
from django.utils.translation import gettext as _

from labelapp.models import Chat, ChatLabel, Instance, Receipt, User
from labelapp.queries.health import compare_every, hears, hears_labels, is_deaf, poll_every

# Written into the statement: SQLite uses the partial index `pair_open` only for values that it sees while planning
UNSETTLED = [RawSQL(f"'{receipt.value}'", ()) for receipt in (Receipt.PENDING, Receipt.SENT, Receipt.FAILED)]  # noqa: S611
COUNTS = ("label__instance", "waiting", "held", "held_since", "failed")
LONGEST_CYCLE = timedelta(hours=1)  # a comparison that began earlier was interrupted
SHORTEST_SHOWN = timedelta(seconds=5)  # one that is over sooner is not worth a line that comes and goes


@dataclass(frozen=True, slots=True)
class NumberState:
    """One number with what waits in it."""

    number: Instance
    waiting: int = 0  # wishes on their way, or that will be sent by themselves
    held: int = 0  # old wishes that wait for a person's word
    held_since: datetime | None = None  # the oldest of them was wished then
    failed: int = 0
    unanswered: int = 0  # chats of the last day whose customer waits; counted for the switcher only

    @property
    def tone(self) -> str:
        """ "ok", "warn" or "bad"."""
        if self.number.is_frozen or self.number.locked or not self.number.is_working:
            return "bad"
        return "warn" if self.number.trouble or not self.number.imported_at else "ok"

    @property
    def open(self) -> int:
        """All that WhatsApp has not heard, or not confirmed."""
        return self.waiting + self.held

    @property
    def words(self) -> str:
        """The state in a few words, for those who don't see the dot's colour."""
        number = self.number
        if number.is_frozen:
            return _("Another account answers")
        if number.locked:
            return _("The access token can't be read")
        if not number.is_working:
            return _("Not connected")
        if number.trouble:
            return _("The provider can't be reached")
        return _("Connected") if number.imported_at else _("Being imported")

    @property
    def is_polled(self) -> bool:
        """Whether labels are compared instead of heard of."""
        number = self.number
        quiet = number.imported_at is not None and number.is_ready and not number.locked
        return quiet and not hears_labels(number)

    @property
    def is_deaf(self) -> bool:
        """Whether the number's engine is taken for one that never tells of labels."""
        return is_deaf(self.number)

    @property
    def hears_messages(self) -> bool:
        return hears(self.number)

    @property
    def label_minutes(self) -> int:
        """Within how many minutes a label that is set on the phone shows here."""
        return max(1, ceil(compare_every(self.number) / 60))

    @property
    def removal_minutes(self) -> int:
        """Within how many minutes a label that is taken off on the phone is gone here: two comparisons have to agree on that."""
        return max(1, ceil(2 * compare_every(self.number) / 60))

    @property
    def message_minutes(self) -> int:
        """Within how many minutes a message shows here."""
        return max(1, ceil(poll_every(self.number) / 60))

    @property
    def is_comparing(self) -> bool:
        """Whether a comparison with WhatsApp's lists is under way, for long enough to be told."""
        started = self.number.reconcile_started_at
        if started is None or not self.number.reconcile_total:
            return False
        return SHORTEST_SHOWN < timezone.now() - started < LONGEST_CYCLE


def number_state(number: Instance) -> NumberState:
    """The state of one number. One query."""
    return number_states([number])[0]


def number_states(numbers: Iterable[Instance]) -> list[NumberState]:
    """The states of these numbers, in their order. One query, however many."""
    numbers = list(numbers)
    held = Q(held_at__isnull=False, receipt=Receipt.PENDING)
    failed = Q(receipt=Receipt.FAILED)
    counted = (
        ChatLabel.objects.filter(receipt__in=UNSETTLED, label__instance__in=numbers)
        .order_by()
        .values("label__instance")
        .annotate(
            waiting=Count("pk", filter=~held & ~failed),
            held=Count("pk", filter=held & Q(waits_for=None)),
            held_since=Min("wanted_at", filter=held),
            failed=Count("pk", filter=failed),
        )
    )
    found: dict[Any, tuple[Any, ...]] = {pk: counts for pk, *counts in counted.values_list(*COUNTS)}
    return [NumberState(number, *found.get(number.pk, ())) for number in numbers]


def switcher(user: User) -> list[NumberState]:
    """All numbers that the person may see, with what waits in each. Two queries; with more than one number a third."""
    states = number_states(Instance.objects.visible_to(user))
    if len(states) < 2:
        return states
    counted = _unanswered([state.number.pk for state in states])
    return [replace(state, unanswered=counted.get(state.number.pk, 0)) for state in states]


def _unanswered(numbers: list[int]) -> dict[int, int]:
    """How many chats of the last day wait for an answer, by number. Looks at the newest chats alone."""
    since = timezone.now() - timedelta(days=1)
    waiting = Chat.objects.filter(instance__in=numbers, last_message_at__gte=since, last_in_at__gt=F("last_out_at"))
    return dict(waiting.order_by().values_list("instance").annotate(n=Count("pk")))
