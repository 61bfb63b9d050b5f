"""Comparing a number with its provider: what is there is taken over at once, what is missing only with care (design rule 5).

A cycle reads the directory, the hidden ids and the chats of each label: about 20 calls. Chats that a list lacks are asked one by
one. Additions come in one cycle, removals in two after the change. Safe to kill anywhere, to repeat, and to run twice at once: a
removal needs two readings APART, whoever made them.
"""

from django.utils import timezone

from labelapp.actions.cycle import Cycle, Stop, Stopped, Turn
from labelapp.actions.cycle_chats import ask_chats
from labelapp.actions.cycle_lists import read_lists, try_list
from labelapp.actions.cycle_removals import conclude
from labelapp.actions.directory_reading import compare_directory
from labelapp.actions.listing import compare_listing
from labelapp.actions.notices import note
from labelapp.actions.providers import reason
from labelapp.actions.readiness import NotConnected, check_session, must_be_comparable, schedule
from labelapp.actions.reports import Report
from labelapp.actions.suspects import APART, suspects_of
from labelapp.models import Change, ChatLabel, Instance, Label
from labelapp.models.reasons import Reason
from labelapp.whatsapp.errors import ProviderError
from labelapp.whatsapp.provider import Provider

__all__ = ["APART", "NotConnected", "Stopped", "preview", "reconcile", "schedule"]


def reconcile(instance: Instance, client: Provider, *, turn: Turn = lambda: None, stop: Stop = lambda: False) -> Report:
    """Run one cycle. `turn` is called before each call of the many and may sleep.

    One label or chat that can't be read is kept for people to see, and the rest is compared all the same. Raises NotConnected or
    ProviderError (kept for people to see) for what concerns the whole number, or Stopped; then nothing was taken off, and what
    was found so far is kept. A number that is not connected is not even shown as being compared.
    """
    try:
        must_be_comparable(instance)
        check_session(instance, client)
        return _compare(Cycle(instance, client, turn, stop))
    except (NotConnected, ProviderError) as error:
        _record_trouble(instance, error)
        raise


def _compare(cycle: Cycle) -> Report:
    cycle.progress(0, 0)
    cycle.pause()
    read_lists(cycle)
    ask_chats(cycle)
    conclude(cycle)
    return cycle.report


def _record_trouble(instance: Instance, error: NotConnected | ProviderError) -> None:
    """Why the number could not be compared. One that is frozen or still being imported says so itself."""
    offline = "" if instance.is_working else Reason.OFFLINE(instance.status)
    words = reason(error) if isinstance(error, ProviderError) else offline
    fresh = {"reconcile_error": words, "reconcile_started_at": None}
    if Instance.objects.filter(pk=instance.pk).exclude(**fresh).update(**fresh):
        note(instance, Change.Kind.INSTANCE)


def preview(instance: Instance, client: Provider, *, turn: Turn = lambda: None) -> Report:
    """The differences between mirror and provider, written nowhere. Asks for the lists, not for single chats. Raises as `reconcile`."""
    must_be_comparable(instance)
    check_session(instance, client, record=False)
    report = Report(timezone.now(), directory=compare_directory(instance, client))
    for label in Label.objects.filter(instance=instance).living().select_related("instance").order_by("pk"):
        turn()
        tally = report.add(label)
        listing = try_list(client, tally)
        if listing is None:
            continue
        compared = compare_listing(listing)
        missing = [suspect.pair.pk for suspect in suspects_of(listing, compared.absent)]
        report.change("+", label, compared.unknown)
        report.change("-", label, _addresses(label, set(missing)))
    return report


def _addresses(label: Label, pairs: set[int]) -> list[str]:
    rows = ChatLabel.objects.filter(label=label).values_list("pk", "chat__jid") if pairs else []
    return sorted(jid for pk, jid in rows if pk in pairs)
