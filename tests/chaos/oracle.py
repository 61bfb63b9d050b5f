"""The judge: the simulator's own state against the product's tables, by ids, per chat and label. Plain values, no database.

Nothing here counts where it could compare: a count is equal when two mistakes cancel out.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

Tag = tuple[str, str]  # label's WhatsApp id, person


@dataclass(frozen=True, slots=True)
class Truth:
    """What the phone shows: `/sim/truth`."""

    labels: dict[str, tuple[str, int]]
    tags: dict[str, frozenset[str]]
    lids: dict[str, str | None]
    me: str = ""
    archived: dict[str, bool] = field(default_factory=dict)  # of every chat

    @classmethod
    def of(cls, told: dict[str, Any]) -> "Truth":
        return cls(
            labels={wa_id: (str(row[0]), int(row[1])) for wa_id, row in told["labels"].items()},
            tags={wa_id: frozenset(jids) for wa_id, jids in told["tags"].items()},
            lids=dict(told["lids"]),
            me=str(told["me"]),
            archived=dict(told["archived"]),
        )

    def person(self, jid: str) -> str:
        """One address per person, as far as the provider tells which two belong together."""
        return self.lids.get(jid) or jid

    def pairs(self) -> set[Tag]:
        return {(wa_id, self.person(jid)) for wa_id, jids in self.tags.items() for jid in jids}


@dataclass(frozen=True, slots=True)
class LabelRow:
    """A label that the product holds for alive."""

    pk: int
    wa_id: str
    name: str
    color: int | None
    known: bool
    chat_count: int


@dataclass(frozen=True, slots=True)
class PairRow:
    """A pair of the product, of a living label or of a dead one."""

    chat: int
    label: int
    wanted: bool
    remote: bool | None
    receipt: str
    last_message_at: Any
    error: str = ""


@dataclass(frozen=True, slots=True)
class Mirror:
    """What the product holds. `chats`: pk -> (address, time of the last message); `archived`: pks of those in the archive."""

    labels: list[LabelRow]
    chats: dict[int, tuple[str, Any]]
    aliases: list[tuple[str, int]]
    pairs: list[PairRow]
    archived: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that is not so on both sides. `what` is one of a few words, `where` names label and chat."""

    what: str
    where: str
    told: str = ""

    def __str__(self) -> str:
        return f"{self.what}: {self.where}" + (f" ({self.told})" if self.told else "")


def compare(truth: Truth, mirror: Mirror, *, given_up: bool = False) -> list[Difference]:
    """Everything in which the two differ; [] when the mirror is true.

    `given_up`: wishes that failed may stay, as long as they show what is on the phone and say why they failed.
    """
    people = dict(_people(truth, mirror))
    return [
        *_directory(truth, mirror),
        *_identities(truth, mirror, people),
        *_tags(truth, mirror, people, given_up=given_up),
        *_archive(truth, mirror, people),
        *_copies(mirror),
    ]


def _directory(truth: Truth, mirror: Mirror) -> Iterator[Difference]:
    held = {row.wa_id: row for row in mirror.labels}
    for wa_id, (name, color) in truth.labels.items():
        row = held.get(wa_id)
        if row is None:
            yield Difference("label missing", wa_id, name)
        elif not row.known:
            yield Difference("label unknown", wa_id, name)
        elif (row.name, row.color) != (name, color):
            yield Difference("label differs", wa_id, f"{row.name!r} {row.color}, on the phone {name!r} {color}")
    for wa_id in held.keys() - truth.labels.keys():
        yield Difference("label extra", wa_id, held[wa_id].name)
    for wa_id, times in Counter(row.wa_id for row in mirror.labels).items():
        if times > 1:
            yield Difference("label doubled", wa_id)


def _people(truth: Truth, mirror: Mirror) -> Iterator[tuple[int, str]]:
    """Whose chat each row is: by its address, or by another of its addresses that the provider leads to a number."""
    known = {pk: truth.person(jid) for pk, (jid, _at) in mirror.chats.items()}
    for jid, pk in mirror.aliases:
        if truth.lids.get(jid) and pk in known:
            known[pk] = truth.person(jid)
    yield from known.items()


def _identities(truth: Truth, mirror: Mirror, people: dict[int, str]) -> Iterator[Difference]:
    for person, times in Counter(people.values()).items():
        if times > 1:
            yield Difference("chat doubled", person, f"{times} rows for one person")
    for jid, pk in mirror.aliases:
        if pk in people and truth.person(jid) != people[pk]:
            yield Difference("people merged", people[pk], f"{jid} is somebody else")


def _tags(truth: Truth, mirror: Mirror, people: dict[int, str], *, given_up: bool) -> Iterator[Difference]:
    there, labels, seen = truth.pairs(), {row.pk: row.wa_id for row in mirror.labels}, Counter[Tag]()
    for pair in mirror.pairs:
        if pair.label not in labels:
            yield from _dead(pair, people)
            continue
        tag = (labels[pair.label], people[pair.chat])
        seen[tag] += 1
        yield from _pair(tag, pair, tag in there, given_up=given_up)
    for tag in there - seen.keys():
        yield Difference("tag missing", _named(tag), "no such pair here")
    for tag, times in seen.items():
        if times > 1:
            yield Difference("pair doubled", _named(tag), f"{times} rows")


def _pair(tag: Tag, pair: PairRow, there: bool, *, given_up: bool) -> Iterator[Difference]:
    failed = given_up and pair.receipt == "failed"
    if failed and not pair.error:
        yield Difference("silent failure", _named(tag))
    if pair.wanted != there and not failed:
        yield Difference("tag extra" if pair.wanted else "tag missing", _named(tag), f"{pair.receipt} {pair.error}")
    if pair.receipt != "confirmed" and not failed:
        yield Difference("receipt", _named(tag), f"{pair.receipt} {pair.error}".strip())
    if bool(pair.remote) != there:  # nothing seen yet is as good as off, never as on
        yield Difference("remote", _named(tag), f"{pair.remote}, on the phone {there}")


def _dead(pair: PairRow, people: dict[int, str]) -> Iterator[Difference]:
    """A label that was deleted holds nothing but what people have to be told."""
    if pair.receipt in ("pending", "sent") or (pair.wanted and pair.receipt != "failed"):
        yield Difference("ghost", f"label row {pair.label} on {people.get(pair.chat)}", pair.receipt)


def _archive(truth: Truth, mirror: Mirror, people: dict[int, str]) -> Iterator[Difference]:
    """A person whose two addresses differ on the phone may be shown either way."""
    there: dict[str, set[bool]] = defaultdict(set)
    for jid, archived in truth.archived.items():
        there[truth.person(jid)].add(archived)
    for pk, person in people.items():
        held = pk in mirror.archived
        if person in there and held not in there[person]:
            yield Difference("archive", person, f"{held}, on the phone {not held}")


def _copies(mirror: Mirror) -> Iterator[Difference]:
    """What the product stores twice to be fast: both must say the same."""
    held = Counter(pair.label for pair in mirror.pairs if pair.wanted)
    for row in mirror.labels:
        if row.chat_count != held[row.pk]:
            yield Difference("chat_count", row.wa_id, f"{row.chat_count}, but {held[row.pk]} chats hold it")
    for pair in mirror.pairs:
        jid, at = mirror.chats[pair.chat]
        if pair.last_message_at != at:
            yield Difference("last_message_at", f"label row {pair.label} on {jid}", f"{pair.last_message_at}, not {at}")


def _named(tag: Tag) -> str:
    return f"label {tag[0]} on {tag[1]}"


@dataclass(slots=True)
class Inbox:
    """What the product stored of deliveries: key -> (applied, outcome, error)."""

    rows: dict[str, tuple[bool, str, str]] = field(default_factory=dict)


def lost(acknowledged: Iterable[str], inbox: Inbox) -> list[Difference]:
    """Deliveries that were answered 200 and are not there, were parked, or still wait."""
    found = [Difference("delivery lost", key) for key in set(acknowledged) - inbox.rows.keys()]
    for key, (applied, outcome, error) in inbox.rows.items():
        if not applied:
            found.append(Difference("delivery waits", key, error))
        elif outcome == "parked":
            found.append(Difference("delivery parked", key, error))
    return found


def unknown(sent: Iterable[str], inbox: Inbox) -> list[Difference]:
    """Rows that nobody sent, or that a repeat made twice."""
    return [Difference("delivery extra", key) for key in inbox.rows.keys() - set(sent)]


def in_short(found: list[Difference], examples: int = 3) -> str:
    """How many of each kind, and the first of them."""
    kinds = ", ".join(f"{times} {what}" for what, times in Counter(one.what for one in found).most_common())
    return f"{kinds}; e.g. {'; '.join(str(one) for one in found[:examples])}" if found else "no difference"
