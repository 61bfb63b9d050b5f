"""Findings as rows of the drift page, and the assignments that one about many is about."""

from collections.abc import Iterable

from django.db.models import F, Q, QuerySet

from labelapp.models import ChatLabel, Finding, Instance, Receipt
from labelapp.queries.differences import FINDING, MOST, Ref, Row, finding_seen, open_findings
from labelapp.queries.directory import Directory

Kind = Finding.Kind
LISTED_AT = F("label__verified_at")
# nothing was wished, sent or seen for it since its label's list was read: what the list says of it is the newest word
OLDER_THAN_LIST = Q(wanted_at__lte=LISTED_AT, remote_at__lte=LISTED_AT) & (Q(sent_at=None) | Q(sent_at__lte=LISTED_AT))


def findings(number: Instance, label: int | None) -> list[Finding]:
    """What waits for somebody, the newest first. One query."""
    rows = open_findings([number]).select_related("chat")
    if label is not None:
        rows = rows.filter(label=label)
    return list(rows.order_by("-found_at", "-pk")[:MOST])


def doubts(found: Iterable[Finding]) -> list[tuple[Finding, ChatLabel]]:
    """The doubtful removals of single assignments, with them. One query."""
    single = [one for one in found if one.kind == Kind.REMOVAL and one.chat_id and one.label_id]
    pairs = ChatLabel.objects.filter(
        chat__in={one.chat_id for one in single}, label__in={one.label_id for one in single}
    )
    held = {(pair.chat_id, pair.label_id): pair for pair in pairs.select_related("chat")}
    return [(one, held[key]) for one in single if (key := (one.chat_id or 0, one.label_id or 0)) in held]


def doubt_row(finding: Finding, pair: ChatLabel, directory: Directory) -> Row:
    ref = Ref(FINDING, finding.pk, seen=finding_seen(finding, pair))
    return Row("removal", ref, finding.found_at, pair.chat, [directory.tags[pair.label_id]], pair, finding)


def finding_row(finding: Finding, directory: Directory) -> Row:
    tags = [directory.tags[finding.label_id]] if finding.label_id in directory.tags else []
    ref = Ref(FINDING, finding.pk, seen=finding_seen(finding, None))
    return Row(finding.kind, ref, finding.found_at, finding.chat, tags, finding=finding, count=finding.count)


def pairs_of(finding: Finding) -> QuerySet[ChatLabel]:
    """The assignments that a finding about many is about."""
    on = ChatLabel.objects.filter(wanted=True, receipt=Receipt.CONFIRMED, label__deleted_at=None)
    if finding.kind == Kind.GUARD:
        on = on.filter(label__instance=finding.instance_id, missed_at__isnull=False)
    elif finding.kind == Kind.EMPTY:
        on = on.filter(OLDER_THAN_LIST | Q(doubted_at__isnull=False), label=finding.label_id)
    else:
        on = on.filter(label=finding.label_id, doubted_at__isnull=False)
    return on.order_by("-last_message_at", "pk")


def assignments(finding: Finding) -> int:
    """How many of them a person decides about. Of an empty list those that hold its label now; else those that were found."""
    return pairs_of(finding).count() if finding.kind == Kind.EMPTY else finding.count
