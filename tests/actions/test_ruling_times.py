"""Rules that wait for time to pass: once for each time that it has been so, and never for what was so long before."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from labelapp.actions.ruling_times import look_at_clocks
from labelapp.models import Chat, ChatLabel, Instance, Label, Rule, RuleFiring
from labelapp.models.fields import NEVER
from labelapp.queries.rules import waits
from tests.conftest import MakeChat
from tests.ruled import carried, keys, make_rule, run_facts, words

Labels = dict[str, Label]
HOUR = timedelta(hours=1)


def wrote(chat: Chat, ago: timedelta, text: str = "help", **more: object) -> None:
    at = timezone.now() - ago
    Chat.objects.filter(pk=chat.pk).update(last_in_at=at, last_message_at=at, last_message_text=text, **more)


def old(rule: Rule) -> Rule:
    """Switched on long ago."""
    Rule.objects.filter(pk=rule.pk).update(on_since=timezone.now() - timedelta(days=30))
    return rule


def test_unanswered_for_some_time_fires_once_for_each_question(
    number: Instance, make_chat: MakeChat, labels: Labels
) -> None:
    old(make_rule(number, "unanswered", about={"seconds": 3600}, actions={"add": keys(labels["VIP"])}))
    late, soon, answered = make_chat(), make_chat(), make_chat()
    wrote(late, 2 * HOUR)
    wrote(soon, HOUR / 2)
    wrote(answered, 2 * HOUR, last_out_at=timezone.now())
    assert [look_at_clocks(number) for _time in range(2)] == [1, 0]
    assert [carried(chat) for chat in (late, soon, answered)] == [{"VIP"}, set(), set()]
    assert look_at_clocks(number, timezone.now() + HOUR) == 1
    wrote(late, HOUR * 1.5)
    assert look_at_clocks(number) == 1
    assert Rule.objects.get().fired == 3


def test_what_waited_before_the_rule_was_switched_on_is_no_news(
    number: Instance, make_chat: MakeChat, labels: Labels
) -> None:
    make_rule(number, "unanswered", about={"seconds": 3600}, actions={"add": keys(labels["VIP"])})
    before, since = make_chat(), make_chat()
    wrote(before, 2 * HOUR)
    wrote(since, HOUR * 0.9)
    assert look_at_clocks(number, timezone.now() + HOUR / 2) == 1
    assert (carried(before), carried(since)) == (set(), {"VIP"})


@pytest.mark.parametrize(("trigger", "label"), [("label.for", "On hold"), ("stage.for", "Quoted")])
def test_a_label_or_a_stage_for_some_time(
    number: Instance, make_chat: MakeChat, labels: Labels, trigger: str, label: str
) -> None:
    about = {"labels": keys(labels[label]), "seconds": 86_400}
    old(make_rule(number, trigger, about=about, actions={"add": keys(labels["VIP"])}))
    long, short, wished = (make_chat(labels=(labels[label],)) for _n in range(3))
    now = timezone.now()
    ChatLabel.objects.filter(chat=long).update(wanted_at=now - 25 * HOUR)
    ChatLabel.objects.filter(chat=short).update(wanted_at=now - 23 * HOUR)
    ChatLabel.objects.filter(chat=wished).update(wanted_at=now - 25 * HOUR, receipt="pending")
    assert [look_at_clocks(number) for _time in range(2)] == [1, 0]
    assert [("VIP" in carried(chat)) for chat in (long, short, wished)] == [True, False, False]


def test_labels_that_were_there_before_labelapp_are_not_old_since_ever(
    number: Instance, make_chat: MakeChat, labels: Labels
) -> None:
    about = {"labels": keys(labels["VIP"]), "seconds": 60}
    old(make_rule(number, "label.for", about=about, actions={"add": keys(labels["On hold"])}))
    make_chat(labels=(labels["VIP"],))
    ChatLabel.objects.update(wanted_at=NEVER)
    assert look_at_clocks(number) == 0


def test_it_waits_for_the_hours_and_looks_at_what_was_said(
    number: Instance, make_chat: MakeChat, labels: Labels
) -> None:
    asked = words("help") | {"hours": {"from": "09:00", "until": "18:00"}}
    rule = make_rule(
        number, "unanswered", about={"seconds": 3600}, conditions=asked, actions={"add": keys(labels["VIP"])}
    )
    evening = datetime(2026, 11, 2, 21, tzinfo=UTC)
    Rule.objects.filter(pk=rule.pk).update(on_since=evening - timedelta(days=1))
    chat, other = make_chat(), make_chat()
    for each, text in ((chat, "help"), (other, "thanks")):
        Chat.objects.filter(pk=each.pk).update(last_in_at=evening, last_message_text=text)
    found = [look_at_clocks(number, evening + timedelta(hours=hours)) for hours in (2, 14, 15)]
    assert (found, carried(chat), carried(other)) == ([0, 1, 0], {"VIP"}, set())


def test_more_than_one_look_takes_is_done_by_the_next(
    number: Instance, make_chat: MakeChat, labels: Labels, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waits, "MOST", 2)
    old(make_rule(number, "unanswered", about={"seconds": 60}, actions={"add": keys(labels["VIP"])}))
    for _n in range(3):
        wrote(make_chat(), HOUR)
    assert [look_at_clocks(number) for _time in range(3)] == [2, 1, 0]


def test_the_lane_looks_by_itself(number: Instance, make_chat: MakeChat, labels: Labels) -> None:
    old(make_rule(number, "unanswered", about={"seconds": 60}, actions={"add": keys(labels["VIP"])}))
    chat = make_chat()
    wrote(chat, HOUR)
    run_facts(number)
    assert (carried(chat), RuleFiring.objects.get().since) == ({"VIP"}, Chat.objects.get(pk=chat.pk).last_in_at)
