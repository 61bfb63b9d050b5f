"""A log of the API calls, so that a test can ask what a client did. Credentials are never in it, only where they were."""

import re
import time
from collections import Counter, deque
from typing import Any

KEPT = 5000
# What a product that only reads and labels must never ask for: it would send, show us typing or online, or mark as read.
FORBIDDEN = re.compile(
    r"send|typing|recording|presence|seen|forward|reaction|(^|[/_-])(un)?read($|[/_-])", re.IGNORECASE
)


class CallLog:
    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self.rows: deque[dict[str, Any]] = deque(maxlen=KEPT)
        self.made = 0
        self.forbidden = 0
        self._in_flight: Counter[str] = Counter()

    def open(self, method: str, path: str, *, chat: str, query: dict[str, str], placement: list[str]) -> dict[str, Any]:
        """Note that a call begins. `in_flight` counts the calls for the same chat at this moment, itself included."""
        self.made += 1
        if chat:
            self._in_flight[chat] += 1
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
            "in_flight": self._in_flight[chat] if chat else 0,
            "status": None,
            "ms": None,
            "note": "",
        }
        self.rows.append(row)
        return row

    def close(self, row: dict[str, Any], status: int) -> None:
        """Note its end. Status 0: the connection was dropped."""
        row["status"], row["ms"] = status, int(time.time() * 1000) - row["at"]
        if row["chat"]:
            self._in_flight[row["chat"]] -= 1

    def since(self, n: int) -> list[dict[str, Any]]:
        return [row for row in list(self.rows) if row["n"] > n]
