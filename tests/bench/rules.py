"""Runs with the product's settings, on the wide number. `listen`: facts are told from now on. `make`: the rules of `ruling`, `on` and
`off`. `cost`: what it takes to ask all of them of a message. `fired`: how often they did. `drop`: no rules, no facts."""

import json
import random
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import django

django.setup()

from django.db.models import F  # noqa: E402
from django.utils import timezone  # noqa: E402

from labelapp.actions.actor import Actor  # noqa: E402
from labelapp.actions.rules import create_rule  # noqa: E402
from labelapp.actions.ruling import live_rules  # noqa: E402
from labelapp.models import ChatLabel, Fact, Instance, Label, Message, Rule, User  # noqa: E402
from labelapp.queries.rules.occasions import meets  # noqa: E402
from labelapp.queries.rules.world import World, query_of  # noqa: E402
from tests.bench.figures import Spread  # noqa: E402
from tests.bench.ruling import RULES, SPOKEN  # noqa: E402

ENTRIES = 12  # words or phrases of a rule
ADDED = "topic 8"  # WhatsApp's id of it is one that the simulator has
ASKED = 1000
PATTERNS = (
    r"\b(invoice|factura|fatura)\s*#?\d{4,}\b",
    r"\b[A-Z]{2}\d{9}[A-Z]{2}\b",
    r"where\s.{0,40}\b(parcel|package|shipment)\b",
    r"\b\d{1,2}[:.]\d{2}\s*(am|pm)\b",
    r"(cancel|stop)\w*\s+(my|the)\s+\w+",
    r"\bIBAN\b.{0,10}[A-Z]{2}\d{2}",
    r"(?:\+|00)\d{2,3}[\s-]?\d{6,}",
    r"[!?]{3,}",
)


def listen(number: Instance) -> None:
    """As after an import: what was before is told to nobody, and nothing is due to be compared or polled."""
    now = timezone.now()
    ChatLabel.objects.filter(label__instance=number).untold().update(told=F("wanted"))
    calm = {"reconciled_at": now, "polled_at": now, "last_event_at": now, "label_event_at": now}
    Instance.objects.filter(pk=number.pk).update(import_stage=Instance.ImportStage.DONE, **calm)


def make(number: Instance) -> None:
    admin = Actor.of(User.objects.get(username="admin"))
    for n, values in enumerate(rules(number)):
        create_rule(admin, number, on=True, name=f"Bench {n}", trigger="message.in", **values)
    assert Rule.objects.filter(instance=number).count() == sum(RULES.values())


def rules(number: Instance) -> Iterator[dict[str, Any]]:
    """Of every kind, in a fixed mixture. The first one fires."""
    chance = random.Random(7)  # noqa: S311
    labels = {label.name: label.pk for label in Label.objects.filter(instance=number)}
    add = {"actions": {"add": [labels[ADDED]]}}
    for kind, count in RULES.items():
        for n in range(count):
            asked: dict[str, Any] = {"text": {"mode": kind, "entries": entries(kind, chance)}}
            if kind == "any" and n == 0:
                asked["text"]["entries"][0] = SPOKEN
            elif kind == "regex":
                asked["text"]["entries"] = [PATTERNS[n]]
            elif kind in ("labels", "query"):
                asked["text"]["mode"] = "any"
                asked |= {"has": [labels["topic 1"], labels["topic 2"]], "lacks": [labels["Closed"]]}
            if kind == "query":
                asked["query"] = query_of(World(number, ()), 'label:"topic 3" -label:"topic 4"')
            yield {"conditions": asked, **add}


def entries(kind: str, chance: random.Random) -> list[str]:
    """Words that nobody says, as long as those that people do."""
    words = 3 if kind == "phrase" else 1
    return [" ".join(word(chance) for _ in range(words)) for _ in range(ENTRIES)]


def word(chance: random.Random) -> str:
    return "q" + "".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=chance.randint(3, 8)))


def cost(number: Instance) -> list[float]:
    """p50 and p95 in milliseconds of asking all rules of one message, what they need of the chat read before."""
    live = live_rules(number)
    messages = Message.objects.filter(instance=number, from_me=False).select_related("chat").order_by("-pk")[:ASKED]
    facts = [Fact(instance=number, chat=one.chat, message=one, at=one.at) for one in messages]
    world = World(number, {fact.chat_id for fact in facts if fact.chat_id})
    taken = []
    for fact in facts:
        start = time.perf_counter()
        occasion = world.occasion("message.in", fact, fact.chat)
        for one in live:
            meets(one.spec, occasion)
        taken.append(time.perf_counter() - start)
    found = Spread.of(taken)
    return [found.p50, found.p95]


def switch(number: Instance, *, on: bool) -> None:
    Rule.objects.filter(instance=number).update(is_on=on)


def drop(number: Instance) -> None:
    Rule.objects.filter(instance=number).delete()
    Instance.objects.filter(pk=number.pk).update(import_stage=Instance.ImportStage.ASSIGNMENTS)


def fired(number: Instance) -> int:
    return sum(Rule.objects.filter(instance=number).values_list("fired", flat=True))


if __name__ == "__main__":
    does: dict[str, Callable[[Instance], Any]] = {
        "listen": listen,
        "make": make,
        "on": partial(switch, on=True),
        "off": partial(switch, on=False),
    }
    does |= {"cost": cost, "fired": fired, "drop": drop}
    print(json.dumps(does[sys.argv[1]](Instance.objects.get(slug="wide"))))
