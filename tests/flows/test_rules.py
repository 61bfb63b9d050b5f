"""Labels that apply themselves: something becomes known, a rule answers, WhatsApp gets the label."""

from labelapp.models import Fact, Instance, Label, LedgerEntry, Rule
from labelapp.models.chats import Chat
from tests.conftest import MakeChat
from tests.flows.conftest import Click
from tests.posted import deliver, just_now, run_push, run_push_later, said, tagged
from tests.ruled import carried, keys, make_rule, run_facts, settle, words
from tests.wire import FarSide

Labels = dict[str, Label]
ANNA = "201555000001@c.us"


def test_a_message_asks_for_help_and_the_label_is_on_the_phone(
    number: Instance, phone: FarSide, labels: Labels
) -> None:
    urgent = labels["VIP"]
    rule = make_rule(number, conditions=words("asap", "help"), actions={"add": keys(urgent)}, name="Urgent words")
    deliver(number, said(ANNA, "I need help ASAP", just_now()))
    run_facts(number)
    run_push(number)
    run_push_later(number)
    assert phone.has(ANNA, urgent.wa_id)
    entry = LedgerEntry.objects.get(verb="add")
    assert (entry.source, entry.cause, entry.depth, entry.rule) == ("rule", "Urgent words", 1, rule)
    run_facts(number)
    told = Fact.objects.get(kind="label.added")
    assert (told.source, told.depth, told.rule) == ("rule", 1, rule)
    rule.refresh_from_db()
    assert (rule.fired, rule.changed, rule.error, rule.guard) == (1, 1, "", "")


def test_the_same_message_again_and_a_label_that_is_on_change_nothing(
    number: Instance, phone: FarSide, labels: Labels
) -> None:
    make_rule(number, conditions=words("help"), actions={"add": keys(labels["VIP"])})
    message = said(ANNA, "help", just_now())
    for n in range(3):
        deliver(number, message | {"id": f"evt_repeat_{n}"})
        run_facts(number)
    deliver(number, said(ANNA, "help me", just_now()))
    run_facts(number)
    assert LedgerEntry.objects.filter(source="rule").count() == 1
    assert list(Rule.objects.values_list("fired", "changed")) == [(2, 1)]


def test_a_label_on_the_phone_moves_the_chat_to_a_stage(
    number: Instance, phone: FarSide, make_chat: MakeChat, labels: Labels
) -> None:
    make_rule(number, "label.added", about={"labels": keys(labels["VIP"])}, actions={"stage": labels["Quoted"].pk})
    chat = make_chat(labels=(labels["New lead"],))
    phone.tags = {(chat.jid, "1"), (chat.jid, "4")}
    deliver(number, tagged(chat.jid, "4"))
    run_facts(number)
    run_push(number)
    for _n in range(3):
        run_push_later(number)
    assert phone.tags == {(chat.jid, "2"), (chat.jid, "4")}


def test_a_new_chat_gets_the_first_stage(number: Instance, phone: FarSide, labels: Labels) -> None:
    make_rule(number, "chat.created", actions={"stage": labels["New lead"].pk})
    deliver(number, said(ANNA, "Hello", just_now()))
    run_facts(number)
    assert carried(Chat.objects.get(jid=ANNA)) == {"New lead"}


def test_two_rules_that_answer_each_other_stop(
    number: Instance, phone: FarSide, click: Click, make_chat: MakeChat, labels: Labels
) -> None:
    vip, hold = labels["VIP"], labels["On hold"]
    ping = make_rule(
        number, "label.added", about={"labels": keys(vip)}, actions={"add": keys(hold), "remove": keys(vip)}
    )
    pong = make_rule(
        number, "label.added", about={"labels": keys(hold)}, actions={"add": keys(vip), "remove": keys(hold)}
    )
    chat = make_chat()
    click(chat, "VIP")
    run_push(number)
    run_push_later(number)
    assert settle(number, chat) < 10
    assert carried(chat) == {"On hold"}
    ping.refresh_from_db()
    pong.refresh_from_db()
    assert (ping.guard, pong.guard.partition(":")[0]) == ("", "rule-pair")
    assert LedgerEntry.objects.filter(source="rule").count() == 2
