"""What is asked of the world: for each class of query a few of its kind."""

import random
from dataclasses import dataclass
from itertools import combinations

COMMON = [f"topic {n}" for n in (1, 2, 3)]
MIDDLE = [f"topic {n}" for n in range(10, 21)]
SELDOM = [f"topic {n}" for n in range(90, 101)]
EACH = 6  # queries of a class


@dataclass(frozen=True, slots=True)
class Class:
    """`everywhere`: asked of all numbers at once. `is_hard`: made to be a nuisance, and no typical one."""

    name: str
    queries: tuple[str, ...]
    order: str = "newest"
    everywhere: bool = False
    is_hard: bool = False


def filters() -> list[Class]:
    """The same ones each time."""
    chance = random.Random(4)  # noqa: S311

    def some(*rows: str) -> tuple[str, ...]:
        return tuple(chance.sample(rows, min(EACH, len(rows))))

    middles = [all_of(*chance.sample(MIDDLE, 3)) for _ in range(EACH)]
    return [
        Class("no filter", ("",)),
        Class("one common label", some(*map(label, COMMON))),
        Class("one middling label", some(*map(label, MIDDLE))),
        Class("one rare label", some(*map(label, SELDOM))),
        Class("label on 20 chats", some(label("few a"), label("few b"))),
        Class("two common labels", some(*(all_of(*pair) for pair in combinations(COMMON, 2)))),
        Class("common and rare label", some(*(all_of(a, b) for a in COMMON for b in SELDOM))),
        Class("two rare labels", some(*(all_of(*pair) for pair in combinations(SELDOM, 2)))),
        Class("three middling labels", some(*middles), is_hard=True),
        Class("20 chats and 20 others", (all_of("few a", "few b"),)),
        Class("two big labels that no chat has both of", (all_of("topic 1", "apart"),), is_hard=True),
        Class("only on the oldest tenth", (label("old"),)),
        Class("common, and only on the oldest", some(*(all_of(name, "old") for name in COMMON))),
        Class(
            "common without another common", ('label:"topic 2" -label:"topic 1"', 'label:"topic 1" -label:"topic 2"')
        ),
        Class("all without a common label", ('-label:"topic 1"', '-label:"topic 2"')),
        Class("no:label", ("no:label", "no:stage")),
        Class("any of three", (any_of(*COMMON), any_of(*MIDDLE[:3]), any_of(*SELDOM[:3]))),
        Class(
            "any of three, and another",
            (f"{any_of(*MIDDLE[:3])} {label('topic 2')}", f"{any_of(*COMMON)} {label('old')}"),
        ),
        Class("is:unanswered", ("is:unanswered", "is:unread")),
        Class("label, is:unanswered", some(*(f"is:unanswered {label(name)}" for name in COMMON + MIDDLE[:3]))),
        Class("is:failed", ("is:failed",)),
        Class("stage", ("stage:paid", "stage:quoted..", "stage:closed")),
        Class("age of a stage", ("age:stage>3d", "age:stage>600d")),
        Class("age that no stage has", ("age:stage>800d",)),
        Class("assigned", ("assigned:me", "assigned:nobody", f"assigned:me {label('topic 2')}")),
        Class("last", ("last:>30d", "last:>600d", f"last:>600d {label('topic 1')}", "last:<2d")),
        Class("groups, archive", ("type:group", "is:archived", f"type:group {label('topic 1')}")),
        Class("source:agent", ("source:agent",)),
        Class("source that nobody was", ("source:rule",), is_hard=True),
        Class("all numbers: one label", (label("topic 2"), label("topic 15")), everywhere=True),
        Class("all numbers: two labels", (all_of("topic 2", "topic 15"),), everywhere=True),
        Class("longest waiting", ("", label("topic 1"), label("topic 15")), "waiting"),
        Class("by urgency", ("", label("topic 1"), label("topic 15")), "urgency"),
        Class("by stage", ("", label("topic 1"), label("topic 15")), "depth"),
    ]


def searches() -> list[Class]:
    return [
        Class("word that many say", ("order", "invoice")),
        Class("word that few say", ("zanzibar",)),
        Class("word of an Arabic message", ("زنجبار", "فاتورة")),
        Class("name", ("haddad", "mariam haddad")),
        Class("name in Arabic", ("حداد", "أحمد حداد")),
        Class("beginning of a name", ("ma", "م")),
        Class("phone number", ("9991000001", "+999 10 000 00 077")),
        Class("nothing found", ("qqqzzz", "qqqzzz order")),
        Class("words side by side", ('"order price"',)),
        Class("word and label", (f"order {label('topic 15')}", f"zanzibar {label('topic 1')}")),
        Class("label without a word", (f"{label('topic 15')} -order",)),
    ]


def counted() -> list[Class]:
    """Whose counts are asked for."""
    return [
        Class("no filter", ("",)),
        Class("one common label", (label("topic 1"),)),
        Class("two common labels", (all_of("topic 1", "topic 2"),)),
        Class("one middling label", (label("topic 15"),)),
        Class("one rare label", (label("topic 95"),)),
        Class("two big labels that no chat has both of", (all_of("topic 1", "apart"),), is_hard=True),
        Class("no:label", ("no:label",)),
        Class("is:unanswered", ("is:unanswered",)),
        Class("word that many say", ("order",)),
        Class("all numbers: no filter", ("",), everywhere=True),
        Class("all numbers: one label", (label("topic 2"),), everywhere=True),
    ]


def label(name: str) -> str:
    return f'label:"{name}"'


def all_of(*names: str) -> str:
    return " ".join(map(label, names))


def any_of(*names: str) -> str:
    return "label:" + ",".join(f'"{name}"' for name in names)
