"""How many requests a token may make a minute. Counted in this process: of several web processes each counts for itself."""

import time
from dataclasses import dataclass, field
from threading import Lock

WINDOW = 60.0  # seconds


@dataclass(frozen=True, slots=True)
class Rate:
    """What is left to a token in this minute. `remaining` is below zero for a request that is refused."""

    limit: int
    remaining: int
    reset: int  # whole seconds until the minute is over, at least 1

    @property
    def headers(self) -> dict[str, str]:
        return {
            "RateLimit-Policy": f"{self.limit};w={WINDOW:.0f}",
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(max(0, self.remaining)),
            "RateLimit-Reset": str(self.reset),
        }


@dataclass
class Counted:
    """Requests of each token in the minute that began with its first one. Safe between threads."""

    began: dict[int, tuple[float, int]] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def count(self, token: int, limit: int, now: float | None = None) -> Rate:
        """One request more."""
        now = time.monotonic() if now is None else now
        with self.lock:
            start, n = self.began.get(token, (now, 0))
            if now - start >= WINDOW:
                start, n = now, 0
            self.began[token] = (start, n + 1)
        return Rate(limit, limit - n - 1, max(1, round(start + WINDOW - now + 0.5)))


counted = Counted()
