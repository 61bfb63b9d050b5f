"""Random worlds of three numbers, two of them in view: labels of shared names, funnels, every kind of chat and pair."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from labelapp.actions.texts import write_texts
from labelapp.models import (
    Chat,
    ChatAlias,
    ChatLabel,
    ChatRead,
    Instance,
    Label,
    LabelGroup,
    LabelTimer,
    LedgerEntry,
    Message,
    Receipt,
    Source,
    User,
    Verb,
)
from labelapp.models.fields import NEVER
from labelapp.queries.directory import directory_of
from labelapp.queries.scopes import Scope
from tests.conftest import make_number, person

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
NAMES = ["Mariam Haddad", "أحمد سامي", "João Leal", "Big order", ""]
TEXTS = ["Hello", "big deal", "شكرا", ""]
SAID = [
    "Price-list, please",
    "my list",
    "what price?",
    "أريد فاتورةً",
    "Ligue +20 100 555 0199",
    "a big one",
    "Até já",
    "b2b",
]
NUMBERS = {
    "sales": ["New lead", "Quoted", "Paid", "VIP", "On hold", "Region A", "Region B", ""],
    "support": ["Open", "Paid", "vip", "Hot", "HOT"],
    "foreign": ["VIP", "Paid"],
}
STAGES = {"sales": 3, "support": 2, "foreign": 1}
URGENT = {"VIP": 1, "On hold": 3, "vip": 2, "Open": 3, "Quoted": 1}


@dataclass
class World:
    """What was made, and the scope of the two numbers in view."""

    scope: Scope
    people: list[User]
    labels: list[Label]


def make_world(seed: int, chats: int = 45) -> World:
    """A world that is the same for the same seed."""
    chance = random.Random(seed)  # noqa: S311
    people = [person("agent", "Agent"), person("omar", "Agent"), person("sara", "Lead")]
    people[0].time_zone = "America/Santiago"  # its midnights are not those of UTC
    numbers = [make_number(slug) for slug in NUMBERS]
    labels = [label for number in numbers for label in _labels(number)]
    for number in numbers:
        _chats(number, [label for label in labels if label.instance_id == number.pk], people, chats, chance)
    _talk(random.Random(seed))  # noqa: S311
    _timers(random.Random(seed))  # noqa: S311
    for label in labels:
        label.chat_count = ChatLabel.objects.filter(label=label, wanted=True).count()
    Label.objects.bulk_update(labels, ["chat_count"])
    in_view = tuple(numbers[:2])
    return World(Scope(people[0], in_view, directory_of(*in_view), NOW), people, labels)


def _talk(chance: random.Random) -> None:
    """Messages, second addresses, and by what each chat is found."""
    chats = list(Chat.objects.order_by("pk"))
    aliases = [(chat, jid) for chat in chats for jid in (chat.jid, f"77{chat.pk:05d}@lid")[: chance.choice([1, 1, 2])]]
    ChatAlias.objects.bulk_create(ChatAlias(instance_id=chat.instance_id, jid=jid, chat=chat) for chat, jid in aliases)
    Message.objects.bulk_create(
        Message(
            instance_id=chat.instance_id,
            chat=chat,
            wa_id=f"{chat.pk}-{n}",
            at=chat.last_message_at - timedelta(hours=n),
            text=chance.choice(SAID) if n else chat.last_message_text,
            sender=chance.choice(["", "Rui Tavares"]) if n and chat.is_group else "",
        )
        for chat in chats
        for n in range(chance.randrange(2), chance.randrange(4))
    )
    write_texts(chat.pk for chat in chats)


def _timers(chance: random.Random) -> None:
    """Times of some labels, also of such as are not on their chats any more, and at the very moments that queries name."""
    pairs = [pair for pair in ChatLabel.objects.order_by("pk") if chance.random() < 0.2]
    hours = [-200, -24, -3, -1, 0, 1, 2, 3, 11, 14, 15, 23, 24, 30, 39, 40, 72, 200, 5000]
    LabelTimer.objects.bulk_create(
        LabelTimer(pair=pair, due_at=NOW + timedelta(hours=chance.choice(hours)), source=Source.AGENT) for pair in pairs
    )


def _labels(number: Instance) -> list[Label]:
    kinds = LabelGroup.Kind
    funnel = LabelGroup.objects.create(instance=number, name="Funnel", kind=kinds.FUNNEL)
    region = LabelGroup.objects.create(instance=number, name="Region", kind=kinds.EXCLUSIVE)
    made = [
        Label(
            instance=number,
            wa_id=str(n),
            name=name,
            position=n,
            urgency=URGENT.get(name),
            known_at=NOW if name else None,
        )
        for n, name in enumerate(NUMBERS[number.slug], 1)
    ]
    for label in made:
        stage = label.position <= STAGES[number.slug]
        label.group = funnel if stage else region if label.name.startswith("Region") else None
    dead = Label(instance=number, wa_id="99", name="Gone", known_at=NOW, deleted_at=NOW, urgency=1)
    return list(Label.objects.bulk_create([*made, dead]))


def _chats(number: Instance, labels: list[Label], people: list[User], count: int, chance: random.Random) -> None:
    chats = Chat.objects.bulk_create(_chat(number, n, people, chance) for n in range(count))
    pairs, entries = [], []
    for chat in chats:
        for label in labels:
            if chance.random() < 0.3:
                pairs.append(_pair(chat, label, chance))
            while chance.random() < 0.3:
                entries.append(_entry(chat, label, chance))
    ChatLabel.objects.bulk_create(pairs)
    LedgerEntry.objects.bulk_create(entries)
    ChatRead.objects.bulk_create(
        ChatRead(user=user, chat=chat, at=_time(chance)) for user in people for chat in chats if chance.random() < 0.4
    )


def _chat(number: Instance, n: int, people: list[User], chance: random.Random) -> Chat:
    is_group = chance.random() < 0.3
    at = chance.choice([NEVER, *[_time(chance)] * 9])
    said = [NEVER, at, at - timedelta(hours=chance.randrange(9)) if at > NEVER else NEVER]
    return Chat(
        instance=number,
        jid=f"12036{n:06d}@g.us" if is_group else f"20100{n:06d}@c.us",
        kind=Chat.Kind.GROUP if is_group else Chat.Kind.PERSON,
        name=chance.choice(NAMES),
        last_message_at=at,
        last_message_text=chance.choice(TEXTS),
        last_in_at=chance.choice(said),
        last_out_at=chance.choice(said),
        archived=chance.random() < 0.2,
        assignee=chance.choice([None, None, *people]),
    )


def _time(chance: random.Random) -> datetime:
    """One of few, so that many are equal."""
    return NOW - timedelta(hours=3 * chance.randrange(40))


def _pair(chat: Chat, label: Label, chance: random.Random) -> ChatLabel:
    return ChatLabel(
        chat=chat,
        label=label,
        last_message_at=chat.last_message_at,
        wanted=chance.random() < 0.75,
        remote=chance.choice([True, False, None]),
        receipt=chance.choice([*Receipt, *[Receipt.CONFIRMED] * 8]),
        wanted_at=chance.choice([NEVER, _time(chance), _time(chance)]),
        held_at=chance.choice([None, NOW]),
    )


def _entry(chat: Chat, label: Label, chance: random.Random) -> LedgerEntry:
    verb = chance.choice([Verb.ADD, Verb.ADD, Verb.REMOVE])
    source = chance.choice([Source.AGENT, Source.PHONE, Source.BULK])
    return LedgerEntry(instance_id=chat.instance_id, chat=chat, label=label, verb=verb, source=source, at=_time(chance))
