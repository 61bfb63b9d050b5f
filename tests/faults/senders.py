"""Providers that post deliveries for a while, each many times a second, and remember what they were told."""

import hashlib
import hmac
import json
import threading
import time
from dataclasses import dataclass, field
from typing import Self

import httpx

KEY = b"demo-signing-key"


@dataclass
class Told:
    """What happened to the deliveries: keys answered 200, and every answer (0: none) with its time on the monotonic clock."""

    stored: set[str] = field(default_factory=set)
    answers: list[tuple[float, int]] = field(default_factory=list)

    @property
    def statuses(self) -> set[int]:
        return {status for _at, status in self.answers}

    def first_stored_after(self, moment: float) -> float:
        """Seconds from `moment` to the next delivery that was stored; infinite when none was."""
        return min((at - moment for at, status in self.answers if status == 200 and at >= moment), default=float("inf"))


class Senders:
    """`count` threads that post to `addresses` in turn while the `with` block lasts. `name` begins their deliveries' ids."""

    def __init__(self, addresses: list[str], name: str, count: int = 6, pause: float = 0.02) -> None:
        self.addresses, self.name, self.pause = addresses, name, pause
        self.told, self._over, self._lock = Told(), threading.Event(), threading.Lock()
        self._threads = [threading.Thread(target=self._run, args=[n], daemon=True) for n in range(count)]

    def _run(self, sender: int) -> None:
        with httpx.Client(timeout=40) as http:
            n = 0
            while not self._over.is_set():
                n += 1
                key = f"{self.name}-{sender}-{n}"
                status = self._post(http, self.addresses[(sender + n) % len(self.addresses)], key)
                with self._lock:
                    self.told.answers.append((time.monotonic(), status))
                    if status == 200:
                        self.told.stored.add(key)
                time.sleep(self.pause)

    def _post(self, http: httpx.Client, address: str, key: str) -> int:
        body = json.dumps({"id": key, "event": "fault.test", "session": "demo", "payload": {}}).encode()
        headers = {
            "X-Webhook-Hmac": hmac.new(KEY, body, hashlib.sha512).hexdigest(),
            "X-Webhook-Hmac-Algorithm": "sha512",
            "Content-Type": "application/json",
        }
        try:
            return http.post(address, content=body, headers=headers).status_code
        except httpx.HTTPError:
            return 0

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(60)
