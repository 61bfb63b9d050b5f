"""What the steps of one comparison share: `cycle_lists` reads lists, `cycle_chats` asks chats, `cycle_removals` draws conclusions."""

from collections.abc import Callable, Iterable

from django.utils import timezone

from labelapp.actions.actor import Actor
from labelapp.actions.findings import raise_finding
from labelapp.actions.listing import Listing
from labelapp.actions.notices import note
from labelapp.actions.readiness import FROZEN, NotConnected
from labelapp.actions.reports import Report
from labelapp.actions.suspects import Suspect
from labelapp.models import Change, Finding, Instance, Source
from labelapp.models.reasons import Reason
from labelapp.whatsapp.errors import ProviderError
from labelapp.whatsapp.provider import Provider

PHONE = Actor(None, Source.PHONE, Reason.COMPARED())

NAMED = 5  # of what could not be read
Turn = Callable[[], None]
Stop = Callable[[], bool]


class Stopped(Exception):
    """The worker is to stop: the cycle is left as it is, and begun again later."""


class Cycle:
    """The state of one comparison."""

    def __init__(self, instance: Instance, client: Provider, turn: Turn, stop: Stop) -> None:
        self.instance, self.client, self.turn, self.stop = instance, client, turn, stop
        self.started_at = timezone.now()
        self.report = Report(self.started_at)
        self.listings: dict[int, Listing] = {}
        self.suspects: dict[int, list[Suspect]] = {}
        self.wrong: set[int] = set()  # labels whose empty list a chat contradicted, or that has no list beside it
        self.gone: list[Suspect] = []
        self.missed: list[Suspect] = []
        self.doubted: list[Suspect] = []
        self.unasked: list[Suspect] = []
        self.broken = 0  # chats in a row over which the server broke
        self.standing: set[str] = set()  # keys of findings that hold after this cycle
        self.gaps: dict[str, ProviderError] = {}  # what could not be read although the provider is there, and why

    def pause(self) -> None:
        """Wait for the next call's turn. Raises Stopped."""
        if self.stop():
            raise Stopped
        self.turn()

    def progress(self, done: int, total: int) -> None:
        """Tell how far the cycle has come. Raises NotConnected when the number was frozen meanwhile."""
        now = {"reconcile_started_at": self.started_at, "reconcile_done": done, "reconcile_total": total}
        if not Instance.objects.filter(pk=self.instance.pk, frozen_at=None).update(**now):
            raise NotConnected(FROZEN)
        note(self.instance, Change.Kind.INSTANCE)

    def believed(self, suspects: Iterable[Suspect]) -> list[Suspect]:
        """Those that a list lacks which is not known to be wrong."""
        return [suspect for suspect in suspects if suspect.listing.label.pk not in self.wrong]

    def find_empty(self, label_pk: int) -> None:
        """The label's list is empty and that is wrong, or can't be known: nothing is missed because of it."""
        self.wrong.add(label_pk)
        label, count = self.listings[label_pk].label, len(self.suspects[label_pk])
        self.stands(raise_finding(self.instance, Finding.Kind.EMPTY, label=label, words=Reason.EMPTY(), count=count))

    @property
    def told_gaps(self) -> str:
        """What could not be read as a stored reason, "" when everything was."""
        words = [f"{what} ({error.message})" for what, error in self.gaps.items()]
        return Reason.PART(", ".join(words[:NAMED]) + " …" * (len(words) > NAMED)) if words else ""

    def stands(self, finding: Finding) -> None:
        """The finding holds after this cycle."""
        self.standing.add(finding.key)
        if finding.settled_at is None:
            self.report.findings.append(finding)
