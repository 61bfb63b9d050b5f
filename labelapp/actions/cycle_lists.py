"""The first step of a cycle: the directory, the hidden ids and the chats of each label are read. What is there is taken over at once."""

from labelapp.actions.cycle import PHONE, Cycle
from labelapp.actions.directory_reading import read_directory
from labelapp.actions.importing import read_hidden_ids
from labelapp.actions.listing import Listing, adopt_listing, compare_listing, count_listing, read_list
from labelapp.actions.receipts import is_outage
from labelapp.actions.reports import Tally
from labelapp.actions.suspects import suspects_of
from labelapp.models import Instance, Label
from labelapp.whatsapp.errors import ProviderError
from labelapp.whatsapp.provider import Provider


def try_list(client: Provider, tally: Tally) -> Listing | None:
    """The chats of the tally's label. None, the error noted, when the provider can't list this one: the others are compared all
    the same. Raises ProviderError for what concerns them all."""
    try:
        listing = read_list(client, tally.label)
    except ProviderError as error:
        if is_outage(error):
            raise
        tally.error = error
        return None
    tally.listed = len(listing.jids)
    return listing


def read_lists(cycle: Cycle) -> None:
    """Fill the cycle's listings, and its suspects: what the mirror has and a list lacks.

    A list that can't be read proves nothing and holds up no other; when none can be, it is not the labels. Raises ProviderError,
    Stopped, NotConnected."""
    _read_directory(cycle)
    _read_hidden_ids(cycle)
    labels = list(Label.objects.filter(instance=cycle.instance).living().select_related("instance").order_by("pk"))
    for done, label in enumerate(labels):
        cycle.progress(done, len(labels))
        cycle.pause()
        tally = cycle.report.add(label)
        listing = try_list(cycle.client, tally)
        if listing is not None:
            _compare(cycle, listing)
        elif tally.error:
            cycle.gaps[label.name or label.wa_id] = tally.error
    passing = [error for error in cycle.gaps.values() if not error.permanent]
    if passing and not cycle.listings:
        raise passing[-1]
    _distrust_silence(cycle)


def _read_hidden_ids(cycle: Cycle) -> None:
    try:
        read_hidden_ids(cycle.instance, cycle.client)
    except ProviderError as error:
        if is_outage(error):
            raise
        cycle.gaps["@lid"] = error


def _read_directory(cycle: Cycle) -> None:
    before = _directory(cycle.instance)
    read_directory(cycle.instance, cycle.client)
    after, told = _directory(cycle.instance), cycle.report.directory
    told += [f"- label {before[pk]}" for pk in sorted(before.keys() - after.keys())]
    told += [f"+ label {after[pk]}" for pk in sorted(after.keys() - before.keys())]
    both = sorted(before.keys() & after.keys())
    told += [f"~ label {before[pk]} -> {after[pk]}" for pk in both if before[pk] != after[pk]]


def _directory(instance: Instance) -> dict[int, str]:
    living = Label.objects.filter(instance=instance).living().values_list("pk", "wa_id", "name", "color_index")
    return {pk: f"{wa_id} {name} ({color})" for pk, wa_id, name, color in living}


def _compare(cycle: Cycle, listing: Listing) -> None:
    label, compared = listing.label, compare_listing(listing)
    added = adopt_listing(PHONE, listing, compared.news)
    count_listing(listing)
    cycle.listings[label.pk] = listing
    cycle.suspects[label.pk] = suspects_of(listing, compared.absent)
    cycle.report.tally(label).suspected = len(cycle.suspects[label.pk])
    cycle.report.change("+", label, [chat.jid for chat in added])


def _distrust_silence(cycle: Cycle) -> None:
    """When every list is empty none of them counts."""
    if any(listing.jids for listing in cycle.listings.values()):
        return
    for pk, suspects in cycle.suspects.items():
        if suspects:
            cycle.find_empty(pk)
