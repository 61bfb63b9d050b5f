"""One delivery to one hook: its bytes, its headers, and how long to wait between its attempts."""

import hashlib
import hmac
import random
import secrets
from dataclasses import dataclass

from labelapp.simulator.events import VERSION
from labelapp.simulator.models import Hook


@dataclass(frozen=True, slots=True)
class Delivery:
    url: str
    headers: dict[str, str]
    body: bytes
    delay: float
    attempts: int
    policy: str

    def pause(self, attempt: int, rng: random.Random) -> float:
        """Seconds after this attempt (1 is the first), as WAHA counts them: constant, linear, or doubled with jitter."""
        if self.policy == "linear":
            return self.delay * attempt
        if self.policy == "exponential":
            return float(self.delay * 2**attempt * (1 + 0.2 * rng.random()))
        return self.delay


def delivery(hook: Hook, body: bytes, ms: int, algorithm: str) -> Delivery:
    """Built once: every attempt sends the same bytes, id, time and signature."""
    headers = {
        "Content-Type": "application/json",
        "User-Agent": f"WAHA/{VERSION}",
        "X-Webhook-Request-Id": secrets.token_hex(8)[:15],
        "X-Webhook-Timestamp": str(ms),
    }
    if hook.hmac:
        digest = hashlib.sha256 if algorithm == "sha256" and hook.dialect == "wawp" else hashlib.sha512
        headers["X-Webhook-Hmac"] = hmac.new(hook.hmac.encode(), body, digest).hexdigest()
        headers["X-Webhook-Hmac-Algorithm"] = "sha256" if digest is hashlib.sha256 else "sha512"
    return Delivery(hook.url, headers | hook.headers, body, hook.delay, hook.attempts, hook.policy)
