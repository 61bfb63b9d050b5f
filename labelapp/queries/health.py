"""What a number's hook brings, and how often we ask for what it does not bring."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.conf import settings
from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from labelapp.models import Heard, HookDelivery, Instance, Outcome
from labelapp.models.fields import NEVER

HEARING_HOURS = 24  # people may not touch a label for a day: only longer than that means that the engine tells nothing


def _within(at: datetime, span: timedelta) -> bool:
    return timezone.now() - at < span


def hears_labels(instance: Instance) -> bool:
    """Whether the engine tells of labels: an event about one came within the last 24 hours."""
    return _within(instance.label_event_at, timedelta(hours=HEARING_HOURS))


def is_deaf(instance: Instance) -> bool:
    """Whether the engine is taken for one that never tells of labels: other events came for a day or longer, none about a label.

    Before that it only means that nobody has touched a label yet.
    """
    if instance.last_event_at == NEVER or instance.label_event_at != NEVER or instance.imported_at is None:
        return False
    since = max(instance.imported_at, instance.hook_registered_at or NEVER)
    return not _within(since, timedelta(hours=HEARING_HOURS))


def hears(instance: Instance) -> bool:
    """Whether any event came within the last SILENCE_SECONDS."""
    return _within(instance.last_event_at, timedelta(seconds=settings.SILENCE_SECONDS))


def poll_every(instance: Instance) -> float:
    """Seconds between two readings of the chats and their last messages: rarely while events come, often without."""
    return float(settings.POLL_HEARING_SECONDS if hears(instance) else settings.POLL_SECONDS)


def compare_every(instance: Instance) -> float:
    """Seconds between two comparisons of the labels with the provider's lists: often for an engine that tells nothing of them."""
    return float(settings.RECONCILE_SECONDS if hears_labels(instance) else settings.RECONCILE_BLIND_SECONDS)


class Hearing(StrEnum):
    """What a number's hook brings. The doctor names its findings after these."""

    ALL = "ok"
    SILENT = "silent"  # nothing for SILENCE_SECONDS, although it should
    NOTHING = "nothing_yet"
    NO_LABELS_YET = "no_label_yet"
    NO_LABELS_LATELY = "no_label_lately"
    DEAF = "no_label_events"


@dataclass(frozen=True, slots=True)
class HookHealth:
    """What one number's hook brought so far. `heard` is newest first."""

    number: Instance
    heard: list[Heard]
    parked: int
    is_known_deaf: bool = False  # the provider named an engine that sends no label events

    @property
    def last_event_at(self) -> datetime | None:
        """When anything came last, None for never."""
        return None if self.number.last_event_at == NEVER else self.number.last_event_at

    @property
    def has_hook(self) -> bool:
        """Whether the provider was told to post here, or did."""
        return self.number.hook_registered_at is not None or self.last_event_at is not None

    @property
    def silent_since(self) -> datetime | None:
        """Since when nothing came although it should have, None while all is well: a connected number with a hook."""
        if not self.has_hook or self.number.status != "WORKING" or self.number.is_frozen:
            return None
        registered = self.number.hook_registered_at or NEVER
        since = max(self.number.last_event_at, registered, self.number.status_since)
        return None if _within(since, timedelta(seconds=settings.SILENCE_SECONDS)) else since

    @property
    def state(self) -> Hearing:
        """What comes and what does not."""
        if self.silent_since is not None:
            return Hearing.SILENT
        if self.last_event_at is None:
            return Hearing.NOTHING
        if hears_labels(self.number):
            return Hearing.ALL
        if self.is_known_deaf or is_deaf(self.number):
            return Hearing.DEAF
        return Hearing.NO_LABELS_YET if self.number.label_event_at == NEVER else Hearing.NO_LABELS_LATELY

    @property
    def tone(self) -> str:
        """How to show it: "bad", "warn" or "ok"."""
        tones = {Hearing.SILENT: "bad", Hearing.ALL: "ok", Hearing.NO_LABELS_YET: "ok"}
        return tones.get(self.state, "warn")

    @property
    def words(self) -> str:
        """The state in one sentence."""
        sentences = {
            Hearing.ALL: _("Events arrive."),
            Hearing.SILENT: _("No event for %(span)s, although the number is connected."),
            Hearing.NOTHING: _("No event has come yet; polling every %(span)s."),
            Hearing.NO_LABELS_YET: _("No label event seen yet; polling every %(span)s."),
            Hearing.NO_LABELS_LATELY: _("No label event for over a day; polling every %(span)s."),
            Hearing.DEAF: _("This number's engine sends no label events; polling every %(span)s."),
        }
        return sentences[self.state] % {"span": span(self._seconds)}

    @property
    def _seconds(self) -> float:
        """For how long nothing came, else how often is asked for what does not come."""
        if self.silent_since is not None:
            return (timezone.now() - self.silent_since).total_seconds()
        return poll_every(self.number) if self.last_event_at is None else compare_every(self.number)


def span(seconds: float) -> str:
    """A length of time in its largest whole unit: 45 s, 5 min, 4 h, 2 days."""
    if seconds < 90:
        return _("%(n)d s") % {"n": max(1, round(seconds))}
    if seconds < 5400:
        return _("%(n)d min") % {"n": round(seconds / 60)}
    if seconds < 36 * 3600:
        return _("%(n)d h") % {"n": round(seconds / 3600)}
    days = round(seconds / 86400)
    return ngettext("%(n)d day", "%(n)d days", days) % {"n": days}


def hook_health(numbers: Sequence[Instance]) -> list[HookHealth]:
    """The health of each number's hook, in their order. Two queries, however many numbers."""
    heard: dict[int, list[Heard]] = {number.pk: [] for number in numbers}
    for row in Heard.objects.filter(instance__in=numbers).order_by("-at", "kind"):
        heard[row.instance_id].append(row)
    parked = HookDelivery.objects.filter(instance__in=numbers, outcome=Outcome.PARKED)
    counts = dict(parked.values_list("instance").annotate(n=Count("pk")))
    return [HookHealth(number, heard[number.pk], counts.get(number.pk, 0)) for number in numbers]
