"""How fast calls came: the most in any ten seconds, and the most at once for one chat. Bounded, and never from the wall clock."""

import time
from collections import Counter, deque

WINDOW = 10.0
KEPT = 200_000


class Pace:
    """`note` in the order of the calls; `now` in monotonic seconds."""

    def __init__(self) -> None:
        self.total = self.most = 0
        self.first = self.last = 0.0
        self._recent: deque[float] = deque(maxlen=KEPT)

    def note(self, now: float | None = None) -> None:
        now = time.monotonic() if now is None else now
        self.first, self.last = self.first or now, now
        self.total += 1
        self._recent.append(now)
        while self._recent[0] <= now - WINDOW:
            self._recent.popleft()
        self.most = max(self.most, len(self._recent))

    def as_dict(self) -> dict[str, float]:
        return {"total": self.total, "most": self.most, "seconds": round(self.last - self.first, 3)}


class AtOnce:
    """Calls under way per chat."""

    def __init__(self) -> None:
        self.most, self.chat = 0, ""
        self._now: Counter[str] = Counter()

    def enter(self, chat: str) -> int:
        """How many there are now, this one included."""
        self._now[chat] += 1
        if self._now[chat] > self.most:
            self.most, self.chat = self._now[chat], chat
        return self._now[chat]

    def leave(self, chat: str) -> None:
        self._now[chat] -= 1
        if self._now[chat] <= 0:
            del self._now[chat]

    def as_dict(self) -> dict[str, int | str]:
        return {"now": self._now.total(), "most": self.most, "chat": self.chat}
