"""How far runs have come, counted from their chats: right whatever crashed when."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count

from labelapp.models import Run, RunChat

State = RunChat.State


@dataclass(frozen=True, slots=True)
class Tally:
    """How many chats of a run are in which state."""

    waiting: int = 0
    sent: int = 0
    changed: int = 0
    already: int = 0
    failed: int = 0
    skipped: int = 0

    @property
    def total(self) -> int:
        return self.left + self.ended

    @property
    def ended(self) -> int:
        return self.changed + self.already + self.failed + self.skipped

    @property
    def left(self) -> int:
        return self.waiting + self.sent

    @property
    def percent(self) -> int:
        """Of the whole, 100 only when nothing is left."""
        return 100 * self.ended // self.total if self.total else 100

    @property
    def parts(self) -> dict[str, int]:
        """What a meter shows, in its order."""
        return {
            "ok": self.changed,
            "had": self.already,
            "skip": self.skipped,
            "fail": self.failed,
            "sent": self.sent,
            "wait": self.waiting,
        }

    def of(self, state: str) -> int:
        return int(getattr(self, state))


def tallies(runs: Iterable[Run]) -> dict[int, Tally]:
    """Run -> how far it is. One query for those under way, none for those that ended: they wrote it down."""
    runs = list(runs)
    found = {run.pk: Tally(**run.tally) for run in runs if run.ended_at is not None}
    counts: dict[int, dict[str, int]] = {run.pk: {} for run in runs if run.ended_at is None}
    if counts:
        rows = RunChat.objects.filter(run__in=counts).order_by().values_list("run", "state").annotate(n=Count("pk"))
        for run, state, count in rows:
            counts[run][state] = count
    return found | {pk: Tally(**states) for pk, states in counts.items()}


def tally(run: Run) -> Tally:
    """How far one run is."""
    return tallies([run])[run.pk]
