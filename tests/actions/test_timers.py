"""A label's time: set, changed, taken away, and what happens when it comes."""

from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from labelapp.actions import timers
from labelapp.actions.actor import Actor, NotAllowed, Refused
from labelapp.actions.tagging import Gone, set_label
from labelapp.actions.timers import AHEAD, Alarm, BadTimer, Then, clear_timer, due_timers, fire, set_timer, time_pair
from labelapp.models import (
    Change,
    Chat,
    ChatLabel,
    Instance,
    Label,
    LabelTimer,
    LedgerEntry,
    Move,
    Notice,
    NoticeSettings,
    Receipt,
    Source,
    User,
)
from labelapp.models.reasons import Reason, sentence
from tests.conftest import MakeChat, person
from tests.posted import pair_of
from tests.ruled import carried, confirm, keys, make_rule, run_facts
from tests.timed import HOUR, pass_time, run_timers, set_time, told

Labels = dict[str, Label]


@pytest.fixture
def chat(make_chat: MakeChat, labels: Labels) -> Chat:
    return make_chat(labels=(labels["VIP"],))


# Set


def test_a_time_for_a_label_that_is_on_sends_nothing(agent: User, chat: Chat, labels: Labels) -> None:
    pair = set_time(agent, chat, labels["VIP"])
    assert (pair.receipt, pair.due_at) == (Receipt.CONFIRMED, None)
    timer = LabelTimer.objects.get()
    assert (timer.pair, timer.then, timer.set_by, timer.source, timer.rang_at) == (pair, "remove", agent, "agent", None)
    ((verb, source, cause),) = told(chat)
    assert (verb, source) == ("timer", "agent")
    assert sentence(cause).startswith("Until ")
    assert sentence(cause).endswith(", then it comes off.")
    assert Change.objects.filter(chat=chat, kind="chat").count() == 1


def test_a_time_for_a_label_that_is_off_puts_it_on(agent: User, chat: Chat, labels: Labels) -> None:
    pair = set_time(agent, chat, labels["On hold"])
    assert (pair.wanted, pair.receipt) == (True, Receipt.PENDING)
    assert [verb for verb, _source, _cause in told(chat)] == ["add", "timer"]


def test_the_same_time_again_changes_nothing_and_another_one_does(
    agent: User, agent2: User, chat: Chat, labels: Labels
) -> None:
    alarm = Alarm(timezone.now() + HOUR)
    for _time in range(2):
        set_timer(Actor.of(agent), chat, labels["VIP"], alarm)
    before = LedgerEntry.objects.count(), Change.objects.count()
    set_timer(Actor.of(agent2), chat, labels["VIP"], alarm)
    assert (LedgerEntry.objects.count(), Change.objects.count()) == before == (1, 1)
    set_timer(Actor.of(agent2), chat, labels["VIP"], Alarm(alarm.until, Then.CALL, call=agent))
    assert (LabelTimer.objects.get().then, LabelTimer.objects.get().set_by, len(told(chat))) == ("call", agent2, 2)


def test_it_is_taken_away_and_the_label_stays(agent: User, chat: Chat, labels: Labels) -> None:
    set_time(agent, chat, labels["VIP"])
    for _time in range(2):
        clear_timer(Actor.of(agent), chat, labels["VIP"])
    clear_timer(Actor.of(agent), chat, labels["Paid"])  # never was on
    assert (LabelTimer.objects.count(), carried(chat)) == (0, {"VIP"})
    assert told(chat)[1:] == [("timer.end", "agent", Reason.TIMER_CLEARED())]


def test_who_may_not_tag_may_not_set_a_time(number: Instance, agent: User, chat: Chat, labels: Labels) -> None:
    set_time(agent, chat, labels["VIP"])
    guest = Actor.of(person("guest"))
    with pytest.raises(NotAllowed):
        set_timer(guest, chat, labels["On hold"], Alarm(timezone.now() + HOUR))
    with pytest.raises(NotAllowed):
        clear_timer(guest, chat, labels["VIP"])
    assert (LabelTimer.objects.count(), carried(chat)) == (1, {"VIP"})


def alarms(labels: Labels, other: Label, people: dict[str, User]) -> dict[str, tuple[dict[str, Any], str, str]]:
    """Name -> what is wrong with an alarm, the field and the sentence."""
    later = {"until": timezone.now() + HOUR}
    turn = later | {"then": Then.TURN}
    call = later | {"then": Then.CALL}
    return {
        "over": ({"until": timezone.now()}, "until", "This time is over."),
        "far": ({"until": timezone.now() + AHEAD + HOUR}, "until", "A timer can be set for a year ahead at most."),
        "nothing": (turn, "turn_into", "Choose what it turns into."),
        "itself": (turn | {"turn_into": labels["On hold"].pk}, "turn_into", "A label can't turn into itself."),
        "elsewhere": (turn | {"turn_into": other.pk}, "turn_into", "This number has no such label."),
        "deleted": (turn | {"turn_into": labels["Paid"].pk}, "turn_into", "“Paid” was deleted in WhatsApp."),
        "archived": (turn | {"turn_into": labels["Quoted"].pk}, "turn_into", "“Quoted” is archived."),
        "nobody": (call, "call", "Choose who is told."),
        "stranger": (call | {"call": people["stranger"]}, "call", "Stranger Demo may not see this number."),
    }


@pytest.mark.parametrize(
    "name", ["over", "far", "nothing", "itself", "elsewhere", "deleted", "archived", "nobody", "stranger"]
)
def test_what_makes_no_sense_is_refused_with_its_field_and_changes_nothing(
    number: Instance, other_number: Instance, agent: User, stranger: User, chat: Chat, labels: Labels, name: str
) -> None:
    number.people.add(agent)
    other = Label.objects.create(instance=other_number, wa_id="1", name="There", known_at=timezone.now())
    Label.objects.filter(name="Paid").update(deleted_at=timezone.now())
    Label.objects.filter(name="Quoted").update(archived_at=timezone.now())
    wrong, field, words = alarms(labels, other, {"stranger": stranger})[name]
    with pytest.raises(BadTimer) as refused:
        set_timer(Actor.of(agent), chat, labels["On hold"], Alarm(**wrong))
    assert (refused.value.field, str(refused.value.message), refused.value.status) == (field, words, 422)
    assert (carried(chat), LabelTimer.objects.count(), LedgerEntry.objects.count()) == ({"VIP"}, 0, 0)


def test_a_label_that_cant_be_put_on_gets_no_time(
    agent: User, chat: Chat, labels: Labels, other_number: Instance
) -> None:
    Label.objects.filter(name="Paid").update(deleted_at=timezone.now())
    with pytest.raises(Gone):
        set_time(agent, chat, labels["Paid"])
    other = Label.objects.create(instance=other_number, wa_id="1", name="There", known_at=timezone.now())
    with pytest.raises(Refused) as refused:
        set_time(agent, chat, other)
    assert (refused.value.status, LabelTimer.objects.count()) == (404, 0)


# When it comes


def test_before_its_time_nothing_happens(number: Instance, agent: User, chat: Chat, labels: Labels) -> None:
    set_time(agent, chat, labels["VIP"])
    assert (run_timers(number), carried(chat)) == (0, {"VIP"})
    assert not fire(LabelTimer.objects.get().pk, chat.pk)


def test_the_label_comes_off_as_by_a_click(number: Instance, agent: User, chat: Chat, labels: Labels) -> None:
    set_time(agent, chat, labels["VIP"])
    pass_time()
    assert [run_timers(number) for _time in range(2)] == [1, 0]
    pair = pair_of(chat, labels["VIP"])
    assert (pair.wanted, pair.receipt, pair.priority) == (False, Receipt.PENDING, 5)
    assert LabelTimer.objects.count() == 0
    assert told(chat)[1:] == [("remove", "timer", Reason.TIMER_CAME())]
    assert Label.objects.get(name="VIP").chat_count == 0


def test_it_turns_into_another_which_goes_on_first(number: Instance, agent: User, chat: Chat, labels: Labels) -> None:
    set_time(agent, chat, labels["VIP"], then=Then.TURN, turn_into=labels["On hold"].pk)
    pass_time()
    run_timers(number)
    old, new = pair_of(chat, labels["VIP"]), pair_of(chat, labels["On hold"])
    assert (new.wanted, new.receipt) == (True, Receipt.PENDING)
    assert (old.wanted, old.waits_for) == (False, new)
    assert [entry[:2] for entry in told(chat)[1:]] == [("add", "timer"), ("remove", "timer")]


def test_of_stages_it_is_a_move(number: Instance, agent: User, make_chat: MakeChat, labels: Labels) -> None:
    chat = make_chat(labels=(labels["Quoted"],))
    set_time(agent, chat, labels["Quoted"], then=Then.TURN, turn_into=labels["New lead"].pk)
    pass_time()
    run_timers(number)
    assert carried(chat) == {"New lead"}
    move = Move.objects.get()
    assert (move.label, move.before, move.source) == (labels["New lead"], labels["Quoted"], Source.TIMER)
    assert [entry[0] for entry in told(chat)[1:]] == ["add", "remove"]


def test_where_the_other_is_on_already_it_just_comes_off(
    number: Instance, agent: User, make_chat: MakeChat, labels: Labels
) -> None:
    chat = make_chat(labels=(labels["VIP"], labels["On hold"]))
    set_time(agent, chat, labels["VIP"], then=Then.TURN, turn_into=labels["On hold"].pk)
    pass_time()
    run_timers(number)
    assert (carried(chat), pair_of(chat, labels["VIP"]).waits_for) == ({"On hold"}, None)


def test_somebody_is_told_once_and_the_label_stays_overdue(
    number: Instance, agent: User, agent2: User, chat: Chat, labels: Labels
) -> None:
    NoticeSettings.objects.create(user=agent2, quiet_from="00:00", quiet_until="23:59:59")
    set_time(agent, chat, labels["VIP"], then=Then.CALL, call=agent2)
    pass_time()
    assert [run_timers(number) for _time in range(2)] == [1, 0]
    notice = Notice.objects.get()
    assert (notice.user, notice.chat, notice.label, notice.urgent, notice.hushed) == (
        agent2,
        chat,
        labels["VIP"],
        True,
        False,
    )
    assert notice.words == "VIP: its time has come"
    assert (LabelTimer.objects.get().rang_at is not None, carried(chat)) == (True, {"VIP"})
    assert told(chat)[1:] == [("timer.call", "timer", Reason.TIMER_TOLD("Agent2 Demo"))]


def test_after_somebody_was_told_another_time_can_be_set(
    number: Instance, agent: User, chat: Chat, labels: Labels
) -> None:
    set_time(agent, chat, labels["VIP"], then=Then.CALL, call=agent)
    pass_time()
    run_timers(number)
    set_time(agent, chat, labels["VIP"], then=Then.CALL, call=agent)
    pass_time()
    assert (run_timers(number), Notice.objects.count()) == (1, 2)


@pytest.mark.parametrize("left", ["locked out", "may not see it", "deleted"])
def test_who_has_left_is_not_told_but_whoever_set_it(
    number: Instance, agent: User, agent2: User, chat: Chat, labels: Labels, left: str
) -> None:
    set_time(agent, chat, labels["VIP"], then=Then.CALL, call=agent2)
    if left == "may not see it":
        number.people.add(agent)
    elif left == "deleted":
        agent2.delete()
    else:
        User.objects.filter(pk=agent2.pk).update(is_active=False)
    pass_time()
    run_timers(number)
    assert [notice.user for notice in Notice.objects.all()] == [agent]


def test_where_nobody_is_left_the_activity_says_so(number: Instance, agent: User, chat: Chat, labels: Labels) -> None:
    set_time(agent, chat, labels["VIP"], then=Then.CALL, call=agent)
    User.objects.filter(pk=agent.pk).update(is_active=False)
    pass_time()
    run_timers(number)
    assert (Notice.objects.count(), LabelTimer.objects.get().rang_at is None) == (0, False)
    assert sentence(told(chat)[-1][2]) == "Nobody could be told."


def test_what_it_was_to_turn_into_was_deleted_meanwhile(
    number: Instance, agent: User, chat: Chat, labels: Labels
) -> None:
    set_time(agent, chat, labels["VIP"], then=Then.TURN, turn_into=labels["On hold"].pk)
    Label.objects.filter(name="On hold").update(deleted_at=timezone.now())
    pass_time()
    assert [run_timers(number) for _time in range(2)] == [1, 0]
    assert (carried(chat), LabelTimer.objects.count()) == ({"VIP"}, 0)
    verb, source, cause = told(chat)[-1]
    assert (verb, source) == ("timer.end", "timer")
    assert sentence(cause) == "It could not be done: “On hold” was deleted in WhatsApp"


def test_one_that_breaks_ends_and_holds_up_no_other(
    number: Instance, agent: User, make_chat: MakeChat, labels: Labels, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = make_chat(labels=(labels["VIP"],)), make_chat(labels=(labels["VIP"],))
    for chat in (first, second):
        set_time(agent, chat, labels["VIP"])
    pass_time()
    remove = timers.WAYS[Then.REMOVE]

    def broken(timer: LabelTimer) -> None:
        remove(timer)
        if timer.pair.chat == first:
            raise RuntimeError("boom")

    monkeypatch.setitem(timers.WAYS, Then.REMOVE, broken)
    assert run_timers(number) == 2
    assert (carried(first), carried(second), LabelTimer.objects.count()) == ({"VIP"}, set(), 0)
    assert told(first)[-1] == ("timer.end", "timer", Reason.TIMER_BROKE("RuntimeError"))


def test_a_kill_in_the_middle_loses_nothing_and_repeats_nothing(
    number: Instance, agent: User, chat: Chat, labels: Labels, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process ends between the wish and the end of the transaction."""
    set_time(agent, chat, labels["VIP"])
    pass_time()
    with monkeypatch.context() as patched:
        patched.setattr(timers, "tag", killed)
        with pytest.raises(SystemExit):
            run_timers(number)
    assert (carried(chat), LabelTimer.objects.count(), len(told(chat))) == ({"VIP"}, 1, 1)
    assert [run_timers(number) for _time in range(2)] == [1, 0]
    assert (carried(chat), len(told(chat))) == (set(), 2)


def killed(actor: Actor, chat: Chat, label: int, **more: Any) -> ChatLabel:
    set_label(actor, chat, Label.objects.get(pk=label), on=more["on"])
    raise SystemExit


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_do_it_once(number: Instance, agent: User, make_chat: MakeChat, labels: Labels) -> None:
    chats = [make_chat(labels=(labels["VIP"],)) for _n in range(5)]
    for chat in chats:
        set_time(agent, chat, labels["VIP"])
    pass_time()
    due, start, done = due_timers(number), Barrier(2), list[bool]()

    def work() -> None:
        start.wait()
        done.extend(fire(pk, chat) for pk, chat in due)
        connection.close()

    workers = [Thread(target=work) for _n in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)
    assert (len(due), sum(done)) == (5, 5)
    assert [len(told(chat)) for chat in chats] == [2] * 5
    assert Label.objects.get(name="VIP").chat_count == 0


# Rules


def test_a_rule_adds_a_label_for_some_time(number: Instance, make_chat: MakeChat, labels: Labels) -> None:
    about = {"labels": keys(labels["VIP"])}
    make_rule(number, "label.added", about=about, actions={"add": keys(labels["On hold"]), "lasts": 7200})
    chat = make_chat()
    set_label(Actor(None, Source.PHONE), chat, labels["VIP"], on=True)
    confirm(chat)
    before = timezone.now()
    run_facts(number)
    timer = LabelTimer.objects.get()
    assert (timer.pair.label, timer.then, timer.source, timer.depth) == (labels["On hold"], "remove", "rule", 1)
    assert timedelta(hours=2) <= timer.due_at - before < timedelta(hours=2, minutes=1)


def test_a_rule_does_not_answer_what_its_own_timer_does(number: Instance, make_chat: MakeChat, labels: Labels) -> None:
    """Else it would put the label on again, for ever."""
    for trigger in ("label.removed", "message.in"):
        make_rule(number, trigger, actions={"add": keys(labels["On hold"]), "lasts": 60})
    chat = make_chat(labels=(labels["On hold"],))
    set_label(Actor(None, Source.PHONE), chat, labels["On hold"], on=False)
    confirm(chat)
    run_facts(number)
    assert carried(chat) == {"On hold"}
    confirm(chat)
    run_facts(number)
    pass_time()
    run_timers(number)
    confirm(chat)
    run_facts(number)
    assert carried(chat) == set()


def test_a_program_is_named_in_the_activity(agent: User, chat: Chat, labels: Labels) -> None:
    shop = Actor(None, Source.API, "Shop", frozenset({"apply_labels"}))
    set_timer(shop, chat, labels["VIP"], Alarm(timezone.now() + HOUR))
    assert sentence(told(chat)[0][2]).endswith("then it comes off. (Shop)")
    pair = pair_of(chat, labels["VIP"])
    assert not time_pair(shop, pair, Alarm(LabelTimer.objects.get().due_at))
