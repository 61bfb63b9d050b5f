"""A program tells of an event, a rule hears it."""

from labelapp.actions.events import settle
from labelapp.models import Instance, Label, Rule, User
from tests.conftest import MakeChat
from tests.events import make_event
from tests.ruled import carried, keys, make_rule, run_facts

Labels = dict[str, Label]


def test_a_rule_hears_events_of_its_type(number: Instance, admin: User, make_chat: MakeChat, labels: Labels) -> None:
    make_rule(number, "event", about={"event": "refund.asked"}, actions={"add": keys(labels["On hold"])})
    every = make_rule(number, "event", actions={"add": keys(labels["VIP"])})
    refund, other = make_chat(), make_chat()
    settle(make_event(admin, number, chat=refund, type="refund.asked"))
    settle(make_event(admin, number, chat=other, type="refund.paid"))
    for _twice in range(2):
        run_facts(number)
    assert (carried(refund), carried(other)) == ({"On hold", "VIP"}, {"VIP"})
    assert sorted(Rule.objects.values_list("fired", flat=True)) == [1, 2]
    assert Rule.objects.get(pk=every.pk).error == ""
