"""Settling what nobody can settle alone. Each action carries what the person saw (`Ref.seen`), compared under the chat's lock.

True: done. False: somebody, perhaps the same person, had done just that already. Changed (409): the row says something else now,
and nothing was done. All raise NotAllowed without the permission.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from labelapp.actions import findings
from labelapp.actions.actor import Actor, NotAllowed, Refused
from labelapp.actions.drift_rows import (
    Changed,
    kept_alone,
    lock_clash,
    lock_doubt,
    lock_seen_pair,
    repeats,
    was_theirs,
    was_wanted,
)
from labelapp.actions.notices import note
from labelapp.actions.pairs import AGENTS_FIRST, wish
from labelapp.actions.readiness import must_be_comparable, schedule
from labelapp.actions.tagging import move_to_stage, set_label, take_word
from labelapp.actions.transactions import patient
from labelapp.models import Change, ChatLabel, Finding, Instance, Label, Receipt
from labelapp.models.reasons import Reason
from labelapp.queries.conflicts import ruled_groups, winner
from labelapp.queries.differences import UNKNOWN, WISH, Ref, clash_seen, pair_seen

BEHIND = 5  # the priority of what is done to many at once: single clicks go first
Outcome = Finding.Outcome
Act = Callable[[Actor, Ref], bool]


@dataclass
class Tally:
    """What came of an action on many rows."""

    done: int = 0
    already: int = 0
    changed: int = 0
    refused: str = ""  # why the last one was not possible


@patient
def push(actor: Actor, ref: Ref, *, priority: int = AGENTS_FIRST) -> bool:
    """Put on WhatsApp what is wanted here, once more."""
    actor.must("apply_labels")
    cause = replace(actor, cause=Reason.PUSHED())
    if ref.kind == WISH:
        pair = lock_seen_pair(ref.pk)
        if pair_seen(pair) != ref.seen:
            return repeats(pair.receipt != Receipt.FAILED and pair.wanted == was_wanted(ref))
        fresh = set_label(cause, pair.chat, pair.label, on=pair.wanted)
        put_behind(fresh, priority)
        return True
    if (doubt := lock_doubt(ref, Outcome.PUSHED)) is None:
        return False
    finding, pair = doubt
    send_again(cause, pair, priority)
    return findings.settle(finding, Outcome.PUSHED, actor.user)


@patient
def pull(actor: Actor, ref: Ref, *, priority: int = AGENTS_FIRST) -> bool:
    """Take WhatsApp's state over. What two lists of WhatsApp say differently about comes off on both sides: then they agree."""
    actor.must("apply_labels")
    cause = replace(actor, cause=Reason.PULLED())
    if ref.kind == WISH:
        pair = lock_seen_pair(ref.pk)
        if pair_seen(pair) != ref.seen:
            return repeats(pair.receipt == Receipt.CONFIRMED and pair.wanted == was_theirs(ref))
        take_word(cause, pair)
        return True
    if (doubt := lock_doubt(ref, Outcome.PULLED)) is None:
        return False
    finding, pair = doubt
    put_behind(set_label(cause, pair.chat, pair.label, on=False), priority)
    return findings.settle(finding, Outcome.PULLED, actor.user)


@patient
def keep(actor: Actor, ref: Ref, label: Label) -> bool:
    """Of the labels of a clash keep this one, as a move to it: the others of its group come off, here and on WhatsApp, once WhatsApp
    has confirmed it anew."""
    actor.must("apply_labels")
    if kept_alone(ref) == label.pk:
        return False
    pairs = lock_clash(ref)
    if clash_seen(pairs) != ref.seen or label.pk not in [pair.label_id for pair in pairs]:
        raise Changed
    move_to_stage(replace(actor, cause=Reason.ONE()), pairs[0].chat, label)
    note(label.instance, Change.Kind.INSTANCE)
    return True


@patient
def settle_clash(actor: Actor, ref: Ref, *, priority: int = AGENTS_FIRST) -> bool:
    """Keep the label that the group's rule names, as in `keep`. Raises Changed also where the group asks a person."""
    actor.must("apply_labels")
    pairs = lock_clash(ref)
    group = ruled_groups(pairs[0].label.instance).get(ref.group)
    if group is None or len(pairs) < 2 or clash_seen(pairs) != ref.seen:
        raise Changed
    kept = winner(group, pairs).label
    put_behind(move_to_stage(replace(actor, cause=Reason.POLICY()), pairs[0].chat, kept), priority)
    note(kept.instance, Change.Kind.INSTANCE)
    return True


def each(actor: Actor, act: Act, refs: Iterable[Ref]) -> Tally:
    """`act` on each of many rows, one transaction each. What has changed meanwhile, or is refused, is counted and left."""
    actor.must("run_bulk")
    tally = Tally()
    for ref in refs:
        try:
            if act(actor, ref):
                tally.done += 1
            else:
                tally.already += 1
        except Changed:
            tally.changed += 1
        except NotAllowed:
            raise
        except Refused as refused:
            tally.refused = str(refused.message)
    return tally


@patient
def check_now(actor: Actor, instance: Instance) -> None:
    """Have the number compared with WhatsApp now. Raises Refused in a sentence where it can't be: nothing is changed then."""
    actor.must("see_operations")
    must_answer(instance)
    schedule(instance)


@patient
def look_up(actor: Actor, ref: Ref) -> bool:
    """Have the label directory read again, for a label whose name WhatsApp has not told. Safe to run twice."""
    actor.must("see_operations")
    label = Label.objects.living().filter(pk=ref.pk, known_at=None).select_related("instance").first()
    if ref.kind != UNKNOWN or label is None:
        raise Changed
    Instance.objects.filter(pk=label.instance_id).update(directory_due_at=timezone.now())
    note(label.instance, Change.Kind.INSTANCE)
    return True


def must_answer(instance: Instance) -> None:
    """Raise Refused for a number that is not connected, or of which it is not sure that the known account answers."""
    must_be_comparable(instance)
    if not instance.is_ready:
        raise Refused(_("%(name)s is not connected to WhatsApp.") % {"name": instance.name}, status=409)


# What is done to them


def send_again(actor: Actor, pair: ChatLabel, priority: int) -> None:
    """Wish what is on once more, so that it is written although it was seen."""
    pair.remote, pair.doubted_at = None, None
    wish(actor, pair, True, priority=priority, forced=True)
    note(pair.label.instance, Change.Kind.CHAT, [pair.chat])


def put_behind(pair: ChatLabel, priority: int) -> None:
    if priority != AGENTS_FIRST:
        ChatLabel.objects.filter(pk=pair.pk, receipt=Receipt.PENDING).update(priority=priority)
