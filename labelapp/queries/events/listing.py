"""The page of business events: mappings, and what programs told lately."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models import TextChoices as Choices
from django.utils.translation import gettext_lazy as _

from labelapp.models import BusinessEvent, EventAddress, EventMapping, Instance
from labelapp.queries.directory import Directory, Tag

SHOWN = 30  # events on a page
Outcome = BusinessEvent.Outcome


class Show(Choices):
    """Which events are listed."""

    ALL = "", _("All")
    UNMATCHED = "unmatched", _("Without a chat")
    UNDONE = "undone", _("Not carried out")


@dataclass(frozen=True, slots=True)
class Line:
    """A mapping and the labels that it names. `dead`: those that were deleted in WhatsApp, for which it rests."""

    mapping: EventMapping
    adds: list[Tag]
    removes: list[Tag]
    dead: list[Tag]

    @property
    def is_paused(self) -> bool:
        return self.mapping.is_on and bool(self.dead)


@dataclass(frozen=True, slots=True)
class Told:
    """An event of the log. `asked`: what it asked for, each label with whether it was put on."""

    event: BusinessEvent
    asked: list[tuple[Tag, bool]]


def lines(number: Instance, directory: Directory) -> list[Line]:
    """All mappings of a number in their order. One query."""
    return [_line(mapping, directory) for mapping in EventMapping.objects.filter(instance=number)]


def _line(mapping: EventMapping, directory: Directory) -> Line:
    def known(pks: Sequence[int]) -> list[Tag]:
        return [directory.tags[pk] for pk in pks if pk in directory.tags]

    adds, removes = known(mapping.puts_on), known(mapping.removes)
    return Line(mapping, adds, removes, [tag for tag in (*adds, *removes) if tag.dead])


def of_number(number: Instance) -> QuerySet[BusinessEvent]:
    """Events about a number, and those whose chat is awaited there."""
    awaited = EventAddress.objects.filter(event=OuterRef("pk"), instance=number)
    return BusinessEvent.objects.filter(Q(instance=number) | Q(Exists(awaited), instance=None))


def _shown(number: Instance, show: Show) -> QuerySet[BusinessEvent]:
    rows = of_number(number)
    if show == Show.UNMATCHED:
        return rows.filter(applied_at=None, chat=None)
    if show == Show.UNDONE:
        return rows.filter(outcome__in=[Outcome.UNMAPPED, Outcome.PAUSED, Outcome.FAILED, Outcome.EXPIRED])
    return rows


def counts(number: Instance) -> dict[str, int]:
    """How many events wait for a chat, and how many were not carried out. Two queries."""
    return {show.value: _shown(number, show).count() for show in (Show.UNMATCHED, Show.UNDONE)}


def log_of(number: Instance, directory: Directory, show: Show, before: int = 0) -> tuple[list[Told], int]:
    """The newest events older than the one with this key, and the key to go on with, 0 at the end. One query."""
    rows = _shown(number, show).select_related("chat", "token").order_by("-pk")
    found = list((rows.filter(pk__lt=before) if before else rows)[: SHOWN + 1])
    told = [Told(event, _asked(event, directory)) for event in found[:SHOWN]]
    return told, found[SHOWN - 1].pk if len(found) > SHOWN else 0


def _asked(event: BusinessEvent, directory: Directory) -> list[tuple[Tag, bool]]:
    tags = directory.tags
    return [(tags[one["label"]], one["on"]) for one in event.asked if one["label"] in tags]
