"""Settling a finding about many assignments at once. Nothing is done to one that is not as the person saw it: Changed is raised."""

from collections.abc import Sequence
from dataclasses import replace

from django.utils import timezone

from labelapp.actions import findings
from labelapp.actions.actor import Actor
from labelapp.actions.drift import BEHIND, must_answer, put_behind, send_again
from labelapp.actions.drift_rows import Changed, lock_finding, lock_seen_pair
from labelapp.actions.listing import Listing
from labelapp.actions.readiness import schedule
from labelapp.actions.suspects import Suspect, forgive, take_off
from labelapp.actions.tagging import set_label
from labelapp.actions.transactions import patient
from labelapp.models import ChatLabel, Finding
from labelapp.models.reasons import Reason
from labelapp.queries.differences import MOST, Ref, is_about_many
from labelapp.queries.drift_findings import pairs_of

MOST_OFF = 5000  # assignments that one word takes off: some seconds of work
Kind, Outcome = Finding.Kind, Finding.Outcome


@patient
def accept_removals(actor: Actor, ref: Ref) -> bool:
    """Let a guarded removal happen: the next comparison, which is due now, takes off what both lists still deny by then.

    False: somebody had done that already. Raises Refused for a number that can't be compared now.
    """
    actor.must("run_bulk")
    finding = lock_finding(ref, Outcome.PULLED)
    if finding is None:
        return False
    if finding.kind != Kind.GUARD:
        raise Changed
    must_answer(finding.instance)
    settled = findings.settle(finding, Outcome.PULLED, actor.user)
    schedule(finding.instance)
    return settled


def believe_empty(actor: Actor, ref: Ref, *, count: int) -> int:
    """Believe an empty list: its label comes off the `count` chats that hold it here, at most MOST_OFF of them. Returns how many.

    WhatsApp's word is taken over, nothing is sent; only where a chat itself still names the label it is taken off there too, as
    for a single doubt. The finding is settled once none is left, and the number is compared: what the list holds by then comes
    back. 0: somebody had done that already. Changed: the list is not empty any more, or others hold the label. Safe to run twice.
    """
    actor.must("run_bulk")
    finding = _lock_empty(ref, count)
    if finding is None:
        return 0
    cause = replace(actor, cause=Reason.PULLED())
    pairs = list(pairs_of(finding)[:MOST_OFF])
    done = sum(_take_off_one(cause, finding, pair.pk) for pair in pairs if pair.doubted_at)
    done += _take_over(cause, finding, [pair for pair in pairs if not pair.doubted_at])
    if not pairs_of(finding).exists():
        findings.settle(finding, Outcome.PULLED, actor.user)
    schedule(finding.instance)
    return done


def push_all(actor: Actor, ref: Ref) -> int:
    """Put the assignments of a finding about many on WhatsApp again, at most MOST of them. Returns how many.

    The finding is settled once none is left. Each is a wish of its own: what changed meanwhile is left alone.
    """
    actor.must("run_bulk")
    finding = _lock_many(ref)
    if finding is None:
        return 0
    cause = replace(actor, cause=Reason.PUSHED())
    pks = list(pairs_of(finding).values_list("pk", flat=True)[:MOST])
    if not pks:  # the next comparison tells whether anything of it is left
        raise Changed
    done = sum(_send_one(cause, finding, pk) for pk in pks)
    if not pairs_of(finding).exists():
        findings.settle(finding, Outcome.PUSHED, actor.user)
    return done


@patient
def _lock_many(ref: Ref) -> Finding | None:
    finding = lock_finding(ref, Outcome.PUSHED)
    if finding and not is_about_many(finding):
        raise Changed
    return finding


@patient
def _lock_empty(ref: Ref, count: int) -> Finding | None:
    finding = lock_finding(ref, Outcome.PULLED)
    if finding is None:
        return None
    if finding.kind != Kind.EMPTY or finding.label is None or finding.label.remote_count != 0:
        raise Changed
    if not count or pairs_of(finding).count() != count:
        raise Changed
    must_answer(finding.instance)
    return finding


@patient
def _send_one(actor: Actor, finding: Finding, pk: int) -> bool:
    if (pair := _still(finding, pk)) is None:
        return False
    send_again(actor, pair, BEHIND)
    return True


@patient
def _take_off_one(actor: Actor, finding: Finding, pk: int) -> bool:
    if (pair := _still(finding, pk)) is None:
        return False
    put_behind(set_label(actor, pair.chat, pair.label, on=False), BEHIND)
    return True


def _still(finding: Finding, pk: int) -> ChatLabel | None:
    """The assignment with its chat locked, None when the finding is not about it any more."""
    try:
        pair = lock_seen_pair(pk)
    except Changed:
        return None
    return pair if pairs_of(finding).filter(pk=pk).exists() else None


def _take_over(actor: Actor, finding: Finding, pairs: Sequence[ChatLabel]) -> int:
    """Take these off as a comparison does that has missed them. Returns how many; what changed meanwhile stays."""
    if finding.label is None:
        return 0
    listing = Listing(finding.label, (), finding.label.verified_at)
    suspects = [Suspect(pair, listing) for pair in pairs]
    still = pairs_of(finding).filter(doubted_at=None).values("pk")
    ChatLabel.objects.filter(pk__in=[pair.pk for pair in pairs]).filter(pk__in=still).update(missed_at=timezone.now())
    off = take_off(actor, finding.instance, suspects)
    forgive(suspects)
    return len(off)
