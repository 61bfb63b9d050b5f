"""Rules as tests make them, and facts carried to their end."""

from itertools import count
from typing import Any

from labelapp.lanes import facts
from labelapp.lanes.reach import Reach
from labelapp.models import Chat, ChatLabel, Instance, Label, Message, Rule
from tests.posted import fresh

_names = count(1)


def make_rule(number: Instance, trigger: str = "message.in", *, on: bool = True, **more: Any) -> Rule:
    """A rule of the number, the last one. `about`, `conditions`, `actions`: its JSON."""
    values = {"name": f"Rule {next(_names)}", "trigger_data": more.pop("about", {}), "position": Rule.objects.count()}
    return Rule.objects.create(instance=number, trigger=trigger, is_on=on, **(values | more))


def words(*entries: str, mode: str = "any") -> dict[str, Any]:
    return {"text": {"mode": mode, "entries": list(entries)}}


def run_facts(number: Instance) -> int:
    return facts.run_due(fresh(number), Reach())


def confirm(chat: Chat) -> None:
    """What is wished for the chat has been seen at WhatsApp."""
    for pair in ChatLabel.objects.filter(chat=chat).exclude(receipt="confirmed"):
        pair.receipt, pair.remote, pair.waits_for = "confirmed", pair.wanted, None
        pair.save()


def settle(number: Instance, chat: Chat, most: int = 20) -> int:
    """Tell, answer and confirm until nothing moves. Returns how many times that took."""
    for n in range(most):
        if not run_facts(number):
            return n
        confirm(chat)
    return most


def carried(chat: Chat) -> set[str]:
    return set(ChatLabel.objects.filter(chat=chat, wanted=True).values_list("label__name", flat=True))


def say(chat: Chat, text: str, **more: Any) -> Message:
    """A stored message of the chat."""
    values = {"wa_id": f"m{Message.objects.count()}", "at": chat.last_message_at}
    return Message.objects.create(instance=chat.instance, chat=chat, text=text, **(values | more))


def keys(*labels: Label) -> list[int]:
    return [label.pk for label in labels]
