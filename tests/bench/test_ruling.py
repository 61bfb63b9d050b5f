"""What the figure of the rules rests on: messages that the product takes for such, and rules of which one answers, now and then."""

import json
import random

from django.utils import timezone

from labelapp.actions.ruling import live_rules
from labelapp.models import Fact, Instance, Label, Message, User
from labelapp.queries.rules.occasions import meets
from labelapp.queries.rules.world import World
from tests.bench import words
from tests.bench.load import message_event
from tests.bench.rules import make
from tests.bench.ruling import RULES, SPOKEN
from tests.conftest import MakeChat
from tests.posted import deliver


def test_the_messages_are_messages(number: Instance, db: None) -> None:
    deliver(number, json.loads(message_event("key", "201000000001@c.us", "hello")))
    message = Message.objects.get()
    assert (message.text, message.from_me, message.chat.jid) == ("hello", False, "201000000001@c.us")
    assert Fact.objects.filter(kind="message.in").count() == 1


def test_one_of_the_rules_answers_what_is_said_now_and_then_and_none_all_else(
    number: Instance, admin: User, make_chat: MakeChat
) -> None:
    for n, name in enumerate(("topic 1", "topic 2", "topic 3", "topic 4", "topic 8", "Closed")):
        Label.objects.create(instance=number, wa_id=str(n), name=name, known_at=timezone.now())
    make(number)
    rules, chat = live_rules(number), make_chat(labels=(Label.objects.get(name="topic 1"),))
    world, chance = World(number, {chat.pk}), random.Random(1)  # noqa: S311
    assert len(rules) == sum(RULES.values()) == 50

    def answered(text: str) -> int:
        fact = Fact(instance=number, chat=chat, message=Message(chat=chat, text=text), at=timezone.now())
        return sum(meets(one.spec, world.occasion("message.in", fact, chat)) is not None for one in rules)

    said = [words.sentence(chance) for _n in range(100)]
    assert {answered(text) for text in said} == {0}
    assert answered(f"{said[0]} {SPOKEN}") == 1
