"""What a rule would have done over the days that are kept: nothing is changed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from django.db.models import Q
from django.utils import timezone

from labelapp.models import Chat, Fact, Instance, LedgerEntry, Message, Rule, Source, Verb
from labelapp.queries.language.saved import Saved
from labelapp.queries.rules.occasions import meets
from labelapp.queries.rules.specs import Spec, spec_of
from labelapp.queries.rules.words import Span
from labelapp.queries.rules.world import World, held_labels

DAYS = 30
MOST = 20_000  # messages, or changes, that are looked at: the newest
CHUNK = 1000
SAMPLES = 20
Trigger = Rule.Trigger
VERBS = {Trigger.LABEL_ADDED: Verb.ADD, Trigger.STAGE_ENTERED: Verb.ADD, Trigger.LABEL_REMOVED: Verb.REMOVE}
SPOKEN = {Trigger.MESSAGE_IN: False, Trigger.MESSAGE_OUT: True}


@dataclass(frozen=True, slots=True)
class Sample:
    """A chat that the rule would have touched, and the last time that it would."""

    chat: Chat
    at: datetime
    text: str
    spans: list[Span]


@dataclass(slots=True)
class Trial:
    """looked: chats in which something happened that the rule waits for; found: those it means, by key, the last first; by_hand: those
    of all looked at on which people put what the rule would; is_part: there was more than is looked at."""

    looked: int = 0
    found: dict[int, Sample] = field(default_factory=dict)
    by_hand: frozenset[int] = frozenset()
    is_part: bool = False

    @property
    def samples(self) -> list[Sample]:
        return list(self.found.values())[:SAMPLES]

    @property
    def agreed(self) -> int:
        return len(self.by_hand & self.found.keys())

    @property
    def precision(self) -> int | None:
        """Of 100 chats that the rule would have touched, how many people treated so as well."""
        return round(100 * self.agreed / len(self.found)) if self.found else None

    @property
    def recall(self) -> int | None:
        """Of 100 chats that people treated so, how many the rule would have found."""
        return round(100 * self.agreed / len(self.by_hand)) if self.by_hand else None


def can_be_tried(rule: Rule) -> bool:
    """Whether what the rule waits for is kept."""
    return rule.trigger in SPOKEN or rule.trigger in VERBS


def dry_run(rule: Rule, now: datetime | None = None) -> Trial:
    """The chats of the last DAYS that the rule would have touched. Which labels they carry, and whether a filter finds them, is
    asked as of now. Raises Wrong, and NoQuery, for a rule that can't run."""
    spec, number = spec_of(rule), rule.instance
    since = (now or timezone.now()) - timedelta(days=DAYS)
    trial, looked = Trial(), set[int]()
    events = list(_events(rule.trigger, number, since))
    trial.is_part = len(events) > MOST
    world = World(number, ())
    for start in range(0, min(len(events), MOST), CHUNK):
        some = events[start : min(start + CHUNK, MOST)]
        looked |= {fact.chat_id for fact in some if fact.chat_id}
        _look(spec, rule.trigger, some, world, trial)
    trial.looked = len(looked)
    trial.by_hand = _by_hand(spec, number, since) & looked
    return trial


def _look(spec: Spec, kind: str, some: Iterable[Fact], world: World, trial: Trial) -> None:
    left = [fact for fact in some if fact.chat_id not in trial.found]
    chats = Chat.objects.in_bulk({fact.chat_id for fact in left if fact.chat_id})
    world.held = held_labels(set(chats))
    asked: dict[int, bool] = {}

    def matches(query: Saved, chat: Chat) -> bool:
        if chat.pk not in asked:
            asked[chat.pk] = world.matches(query, chat)
        return asked[chat.pk]

    for fact in left:
        chat = chats.get(fact.chat_id or 0)
        if chat is None or chat.pk in trial.found:
            continue
        occasion = replace(
            world.occasion(kind, fact, chat),
            is_first=partial(_began, fact.message, world.instance),
            matches=partial(matches, chat=chat),
        )
        spans = meets(spec, occasion)
        if spans is not None:
            trial.found[chat.pk] = Sample(chat, fact.at, occasion.text, spans)


def _events(kind: str, number: Instance, since: datetime) -> Iterator[Fact]:
    """What happened, as facts that are told to nobody: the newest first, one more than is looked at."""
    if kind in SPOKEN:
        rows = Message.objects.filter(instance=number, at__gte=since, from_me=SPOKEN[Trigger(kind)])
        for message in rows.order_by("-at", "-pk").defer("search_text")[: MOST + 1]:
            yield Fact(instance=number, chat_id=message.chat_id, message=message, at=message.at)
    elif kind in VERBS:
        entries = LedgerEntry.objects.filter(instance=number, at__gte=since, verb=VERBS[Trigger(kind)])
        for entry in entries.filter(chat__isnull=False).order_by("-at", "-pk")[: MOST + 1]:
            yield Fact(instance=number, chat_id=entry.chat_id, label_id=entry.label_id, at=entry.at)


def _began(message: Message | None, number: Instance) -> bool:
    """Whether the chat seems to have begun with it: none is kept from before, and the number was here already."""
    if message is None or (number.imported_at and message.at < number.imported_at):
        return False
    earlier = Message.objects.filter(chat=message.chat_id, from_me=False).exclude(pk=message.pk)
    return not earlier.filter(Q(at__lt=message.at) | Q(at=message.at, wa_id__lt=message.wa_id)).exists()


def _by_hand(spec: Spec, number: Instance, since: datetime) -> frozenset[int]:
    """Chats on which people put one of the labels that the rule puts on, here or on the phone."""
    added = LedgerEntry.objects.filter(instance=number, label__in=spec.doings.puts_on, verb=Verb.ADD, at__gte=since)
    people = added.filter(source__in=(Source.AGENT, Source.PHONE), chat__isnull=False)
    return frozenset(pk for pk in people.values_list("chat_id", flat=True) if pk)
