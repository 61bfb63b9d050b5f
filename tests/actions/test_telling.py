"""Rules that tell people and call programs: each once for what happened, and nobody where nothing is done."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from labelapp.actions.actor import Actor
from labelapp.actions.rules import create_rule, switch_rule
from labelapp.actions.rules_history import apply_to_history
from labelapp.actions.ruling import apply_rules
from labelapp.actions.ruling_times import look_at_clocks
from labelapp.actions.subscribing import subscribe
from labelapp.models import Fact, HookSend, Instance, Label, Notice, OutgoingHook, Rule, Run, Source, User
from labelapp.queries.rules.dry_run import dry_run
from labelapp.queries.rules.specs import Wrong
from tests.actions.test_ruling import added, told
from tests.conftest import MakeChat
from tests.outgoing import make_hook
from tests.posted import deliver, just_now, said
from tests.ruled import carried, keys, make_rule, run_facts, say, settle, words

Labels = dict[str, Label]


@pytest.fixture
def hook(admin: User) -> OutgoingHook:
    """A program that subscribed to nothing."""
    return make_hook(admin, "http://127.0.0.1:9/", events=[])


def notices() -> list[tuple[str, str, bool]]:
    return list(Notice.objects.order_by("pk").values_list("user__username", "words", "urgent"))


def calls() -> list[dict[str, Any]]:
    return [json.loads(body) for body in HookSend.objects.order_by("pk").values_list("body", flat=True)]


def test_people_are_told_and_a_program_is_called(
    number: Instance, make_chat: MakeChat, labels: Labels, agent: User, agent2: User, hook: OutgoingHook
) -> None:
    does = {"add": keys(labels["VIP"]), "remove": keys(labels["On hold"]), "assign": agent.pk}
    does |= {"notify": [agent.pk, agent2.pk], "urgent": True, "hook": hook.pk}
    rule = make_rule(number, name="Urgent words", conditions=words("asap"), actions=does)
    chat = make_chat(labels=(labels["On hold"], labels["Paid"]))
    fact = told(chat, "I need help ASAP")
    run_facts(number)
    assert notices() == [("agent", "Urgent words", True), ("agent2", "Urgent words", True)]
    assert set(Notice.objects.values_list("chat", "fact")) == {(chat.pk, fact.pk)}
    (call,) = calls()
    data, did = call["data"], call["data"]["did"]
    assert call["type"] == "rule.fired"
    assert (data["source"], data["cause"], data["number"]["slug"]) == ("rule", "Urgent words", "demo")
    assert data["rule"] == {"id": rule.pk, "name": "Urgent words", "when": "message.in"}
    assert (data["chat"]["jid"], "ASAP" in json.dumps(call)) == (chat.jid, False)
    assert [(one["name"], one["confirmed"]) for one in data["chat"]["labels"]] == [("Paid", True), ("VIP", False)]
    assert [[one["name"] for one in did[verb]] for verb in ("added", "removed")] == [["VIP"], ["On hold"]]
    assert (did["assignee"], did["notified"]) == ("agent", ["agent", "agent2"])


def test_a_rule_may_only_tell(number: Instance, make_chat: MakeChat, agent: User, hook: OutgoingHook) -> None:
    make_rule(number, name="Tell", actions={"notify": [agent.pk], "hook": hook.pk})
    told(make_chat())
    run_facts(number)
    assert (notices(), Rule.objects.values_list("fired", "changed").get()) == ([("agent", "Tell", False)], (1, 0))
    assert calls()[0]["data"]["did"] == {"added": [], "removed": [], "notified": ["agent"]}


def test_a_fact_that_is_handled_twice_is_told_once(
    number: Instance, make_chat: MakeChat, agent: User, hook: OutgoingHook
) -> None:
    """Two workers, where the first has lost its lock without knowing."""
    make_rule(number, actions={"notify": [agent.pk], "hook": hook.pk})
    fact = told(make_chat())
    for _time in range(2):
        apply_rules(number, [Fact.objects.get(pk=fact.pk)])
    assert (len(notices()), len(calls())) == (1, 1)


def test_two_rules_are_two_calls_and_one_notice(
    number: Instance, make_chat: MakeChat, agent: User, hook: OutgoingHook
) -> None:
    make_rule(number, name="First", actions={"notify": [agent.pk], "hook": hook.pk})
    make_rule(number, name="Second", actions={"notify": [agent.pk], "hook": hook.pk, "urgent": True})
    told(make_chat())
    run_facts(number)
    assert notices() == [("agent", "First", True)]  # of a fact once, and as urgent as the most urgent of its reasons
    assert [call["data"]["rule"]["name"] for call in calls()] == ["First", "Second"]


def test_whoever_follows_the_label_too_is_told_once(
    number: Instance, make_chat: MakeChat, labels: Labels, agent: User
) -> None:
    subscribe(Actor.of(agent), label=labels["VIP"], urgent=True)
    make_rule(number, "label.added", name="Very important", actions={"notify": [agent.pk]})
    added(make_chat(), labels["VIP"], source="phone")
    run_facts(number)
    assert notices() == [("agent", "Very important", True)]


def test_a_hook_that_listens_to_labels_hears_both(
    number: Instance, make_chat: MakeChat, labels: Labels, admin: User
) -> None:
    hook = make_hook(admin, "http://127.0.0.1:9/", events=["label.added"])
    make_rule(number, "label.added", actions={"hook": hook.pk})
    added(make_chat(), labels["VIP"])
    run_facts(number)
    assert [call["type"] for call in calls()] == ["rule.fired", "label.added"]


@pytest.mark.parametrize("limits", [{"per_chat": 1}, {"cooldown": 600}])
def test_limits_hold_for_telling(
    number: Instance, make_chat: MakeChat, agent: User, hook: OutgoingHook, limits: dict[str, int]
) -> None:
    make_rule(number, actions={"notify": [agent.pk], "hook": hook.pk}, **limits)
    chat, other = make_chat(), make_chat()
    for each in (chat, chat, other):
        told(each)
        run_facts(number)
    assert (len(notices()), len(calls())) == (2, 2)


def test_a_rule_that_is_refused_tells_nobody(
    number: Instance, make_chat: MakeChat, agent: User, hook: OutgoingHook
) -> None:
    ghost = Label.objects.create(instance=number, wa_id="99")
    make_rule(number, actions={"add": keys(ghost), "notify": [agent.pk], "hook": hook.pk})
    told(make_chat())
    run_facts(number)
    assert (notices(), calls(), Rule.objects.get().fired) == ([], [], 0)


def test_rules_that_answer_each_other_stop_telling(
    number: Instance, make_chat: MakeChat, labels: Labels, agent: User
) -> None:
    vip, hold = labels["VIP"], labels["On hold"]
    for on, off in ((vip, hold), (hold, vip)):
        does = {"add": keys(off), "remove": keys(on), "notify": [agent.pk]}
        make_rule(number, "label.added", about={"labels": keys(on)}, actions=does)
    chat = make_chat()
    added(chat, vip)
    assert settle(number, chat) < 10
    assert len(notices()) == 2


def test_a_timed_rule_tells_once_for_each_time_that_it_was_so(
    number: Instance, make_chat: MakeChat, agent: User, hook: OutgoingHook
) -> None:
    hour_ago = timezone.now() - timedelta(hours=1)
    make_chat(last_in_at=hour_ago)
    rule = make_rule(number, "unanswered", about={"seconds": 600}, actions={"notify": [agent.pk], "hook": hook.pk})
    Rule.objects.filter(pk=rule.pk).update(on_since=hour_ago)
    assert [look_at_clocks(number) for _time in range(2)] == [1, 0]
    assert (len(notices()), [call["data"]["rule"]["when"] for call in calls()]) == (1, ["unanswered"])


def test_a_hook_that_is_off_is_not_called_and_the_rest_is_done(
    number: Instance, make_chat: MakeChat, labels: Labels, hook: OutgoingHook
) -> None:
    make_rule(number, actions={"add": keys(labels["VIP"]), "hook": hook.pk})
    OutgoingHook.objects.update(is_on=False)
    chat = make_chat()
    told(chat)
    run_facts(number)
    assert (carried(chat), calls()) == ({"VIP"}, [])


def lock_out(_number: Instance, agent: User, _hook: OutgoingHook) -> None:
    User.objects.filter(pk=agent.pk).update(is_active=False)


def limit_number(number: Instance, _agent: User, hook: OutgoingHook) -> None:
    number.people.add(hook.made_by)


def delete_hook(_number: Instance, _agent: User, hook: OutgoingHook) -> None:
    hook.delete()


def limit_hook(_number: Instance, _agent: User, hook: OutgoingHook) -> None:
    hook.numbers.add(Instance.objects.create(slug="elsewhere", instance_id="x"))


@pytest.mark.parametrize(
    ("happens", "words"),
    [
        (lock_out, "It tells somebody who may not see the number: Agent Demo"),
        (limit_number, "It tells somebody who may not see the number: Agent Demo"),
        (delete_hook, "Its outgoing hook was deleted, or is not about this number any more."),
        (limit_hook, "Its outgoing hook was deleted, or is not about this number any more."),
    ],
)
def test_a_rule_rests_when_whom_it_tells_is_gone(
    number: Instance, make_chat: MakeChat, labels: Labels, agent: User, admin: User, hook: OutgoingHook,
    happens: Any, words: str,
) -> None:  # fmt: skip
    does = {"add": keys(labels["VIP"]), "notify": [agent.pk], "hook": hook.pk}
    rule = create_rule(Actor.of(admin), number, on=True, name="Tell", trigger="message.in", actions=does)
    happens(number, agent, hook)
    chat = make_chat()
    told(chat)
    run_facts(number)
    rule.refresh_from_db()
    assert (carried(chat), notices(), calls(), rule.fired, rule.why_paused) == (set(), [], [], 0, words)
    with pytest.raises(Wrong) as wrong:
        switch_rule(Actor.of(admin), rule, on=True)
    assert wrong.value.field in ("notify", "hook")
    Rule.objects.filter(pk=rule.pk).update(actions={"add": keys(labels["VIP"])})
    told(chat)
    run_facts(number)
    rule.refresh_from_db()
    assert (carried(chat), rule.why_paused) == ({"VIP"}, "")


def test_a_dry_run_and_applying_it_tell_nobody(
    number: Instance, make_chat: MakeChat, labels: Labels, agent: User, admin: User, hook: OutgoingHook
) -> None:
    does = {"add": keys(labels["VIP"]), "notify": [agent.pk], "hook": hook.pk}
    rule = make_rule(number, conditions=words("help"), actions=does)
    say(make_chat(), "help", at=timezone.now())
    assert len(dry_run(rule).found) == 1
    apply_to_history(Actor.of(admin), rule)
    assert (notices(), calls()) == ([], [])


def test_what_comes_late_and_what_a_run_does_is_told_to_nobody(
    number: Instance, make_chat: MakeChat, labels: Labels, agent: User, lead: User, hook: OutgoingHook
) -> None:
    for trigger in ("message.in", "label.added", "chat.created"):
        make_rule(number, trigger, actions={"notify": [agent.pk], "hook": hook.pk})
    deliver(number, said("201555000009@c.us", "Hello", just_now() - 20 * 60))
    Fact.objects.create(instance=number, kind="caught.up", source="reconcile", data={"added": 500})
    run = Run.objects.create(user=lead)
    added(make_chat(), labels["VIP"], source=Source.BULK, cause=f"run:{run.pk}")
    run_facts(number)
    assert (notices(), calls()) == ([], [])


def test_a_replayed_delivery_is_told_once(number: Instance, agent: User, hook: OutgoingHook) -> None:
    make_rule(number, actions={"notify": [agent.pk], "hook": hook.pk})
    message = said("201555000009@c.us", "help", just_now())
    for n in range(3):
        deliver(number, message | {"id": f"evt_again_{n}"})
        run_facts(number)
    assert (len(notices()), len(calls())) == (1, 1)


@pytest.mark.parametrize("many", [1, 30])
def test_rules_that_tell_ask_no_more_of_the_database_for_more_messages(
    number: Instance, make_chat: MakeChat, agent: User, hook: OutgoingHook, many: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:  # fmt: skip
    """Three of them are for whom the rules name: the hooks, whether the number is limited, and who may see it; two look for business
    events, every ten seconds."""
    for n in range(50):
        make_rule(number, conditions=words(f"word{n}"), actions={"notify": [agent.pk], "hook": hook.pk})
    for _n in range(many):
        told(make_chat(), "hello there")
    with django_assert_num_queries(22):
        run_facts(number)
