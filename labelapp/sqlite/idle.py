"""Connections that nobody uses at the moment, for whoever needs one next: opening one costs eight times as much as a small query.

Every connection reads the whole schema and registers some fifty functions; a request and a lane's turn need one for a moment.
"""

import sqlite3
import threading
import time
from dataclasses import dataclass
from pathlib import Path

MOST = 16  # idle ones of a process
LONGEST = 60.0  # seconds from its birth: what was left open in it, and the pages that it keeps, end then
Key = tuple[str, int, int]


def key_of(name: str) -> Key | None:
    """The file of this name as it is now: one that was replaced is another database. None for what is no file."""
    try:
        found = Path(name).stat()
    except OSError:
        return None
    return name, found.st_dev, found.st_ino


@dataclass(slots=True)
class Kept:
    """A connection to a database, and when it was opened (monotonic seconds)."""

    raw: sqlite3.Connection
    key: Key
    born: float

    @property
    def is_old(self) -> bool:
        return time.monotonic() - self.born > LONGEST


class Idle:
    """The last one given back is the first one taken: few of them keep pages in memory."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: list[Kept] = []

    def take(self, name: str) -> Kept | None:
        """One of this database."""
        key = key_of(name)
        with self._lock:
            found = next((one for one in reversed(self._kept) if one.key == key and not one.is_old), None)
            if found is not None:
                self._kept.remove(found)
        return found

    def give(self, one: Kept) -> None:
        """Keep it, or close it: one that is in the middle of something, old, of a file that is gone, or one too many."""
        fit = not one.raw.in_transaction and not one.is_old and one.key == key_of(one.key[0])
        with self._lock:
            gone = [kept for kept in self._kept if kept.is_old]
            self._kept = [kept for kept in self._kept if not kept.is_old]
            if fit and len(self._kept) < MOST:
                self._kept.append(one)
            else:
                gone.append(one)
        for old in gone:
            old.raw.close()
