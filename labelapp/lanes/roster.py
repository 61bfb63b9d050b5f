"""Which workers live, and which of them each piece of work belongs to."""

import hashlib
import time
from dataclasses import dataclass, field
from datetime import datetime

from labelapp.actions.heartbeats import signs_of_life

MISSED = 3  # readings in a row without a new beat: it is gone


@dataclass
class Sign:
    """The last beat of another worker, as this one has read it. `news` is of our own monotonic clock: no two clocks are compared."""

    at: datetime
    news: float
    missed: int = 0


@dataclass
class Roster:
    """The living workers as one of them knows them, itself included. Only a preference: the locks alone decide who runs what."""

    me: str
    others: dict[str, Sign] = field(default_factory=dict)

    def read(self) -> None:
        """Look at the signs of life once more. Raises django.db.Error."""
        before, now = self.others, time.monotonic()
        found: dict[str, Sign] = {}
        for worker, at in signs_of_life().items():
            known = before.get(worker)
            if known is None or known.at != at:
                found[worker] = Sign(at, now)
            else:
                found[worker] = Sign(at, known.news, known.missed + 1)
        found.pop(self.me, None)
        self.others = found

    def owner_of(self, name: str) -> str:
        """The worker that should run what `name` names. All workers that see the same roster say the same, and each gets its share."""
        living = [worker for worker, sign in list(self.others.items()) if sign.missed < MISSED]
        return max([self.me, *living], key=lambda worker: _weight(worker, name))

    def has_beaten_since(self, worker: str, moment: float) -> bool:
        """Whether a beat of this worker was read after `moment` (monotonic clock, seconds)."""
        sign = self.others.get(worker)
        return sign is not None and sign.news > moment


def _weight(worker: str, name: str) -> bytes:
    """Rendezvous hashing: when a worker comes or goes, only its own share moves."""
    return hashlib.blake2b(f"{worker}\n{name}".encode(), digest_size=8).digest()
