"""What is told to rules, hooks and people: each settled change once, by whichever way it became known."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone

from labelapp.actions.actor import Actor
from labelapp.actions.facts import handle_facts, tell_pairs
from labelapp.actions.tagging import set_label
from labelapp.models import ChatLabel, Fact, Instance, Label, LedgerEntry, Source, User
from labelapp.models.fields import NEVER
from labelapp.models.reasons import Reason
from tests.conftest import MakeChat
from tests.posted import deliver, just_now, said, tagged

Labels = dict[str, Label]


def told() -> list[tuple[str, int | None, int | None, str]]:
    return list(Fact.objects.order_by("pk").values_list("kind", "chat", "label", "source"))


def test_a_change_on_the_phone_is_told_once(number: Instance, make_chat: MakeChat, labels: Labels) -> None:
    chat, vip = make_chat(), labels["VIP"]
    deliver(number, tagged(chat.jid, vip.wa_id))
    assert [tell_pairs(number) for _time in range(2)] == [1, 0]
    deliver(number, tagged(chat.jid, vip.wa_id))
    assert tell_pairs(number) == 0
    assert told() == [("label.added", chat.pk, vip.pk, "phone")]


def test_a_wish_is_told_when_it_is_confirmed_with_who_made_it(
    number: Instance, agent: User, make_chat: MakeChat, labels: Labels
) -> None:
    chat, vip = make_chat(), labels["VIP"]
    pair = set_label(Actor(agent, Source.AGENT, "asked for", depth=2), chat, vip, on=True)
    assert tell_pairs(number) == 0
    ChatLabel.objects.filter(pk=pair.pk).update(receipt="confirmed", remote=True)
    assert tell_pairs(number) == 1
    fact = Fact.objects.get()
    assert (fact.kind, fact.source, fact.actor, fact.cause, fact.depth) == (
        "label.added",
        "agent",
        agent,
        "asked for",
        2,
    )


def test_what_was_taken_back_before_it_arrived_is_told_to_nobody(
    number: Instance, agent: User, make_chat: MakeChat, labels: Labels
) -> None:
    chat = make_chat()
    for on in (True, False):
        set_label(Actor.of(agent), chat, labels["VIP"], on=on)
    ChatLabel.objects.update(receipt="confirmed", remote=False)
    assert (tell_pairs(number), told()) == (0, [])


def test_the_labels_of_an_import_are_no_news(number: Instance, make_chat: MakeChat, labels: Labels) -> None:
    make_chat(labels=(labels["VIP"],))
    assert tell_pairs(number) == 0


@pytest.mark.parametrize(("caught_up", "kinds"), [(False, ["caught.up"]), (True, ["label.added", "label.added"])])
def test_what_happened_while_the_number_was_away_is_told_in_one_sentence(
    number: Instance, make_chat: MakeChat, labels: Labels, caught_up: bool, kinds: list[str]
) -> None:
    now = timezone.now()
    at = now - timedelta(minutes=5) if caught_up else NEVER
    Instance.objects.update(status_since=now - timedelta(minutes=10), caught_up_at=at)
    for _n in range(2):
        chat = make_chat(labels=(labels["VIP"],))
        LedgerEntry.objects.create(
            instance=number, chat=chat, label=labels["VIP"], verb="add", source="phone", cause=Reason.COMPARED()
        )
    ChatLabel.objects.update(told=False)
    assert tell_pairs(number) == 2
    assert list(Fact.objects.order_by("pk").values_list("kind", flat=True)) == kinds
    assert Fact.objects.filter(kind="caught.up", data={"added": 2}).count() == (not caught_up)


def test_a_new_message_and_its_chat_are_told_once(number: Instance) -> None:
    message = said("201000000077@c.us", "I need help ASAP", just_now())
    for _time in range(2):
        deliver(number, message | {"id": f"evt_again_{_time}"})
    assert [kind for kind, *_rest in told()] == ["chat.created", "message.in"]
    assert Fact.objects.values_list("message__text", flat=True).get(kind="message.in") == "I need help ASAP"


def test_an_old_message_is_no_news(number: Instance) -> None:
    deliver(number, said("201000000077@c.us", "late", just_now() - 7200))
    assert told() == []


def test_facts_are_handled_once_and_in_order(number: Instance, make_chat: MakeChat, labels: Labels) -> None:
    chat = make_chat()
    for label in (labels["VIP"], labels["On hold"]):
        deliver(number, tagged(chat.jid, label.wa_id))
        tell_pairs(number)
    seen: list[Any] = []
    for _time in range(2):
        handle_facts(number, [lambda _instance, facts: seen.extend(fact.label for fact in facts)], lambda: False)
    assert seen == [labels["VIP"], labels["On hold"]]


def test_a_fact_that_breaks_a_consequence_holds_up_no_other(
    number: Instance, make_chat: MakeChat, labels: Labels
) -> None:
    chat = make_chat()
    for name in ("VIP", "On hold"):
        deliver(number, tagged(chat.jid, labels[name].wa_id))
        tell_pairs(number)
    seen: list[Any] = []

    def breaks(instance: Instance, facts: list[Fact]) -> None:
        if labels["VIP"] in [fact.label for fact in facts]:
            raise RuntimeError("broken")
        seen.extend(fact.label for fact in facts)

    assert handle_facts(number, [breaks], lambda: False) == 2
    assert (seen, Fact.objects.filter(handled_at=None).count()) == ([labels["On hold"]], 0)


def test_a_database_that_is_away_leaves_the_facts_for_the_next_time(
    number: Instance, make_chat: MakeChat, labels: Labels
) -> None:
    deliver(number, tagged(make_chat().jid, labels["VIP"].wa_id))
    tell_pairs(number)

    def away(instance: Instance, facts: list[Fact]) -> None:
        raise OperationalError("gone")

    with pytest.raises(OperationalError):
        handle_facts(number, [away], lambda: False)
    assert Fact.objects.filter(handled_at=None).count() == 1
