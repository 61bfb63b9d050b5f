"""What named a label that was merged into another names that one: stages, views, rules and event mappings."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from labelapp.actions.actor import Actor
from labelapp.actions.directory import remove_label
from labelapp.actions.merging import start_merge
from labelapp.actions.prunes import set_redundant
from labelapp.actions.ruling import live_rules
from labelapp.actions.runs import cancel
from labelapp.models import Instance, Label, LedgerEntry, Rule, Run, SavedView, StagePrune, User
from labelapp.queries.language.reading import read
from labelapp.queries.language.saved import save
from labelapp.queries.saved import read_views
from labelapp.queries.scopes import Scope, scope_of
from tests.conftest import MakeChat
from tests.events import make_mapping
from tests.ruled import keys, make_rule
from tests.runs import carry_through
from tests.wire import FarSide

Labels = dict[str, Label]


@pytest.fixture
def side(far: FarSide, labels: Labels) -> FarSide:
    far.labels = {label.wa_id: {"name": label.name, "color": label.color_index} for label in labels.values()}
    return far


def begin(boss: Actor, labels: Labels, source: str = "On hold", target: str = "VIP") -> Run:
    return start_merge(boss, labels[source], labels[target])


def merge(boss: Actor, number: Instance, labels: Labels, source: str = "On hold", target: str = "VIP") -> None:
    carry_through(begin(boss, labels, source, target), number)
    assert Label.objects.get(pk=labels[source].pk).deleted_at


def view(owner: User, number: Instance, text: str) -> SavedView:
    terms = save(read(text, scope(owner, number).vocabulary).query)
    return SavedView.objects.create(owner=owner, name=text, terms=terms)


def scope(user: User, number: Instance) -> Scope:
    return scope_of(user, [number])


def told(view: SavedView, user: User, number: Instance) -> tuple[str, list[str]]:
    """How the view reads now, and what is wrong with it."""
    reading = read_views(scope(user, number), [SavedView.objects.get(pk=view.pk)])[view.pk]
    return reading.text, [problem.code for problem in reading.problems]


def prunes() -> set[tuple[str, str]]:
    return set(StagePrune.objects.values_list("stage__name", "label__name"))


# Stages


def test_what_a_stage_takes_off_is_the_other_label_and_once(
    boss: Actor, number: Instance, side: FarSide, labels: Labels
) -> None:
    set_redundant(boss, labels["Paid"], [labels["On hold"]])
    set_redundant(boss, labels["Quoted"], [labels["On hold"], labels["VIP"]])
    merge(boss, number, labels)
    assert prunes() == {("Paid", "VIP"), ("Quoted", "VIP")}
    entry = LedgerEntry.objects.filter(label=labels["Paid"], cause="prunes:VIP").get()
    assert (entry.actor, entry.source) == (boss.user, "bulk")


def test_a_stage_that_becomes_another_takes_off_the_same(
    boss: Actor, number: Instance, side: FarSide, labels: Labels
) -> None:
    set_redundant(boss, labels["Quoted"], [labels["On hold"], labels["VIP"]])
    set_redundant(boss, labels["Paid"], [labels["VIP"]])
    merge(boss, number, labels, "Quoted", "Paid")
    assert prunes() == {("Paid", "On hold"), ("Paid", "VIP")}


def test_no_stage_takes_off_itself_or_its_own_group(
    boss: Actor, number: Instance, side: FarSide, labels: Labels
) -> None:
    set_redundant(boss, labels["Paid"], [labels["On hold"]])
    set_redundant(boss, labels["Quoted"], [labels["On hold"]])
    merge(boss, number, labels, "On hold", "Paid")
    assert prunes() == set()


# Views


def test_a_view_names_the_other_label(
    boss: Actor, admin: User, number: Instance, side: FarSide, labels: Labels
) -> None:
    one, both = view(admin, number, 'label:"On hold" is:unread'), view(admin, number, 'label:VIP,"On hold"')
    other = view(admin, number, "label:Paid")
    merge(boss, number, labels)
    assert told(one, admin, number) == ("label:VIP is:unread", [])
    assert told(both, admin, number) == ("label:VIP", [])
    assert told(other, admin, number) == ("label:Paid", [])


def test_a_view_that_would_contradict_itself_is_left_and_says_that_its_label_is_gone(
    boss: Actor, admin: User, number: Instance, side: FarSide, labels: Labels
) -> None:
    odd = view(admin, number, 'label:"On hold" -label:VIP')
    merge(boss, number, labels)
    assert told(odd, admin, number) == ('label:"On hold" -label:VIP', ["gone"])


# Rules


def rule_of(number: Instance, labels: Labels, trigger: str, **more: Any) -> Rule:
    """A rule whose JSON names labels by name."""

    def known(value: Any) -> Any:
        if isinstance(value, list):
            return [known(each) for each in value]
        return labels[value].pk if isinstance(value, str) and value in labels else value

    data = {part: {key: known(value) for key, value in named.items()} for part, named in more.items()}
    return make_rule(number, trigger, **data)


def test_a_rule_names_the_other_label_wherever_it_named_the_first(
    boss: Actor, admin: User, number: Instance, side: FarSide, labels: Labels
) -> None:
    vip, paid = labels["VIP"].pk, labels["Paid"].pk
    query = save(read('label:"On hold"', scope(admin, number).vocabulary).query)
    added = rule_of(number, labels, "label.added", about={"labels": ["On hold", "VIP"]}, actions={"add": ["Paid"]})
    asked = rule_of(
        number,
        labels,
        "message.in",
        conditions={"has": ["On hold"], "lacks": ["Paid"], "query": query},
        actions={"remove": ["On hold", "VIP"]},
    )
    Rule.objects.update(on_since=timezone.now() - timedelta(days=9))
    merge(boss, number, labels)
    added.refresh_from_db()
    asked.refresh_from_db()
    assert (added.trigger_data, added.actions) == ({"labels": [vip]}, {"add": [paid]})
    assert (asked.conditions["has"], asked.conditions["lacks"], asked.actions) == ([vip], [paid], {"remove": [vip]})
    assert asked.conditions["query"] == [{"field": "label", "any": [{"name": "VIP", "labels": [vip]}]}]
    assert added.on_since > timezone.now() - timedelta(days=1)
    assert {live.rule.pk for live in live_rules(number)} == {added.pk, asked.pk}


def test_a_rule_for_a_stage_names_the_other_stage(boss: Actor, number: Instance, side: FarSide, labels: Labels) -> None:
    rule = rule_of(number, labels, "message.in", actions={"stage": "Quoted", "add": ["Paid", "VIP"]})
    merge(boss, number, labels, "Quoted", "Paid")
    rule.refresh_from_db()
    assert rule.actions == {"stage": labels["Paid"].pk, "add": [labels["VIP"].pk]}


ODD: list[tuple[str, dict[str, Any]]] = [
    ("message.in", {"actions": {"add": ["VIP"], "remove": ["On hold"]}}),
    ("label.added", {"about": {"labels": ["On hold"]}, "actions": {"remove": ["VIP"]}}),
    ("label.removed", {"about": {"labels": ["On hold"]}, "actions": {"add": ["VIP"]}}),
    ("label.added", {"about": {"labels": ["On hold"]}, "conditions": {"has": ["VIP"]}, "actions": {"add": ["Paid"]}}),
    ("message.in", {"conditions": {"has": ["On hold"], "lacks": ["VIP"]}, "actions": {"add": ["Paid"]}}),
]


@pytest.mark.parametrize(("trigger", "parts"), ODD)
def test_a_rule_that_would_contradict_itself_is_left_and_rests(
    boss: Actor, number: Instance, side: FarSide, labels: Labels, trigger: str, parts: dict[str, Any]
) -> None:
    rule = rule_of(number, labels, trigger, **parts)
    before = (rule.trigger_data, rule.conditions, rule.actions)
    merge(boss, number, labels)
    assert live_rules(number) == []
    rule.refresh_from_db()
    assert (rule.trigger_data, rule.conditions, rule.actions) == before
    assert rule.paused_reason == "rule-dead:On hold"


@pytest.mark.parametrize(
    ("trigger", "parts"),
    [
        ("message.in", {"actions": {"stage": "Quoted"}}),
        ("stage.entered", {"about": {"labels": ["Quoted"]}, "actions": {"add": ["On hold"]}}),
    ],
)
def test_a_rule_for_a_stage_is_left_where_the_other_label_is_none(
    boss: Actor, number: Instance, side: FarSide, labels: Labels, trigger: str, parts: dict[str, Any]
) -> None:
    rule = rule_of(number, labels, trigger, **parts)
    merge(boss, number, labels, "Quoted", "VIP")
    now = Rule.objects.get(pk=rule.pk)
    assert (now.trigger_data, now.actions) == (rule.trigger_data, rule.actions)


# Event mappings


def test_event_mappings_name_the_other_label_once(boss: Actor, number: Instance, side: FarSide, labels: Labels) -> None:
    hold, vip, paid = labels["On hold"], labels["VIP"], labels["Paid"]
    both = make_mapping(number, adds=(hold, vip), stage=paid)
    off = make_mapping(number, removes=(hold,), stage=paid)
    apart = make_mapping(number, adds=(vip,), removes=(hold,))  # would contradict itself
    merge(boss, number, labels)
    for mapping in (both, off, apart):
        mapping.refresh_from_db()
    assert (both.adds, both.stage, off.removes) == (keys(vip), paid, keys(vip))
    assert (apart.adds, apart.removes) == (keys(vip), keys(hold))


@pytest.mark.parametrize(("target", "stage", "adds"), [("Paid", "Paid", []), ("VIP", "Quoted", ["Paid"])])
def test_an_event_mapping_moves_to_the_other_stage_if_it_is_one(
    boss: Actor, number: Instance, side: FarSide, labels: Labels, target: str, stage: str, adds: list[str]
) -> None:
    mapping = make_mapping(number, adds=(labels["Paid"],), stage=labels["Quoted"])
    merge(boss, number, labels, "Quoted", target)
    mapping.refresh_from_db()
    assert (mapping.stage, mapping.adds) == (labels[stage], keys(*(labels[name] for name in adds)))


# When


def test_it_comes_with_the_end_of_the_label_and_not_before(
    boss: Actor, number: Instance, side: FarSide, labels: Labels, make_chat: MakeChat
) -> None:
    chat = make_chat(labels=(labels["On hold"],))
    side.tags = {(chat.jid, "5")}
    side.status_of = {f"PUT /labels/4/chats/{chat.jid}": 422}
    rule = make_rule(number, actions={"add": keys(labels["On hold"])})
    carry_through(begin(boss, labels), number)
    assert Rule.objects.get(pk=rule.pk).actions == {"add": keys(labels["On hold"])}  # a chat failed: the label stays


def test_a_label_that_is_deleted_on_the_phone_while_it_is_merged_hands_over_as_well(
    boss: Actor, number: Instance, side: FarSide, labels: Labels
) -> None:
    rule = make_rule(number, actions={"add": keys(labels["On hold"])})
    begin(boss, labels)
    remove_label(labels["On hold"], timezone.now())
    assert Rule.objects.get(pk=rule.pk).actions == {"add": keys(labels["VIP"])}


@pytest.mark.parametrize("how", ["never", "stopped", "target gone"])
def test_a_label_that_is_just_deleted_hands_over_nothing(
    boss: Actor, number: Instance, side: FarSide, labels: Labels, how: str
) -> None:
    rule = make_rule(number, actions={"add": keys(labels["On hold"])})
    if how != "never":
        run = begin(boss, labels)
        if how == "stopped":
            cancel(boss, run)
            carry_through(run, number, turns=2)
        else:
            remove_label(labels["VIP"], timezone.now())
    remove_label(labels["On hold"], timezone.now())
    assert Rule.objects.get(pk=rule.pk).actions == {"add": keys(labels["On hold"])}
