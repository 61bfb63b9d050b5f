"""A lane: one kind of work over all numbers, in a thread of its own with a few runners."""

import logging
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from django.conf import settings
from django.db import Error, connection
from django.utils import timezone

from labelapp.lanes.numbers import Numbers
from labelapp.lanes.reach import Reach
from labelapp.lanes.turns import ASK_EVERY, Turns
from labelapp.models import Instance

log = logging.getLogger(__name__)
# What was done; 0 when there is no more to do for now, anything else has the number looked at again at once
RunDue = Callable[[Instance, Reach, Callable[[], bool]], int]
NUMBERS_AT_ONCE = 4
STUCK_SECONDS = 60.0  # a lane that has not looked for so long hangs
RUN_STUCK_SECONDS = 1800.0  # ... and so does a run that has not asked for so long whether to go on
IN_LINE_SECONDS = 3.0  # no thread was free for a number all the while: another worker may have one


@dataclass(frozen=True, slots=True)
class Ended:
    """A run for a number that is over, and when (monotonic seconds)."""

    pk: int
    has_more: bool
    at: float


class Lane(threading.Thread):
    """One kind of work over all numbers, a few of them at a time, in the order in which they came to stand in line.

    A number that has more to do than a run's worth goes to the end of the line. Only the lane's thread touches line and busy."""

    def __init__(
        self,
        name: str,
        run_due: RunDue,
        stopping: threading.Event,
        turns: Turns,
        numbers: Numbers | None = None,
        rest: float = 0.0,
    ) -> None:
        """`rest`: seconds at least between two looks at all numbers, however often the lane is woken."""
        super().__init__(name=name, daemon=True)
        self.rest, self.started_at = rest, timezone.now()
        self.run_due, self.stopping, self.woken = run_due, stopping, threading.Event()
        self.turns, self.numbers = turns, numbers or Numbers()
        self.reaches: dict[int, Reach] = {}
        self.line: dict[int, float] = {}  # numbers to look at and since when, the first one first
        self.busy: dict[int, bool] = {}  # those that are worked for, and whether to look at them once more after that
        self.ended: deque[Ended] = deque()  # runs, told by the pool's threads
        self.woken_at = self.swept_at = -math.inf
        self.as_of = -math.inf  # the last sweep knew of all that had happened by then
        self.since = -math.inf  # rows of numbers in line must be as they were then, or later
        self.looked_at = time.monotonic()
        self.steps: dict[int, float] = {}  # numbers that are worked for, and when that last began a step

    @property
    def is_stuck(self) -> bool:
        """Whether the thread hangs, or one of its runs: it looks at its table every few seconds, also while its runners are busy,
        and they ask before every step whether to go on."""
        now = time.monotonic()
        if now - self.looked_at > STUCK_SECONDS:
            return True
        return any(now - at > RUN_STUCK_SECONDS for at in list(self.steps.values()))

    def wake(self, at: float | None = None) -> None:
        """Look soon. `at`: when (monotonic seconds) it was known that there may be something new, else now."""
        self.woken_at = at or time.monotonic()
        self.woken.set()

    def run(self) -> None:
        pool = ThreadPoolExecutor(NUMBERS_AT_ONCE, thread_name_prefix=self.name)
        try:
            while not self.stopping.is_set():
                self.woken.wait(max(0.0, self._sweeps_at - time.monotonic()))
                self.woken.clear()
                self._look(pool)
                self.looked_at = time.monotonic()
        finally:
            pool.shutdown(wait=self.stopping.is_set())  # a lane that breaks down ends at once, to be noticed

    @property
    def _sweeps_at(self) -> float:
        """When all numbers are to be looked at next, if nobody wakes the lane before."""
        if self.woken_at > self.as_of:
            return self.swept_at + self.rest
        pause: float = settings.SWEEP_SECONDS
        return self.swept_at + (min(ASK_EVERY, pause) if self.turns.waits else pause)

    def _look(self, pool: ThreadPoolExecutor) -> None:
        """Let runs that have ended go, put numbers in line, and begin with the first of them as far as threads are free."""
        self._take_back()
        is_sweep = self._is_sweep(time.monotonic())
        if not is_sweep and (not self.line or len(self.busy) >= NUMBERS_AT_ONCE):
            return
        try:
            rows = {instance.pk: instance for instance in self.numbers.read(self.since)}
        except Error as error:
            log.warning("lane %s can't read the database, the next sweep tries again: %s", self.name, error)
            return
        if is_sweep:
            self._stand_in_line(rows)
        self._begin(rows, pool)
        self._offer()

    def _is_sweep(self, now: float) -> bool:
        """Whether all numbers are to be looked at, because something may be new or because it is time to."""
        woken_at = self.woken_at
        is_woken = woken_at > self.as_of
        if now < self._sweeps_at:
            return False
        self.as_of, self.swept_at = woken_at if is_woken else now, now
        self.since = max(self.since, self.as_of)
        return True

    def _take_back(self) -> None:
        """Runs that have ended. Those with more to do, or with news meanwhile, go to the end of the line."""
        while self.ended:
            run = self.ended.popleft()
            if self.busy.pop(run.pk) or run.has_more:
                self.line[run.pk] = run.at
                self.since = max(self.since, run.at)

    def _stand_in_line(self, pks: Iterable[int]) -> None:
        """Who stands there already keeps its place."""
        for pk in pks:
            if pk in self.busy:
                self.busy[pk] = True
            else:
                self.line.setdefault(pk, self.swept_at)

    def _begin(self, rows: Mapping[int, Instance], pool: ThreadPoolExecutor) -> None:
        """A lock is only taken when a thread is there for it: until then another worker may have it."""
        while self.line and len(self.busy) < NUMBERS_AT_ONCE:
            pk = next(iter(self.line))
            del self.line[pk]
            turn = f"{self.name}:{pk}"
            if pk in rows and self.turns.take(turn):  # without a row it was removed meanwhile
                self.busy[pk] = False
                pool.submit(self._run_one, rows[pk], turn)

    def _offer(self) -> None:
        """Let other workers have what has stood in line for long."""
        for pk, since in self.line.items():
            if self.swept_at - since > IN_LINE_SECONDS:
                self.turns.give_up(f"{self.name}:{pk}")

    def _run_one(self, instance: Instance, turn: str) -> None:
        has_more = False
        try:
            reach = self.reaches.setdefault(instance.pk, Reach(started_at=self.started_at))
            self.steps[instance.pk] = time.monotonic()
            has_more = bool(self.run_due(instance, reach, lambda: self._must_stop(instance.pk, turn)))
        except Error as error:
            log.warning(
                "lane %s lost the database at %s, the next sweep tries again: %s", self.name, instance.slug, error
            )
        except Exception:
            # the lane must live on; the rows are still there for the next sweep
            log.exception("lane %s failed for %s", self.name, instance.slug)
        finally:
            self.steps.pop(instance.pk, None)
            connection.close()
            self.ended.append(Ended(instance.pk, has_more, time.monotonic()))
            self.woken.set()

    def _must_stop(self, pk: int, turn: str) -> bool:
        """Asked by runners before every step: when the lock is lost, somebody else may be at work already."""
        self.steps[pk] = time.monotonic()
        return self.stopping.is_set() or not self.turns.locks.holds(turn)
