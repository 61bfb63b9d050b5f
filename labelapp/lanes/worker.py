"""The worker: a thread per lane, woken by commits, sweeping anyway. The same on both databases."""

import logging
import os
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from django.conf import settings
from django.db import Error, connection

from labelapp.actions.heartbeats import beat
from labelapp.actions.pruning import prune
from labelapp.lanes import apply, directory, importer, push
from labelapp.lanes.locks import Locks
from labelapp.lanes.reach import Reach
from labelapp.lanes.wakes import Waker
from labelapp.models import Instance

log = logging.getLogger(__name__)
RunDue = Callable[[Instance, Reach, Callable[[], bool]], int]
LANES: dict[str, RunDue] = {
    "apply": apply.run_due,
    "push": push.run_due,
    "import": importer.run_due,
    "directory": directory.run_due,
}
NUMBERS_AT_ONCE = 4
BEAT_SECONDS = 5.0
PRUNE_SECONDS = 3600.0


class Lane(threading.Thread):
    """One kind of work over all numbers, a few of them at a time. A number that is slow holds up no other."""

    def __init__(self, name: str, run_due: RunDue, stopping: threading.Event) -> None:
        super().__init__(name=name, daemon=True)
        self.run_due, self.stopping, self.woken = run_due, stopping, threading.Event()
        self.reaches: dict[int, Reach] = {}
        self.busy: set[int] = set()

    def run(self) -> None:
        with Locks() as locks, ThreadPoolExecutor(NUMBERS_AT_ONCE, thread_name_prefix=self.name) as pool:
            while not self.stopping.is_set():
                self.woken.wait(settings.SWEEP_SECONDS)
                self.woken.clear()
                self._sweep(locks, pool)

    def _sweep(self, locks: Locks, pool: ThreadPoolExecutor) -> None:
        try:
            numbers = list(Instance.objects.connected())
        except Error:
            log.exception("the database can't be read; the next sweep tries again")
            numbers = []
        finally:
            connection.close()
        for instance in numbers:
            if instance.pk not in self.busy and locks.hold(f"{self.name}:{instance.pk}"):
                self.busy.add(instance.pk)
                pool.submit(self._run_one, instance)

    def _run_one(self, instance: Instance) -> None:
        try:
            reach = self.reaches.setdefault(instance.pk, Reach())
            if self.run_due(instance, reach, self.stopping.is_set):
                self.woken.set()  # there may be more
        except Exception:
            # the lane must live on; the rows are still there for the next sweep
            log.exception("lane %s failed for %s", self.name, instance.slug)
        finally:
            self.busy.discard(instance.pk)
            connection.close()


def work(stopping: threading.Event, grace: float = 4.0) -> None:
    """Run all lanes until `stopping` is set, then give calls in flight `grace` seconds to end."""
    lanes = [Lane(name, run_due, stopping) for name, run_due in LANES.items()]
    for lane in lanes:
        lane.start()
    threading.Thread(target=_keep_house, args=[stopping], daemon=True, name="house").start()
    log.info("worker started")
    with Waker() as waker:
        while not stopping.is_set():
            if _woken(waker):
                for lane in lanes:
                    lane.woken.set()
    deadline = time.monotonic() + grace
    for lane in lanes:
        lane.woken.set()
        lane.join(max(0, deadline - time.monotonic()))
    log.info("worker stopped")


def _woken(waker: Waker) -> bool:
    try:
        return waker.wait(0.5)
    except Error:
        log.exception("the database can't be watched; sweeping goes on")
        connection.close()
        time.sleep(1)
        return False


def _keep_house(stopping: threading.Event) -> None:
    """Beat every few seconds, prune every hour."""
    name = f"{socket.gethostname()}:{os.getpid()}"[:80]
    prune_at = 0.0
    while not stopping.is_set():
        try:
            beat(name)
            if time.monotonic() >= prune_at:
                prune_at = time.monotonic() + PRUNE_SECONDS
                prune()
        except Error:
            log.exception("no heartbeat")
        finally:
            connection.close()
        stopping.wait(BEAT_SECONDS)
