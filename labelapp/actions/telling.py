"""What a rule that fires tells: people, another program, a classifier that it asks. In the transaction of what else it does."""

from dataclasses import dataclass, field

from labelapp.actions.classifying import ask_classifier
from labelapp.actions.notifying import notify
from labelapp.actions.outgoing import call_hook
from labelapp.models import Chat, Rule
from labelapp.queries.outgoing_bodies import about_firing
from labelapp.queries.rules.specs import Doings
from labelapp.queries.rules.told import Told

KIND = "rule.fired"


@dataclass(slots=True)
class Did:
    """What a rule has done with a chat. turned: the keys of labels that it put on (True) or took off; gave: whether the chat has changed
    hands, 0 or 1."""

    turned: dict[int, bool] = field(default_factory=dict)
    gave: int = 0


def tell_others(
    rule: Rule, doings: Doings, told: Told, chat: Chat, did: Did, text: str, *, depth: int, of: int | None
) -> None:
    """Tell whom the rule tells that it fired in this locked chat: each once for a fact (`of`), however often this is called.

    `told` has all that `doings` names, or the rule would rest. `text`: of the message that it is about.
    """
    people = [told.people[pk] for pk in doings.notify]
    if people:
        notify(people, chat, rule.name, urgent=doings.urgent, of=of)
    if doings.hook is not None:
        owner = chat.assignee.username if chat.assignee else None
        about = about_firing(rule, did.turned, owner if did.gave else ..., people)
        call_hook(told.hooks[doings.hook], chat, kind=KIND, about=about, of=of, rule=rule.pk)
    if doings.ask is not None:
        ask_classifier(rule, told.hooks[doings.ask], chat, text, doings.answers, of=of, depth=depth)
