"""A made-up shop's chats: the same for the same seed. Plain values, no database; numbers are fictional or too long to be real."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from types import ModuleType

from labelapp.simulator.words import ar, en, es, pt

STAGES = [
    (1, "New lead", 1),
    (2, "Quoted", 2),
    (3, "Pending payment", 16),
    (4, "Paid", 12),
    (5, "Shipped", 5),
    (6, "Closed", 4),
]
FREE = [
    (7, "VIP", 3), (8, "عميل دائم", 10), (9, "Atacado", 8), (10, "On hold", 18), (11, "Send invoice", 9),
    (12, "Refund now", 13), (13, "يحتاج مدير", 0), (14, "Entrega atrasada", 7),
]  # fmt: skip
LABELS = [*STAGES, *FREE]
STAGE_TALKS = ["ask", "quote", "pay", "paid", "ship", "close"]
NEEDS = {11: "invoice", 12: "refund", 13: "manager", 14: "late"}
WORDS: dict[str, ModuleType] = {"en": en, "ar": ar, "pt": pt, "es": es}
MONTH = 30 * 24 * 3600
LONG_TALKS_UP_TO = 2000  # worlds for benches keep two messages per chat


@dataclass(slots=True)
class Line:
    key: str
    at: int
    from_me: bool
    text: str
    sender: str = ""
    sender_name: str = ""
    source: str = "app"


@dataclass(slots=True)
class Contact:
    jid: str
    name: str
    pushname: str
    language: str
    lid: str = ""
    pn: str = ""
    archived: bool = False
    unread: int = 0
    lines: list[Line] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)


def contacts(*, seed: int, chats: int, now: int) -> Iterator[Contact]:
    """So many chats over the last 30 days before `now` (seconds)."""
    rng = random.Random(seed)  # noqa: S311  a toy world, and it must be repeatable
    for index in range(chats):
        yield _contact(rng, index, now, long=chats <= LONG_TALKS_UP_TO)


def key(rng: random.Random) -> str:
    return f"3EB0{rng.getrandbits(64):016X}"


def spread(index: int, size: int) -> int:
    """A different number below `size` for every index below it, not in a row (for a size without the factor 7919)."""
    return (index * 7919 + 4261) % size


def number(language: str, index: int) -> str:
    """+20 100 000 xxxx, +1 xxx 555 01xx, +351 90x and +55 11 90x: kept free, or never given out. Longer when used up."""
    if language == "ar":
        return f"20100000{spread(index, 9999) + 1:04}" if index < 9999 else f"20100000{index:07}"
    if language == "pt":
        return f"5511900{spread(index // 2, 10**6):06}" if index % 2 else f"351900{spread(index // 2, 10**6):06}"
    area, line = divmod(spread(index, 78_000), 100)
    return f"1{201 + area}55501{line:02}" if index < 78_000 else f"120155501{index:06}"


def _contact(rng: random.Random, index: int, now: int, *, long: bool) -> Contact:
    language = rng.choices(["en", "ar", "pt", "es"], [30, 30, 27, 13])[0]
    words = WORDS[language]
    # English and Spanish share the 555 numbers, hence one running index for all
    pn = f"{number(language, index)}@c.us"
    lid = f"1093{spread(index, 10**8):011}@lid"
    kind = rng.random()
    if kind < 0.12:
        who = Contact(f"1203630{spread(index, 10**8):011}@g.us", _group_name(rng, words), "", language)
    else:
        who = _person(rng, words, language, pn, lid, hidden=kind > 0.92)
    _label(rng, who)
    _talk(rng, who, words, now, long=long)
    return who


def _group_name(rng: random.Random, words: ModuleType) -> str:
    return str(rng.choice(words.GROUPS)).format(place=rng.choice(words.PLACES))


@cache
def _names(words: ModuleType) -> tuple[list[str], list[str]]:
    return words.GIVEN.split(), words.FAMILY.split()


def full_name(rng: random.Random, words: ModuleType) -> str:
    given, family = _names(words)
    return f"{rng.choice(given)} {rng.choice(family)}".replace("_", " ")


def _person(rng: random.Random, words: ModuleType, language: str, pn: str, lid: str, *, hidden: bool) -> Contact:
    name = full_name(rng, words)
    saved = rng.random() > 0.08  # the others never came into the address book
    who = Contact(lid if hidden else pn, name if saved else "", name if saved else name.split()[0], language)
    if hidden:
        who.lid, who.pn = lid, pn if rng.random() < 0.7 else ""  # a mapping may stay unknown for good
    elif rng.random() < 0.2:
        who.lid, who.pn = lid, pn
    who.archived = rng.random() < 0.03
    return who


def _label(rng: random.Random, who: Contact) -> None:
    if rng.random() < 0.46:
        return
    if rng.random() < 0.88:
        who.labels.append(rng.choices([1, 2, 3, 4, 5, 6], [22, 18, 13, 14, 15, 18])[0])
    weights = {7: 9, 8: 12 if who.language == "ar" else 1, 9: 12 if who.language == "pt" else 1, 10: 5, 11: 5, 12: 3}
    weights |= {13: 5 if who.language == "ar" else 1, 14: 6 if who.language == "pt" else 1}
    many = rng.choices([0, 1, 2, 3], [52, 33, 12, 3])[0] if who.labels else rng.choices([1, 2], [4, 1])[0]
    for _ in range(many):
        picked = rng.choices(list(weights), list(weights.values()))[0]
        weights.pop(picked)
        who.labels.append(picked)


def _talk(rng: random.Random, who: Contact, words: ModuleType, now: int, *, long: bool) -> None:
    said = _script(rng, who, words)
    said = said[-rng.randint(4, 20) :] if long else said[-2:]
    members = [(f"{number(who.language, 100_000 + rng.randrange(9000))}@c.us", full_name(rng, words)) for _ in range(4)]
    at = now - 30 - int((MONTH - 4 * 24 * 3600) * rng.random() ** 2.4)  # a quarter of all chats within a day
    for place, raw in enumerate(reversed(said)):
        from_me = raw[0] == ">"
        sender, name = rng.choice(members) if who.jid.endswith("@g.us") and not from_me else ("", "")
        source = "api" if from_me and rng.random() < 0.2 else "app"
        who.lines.append(Line(key(rng), at, from_me, raw[1:], sender, name, source))
        # within a talk minutes pass, now and then a night
        at -= rng.randint(15, 900) if place % 4 else rng.randint(600, 30_000)
        at = max(at, now - MONTH + len(said) - place)
    who.lines.reverse()
    trailing = next((n for n, raw in enumerate(reversed(said)) if raw[0] == ">"), len(said))
    who.unread = trailing if rng.random() < 0.75 else 0


def _script(rng: random.Random, who: Contact, words: ModuleType) -> list[str]:
    """Talk that fits the labels: up to the stage, then what the chat needs."""
    kinds = (
        ["group", "group"] if who.jid.endswith("@g.us") else STAGE_TALKS[: max(who.labels[0] if who.labels else 1, 1)]
    )
    if not who.jid.endswith("@g.us") and who.labels and who.labels[0] > 6:
        kinds = ["ask", "quote"]
    needs = [NEEDS[label] for label in who.labels if label in NEEDS]
    said = [line for kind in [*kinds, *needs] for line in str(rng.choice(words.TALKS[kind])).split("|")]
    if not needs and rng.random() < 0.5:
        said = said[: max(1, len(said) - rng.randint(0, 2))]
    ours = rng.random() < 0.5  # half of all chats wait for an answer
    while len(said) > 1 and (said[-1][0] == ">") != ours:
        said.pop()
    facts = some_facts(rng, words)
    return [line.format(**facts) for line in said]


def some_facts(rng: random.Random, words: ModuleType) -> dict[str, str | int]:
    return {
        "item": rng.choice(words.ITEMS),
        "n": rng.choice([6, 8, 10, 12, 18, 24, 30, 40, 60]),
        "order": f"ND-{rng.randint(1200, 9800)}",
        "amount": f"€{rng.randint(40, 1900)}",
        "day": rng.choice(words.DAYS),
    }
