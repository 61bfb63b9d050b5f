"""Differences that somebody leaves as they are: they don't come back before something about them changes, or somebody says so.

As in `actions.drift`: each action carries what the person saw. True: done; False: that was so already; Changed: nothing was done.
"""

from collections.abc import Sequence
from dataclasses import replace

from django.db import IntegrityError, transaction
from django.utils import timezone

from labelapp.actions import findings
from labelapp.actions.actor import Actor
from labelapp.actions.drift_rows import (
    Changed,
    lock_clash,
    lock_doubt,
    lock_finding,
    lock_pair_of,
    lock_seen_pair,
    repeats,
)
from labelapp.actions.notices import enter, enter_all, entry, note
from labelapp.actions.transactions import patient
from labelapp.models import Change, ChatLabel, Finding, Label, Verb
from labelapp.models.reasons import Reason
from labelapp.queries.clashes import left_since
from labelapp.queries.differences import (
    CLASH,
    FINDING,
    UNKNOWN,
    Ref,
    carrying,
    clash_seen,
    finding_seen,
    left_seen,
    pair_seen,
)
from labelapp.queries.drift_ignored import left_findings

Outcome = Finding.Outcome


@patient
def ignore(actor: Actor, ref: Ref) -> bool:
    """Leave a difference as it is: it does not come back before something about it changes."""
    actor.must("apply_labels")
    if ref.kind == FINDING:
        return _ignore_finding(actor, ref)
    if ref.kind == UNKNOWN:
        return _ignore_label(actor, ref)
    pairs, said = _lock_pairs(ref)
    if said != ref.seen:
        raise Changed
    if left_since(pairs):
        return False
    ChatLabel.objects.filter(pk__in=[pair.pk for pair in pairs]).update(ignored_at=timezone.now())
    _enter_pairs(actor, pairs)
    return True


@patient
def take_up(actor: Actor, ref: Ref) -> bool:
    """Undo that a difference was left as it is: it waits for somebody again. `ref` is of a row that says so (`left_seen`)."""
    actor.must("apply_labels")
    actor = replace(actor, cause=Reason.TAKEN_UP())
    if ref.kind == FINDING:
        return _take_up_finding(actor, ref)
    if ref.kind == UNKNOWN:
        return _take_up_label(actor, ref)
    pairs, said = _lock_pairs(ref)
    since = left_since(pairs)
    if since is None or left_seen(said, since) != ref.seen:
        return repeats(not any(pair.ignored_at for pair in pairs) and ref.seen.endswith(f".{said}"))
    ChatLabel.objects.filter(pk__in=[pair.pk for pair in pairs]).update(ignored_at=None)
    _enter_pairs(actor, pairs)
    return True


def _lock_pairs(ref: Ref) -> tuple[list[ChatLabel], str]:
    """The assignments of a clash or of a wish, their chat locked, and what they say now."""
    if ref.kind == CLASH:
        pairs = lock_clash(ref)
        return pairs, clash_seen(pairs)
    pair = lock_seen_pair(ref.pk)
    return [pair], pair_seen(pair)


def _enter_pairs(actor: Actor, pairs: Sequence[ChatLabel]) -> None:
    enter_all([entry(actor, Verb.IGNORE, chat=pair.chat, label=pair.label) for pair in pairs])
    note(pairs[0].label.instance, Change.Kind.INSTANCE)


# Findings


def _ignore_finding(actor: Actor, ref: Ref) -> bool:
    if _is_single(ref):
        doubt = lock_doubt(ref, Outcome.IGNORED)
        finding = doubt[0] if doubt else None
    else:
        finding = lock_finding(ref, Outcome.IGNORED)
    if finding is None:
        return False
    _enter_finding(actor, finding)
    return findings.settle(finding, Outcome.IGNORED, actor.user)


def _take_up_finding(actor: Actor, ref: Ref) -> bool:
    pair = lock_pair_of(ref) if _is_single(ref) else None
    rows = Finding.objects.select_for_update(of=("self",)).select_related("instance", "label", "chat")
    finding = rows.filter(pk=ref.pk).first()
    if finding is None:
        raise Changed
    said = finding_seen(finding, pair)
    if finding.settled_at is None:
        return repeats(ref.seen.endswith(f".{said}"))
    is_left = left_findings(finding.instance).filter(pk=finding.pk).exists()
    if not is_left or left_seen(said, finding.settled_at) != ref.seen:
        raise Changed
    finding.settled_at, finding.settled_by, finding.outcome = None, None, Outcome.WAITING
    try:
        with transaction.atomic():
            finding.save(update_fields=["settled_at", "settled_by", "outcome"])
    except IntegrityError:  # it was found anew at the same moment
        raise Changed from None
    _enter_finding(actor, finding)
    note(finding.instance, Change.Kind.INSTANCE)
    return True


def _is_single(ref: Ref) -> bool:
    """Whether it is about one assignment."""
    return Finding.objects.filter(pk=ref.pk, chat__isnull=False, label__isnull=False).exists()


def _enter_finding(actor: Actor, finding: Finding) -> None:
    enter(actor, Verb.IGNORE, chat=finding.chat, label=finding.label, instance=finding.instance)


# Labels that the directory does not show


def _ignore_label(actor: Actor, ref: Ref) -> bool:
    label = _lock_ghost(ref)
    if f"n{carrying(label).count()}" != ref.seen:
        raise Changed
    newest = carrying(label).order_by("-wanted_at").first()
    if label.ignored_at and (newest is None or newest.wanted_at <= label.ignored_at):
        return False
    label.ignored_at = timezone.now()
    return _enter_label(actor, label)


def _take_up_label(actor: Actor, ref: Ref) -> bool:
    label = _lock_ghost(ref)
    said = f"n{carrying(label).count()}"
    if label.ignored_at is None or left_seen(said, label.ignored_at) != ref.seen:
        return repeats(label.ignored_at is None and ref.seen.endswith(f".{said}"))
    label.ignored_at = None
    return _enter_label(actor, label)


def _lock_ghost(ref: Ref) -> Label:
    """The label, locked. Raises Changed when the directory shows it by now, or it was deleted."""
    rows = Label.objects.select_for_update(of=("self",), no_key=True).select_related("instance")
    label = rows.filter(pk=ref.pk).first()
    if label is None or label.deleted_at or not label.is_ghost:
        raise Changed
    return label


def _enter_label(actor: Actor, label: Label) -> bool:
    label.save(update_fields=["ignored_at"])
    enter(actor, Verb.IGNORE, label=label)
    note(label.instance, Change.Kind.INSTANCE)
    return True
