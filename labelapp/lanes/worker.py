"""The worker: a thread per lane, woken by commits, sweeping anyway. The same on both databases."""

import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Sequence

from django.db import Error, connection

from labelapp.actions.assigning import release_chats
from labelapp.actions.heartbeats import beat, rest
from labelapp.actions.pruning import prune
from labelapp.lanes import (
    apply,
    classify,
    directory,
    facts,
    hooks,
    importer,
    moves,
    poll,
    push,
    reconcile,
    reread,
    runs,
    timers,
    watch,
)
from labelapp.lanes.lane import Lane, RunDue
from labelapp.lanes.locks import Locks
from labelapp.lanes.numbers import Numbers
from labelapp.lanes.roster import Roster
from labelapp.lanes.turns import Turns
from labelapp.lanes.wakes import Waker

log = logging.getLogger(__name__)
LANES: dict[str, RunDue] = {
    "apply": apply.run_due,
    "push": push.run_due,
    "runs": runs.run_due,
    "moves": moves.run_due,
    "facts": facts.run_due,
    "hooks": hooks.run_due,
    "classify": classify.run_due,
    "timers": timers.run_due,
    "import": importer.run_due,
    "directory": directory.run_due,
    "watch": watch.run_due,
    "reread": reread.run_due,
    "reconcile": reconcile.run_due,
    "poll": poll.run_due,
}
URGENT = {"apply", "push", "reread"}  # somebody waits for what they do
REST = 0.3  # seconds between two looks of the other lanes: in a burst of commits looking would take the time of the urgent ones
BEAT_SECONDS = 5.0
PRUNE_SECONDS = 3600.0
NAME = f"{socket.gethostname()[:50]}:{os.getpid()}:{secrets.token_hex(3)}"


class LaneDied(Exception):
    """A thread of the worker has ended by itself, or hangs: the process must end too, for its supervisor to start it again. Its locks
    are free then, for other workers to go on."""


class House(threading.Thread):
    """Beats every few seconds, reads who else lives, prunes and gives chats back every hour."""

    def __init__(self, roster: Roster, stopping: threading.Event) -> None:
        super().__init__(name="house", daemon=True)
        self.roster, self.stopping = roster, stopping
        self.prune_at = 0.0

    def run(self) -> None:
        while not self.stopping.is_set():
            self._try(self._keep)
            self.stopping.wait(BEAT_SECONDS)
        self._try(lambda: rest(self.roster.me))

    def _try(self, what: Callable[[], None]) -> None:
        try:
            what()
        except Error as error:
            log.warning("no heartbeat, the database is away: %s", error)
        finally:
            connection.close()

    def _keep(self) -> None:
        beat(self.roster.me)
        self.roster.read()
        if time.monotonic() >= self.prune_at:
            self.prune_at = time.monotonic() + PRUNE_SECONDS
            prune()
            release_chats()


def work(stopping: threading.Event, grace: float = 4.0) -> None:
    """Run all lanes until `stopping` is set, then give calls in flight `grace` seconds to end. LaneDied when one ends or hangs."""
    roster = Roster(NAME)
    with Locks() as locks, Waker() as waker:
        turns = Turns(locks, roster)
        numbers = Numbers()
        lanes = [
            Lane(name, run_due, stopping, turns, numbers, rest=0.0 if name in URGENT else REST)
            for name, run_due in LANES.items()
        ]
        threads = [House(roster, stopping), *lanes]
        for thread in threads:
            thread.start()
        log.info("worker started")
        try:
            _watch(waker, turns, lanes, threads, stopping)
        finally:
            stopping.set()
            _wait_for_end(lanes, threads, grace)
    log.info("worker stopped")


def _watch(
    waker: Waker, turns: Turns, lanes: Sequence[Lane], threads: Sequence[threading.Thread], stopping: threading.Event
) -> None:
    """Wake the lanes when something was committed, hold on to their locks, and see to it that all threads live."""
    while not stopping.is_set():
        turns.keep()
        if _woken(waker):
            now = time.monotonic()
            for lane in lanes:
                lane.wake(now)
        dead = [thread.name for thread in threads if not thread.is_alive()]
        if dead and not stopping.is_set():
            raise LaneDied(f"Threads of the worker ended by themselves: {', '.join(dead)}.")
        if stuck := [lane.name for lane in lanes if lane.is_stuck]:
            raise LaneDied(f"Threads of the worker hang: {', '.join(stuck)}.")


def _woken(waker: Waker) -> bool:
    try:
        return waker.wait(0.5)
    except Error as error:
        log.warning("the database can't be watched, sweeping goes on: %s", error)
        connection.close()
        time.sleep(1)
        return False


def _wait_for_end(lanes: Sequence[Lane], threads: Sequence[threading.Thread], grace: float) -> None:
    deadline = time.monotonic() + grace
    for lane in lanes:
        lane.wake()
    for thread in threads:
        thread.join(max(0, deadline - time.monotonic()))
