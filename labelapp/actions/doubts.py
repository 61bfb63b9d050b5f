"""What a comparison puts before people, and what of it is no longer so."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime

from labelapp.actions.findings import raise_finding, vanish_keys
from labelapp.actions.suspects import Suspect
from labelapp.models import Chat, Finding, Instance, Label
from labelapp.models.fields import NEVER
from labelapp.models.reasons import Reason

FEW = 20  # doubted assignments of a label: so many are asked about, and told, one by one
KINDS = (Finding.Kind.REMOVAL, Finding.Kind.EMPTY, Finding.Kind.GUARD)


def raise_doubts(instance: Instance, doubted: Iterable[Suspect], started_at: datetime) -> list[Finding]:
    """Findings for assignments about which the lists disagreed before this cycle as well: a row for each, or one for a label."""
    by_label: dict[Label, list[Suspect]] = defaultdict(list)
    for suspect in doubted:
        if suspect.pair.doubted_at and suspect.pair.doubted_at < started_at:
            by_label[suspect.listing.label].append(suspect)
    return [finding for label, some in by_label.items() for finding in _raise(instance, label, some)]


def _raise(instance: Instance, label: Label, doubted: list[Suspect]) -> list[Finding]:
    kind = Finding.Kind.REMOVAL
    if len(doubted) > FEW:
        return [raise_finding(instance, kind, label=label, words=Reason.SHORT(), count=len(doubted))]
    chats = Chat.objects.filter(pk__in=[suspect.pair.chat_id for suspect in doubted]).order_by("pk")
    return [raise_finding(instance, kind, chat=chat, label=label, words=Reason.LISTS(), count=1) for chat in chats]


def clear_findings(instance: Instance, standing: Collection[str], unread: Collection[int]) -> None:
    """Let findings vanish whose keys do not stand after a whole cycle; those of labels that could not be read stay."""
    rows = Finding.objects.filter(instance=instance, kind__in=KINDS)
    rows = rows.filter(settled_at=None) | rows.filter(outcome=Finding.Outcome.IGNORED)
    vanish_keys(instance, [row.key for row in rows if row.key not in standing and row.label_id not in unread])


def decided_at(instance: Instance) -> datetime:
    """When a person last said that a guarded removal is right."""
    pulled = Finding.objects.filter(instance=instance, kind=Finding.Kind.GUARD, outcome=Finding.Outcome.PULLED)
    return pulled.order_by("-settled_at").values_list("settled_at", flat=True).first() or NEVER
