"""The numbers as the settings page shows them."""

import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from labelapp.models import Instance
from labelapp.models.fields import NEVER


@dataclass(frozen=True, slots=True)
class NumberCard:
    """One number with what its row says. `tone` is "ok", "warn" or "bad"."""

    number: Instance
    people: int
    percent: int | None  # of the import's present stage; None when finished or not known

    @property
    def tone(self) -> str:
        if self.number.locked or self.number.trouble or self.number.is_frozen:
            return "bad"
        return "ok" if self.number.status == "WORKING" else "warn"

    @property
    def is_importing(self) -> bool:
        return self.number.import_stage != Instance.ImportStage.DONE

    @property
    def last_event_at(self) -> datetime | None:
        """When the provider last posted something, None when it never did."""
        return None if self.number.last_event_at == NEVER else self.number.last_event_at


def numbers() -> QuerySet[Instance]:
    """All connected numbers, by name, with the people they are limited to."""
    return Instance.objects.connected().prefetch_related("people")


def number_cards() -> list[NumberCard]:
    """What the list of numbers shows. Two queries, however many numbers."""
    return [number_card(number) for number in numbers()]


def number_card(number: Instance) -> NumberCard:
    done, total = number.import_done, number.import_total
    known = total > 0 and number.import_stage != Instance.ImportStage.DONE
    return NumberCard(number, len(number.people.all()), min(100, 100 * done // total) if known else None)


def old_secret_until(number: Instance) -> datetime | None:
    """Until when the hook address before the last rotation is accepted, None when it no longer is."""
    end = number.rotated_at + timedelta(hours=settings.OLD_SECRET_HOURS)
    return end if number.old_hook_secret and end > timezone.now() else None


def is_loopback(url: str) -> bool:
    """Whether an address leads only to the machine itself."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def hook_is_unreachable(number: Instance) -> bool:
    """Whether the provider runs elsewhere while our public address leads only to this machine."""
    return is_loopback(settings.PUBLIC_URL) and not is_loopback(number.base_url)
