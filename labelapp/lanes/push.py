"""The push lane: the only place that writes assignments to providers. One runner per number."""

import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils import timezone

from labelapp.actions.actor import Refused
from labelapp.actions.receipts import claim, postpone_reading, record_failure, record_reading, record_sent
from labelapp.lanes.reach import Reach
from labelapp.models import ChatLabel, Instance, Receipt
from labelapp.models.assignments import OPEN
from labelapp.whatsapp.errors import ProviderError
from labelapp.whatsapp.provider import Provider
from labelapp.whatsapp.types import LabelInfo

AT_ONCE = 4  # calls in flight per number; never two for one chat
Stop = Callable[[], bool]


@dataclass
class Job:
    """A call that was handed to the pool, and the pair it is for."""

    pair: ChatLabel
    reads: bool
    asked_at: datetime


def due_pairs(instance: Instance, busy_chats: set[int]) -> list[ChatLabel]:
    """The pairs to look at now, agents' clicks first, one per chat, none of a chat with a call in flight.

    A stage that is to come off waits until the one that replaces it is settled.
    """
    waiting = Q(waits_for__wanted=True, waits_for__receipt__in=OPEN)
    rows = (
        ChatLabel.objects.filter(due_at__lte=timezone.now(), label__instance=instance)
        .exclude(waiting)
        .exclude(chat__in=busy_chats)
        .select_related("chat", "label")
        .order_by("priority", "due_at")[: 4 * AT_ONCE]
    )
    first: dict[int, ChatLabel] = {}
    for row in rows:
        first.setdefault(row.chat_id, row)
    return list(first.values())


def run_due(instance: Instance, reach: Reach, stop: Stop = lambda: False) -> int:
    """Make the calls and readings that are due. Returns how many were made. A provider that is down delays wishes, it loses none."""
    if not reach.is_open:
        return 0
    made = 0
    running: dict[Future[list[LabelInfo] | None], Job] = {}
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix=f"push-{instance.slug}") as pool:
        while True:
            room = 1 if reach.failures else AT_ONCE  # after a failure one probe at a time
            started = 0
            if reach.is_open and not stop():
                started = _start(instance, reach, pool, running, room - len(running))
            made += started
            if not running:
                return made
            done, _rest = wait(running, timeout=0.05, return_when=FIRST_COMPLETED)
            for future in done:
                _finish(instance, reach, running.pop(future), future)


def _start(
    instance: Instance,
    reach: Reach,
    pool: ThreadPoolExecutor,
    running: dict[Future[list[LabelInfo] | None], Job],
    room: int,
) -> int:
    """Hand due pairs to the pool while there is room. Returns how many."""
    if room <= 0:
        return 0
    started = 0
    for pair in due_pairs(instance, {job.pair.chat_id for job in running.values()})[:room]:
        try:
            client = reach.connect(instance)
        except Refused:
            return started
        reads = pair.receipt != Receipt.PENDING
        claimed = pair if reads else claim(pair.pk)
        if claimed is None:
            continue
        time.sleep(reach.wait_for_turn(instance.pace))
        job = Job(claimed, reads, timezone.now())
        running[pool.submit(_call, client, pair.chat.jid, pair.label.wa_id, claimed.wanted, reads)] = job
        started += 1
    return started


def _call(client: Provider, jid: str, wa_id: str, on: bool, reads: bool) -> list[LabelInfo] | None:
    """One call to the provider. Touches no database: it runs in the pool."""
    if reads:
        return client.chat_labels(jid)
    (client.add_label if on else client.remove_label)(jid, wa_id)
    return None


def _finish(instance: Instance, reach: Reach, job: Job, future: Future[list[LabelInfo] | None]) -> None:
    """Record how a call ended."""
    try:
        answer = future.result()
    except ProviderError as error:
        if error.unreachable or error.refused or error.busy or error.retry_after:
            reach.failed(instance, error)
        if job.reads:
            postpone_reading(job.pair.pk, error)
        else:
            record_failure(job.pair, error)
        return
    reach.answered(instance)
    if job.reads:
        record_reading(instance, job.pair.chat_id, answer or [], job.asked_at)
    else:
        record_sent(job.pair)
