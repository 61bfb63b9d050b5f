"""The last step of a cycle: what is certainly gone comes off, and what nobody can settle alone goes before people."""

from collections import Counter
from datetime import timedelta

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from labelapp.actions.cycle import PHONE, Cycle
from labelapp.actions.doubts import clear_findings, decided_at, raise_doubts
from labelapp.actions.findings import raise_finding
from labelapp.actions.notices import note
from labelapp.actions.readiness import check_session, schedule
from labelapp.actions.suspects import Suspect, forgive, take_off
from labelapp.models import Change, ChatLabel, Finding, Instance
from labelapp.models.reasons import Reason

DENIED_PER_DOUBT = 4  # with more doubts than that the lists are not believed
GUARDED = 10  # times longer than for a second reading: so long a guard waits to be looked at again
LATELY = timedelta(hours=1)  # doubts that are older do not speak against the lists
LEAST, SHARE = 10, 0.2  # more than max(LEAST, SHARE of all) never comes off without a person's word


def conclude(cycle: Cycle) -> None:
    """Take off what is gone, tell people of the rest, and end the cycle."""
    forgive([suspect for suspect in [*cycle.gone, *cycle.missed] if suspect.listing.label.pk in cycle.wrong])
    cycle.gone, cycle.missed = cycle.believed(cycle.gone), cycle.believed(cycle.missed)
    cycle.doubted = cycle.believed(cycle.doubted)
    _distrust_lists(cycle)
    if going := _guard(cycle):
        check_session(cycle.instance, cycle.client)  # it may have gone to sleep since the lists were read
        for pair in take_off(PHONE, cycle.instance, going):
            cycle.report.change("-", pair.label, [pair.chat.jid])
    _tell(cycle)
    _finish(cycle)


def _distrust_lists(cycle: Cycle) -> None:
    """Lists that chats proved wrong lately, for a quarter of what they lack or more, prove nothing: nothing is missed.

    What some engines leave out for good does not count: it would keep everything else on for ever.
    """
    denied, lately = [*cycle.gone, *cycle.missed], cycle.started_at - LATELY
    wrong = [one.listing.label for one in cycle.doubted if one.pair.doubted_at and one.pair.doubted_at >= lately]
    if not denied or DENIED_PER_DOUBT * len(wrong) < len(denied):
        return
    forgive(denied)
    cycle.gone, cycle.missed = [], []
    for label, count in Counter(wrong).items():
        words = Reason.SHORT()
        cycle.stands(raise_finding(cycle.instance, Finding.Kind.REMOVAL, label=label, words=words, count=count))


def _guard(cycle: Cycle) -> list[Suspect]:
    """What may come off: what a person has decided about, and the others unless they are too many at once."""
    decided: list[Suspect] = []
    others: list[Suspect] = []
    allowed = decided_at(cycle.instance)
    for suspect in cycle.gone:
        (decided if (suspect.pair.missed_at or cycle.started_at) <= allowed else others).append(suspect)
    many = len(others) + len(cycle.unasked)
    if many <= max(LEAST, SHARE * ChatLabel.objects.filter(label__instance=cycle.instance, wanted=True).count()):
        return [*decided, *others]
    cycle.stands(raise_finding(cycle.instance, Finding.Kind.GUARD, words=Reason.MANY(), count=many))
    cycle.report.guarded = many
    return decided


def _tell(cycle: Cycle) -> None:
    """Doubts that lasted longer than a cycle go before people; what is no longer so vanishes."""
    for suspect in cycle.doubted:
        cycle.report.tally(suspect.listing.label).doubted += 1
    for finding in raise_doubts(cycle.instance, cycle.doubted, cycle.started_at):
        cycle.stands(finding)
    if any(not error.permanent for error in cycle.gaps.values()):  # what concerns the whole number may be in the gaps
        cycle.standing |= {Finding.key_of(kind) for kind in (Finding.Kind.GUARD, Finding.Kind.EMPTY)}
    unread = {pk for pk in cycle.report.tallies if pk not in cycle.listings}
    clear_findings(cycle.instance, cycle.standing, unread)


def _finish(cycle: Cycle) -> None:
    cycle.report.waiting = len(cycle.missed) + len(cycle.believed(cycle.unasked))
    rows = Instance.objects.filter(pk=cycle.instance.pk)
    rows.update(reconciled_at=cycle.started_at, reconcile_started_at=None, reconcile_error=cycle.told_gaps)
    rows.filter(reconcile_due_at__lte=cycle.started_at).update(reconcile_due_at=None)
    if not (cycle.report.waiting or cycle.report.guarded):
        rows.filter(caught_up_at__lte=F("status_since")).update(caught_up_at=timezone.now())
    if cycle.report.waiting or cycle.report.guarded:  # events that come late may show that not so much is gone
        pause = min(60, settings.RECONCILE_BLIND_SECONDS)
        schedule(cycle.instance, seconds=pause * (GUARDED if cycle.report.guarded else 1))
    note(cycle.instance, Change.Kind.INSTANCE)
