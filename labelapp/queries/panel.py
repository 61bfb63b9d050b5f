"""What the panel of one chat shows beside its chips: the last messages, and who changed which label and why."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from labelapp.models import Chat, ChatLabel, LedgerEntry, Message, Receipt, Source, StagePrune, Verb
from labelapp.queries.clashes import clash_pairs, left_since, put_on_by
from labelapp.queries.directory import Directory, Tag
from labelapp.queries.inbox import Pair, pairs_of

MESSAGES = 30
ENTRIES = 40
TIMERS = (Verb.TIMER, Verb.TIMER_END, Verb.TIMER_CALL)  # about the time of a label, not about whether it is on
SAME_WISH = timedelta(seconds=5)  # a wish and its ledger row are written in one transaction


@dataclass(slots=True)
class Talk:
    """The messages of one day, in the reader's time zone."""

    day: date
    messages: list[Message]


def last_messages(chat: Chat) -> list[Talk]:
    """The newest stored messages, oldest first, by day. One query."""
    newest = list(Message.objects.filter(chat=chat).order_by("-at", "-pk")[:MESSAGES])
    days: dict[date, list[Message]] = {}
    for message in reversed(newest):
        days.setdefault(timezone.localtime(message.at).date(), []).append(message)
    return [Talk(day, messages) for day, messages in days.items()]


def pairs(chat: Chat, directory: Directory) -> list[Pair]:
    """The chat's chips."""
    return pairs_of([chat.pk], directory).get(chat.pk, [])


@dataclass(slots=True)
class Conflict:
    """Labels of a group of which a chat may hold one, and who put each of them on (by label)."""

    tags: list[Tag]
    came: dict[int, LedgerEntry]


def conflicts(chat: Chat, pairs: Iterable[Pair], directory: Directory) -> list[Conflict]:
    """Where both sides agree that the chat holds too much, and nobody has left it so. No query where it holds no two labels of such a
    group, else two."""
    tags = {pair.tag.pk: pair.tag for pair in pairs if pair.wanted and pair.state == Receipt.CONFIRMED}
    groups: dict[int, list[int]] = {}
    for pk in tags:
        if group := directory.groups.get(pk):
            groups.setdefault(group, []).append(pk)
    doubled = [pks for pks in groups.values() if len(pks) > 1]
    if not doubled:
        return []
    rows = {pair.label_id: pair for pair in clash_pairs([chat.pk], [pk for pks in doubled for pk in pks])}
    added = {label: entry for (_chat, label), entry in put_on_by(rows.values()).items()}
    found = []
    for pks in doubled:
        held = [rows[pk] for pk in pks if pk in rows]
        if len(held) > 1 and not left_since(held):
            found.append(Conflict([tags[pair.label_id] for pair in held], added))
    return found


def prunes(chat: Chat, directory: Directory) -> dict[int, list[Tag]]:
    """What each stage would take off this chat besides the former stage. One query."""
    rows = StagePrune.objects.filter(stage__instance=chat.instance_id, label__deleted_at=None)
    rows = rows.filter(label__assignments__chat=chat, label__assignments__wanted=True).order_by("label")
    found: dict[int, list[Tag]] = {}
    for stage, label in rows.values_list("stage", "label"):
        found.setdefault(stage, []).append(directory.tags[label])
    return found


@dataclass(slots=True)
class Deed:
    """A line of the activity. `took` is how long the wish was on its way, where it is the label's newest and has arrived.

    A line without a label tells who was to look after the chat from then on.
    """

    entry: LedgerEntry
    tag: Tag | None
    took: timedelta | None

    @property
    def who(self) -> str:
        """The person's name, "" where no person did it."""
        return self.entry.actor.display_name if self.entry.actor else ""


@dataclass(slots=True)
class Activity:
    deeds: list[Deed]
    before: list[Tag]  # labels that nobody here put on: they came with the import
    more: bool


def activity(chat: Chat, directory: Directory) -> Activity:
    """Who changed which label, or gave the chat to whom, newest first. Two queries."""
    told = Q(label__isnull=False) | Q(verb=Verb.ASSIGN)
    found = LedgerEntry.objects.filter(told, chat=chat).select_related("actor", "person").order_by("-at", "-pk")
    entries = list(found[: ENTRIES + 1])
    held = {pair.label_id: pair for pair in ChatLabel.objects.filter(chat=chat)}
    deeds = list(_deeds(entries[:ENTRIES], held, directory))
    named = {entry.label_id for entry in entries if entry.verb not in TIMERS}
    more = len(entries) > ENTRIES
    before = [
        directory.tags[pk]
        for pk, pair in held.items()
        if pair.wanted and pair.remote and pk not in named and pk in directory.tags
    ]
    return Activity(deeds, [] if more else before, more)


def _deeds(entries: list[LedgerEntry], held: dict[int, ChatLabel], directory: Directory) -> Iterator[Deed]:
    seen: set[int] = set()
    for entry in entries:
        pk = entry.label_id or 0
        if entry.verb == Verb.ASSIGN:
            yield Deed(entry, None, None)
        elif tag := directory.tags.get(pk):
            newest = pk not in seen
            yield Deed(entry, tag, _took(entry, held.get(pk)) if newest else None)
        if entry.verb not in TIMERS:
            seen.add(pk)


def _took(entry: LedgerEntry, pair: ChatLabel | None) -> timedelta | None:
    """From the wish to WhatsApp's word for it. Nobody can know it for what was done on the phone."""
    if pair is None or entry.source in (Source.PHONE, Source.RECONCILE, Source.IMPORT):
        return None
    fits = entry.verb == (Verb.ADD if pair.wanted else Verb.REMOVE) and pair.receipt == Receipt.CONFIRMED
    arrived: datetime | None = pair.confirmed_at
    same = abs(entry.at - pair.wanted_at) < SAME_WISH
    return arrived - pair.wanted_at if fits and same and arrived is not None and arrived >= pair.wanted_at else None
