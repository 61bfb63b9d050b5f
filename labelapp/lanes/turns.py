"""Whose turn it is: locks decide, the roster spreads the work over the workers that live."""

import time

from django.db import connection

from labelapp.lanes.locks import Locks
from labelapp.lanes.roster import Roster

PATIENCE = 1.0  # seconds that work of another worker has to lie free before this one takes it
ASK_EVERY = 0.5  # seconds between two questions for a lock that somebody else holds


class Turns:
    """What one worker may run. The same object serves all its lanes."""

    def __init__(self, locks: Locks, roster: Roster) -> None:
        self.locks, self.roster = locks, roster
        self._taken: dict[str, float] = {}
        self._asked: dict[str, float] = {}
        self._free_since: dict[str, float] = {}

    def take(self, name: str) -> bool:
        """Whether this worker runs what `name` names, now. Never true for two workers at once.

        Work of another worker is handed back once that one shows itself, and taken over after PATIENCE when nobody holds it.
        """
        if connection.vendor != "postgresql":
            return True
        owner, now = self.roster.owner_of(name), time.monotonic()
        if self.locks.holds(name):
            return owner == self.roster.me or not self._hand_over(name, owner)
        if now - self._asked.get(name, -ASK_EVERY) < ASK_EVERY:
            return False
        self._asked[name] = now
        if not self.locks.hold(name):
            self._free_since.pop(name, None)
            return False
        if owner != self.roster.me and now - self._free_since.setdefault(name, now) < PATIENCE:
            self.locks.free(name)  # held for a moment, to know that nobody else does
            return False
        self._free_since.pop(name, None)
        self._taken[name] = now
        return True

    def give_up(self, name: str) -> None:
        """There is no time for it here: another worker that has some may take it."""
        if name in self._taken:
            self._free(name)

    def keep(self) -> None:
        """Take again at once what was lost with the connection, before others take it for left over: calls of ours may be under way."""
        for name in list(self._taken):
            if self.locks.holds(name) or self.locks.hold(name):
                continue
            if not self.locks.is_connected:
                return  # the next time
            self._taken.pop(name, None)  # somebody else has it by now

    @property
    def waits(self) -> bool:
        """Whether something lies free that may soon be ours: look again before the next sweep."""
        now = time.monotonic()
        return any(now - since < 3 * PATIENCE for since in list(self._free_since.values()))

    def _hand_over(self, name: str, owner: str) -> bool:
        """Give the lock to the worker that it belongs to, once that one has shown itself since we took it. Whether we did."""
        if not self.roster.has_beaten_since(owner, self._taken.get(name, 0.0)):
            return False
        self._free(name)
        return True

    def _free(self, name: str) -> None:
        self._taken.pop(name, None)
        self.locks.free(name)
        self._asked[name] = time.monotonic()  # the other one gets its chance first
