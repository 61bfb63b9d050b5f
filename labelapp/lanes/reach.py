"""A number's client, kept between runs, and the breaker that spares a provider which does not answer."""

import math
import time
from dataclasses import dataclass, field
from datetime import datetime
from random import SystemRandom

from django.utils import timezone

from labelapp.actions.notices import note
from labelapp.actions.providers import client_for, reason
from labelapp.models import Change, Instance
from labelapp.queries.states import number_state
from labelapp.whatsapp.errors import ProviderError
from labelapp.whatsapp.provider import Provider

LONGEST = 10.0  # seconds between two probes of a provider that is down
JITTER = 0.5  # of a place in the pace: by so much at most a run's calls come late, each by chance
CHATS = 3  # so many different ones whose calls break the server, with no answer in between, and it is not the chats


@dataclass
class Reach:
    """What one lane knows of one number's provider. Times are of the monotonic clock, in seconds."""

    next_call: float = 0.0
    closed_until: float = 0.0
    failures: int = 0
    broken: set[int] = field(default_factory=set)  # chats whose calls broke the server since it last answered
    client: Provider | None = None
    made_for: tuple[object, ...] = field(default=())
    rests_until: float = 0.0  # the lane has no use of asking before
    has_written: bool = False  # the last call was for a wish: a reading may be next, so that none waits for ever
    account_at: float = -math.inf  # the session was asked who answers, and it is the known account
    broken_off: int = 0  # comparisons in a row that did not come to their end, although the session answered
    lag: float = 0.0  # how much later than its place the next call of a run comes
    listed: dict[int, datetime] = field(default_factory=dict)  # label -> when the list of its chats was last asked for
    served: dict[int, float] = field(default_factory=dict)  # run -> when a chat of it was last begun
    started_at: datetime = field(default_factory=timezone.now)  # the worker's lanes began then

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

    @property
    def turn_in(self) -> float:
        """Seconds until the next place in the bucket is free."""
        return max(0.0, self.next_call - time.monotonic())

    def turn_for(self, uneven: bool) -> float:
        """Seconds until a call may come: for one of a run (`uneven`) its lag behind the place included."""
        return max(0.0, self.next_call + (self.lag if uneven else 0.0) - time.monotonic())

    def take_turn(self, at: float, pace: float, calls: int = 1, *, uneven: bool = False) -> float:
        """Take places for `calls` calls, the first at `at` (monotonic seconds) or once it is free: then. `pace`: calls a second.

        Of an `uneven` one `at` may be up to its lag behind the place: the places after it do not move, so that the pace is kept.
        """
        turn = max(at - (self.lag if uneven else 0.0), self.next_call)
        self.next_call = turn + calls / pace
        self.lag = SystemRandom().random() * JITTER / pace
        return turn

    def wait_for_turn(self, pace: float, calls: int = 1) -> float:
        """Take the next places in a bucket that starts empty; how long to sleep until the first comes."""
        now = time.monotonic()
        return self.take_turn(now, pace, calls) - now

    def failed(self, instance: Instance, error: ProviderError) -> None:
        """The provider could not be reached (or asked us to wait): pause for all its calls, longer each time. Who answers after
        that is asked anew."""
        self.failures += 1
        self.account_at = -math.inf
        pause = max(min(LONGEST, 0.5 * 2**self.failures) * (0.75 + SystemRandom().random() / 4), error.retry_after or 0)
        self.closed_until = time.monotonic() + pause
        if instance.trouble != reason(error):
            _set_trouble(instance, reason(error))

    def reading_failed(self, instance: Instance, error: ProviderError) -> None:
        """The provider did not tell what a lane asked for. What it will never tell is no trouble of the number: the checkup says
        what is missing, and changes (runs as well) go on."""
        if not error.permanent or error.refused or error.asleep:
            self.failed(instance, error)

    def broke(self, instance: Instance, error: ProviderError, chat: int) -> None:
        """The server broke over a call for this chat. One chat may do that for ever while all the others pass; several in a row
        are an outage."""
        self.broken.add(chat)
        if len(self.broken) >= CHATS:
            self.failed(instance, error)

    def answered(self, instance: Instance) -> None:
        """The provider took a change: no trouble. A pause that another call was told meanwhile is kept to its end."""
        self.failures = 0
        self.broken.clear()
        if instance.trouble:
            _set_trouble(instance, "")

    def was_read(self, instance: Instance) -> None:
        """The provider answered a question: it is there. Trouble while changes wait may be about them alone: only a change that
        passes takes it back. Held ones are not on their way."""
        self.failures = 0
        self.broken.clear()
        if instance.trouble and not number_state(instance).waiting:
            _set_trouble(instance, "")


def _set_trouble(instance: Instance, words: str) -> None:
    """Show people that the provider does not answer, and since when; or that it does again."""
    if bool(words) != bool(instance.trouble):
        instance.trouble_at = timezone.now() if words else None
    instance.trouble = words
    instance.save(update_fields=["trouble", "trouble_at"])
    note(instance, Change.Kind.INSTANCE)
