"""A number's client, kept between runs, and the breaker that spares a provider which does not answer."""

import time
from dataclasses import dataclass, field
from random import SystemRandom

from django.utils import timezone

from labelapp.actions.notices import note
from labelapp.actions.providers import client_for, reason
from labelapp.models import Change, Instance
from labelapp.whatsapp.errors import ProviderError
from labelapp.whatsapp.provider import Provider

LONGEST = 10.0  # seconds between two probes of a provider that is down


@dataclass
class Reach:
    """What one lane knows of one number's provider. Times are of the monotonic clock, in seconds."""

    next_call: float = 0.0
    closed_until: float = 0.0
    failures: int = 0
    client: Provider | None = None
    made_for: tuple[object, ...] = field(default=())

    def connect(self, instance: Instance) -> Provider:
        """The client for the number, made again when its address or token changed. Raises Refused."""
        wanted = (
            instance.base_url,
            instance.instance_id,
            instance.credentials,
            str(instance.options),
            instance.allow_private,
        )
        if self.client is None or wanted != self.made_for:
            self.drop()
            self.client, self.made_for = client_for(instance), wanted
        return self.client

    def drop(self) -> None:
        """Close the client."""
        if self.client is not None:
            self.client.close()
        self.client = None

    @property
    def is_open(self) -> bool:
        """Whether the provider may be called now."""
        return time.monotonic() >= self.closed_until

    def wait_for_turn(self, pace: float) -> float:
        """Take the next place in a bucket that starts empty; how long to sleep until it comes. `pace`: calls a second."""
        now = time.monotonic()
        turn = max(now, self.next_call)
        self.next_call = turn + 1 / pace
        return turn - now

    def failed(self, instance: Instance, error: ProviderError) -> None:
        """The provider could not be reached (or asked us to wait): pause for all its calls, longer each time."""
        self.failures += 1
        pause = max(min(LONGEST, 0.5 * 2**self.failures) * (0.75 + SystemRandom().random() / 4), error.retry_after or 0)
        self.closed_until = time.monotonic() + pause
        if instance.trouble != reason(error):
            _set_trouble(instance, reason(error))

    def answered(self, instance: Instance) -> None:
        """The provider answered: no pause, no trouble."""
        self.failures, self.closed_until = 0, 0.0
        if instance.trouble:
            _set_trouble(instance, "")


def _set_trouble(instance: Instance, words: str) -> None:
    """Show people that the provider does not answer, and since when; or that it does again."""
    if bool(words) != bool(instance.trouble):
        instance.trouble_at = timezone.now() if words else None
    instance.trouble = words
    instance.save(update_fields=["trouble", "trouble_at"])
    note(instance, Change.Kind.INSTANCE)
