"""Rules at work: limits, guards, pauses, errors, and what fires none."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from labelapp.actions.facts import tell_pairs
from labelapp.actions.ruling import join_firings
from labelapp.models import (
    Chat,
    ChatLabel,
    Fact,
    Instance,
    Label,
    LedgerEntry,
    Rule,
    RuleFiring,
    RuleSet,
    Run,
    Source,
    User,
)
from tests.conftest import MakeChat
from tests.posted import deliver, just_now, said
from tests.ruled import carried, keys, make_rule, run_facts, say, settle, words

Labels = dict[str, Label]


def told(chat: Chat, text: str = "help", kind: str = "message.in", **more: object) -> Fact:
    message = say(chat, text, from_me=kind == "message.out", source=more.pop("way", ""))
    return Fact.objects.create(instance=chat.instance, kind=kind, chat=chat, message=message, source="phone", **more)


def added(chat: Chat, label: Label, **more: object) -> Fact:
    """The label was put on, and that is certain."""
    ChatLabel.objects.update_or_create(
        chat=chat, label=label, defaults={"wanted": True, "remote": True, "told": True, "receipt": "confirmed"}
    )
    values = {"source": "agent"} | more
    return Fact.objects.create(instance=chat.instance, kind="label.added", chat=chat, label=label, **values)


def test_all_that_match_or_only_the_first(number: Instance, make_chat: MakeChat, labels: Labels) -> None:
    for name in ("VIP", "On hold"):
        make_rule(number, conditions=words("help"), actions={"add": keys(labels[name])})
    every, first = make_chat(), make_chat()
    told(every)
    run_facts(number)
    RuleSet.objects.create(instance=number, first_only=True)
    told(first)
    run_facts(number)
    assert (carried(every), carried(first)) == ({"VIP", "On hold"}, {"VIP"})


def test_at_most_so_often_in_a_chat(number: Instance, make_chat: MakeChat, agent: User, labels: Labels) -> None:
    make_rule(number, per_chat=2, actions={"add": keys(labels["VIP"])})
    chat = make_chat()
    for _n in range(4):
        told(chat)
        run_facts(number)
    assert (Rule.objects.get().fired, RuleFiring.objects.count()) == (2, 2)


def test_a_pause_between_two_times(number: Instance, make_chat: MakeChat, labels: Labels) -> None:
    make_rule(number, cooldown=600, actions={"add": keys(labels["VIP"])})
    chat, other = make_chat(), make_chat()
    for each in (chat, chat, other):
        told(each)
    run_facts(number)
    assert Rule.objects.get().fired == 2
    RuleFiring.objects.update(at=timezone.now() - timedelta(seconds=601))
    told(chat)
    run_facts(number)
    assert Rule.objects.get().fired == 3


def test_what_was_there_already_and_what_is_new(number: Instance, make_chat: MakeChat, labels: Labels) -> None:
    vip, hold = labels["VIP"], labels["On hold"]
    make_rule(
        number,
        "label.added",
        about={"labels": keys(vip)},
        conditions={"has": keys(hold)},
        actions={"stage": labels["Paid"].pk},
    )
    with_both, with_one = make_chat(labels=(hold,)), make_chat()
    added(with_both, vip)
    added(with_one, vip)
    added(with_one, hold)
    run_facts(number)
    assert ("Paid" in carried(with_both), "Paid" in carried(with_one)) == (True, True)  # both are there by then
    third = make_chat()
    added(third, vip)
    run_facts(number)
    assert "Paid" not in carried(third)


def test_the_bot_is_told_from_people(number: Instance, make_chat: MakeChat, labels: Labels) -> None:
    bot = keys(labels["On hold"])
    make_rule(number, "message.out", about={"source": "api"}, actions={"add": bot})
    make_rule(number, "message.out", about={"source": "app"}, actions={"remove": bot})
    chat = make_chat()
    seen = []
    for way in ("api", "app", "api"):
        told(chat, kind="message.out", way=way)
        run_facts(number)
        seen.append(bool(carried(chat)))
    assert seen == [True, False, True]


def test_any_query_of_the_language(number: Instance, make_chat: MakeChat, labels: Labels, agent: User) -> None:
    named = [{"field": "label", "any": [{"name": "VIP", "labels": keys(labels["VIP"])}]}, {"text": "assigned:nobody"}]
    make_rule(number, conditions={"query": named}, actions={"add": keys(labels["On hold"])})
    mine, free, other = (
        make_chat(labels=(labels["VIP"],), assignee=agent),
        make_chat(labels=(labels["VIP"],)),
        make_chat(),
    )
    for chat in (mine, free, other):
        told(chat)
    Label.objects.filter(pk=labels["VIP"].pk).update(name="Very important")
    run_facts(number)
    assert [("On hold" in carried(chat)) for chat in (mine, free, other)] == [False, True, False]


def test_the_first_message_of_a_new_chat(number: Instance, make_chat: MakeChat, labels: Labels) -> None:
    make_rule(number, conditions={"first": True}, actions={"add": keys(labels["VIP"])})
    old = make_chat()
    told(old)
    deliver(number, said("201555000009@c.us", "Hello", just_now()))
    run_facts(number)
    deliver(number, said("201555000009@c.us", "Anybody?", just_now() + 1))
    run_facts(number)
    assert (carried(old), Rule.objects.get().fired) == (set(), 1)


def test_it_gives_a_chat_to_a_person_and_to_nobody(
    number: Instance, make_chat: MakeChat, agent: User, labels: Labels
) -> None:
    make_rule(number, conditions=words("help"), actions={"assign": agent.pk})
    make_rule(number, conditions=words("thanks"), actions={"assign": "nobody"})
    chat, owners = make_chat(), []
    for text in ("help", "thanks"):
        told(chat, text)
        run_facts(number)
        chat.refresh_from_db()
        owners.append(chat.assignee)
    assert owners == [agent, None]


def test_a_rule_never_answers_itself(number: Instance, make_chat: MakeChat, labels: Labels) -> None:
    vip = labels["VIP"]
    rule = make_rule(number, "label.added", actions={"add": keys(labels["On hold"])})
    chat = make_chat()
    added(chat, vip, source="rule", depth=1, rule=rule)
    run_facts(number)
    assert carried(chat) == {"VIP"}


def test_a_chain_has_an_end_that_is_shown(number: Instance, make_chat: MakeChat) -> None:
    chain = [
        Label.objects.create(instance=number, wa_id=f"c{n}", name=f"C{n}", known_at=timezone.now()) for n in range(7)
    ]
    for now, then in zip(chain, chain[1:], strict=False):
        make_rule(number, "label.added", about={"labels": keys(now)}, actions={"add": keys(then)})
    chat = make_chat()
    added(chat, chain[0])
    settle(number, chat)
    assert carried(chat) == {"C0", "C1", "C2", "C3", "C4"}
    tripped = Rule.objects.exclude(guard="")
    assert [rule.guard.partition(":")[0] for rule in tripped] == ["rule-deep"]
    assert "Too many rules" in tripped[0].last_guard


def test_a_pair_that_flips_all_the_time_is_left_alone(number: Instance, make_chat: MakeChat, labels: Labels) -> None:
    make_rule(number, conditions=words("on"), actions={"add": keys(labels["VIP"])})
    make_rule(number, conditions=words("off"), actions={"remove": keys(labels["VIP"])})
    chat = make_chat()
    for n in range(8):
        told(chat, "off" if n % 2 else "on")
        run_facts(number)
    assert LedgerEntry.objects.filter(source="rule").count() == 4
    assert Rule.objects.exclude(guard="").count() > 0


def test_a_dead_label_pauses_its_rules_alone(number: Instance, make_chat: MakeChat, labels: Labels) -> None:
    vip = labels["VIP"]
    paused = make_rule(number, actions={"add": keys(vip)})
    make_rule(number, actions={"add": keys(labels["On hold"])})
    Label.objects.filter(pk=vip.pk).update(deleted_at=timezone.now())
    chat = make_chat()
    told(chat)
    run_facts(number)
    paused.refresh_from_db()
    assert (carried(chat), paused.fired, paused.is_on) == ({"On hold"}, 0, True)
    assert paused.why_paused == "It names a label that was deleted in WhatsApp: VIP"
    Rule.objects.filter(pk=paused.pk).update(actions={"add": keys(labels["Paid"])})
    told(chat)
    run_facts(number)
    paused.refresh_from_db()
    assert (paused.why_paused, "Paid" in carried(chat)) == ("", True)


def test_a_rule_that_fails_stops_no_other(
    number: Instance, make_chat: MakeChat, labels: Labels, monkeypatch: pytest.MonkeyPatch
) -> None:
    nonsense = make_rule(number, actions={"add": ["x"]})
    unclear = make_rule(number, conditions={"query": [{"text": "colour:red"}]}, actions={"add": keys(labels["VIP"])})
    ghost = Label.objects.create(instance=number, wa_id="99")
    refused = make_rule(number, actions={"add": [labels["Paid"].pk, ghost.pk]})
    make_rule(number, actions={"add": keys(labels["On hold"])})
    chat = make_chat()
    told(chat)
    assert run_facts(number) >= 1
    assert carried(chat) == {"On hold"}  # half of what was refused is not done either
    for rule in (nonsense, unclear, refused):
        rule.refresh_from_db()
        assert rule.last_error.startswith("It could not be carried out: ")
    assert Fact.objects.filter(handled_at=None).count() == 0


@pytest.mark.parametrize(("fires", "expected"), [(False, set()), (True, {"VIP", "On hold"})])
def test_a_run_fires_rules_only_when_it_says_so(
    number: Instance, make_chat: MakeChat, labels: Labels, lead: User, fires: bool, expected: set[str]
) -> None:
    run = Run.objects.create(user=lead, fires_rules=fires)
    make_rule(number, "label.added", about={"labels": keys(labels["VIP"])}, actions={"add": keys(labels["On hold"])})
    chat = make_chat()
    added(chat, labels["VIP"], source=Source.BULK, cause=f"run:{run.pk}")
    run_facts(number)
    assert carried(chat) - {"VIP"} == expected - {"VIP"}


def test_a_catch_up_fires_nothing(number: Instance, make_chat: MakeChat, labels: Labels) -> None:
    make_rule(number, "label.added", actions={"add": keys(labels["On hold"])})
    Fact.objects.create(instance=number, kind="caught.up", source="reconcile", data={"added": 500})
    make_chat(labels=(labels["VIP"],))
    run_facts(number)
    assert (tell_pairs(number), Rule.objects.get().fired) == (0, 0)


@pytest.mark.parametrize("many", [1, 30])
def test_more_messages_ask_no_more_of_the_database(
    number: Instance, make_chat: MakeChat, labels: Labels, many: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """Fifty rules that look for words, and nobody who says them."""
    for n in range(50):
        make_rule(number, conditions=words(f"word{n}", "urgent"), actions={"add": keys(labels["VIP"])})
    for _n in range(many):
        told(make_chat(), "hello there")
    with django_assert_num_queries(18):
        run_facts(number)


def test_chats_that_are_joined_keep_what_rules_did(number: Instance, make_chat: MakeChat, labels: Labels) -> None:
    rule = make_rule(number, per_chat=1, actions={"add": keys(labels["VIP"])})
    keep, gone = make_chat(), make_chat()
    now = timezone.now()
    for chat in (keep, gone):
        RuleFiring.objects.create(rule=rule, chat=chat, since=now)
    RuleFiring.objects.create(rule=rule, chat=gone)
    join_firings(keep, gone)
    assert RuleFiring.objects.filter(chat=keep).count() == 2
