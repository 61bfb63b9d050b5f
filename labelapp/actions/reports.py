"""What a comparison with WhatsApp found and did, for whoever asked for it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from labelapp.actions.providers import reason
from labelapp.models import Finding, Label
from labelapp.whatsapp.errors import ProviderError


@dataclass
class Tally:
    """One label: how many chats the provider's list has, and what came of comparing it. `error`: why it could not be read."""

    label: Label
    listed: int = 0
    added: int = 0
    removed: int = 0
    suspected: int = 0
    doubted: int = 0
    error: ProviderError | None = None

    @property
    def trouble(self) -> str:
        """The error as a stored reason, "" for none."""
        return reason(self.error) if self.error else ""


@dataclass(frozen=True, slots=True)
class Difference:
    """One assignment that was not the same on both sides: "+" WhatsApp has it, "-" WhatsApp lacks it."""

    sign: str
    jid: str
    label: Label


@dataclass
class Report:
    """The whole number. `waiting` assignments are missed for the first time: the next cycle may take them off."""

    started_at: datetime
    tallies: dict[int, Tally] = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list)
    directory: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    asked: int = 0  # chats
    mute: int = 0  # chats about which the provider can't say anything
    waiting: int = 0
    guarded: int = 0  # assignments that would have come off together, and did not

    def add(self, label: Label) -> Tally:
        return self.tallies.setdefault(label.pk, Tally(label))

    def tally(self, label: Label) -> Tally:
        return self.tallies[label.pk]

    def change(self, sign: str, label: Label, jids: Iterable[str]) -> None:
        """Note assignments that came on or off."""
        tally = self.add(label)
        for jid in jids:
            self.differences.append(Difference(sign, jid, label))
            tally.added += sign == "+"
            tally.removed += sign == "-"

    @property
    def added(self) -> int:
        return sum(tally.added for tally in self.tallies.values())

    @property
    def removed(self) -> int:
        return sum(tally.removed for tally in self.tallies.values())
