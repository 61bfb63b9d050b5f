"""A log of the API calls, so that a test can ask what a client did. Credentials are never in it, only where they were."""

import re
import time
from collections import Counter, deque
from typing import Any

from labelapp.simulator.pace import AtOnce, Pace

KEPT = 5000
# What a product that only reads and labels must never ask for: it would send, show us typing or online, or mark as read.
FORBIDDEN = re.compile(
    r"send|typing|recording|presence|seen|forward|reaction|(^|[/_-])(un)?read($|[/_-])", re.IGNORECASE
)
Row = dict[str, Any]


class CallLog:
    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self.rows: deque[Row] = deque(maxlen=KEPT)
        self.made = 0
        self.forbidden = 0
        self.clear_pace()

    def clear_pace(self) -> None:
        """Count anew. Calls under way are counted no longer."""
        self.all, self.assignments = Pace(), Pace()
        self.readers, self.writers = AtOnce(), AtOnce()
        self.outcomes: Counter[str] = Counter()
        self._under_way: set[int] = set()

    def open(
        self, method: str, path: str, *, chat: str, query: dict[str, str], placement: list[str], assigns: bool = False
    ) -> Row:
        """Note that a call begins. `in_flight` counts the calls for the same chat at this moment, itself included."""
        self.made += 1
        self.all.note()
        if assigns:
            self.assignments.note()
        row = {
            "n": self.made,
            "at": int(time.time() * 1000),
            "method": method,
            "path": path,
            "query": query,
            "placement": placement,
            "credentials": placement[0] if placement else "none",
            "token_in_url": "query" in placement,
            "chat": chat,
            "in_flight": self.readers.enter(chat) if chat else 0,
            "assigns": assigns,
            "status": None,
            "ms": None,
            "note": "",
        }
        if chat and assigns:
            self.writers.enter(chat)
        self._under_way.add(self.made)
        self.rows.append(row)
        return row

    def leave(self, row: Row) -> None:
        """The client waits no longer, whatever the provider still does."""
        if row["n"] not in self._under_way:
            return
        self._under_way.discard(row["n"])
        if row["chat"]:
            self.readers.leave(row["chat"])
            if row["assigns"]:
                self.writers.leave(row["chat"])

    def close(self, row: Row, status: int) -> None:
        """Note its end. Status 0: the connection was dropped."""
        row["status"], row["ms"] = status, int(time.time() * 1000) - row["at"]
        if row["assigns"]:
            self.outcomes[row["note"] or str(status)] += 1
        self.leave(row)

    def since(self, n: int) -> list[Row]:
        return [row for row in list(self.rows) if row["n"] > n]

    def pace(self) -> dict[str, Any]:
        """Of assignment calls: total, most in any 10 s, seconds from first to last, outcomes, most at once for a chat."""
        return self.assignments.as_dict() | {
            "outcomes": dict(self.outcomes),
            "in_flight": self.writers.as_dict(),
            "all": self.all.as_dict() | {"in_flight": self.readers.as_dict()},
        }
