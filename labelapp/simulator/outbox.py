"""Deliveries that are kept instead of posted, for a harness that posts them itself: in its order, as often as it likes."""

from typing import Any

KEPT = 400_000


class Outbox:
    """Rows are numbered from 1 and stay until `clear`, or until there are too many: then the oldest go."""

    def __init__(self) -> None:
        self.on = False
        self.clear()

    def clear(self) -> None:
        self._rows: list[tuple[str, dict[str, str], bytes]] = []
        self._gone = 0

    @property
    def last(self) -> int:
        return self._gone + len(self._rows)

    def put(self, url: str, headers: dict[str, str], body: bytes) -> None:
        self._rows.append((url, headers, body))
        if len(self._rows) > KEPT:
            self._gone += KEPT // 10
            del self._rows[: KEPT // 10]

    def rows(self, after: int, limit: int) -> dict[str, Any]:
        """In emission order. `next` is what to ask `after` next time; `first` is the oldest that is still kept."""
        start = min(max(after - self._gone, 0), len(self._rows))
        found = self._rows[start : start + limit]
        return {
            "rows": [
                {"n": self._gone + place, "url": url, "headers": headers, "body": body.decode()}
                for place, (url, headers, body) in enumerate(found, start + 1)
            ],
            "next": self._gone + start + len(found),
            "first": self._gone + 1,
            "last": self.last,
        }
