"""What a run is about: chats, in parts that one query can take, and how that is told to people."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext_lazy as _

from labelapp.actions.actor import Refused
from labelapp.models import ChatAlias, Instance, Run
from labelapp.queries.inbox import matching_all
from labelapp.queries.language.reading import Reading
from labelapp.queries.language.writing import write
from labelapp.queries.phones import Entry, addresses, cells, read_entry, region_of
from labelapp.queries.scopes import Scope

CHUNK = 500  # chats, or addresses, in one query
MOST = 20_000  # chats of one run, and numbers of one list
LONGEST = 1_000_000  # characters of a list
Chunks = Callable[[], Iterator[Sequence[int]]]


@dataclass(frozen=True, slots=True)
class Target:
    """`chunks` gives primary keys of chats, at most CHUNK at a time, some perhaps twice or gone; it may be asked more than once.
    It raises Refused where there are more than a run takes.

    `text` says what it is, e.g. the query that was typed.
    """

    kind: Run.Target
    text: str
    chunks: Chunks


@dataclass(slots=True)
class PastedList:
    """What became of a list of numbers. Each entry knows its line."""

    found: list[int] = field(default_factory=list)  # chats, each once
    matched: int = 0  # numbers that have a chat
    repeated: int = 0  # numbers that came more than once
    unmatched: list[Entry] = field(default_factory=list)  # numbers without a chat here
    unread: list[Entry] = field(default_factory=list)  # what is no number

    @property
    def entries(self) -> int:
        return self.matched + self.repeated + len(self.unmatched) + len(self.unread)

    def target(self, text: str = "") -> Target:
        return Target(Run.Target.NUMBERS, text, lambda: in_chunks(self.found))


def chosen(pks: Sequence[int]) -> Target:
    """Chats that somebody ticked."""
    kept = list(dict.fromkeys(pks))
    return Target(Run.Target.CHOSEN, "", lambda: in_chunks(kept))


def matching(scope: Scope, reading: Reading) -> Target:
    """All chats that match, walked anew each time it is asked, CHUNK of them in memory.

    Raises Refused for a query that was not understood: what is left of it could mean far more chats than were meant.
    """
    if reading.problems:
        first = reading.problems[0]
        word = reading.text[slice(*first.span)] or first.word
        raise Refused(_("“%(word)s” means nothing in this filter. Mend it first.") % {"word": word})
    return Target(Run.Target.QUERY, write(reading.query), lambda: _bounded(matching_all(scope, reading.query, CHUNK)))


def _bounded(chunks: Iterator[Sequence[int]]) -> Iterator[Sequence[int]]:
    count = 0
    for chunk in chunks:
        count += len(chunk)
        if count > MOST:
            raise Refused(_("More than %(n)s chats match, the most that a run takes. Narrow the filter.") % {"n": MOST})
        yield chunk


def in_chunks(pks: Sequence[int]) -> Iterator[Sequence[int]]:
    return (pks[start : start + CHUNK] for start in range(0, len(pks), CHUNK))


def read_list(text: str, numbers: Sequence[Instance]) -> PastedList:
    """The chats of these connected numbers that a pasted list or a CSV file names, one query per CHUNK addresses and number.

    A number without a country's code is read as the people of each connected number would write it. Raises Refused for a list
    that is too long.
    """
    if len(text) > LONGEST:
        raise too_many()
    found = PastedList()
    rows = list(cells(text))
    if len(rows) > MOST:
        raise too_many()
    matched: set[tuple[int, str]] = set()
    readings: list[tuple[Instance, list[Entry]]] = [(number, _read(rows, number)) for number in numbers]
    chats: dict[int, None] = {}
    for number, entries in readings:
        homes = _homes(number, entries)
        for entry in entries:
            if pks := [homes[jid] for jid in _spellings(entry) if jid in homes]:
                chats.update(dict.fromkeys(pks))
                matched.add((entry.line, entry.text))
    found.found = list(chats)
    _tell(found, [entries for _number, entries in readings], matched)
    return found


def too_many() -> Refused:
    return Refused(_("A run takes at most %(n)s chats. Divide the list.") % {"n": MOST})


def _read(rows: list[tuple[int, str]], number: Instance) -> list[Entry]:
    region = region_of(number)
    return [read_entry(line, text, region) for line, text in rows]


def _spellings(entry: Entry) -> list[str]:
    if entry.address:
        return [entry.address]
    return addresses(entry.number) if entry.number else []


def _homes(number: Instance, entries: list[Entry]) -> dict[str, int]:
    """Address -> chat."""
    jids = list(dict.fromkeys(jid for entry in entries for jid in _spellings(entry)))
    found: dict[str, int] = {}
    for start in range(0, len(jids), CHUNK):
        rows = ChatAlias.objects.filter(instance=number, jid__in=jids[start : start + CHUNK])
        found |= dict(rows.values_list("jid", "chat_id"))
    return found


def _tell(found: PastedList, readings: list[list[Entry]], matched: set[tuple[int, str]]) -> None:
    """Sort the lines: an entry that one connected number can read is read."""
    seen: set[str] = set()
    for entries in zip(*readings, strict=True):
        entry = next((one for one in entries if _spellings(one)), entries[0])
        name = entry.address or entry.number
        if name is None:
            found.unread.append(entry)
        elif name in seen:
            found.repeated += 1
        else:
            seen.add(name)
            if (entry.line, entry.text) in matched:
                found.matched += 1
            else:
                found.unmatched.append(entry)
