"""The push lane: the only place that writes assignments to providers. One runner per number."""

import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass, field

from django.utils import timezone

from labelapp.actions.accounts import ask_session, observe_session
from labelapp.actions.actor import Refused
from labelapp.actions.confirming import confirm_listed, is_list_better, waits_for_list
from labelapp.actions.directory_reading import read_directory
from labelapp.actions.held import hold_old
from labelapp.actions.identity import addresses_of
from labelapp.actions.listing import Listing
from labelapp.actions.pairs import FINISHING
from labelapp.actions.readiness import NotConnected
from labelapp.actions.readings import Answer, postpone_reading, record_readings
from labelapp.actions.receipts import claim, is_unheard, record_failure, record_sent
from labelapp.lanes.calls import Job, Said, seen_beside
from labelapp.lanes.due import due_pairs
from labelapp.lanes.reach import Reach
from labelapp.models import ChatLabel, Instance, Receipt
from labelapp.models.fields import NEVER
from labelapp.whatsapp.errors import ProviderError
from labelapp.whatsapp.provider import Provider

AT_ONCE = 4  # calls in flight per number; never two for one chat
TOGETHER = 32  # readings of doubts that are recorded in one transaction
SPAN = 1.0  # seconds for beginning calls in one run; then the other numbers in line get the thread
ACCOUNT_SECONDS = 5.0  # so long it is believed that the account which answered still does
LOOK = 0.05  # seconds between two looks at what has become due meanwhile
SHARE = 4  # and so many times what a look takes: thousands of due pairs take a while to sort
Stop = Callable[[], bool]


def run_due(instance: Instance, reach: Reach, stop: Stop = lambda: False) -> int:
    """Make the calls and readings that are due, for SPAN at most. A provider that is down delays wishes, it loses none.

    Returns how many were made; 1 when none was made because the first one's turn comes later than that.
    """
    if not reach.is_open or not instance.is_ready:
        return 0
    hold_old(instance)
    if not due_pairs(instance, set()):
        return 0
    try:
        client = reach.connect(instance)
    except Refused:
        return 0
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix=f"push-{instance.slug}") as pool:
        return Run(instance, reach, stop, client, pool).go()


@dataclass
class Run:
    """A number's due pairs, until there are none or the time is over.

    What is called is chosen when its turn comes, not before: a click that arrives meanwhile goes first, and an answer that asks
    us to wait is heeded before the next call."""

    instance: Instance
    reach: Reach
    stop: Stop
    client: Provider
    pool: ThreadPoolExecutor
    running: dict[Future[Said], Job] = field(default_factory=dict)
    made: int = 0
    chosen: list[ChatLabel] = field(default_factory=list)  # what comes next
    addresses: dict[int, list[str]] = field(default_factory=dict)  # of its chats
    looks_at: float = 0.0  # when to look whether something else has become more urgent
    answers: list[Answer] = field(default_factory=list)  # read and not yet recorded
    until: float = field(default_factory=lambda: time.monotonic() + SPAN)
    is_cut: bool = False  # it ended because its time was over
    last_calls: frozenset[Future[Said]] | None = None  # those that were under way when its time was over

    def go(self) -> int:
        """Returns as `run_due`. Each call is recorded, whatever breaks the run off."""
        try:
            while (is_due := self._start_next()) or self.running:
                self._await_ends(min(LOOK, self.reach.turn_for(self._is_bulk)) if is_due else LOOK)
                if len(self.answers) >= TOGETHER or not self.running:
                    self._record_answers()
        finally:
            with ExitStack() as ends:
                ends.callback(self._record_answers)
                for future in self.running:
                    ends.callback(self._end, future, self.running[future])
        return self.made or int(self.is_cut)

    def _start_next(self) -> bool:
        """Begin the next call, if its turn has come. Whether there may be something to begin now, or in its turn."""
        room = 1 if self.reach.failures else AT_ONCE  # after a failure one probe at a time
        if len(self.running) >= room or not self.reach.is_open or self.stop():
            return False
        at = time.monotonic()
        self.is_cut = self._is_over(at)
        if self.is_cut:
            return False
        if not self.chosen or at > self.looks_at:
            busy = {job.pair.chat_id for job in self.running.values()} | {answer.chat for answer in self.answers}
            listed = {job.pair.label_id for job in self.running.values() if job.lists}
            self.chosen = due_pairs(self.instance, busy, readings_first=self.reach.has_written, listed=listed)
            self.addresses = addresses_of(pair.chat for pair in self.chosen)
            self.looks_at = at + max(LOOK, SHARE * (time.monotonic() - at))
        if not self.chosen:
            return False
        if self.reach.turn_for(self._is_bulk) <= 0:
            self._start(self.chosen.pop(0), at)
        return True

    def _is_over(self, at: float) -> bool:
        """Whether no more calls are begun. A run can't end before its calls have: while one of them hangs, others go on."""
        if at < self.until:
            return False
        if self.last_calls is None:
            self.last_calls = frozenset(self.running)
        return self.last_calls.isdisjoint(self.running)

    @property
    def _is_bulk(self) -> bool:
        """Whether what comes next is a run's: it comes a little unevenly."""
        return bool(self.chosen) and self.chosen[0].priority >= FINISHING

    def _start(self, pair: ChatLabel, at: float) -> None:
        """Hand the pair to the pool, if there is still something to do for it. Its turn came `at`."""
        reads = pair.receipt != Receipt.PENDING
        if not (reads or self._is_account_known(at)):
            return
        claimed = pair if reads else claim(pair.pk, pair.chat_id)
        if claimed is None:
            return
        claimed.label.instance = self.instance  # at hand, also when its end is recorded
        lists = reads and self._asks_for_list(claimed)
        job = Job(
            claimed, reads, self.addresses[claimed.chat_id], seen_beside(self.instance, claimed), timezone.now(), lists
        )
        is_bulk = claimed.priority >= FINISHING
        self.reach.take_turn(at, self.instance.pace, job.calls(self.client), uneven=is_bulk)
        if lists:
            self.reach.listed[claimed.label_id] = job.asked_at
            self.chosen.clear()  # what the list may confirm needs no reading of its own
        self.running[self.pool.submit(job.call, self.client)] = job
        self.made, self.reach.has_written = self.made + 1, not reads

    def _is_account_known(self, at: float) -> bool:
        """Whether the known account answered a moment ago. If not it is asked, which takes this turn: a number can be linked to
        another account without any event. What was chosen is looked at again after that; nothing of a frozen number is due."""
        if at - self.reach.account_at < ACCOUNT_SECONDS:
            return True
        self.reach.take_turn(at, self.instance.pace)
        self.chosen.clear()
        asked_at = timezone.now()
        try:
            observe_session(self.instance, self.client.session(), asked_at)
            if self.instance.trouble:
                self._read_directory()
        except ProviderError as error:
            if not error.permanent:
                self.reach.failed(self.instance, error)
                return False
            # It refuses to say, and will go on refusing: the change's own answer tells people why it fails, or passes
        self.reach.account_at = time.monotonic()
        return False

    def _read_directory(self) -> None:
        """After an outage: meanwhile a label may have gone and its id have come back as another one's, and nobody heard of it."""
        self.reach.take_turn(time.monotonic(), self.instance.pace)
        try:
            read_directory(self.instance, self.client)
        except NotConnected:
            return
        except ProviderError as error:
            if is_unheard(error):
                raise

    def _asks_for_list(self, pair: ChatLabel) -> bool:
        """Whether a list of the label's chats is to be read instead of this chat. One that has been lacked it: then it is not."""
        listed_at = self.reach.listed.get(pair.label_id, NEVER)
        is_new = pair.sent_at is not None and pair.sent_at > listed_at
        return (
            pair.receipt == Receipt.SENT and waits_for_list(pair) and is_new and is_list_better(pair.label, listed_at)
        )

    def _await_ends(self, seconds: float) -> None:
        """Record the calls that have ended; if there is none, wait so long for one."""
        if not self.running:
            time.sleep(seconds)
        for future in wait(self.running, timeout=seconds, return_when=FIRST_COMPLETED).done:
            self._end(future, self.running.pop(future))

    def _end(self, future: Future[Said], job: Job) -> None:
        """Record how a call ended."""
        try:
            answer = future.result()
        except ProviderError as error:
            return self._end_badly(job, error)
        if isinstance(answer, Listing):
            confirm_listed(answer)
            return self.reach.was_read(self.instance)
        if not job.reads:
            self.reach.answered(self.instance)
            return record_sent(job.pair, shown=job.shows(answer))
        self.answers.append(Answer(job.pair.chat_id, answer or [], job.asked_at))
        if job.pair.is_open:  # somebody waits for it
            self._record_answers()
        return self.reach.was_read(self.instance)

    def _record_answers(self) -> None:
        """What was read of chats: of those in doubt many at a time."""
        answers, self.answers = self.answers, []
        if answers:
            record_readings(self.instance, answers)

    def _end_badly(self, job: Job, error: ProviderError) -> None:
        if error.asleep:
            ask_session(self.instance)
        if (is_unheard(error) and not error.unsure) or error.retry_after:  # unsure of one chat, the others pass
            self.reach.failed(self.instance, error)
        elif (error.status or 0) >= 500 and not error.permanent:
            self.reach.broke(self.instance, error, job.pair.chat_id)
        if job.lists:  # the chats are asked themselves
            return
        if job.reads:
            postpone_reading(job.pair.pk, error)
        else:
            record_failure(job.pair, error)
