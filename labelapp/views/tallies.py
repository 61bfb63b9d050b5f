"""The counts beside the tabs."""

from dataclasses import dataclass

from labelapp.queries.facets import Number, count
from labelapp.queries.language.sentences import sentence
from labelapp.queries.saved import read_views
from labelapp.views.inbox import Desk

COUNTED = 12  # tabs: the others have no count, so that the work stays the same however many somebody pins


@dataclass(frozen=True, slots=True)
class Tally:
    """What a tab says beside its name: how many chats, or what is wrong with its query."""

    key: str
    number: Number | None = None
    trouble: str = ""


def tallies(desk: Desk) -> list[Tally]:
    """The first COUNTED tabs. One query for the labels of all, and a few for each."""
    shown = desk.tabs.all[:COUNTED]
    readings = read_views(desk.scope, [tab.view for tab in shown if tab.view])
    found = []
    for tab in shown:
        reading = readings[tab.view.pk] if tab.view else None
        query = reading.query if reading else tab.query
        if reading and reading.problems:
            found.append(Tally(tab.key, trouble=sentence(reading.problems[0])))
        elif query is not None:
            found.append(Tally(tab.key, count(desk.scope, query)))
    return found
