"""What becomes of a label's time when the label comes off, comes back, or becomes part of another; and when chats do."""

from datetime import timedelta

import pytest
from django.utils import timezone

from labelapp.actions.actor import Actor
from labelapp.actions.directory import remove_label
from labelapp.actions.identity import learn_hidden_ids
from labelapp.actions.listing import adopt_listing, read_list
from labelapp.actions.merging import start_merge
from labelapp.actions.pairs import fail
from labelapp.actions.providers import client_for
from labelapp.actions.pruning import prune
from labelapp.actions.tagging import dismiss_failure, move_to_stage, set_label
from labelapp.actions.tagging import tag as put
from labelapp.actions.timers import Then
from labelapp.actions.undoing import noting, undo
from labelapp.models import Chat, ChatLabel, Instance, Label, LabelTimer, Run, Source, User
from labelapp.models.fields import NEVER
from labelapp.models.reasons import Reason
from labelapp.models.timers import timer_of
from labelapp.whatsapp.types import LidPair
from tests.conftest import MakeChat
from tests.posted import deliver, pair_of, show, tagged, untagged
from tests.ruled import carried, confirm
from tests.runs import carry_through
from tests.timed import HOUR, pass_time, run_timers, set_time, told
from tests.wire import FarSide

Labels = dict[str, Label]
LID, PN = "10931@lid", "201555000001@c.us"


@pytest.fixture
def chat(agent: User, make_chat: MakeChat, labels: Labels) -> Chat:
    """VIP for an hour."""
    made = make_chat(PN, labels=(labels["VIP"],))
    set_time(agent, made, labels["VIP"])
    return made


def take_off(user: User, chat: Chat, label: Label) -> None:
    set_label(Actor.of(user), chat, label, on=False)
    confirm(chat)


def is_timed(chat: Chat, label: Label) -> bool:
    return timer_of(pair_of(chat, label)) is not None


# Off and on


def test_off_before_its_time_it_ends_with_the_reason(number: Instance, agent: User, chat: Chat, labels: Labels) -> None:
    take_off(agent, chat, labels["VIP"])
    assert not is_timed(chat, labels["VIP"])
    pass_time()
    assert (run_timers(number), LabelTimer.objects.count()) == (1, 0)
    assert told(chat)[1:] == [("remove", "agent", ""), ("timer.end", "timer", Reason.TIMER_LOST())]


def by_click(number: Instance, chat: Chat, label: Label) -> None:
    set_label(Actor.of(User.objects.get(username="agent")), chat, label, on=True)


def by_phone(number: Instance, chat: Chat, label: Label) -> None:
    deliver(number, tagged(chat.jid, label.wa_id, at=20))


def by_reading(number: Instance, chat: Chat, label: Label) -> None:
    ChatLabel.objects.filter(chat=chat).update(confirmed_at=None, wanted_at=NEVER, remote_at=NEVER)
    show(chat, label)


def by_list(number: Instance, chat: Chat, label: Label) -> None:
    ChatLabel.objects.filter(chat=chat).update(confirmed_at=None, wanted_at=NEVER, remote_at=NEVER)
    with client_for(number) as client:
        adopt_listing(Actor(None, Source.PHONE), read_list(client, label), [chat.jid])


@pytest.mark.parametrize("again", [by_click, by_phone, by_reading, by_list])
def test_put_on_again_it_has_no_time(
    number: Instance, agent: User, far: FarSide, chat: Chat, labels: Labels, again: object
) -> None:
    deliver(number, untagged(chat.jid, "4", at=10))
    assert (carried(chat), LabelTimer.objects.count()) == (set(), 1)
    far.tags = {(chat.jid, "4")}
    again(number, chat, Label.objects.select_related("instance").get(name="VIP"))  # type: ignore[operator]
    assert (carried(chat), LabelTimer.objects.count()) == ({"VIP"}, 0)
    assert ("timer.end", "timer", Reason.TIMER_ANEW()) in told(chat)


def test_off_and_on_in_one_batch_is_put_on_again(number: Instance, chat: Chat) -> None:
    deliver(number, untagged(chat.jid, "4", at=10), tagged(chat.jid, "4", at=20))
    assert (carried(chat), LabelTimer.objects.count()) == ({"VIP"}, 0)


def test_an_undo_brings_the_time_back(agent: User, chat: Chat, labels: Labels) -> None:
    actor = Actor.of(agent)
    _pair, offer = noting(chat, lambda locked: put(actor, locked, labels["VIP"].pk, on=False))
    confirm(chat)
    assert not is_timed(chat, labels["VIP"])
    assert offer is not None
    undo(actor, chat, offer)
    assert is_timed(chat, labels["VIP"])


def test_a_removal_that_failed_took_nothing(agent: User, chat: Chat, labels: Labels) -> None:
    pair = set_label(Actor.of(agent), chat, labels["VIP"], on=False)
    fail(pair, Reason.NOT_THERE())
    dismiss_failure(Actor.of(agent), pair)
    assert is_timed(chat, labels["VIP"])


def test_a_stage_that_stays_because_the_new_one_failed_keeps_its_time(
    agent: User, make_chat: MakeChat, labels: Labels
) -> None:
    chat = make_chat(labels=(labels["Quoted"],))
    set_time(agent, chat, labels["Quoted"])
    pair = move_to_stage(Actor.of(agent), chat, labels["Paid"])
    assert not is_timed(chat, labels["Quoted"])
    fail(pair, Reason.SAID("no"))
    assert is_timed(chat, labels["Quoted"])


def test_a_label_that_is_tried_again_keeps_its_time(agent: User, make_chat: MakeChat, labels: Labels) -> None:
    chat = make_chat()
    pair = set_time(agent, chat, labels["VIP"])
    fail(pair, Reason.SAID("no"))
    set_label(Actor.of(agent), chat, labels["VIP"], on=True)
    assert is_timed(chat, labels["VIP"])


def test_what_came_off_an_hour_ago_is_over(agent: User, chat: Chat, labels: Labels) -> None:
    take_off(agent, chat, labels["VIP"])
    prune()
    assert LabelTimer.objects.count() == 1
    ChatLabel.objects.update(wanted_at=timezone.now() - timedelta(hours=1, minutes=1))
    for _time in range(2):
        prune()
    assert LabelTimer.objects.count() == 0
    assert told(chat)[-1] == ("timer.end", "timer", Reason.TIMER_LOST())
    assert len(told(chat)) == 3


@pytest.mark.parametrize("look", ["prune", "timer"])
def test_a_deleted_label_ends_its_times(number: Instance, chat: Chat, labels: Labels, look: str) -> None:
    remove_label(Label.objects.get(name="VIP"), timezone.now())
    pass_time()
    prune() if look == "prune" else run_timers(number)
    assert LabelTimer.objects.count() == 0
    assert told(chat)[-1] == ("timer.end", "timer", Reason.DELETED())


# Joined


def learn(number: Instance) -> None:
    learn_hidden_ids(number, [LidPair(LID, PN)])


def test_the_time_goes_along_when_two_chats_become_one(
    number: Instance, agent: User, make_chat: MakeChat, labels: Labels
) -> None:
    shown, hidden = make_chat(PN), make_chat(LID, labels=(labels["VIP"],))
    set_time(agent, hidden, labels["VIP"])
    learn(number)
    assert is_timed(shown, labels["VIP"])
    pass_time()
    assert (run_timers(number), carried(shown)) == (1, set())


@pytest.mark.parametrize("hidden_first", [True, False])
def test_of_two_times_the_earlier_one_stays(
    number: Instance, agent: User, chat: Chat, make_chat: MakeChat, labels: Labels, hidden_first: bool
) -> None:
    hidden = make_chat(LID, labels=(labels["VIP"],))
    set_time(agent, hidden, labels["VIP"], HOUR / 2 if hidden_first else HOUR * 2)
    first = LabelTimer.objects.order_by("due_at").first()
    learn(number)
    assert (LabelTimer.objects.get(), Chat.objects.count()) == (first, 1)
    assert is_timed(chat, labels["VIP"])


def test_the_time_of_a_label_that_was_off_does_not_come_back_by_joining(
    number: Instance, agent: User, chat: Chat, make_chat: MakeChat, labels: Labels
) -> None:
    take_off(agent, chat, labels["VIP"])
    make_chat(LID, labels=(labels["VIP"],))
    learn(number)
    assert (carried(chat), LabelTimer.objects.count()) == ({"VIP"}, 0)


@pytest.fixture
def side(far: FarSide, labels: Labels) -> FarSide:
    far.labels = {label.wa_id: {"name": label.name, "color": label.color_index} for label in labels.values()}
    return far


def merged(number: Instance, side: FarSide, boss: Actor, source: str, target: str) -> Run:
    """Carried through to its end."""
    side.tags = {(pair.chat.jid, pair.label.wa_id) for pair in ChatLabel.objects.filter(wanted=True)}
    run = start_merge(boss, Label.objects.get(name=source), Label.objects.get(name=target))
    carry_through(run, number)
    run.refresh_from_db()
    assert (run.state, Label.objects.get(name=source).deleted_at is None) == ("done", False)
    return run


@pytest.mark.parametrize(("source", "target"), [("VIP", "On hold"), ("Quoted", "Paid")])
def test_a_label_that_is_merged_hands_its_times_on(
    number: Instance,
    boss: Actor,
    side: FarSide,
    agent: User,
    make_chat: MakeChat,
    labels: Labels,
    source: str,
    target: str,
) -> None:
    """Also within a group that allows one, where the other takes it off by itself. A time of the other's own stays."""
    one, two = make_chat(labels=(labels[source],)), make_chat(labels=(labels["VIP"], labels["On hold"]))
    set_time(agent, one, labels[source])
    set_time(agent, two, labels["On hold"], 2 * HOUR)
    own = LabelTimer.objects.get(pair__chat=two).due_at
    merged(number, side, boss, source, target)
    assert is_timed(one, labels[target])
    assert LabelTimer.objects.get(pair__chat=two).due_at == own
    pass_time()
    run_timers(number)
    assert carried(one) == set()


def test_what_was_to_turn_into_a_merged_label_turns_into_the_other(
    number: Instance, boss: Actor, side: FarSide, agent: User, make_chat: MakeChat, labels: Labels
) -> None:
    chat = make_chat(labels=(labels["VIP"],))
    set_time(agent, chat, labels["VIP"], then=Then.TURN, turn_into=labels["Quoted"].pk)
    merged(number, side, boss, "Quoted", "Paid")
    pass_time()
    run_timers(number)
    assert carried(chat) == {"Paid"}


def test_what_was_to_turn_into_the_label_that_it_is_merged_into_has_done_so(
    number: Instance, boss: Actor, side: FarSide, agent: User, make_chat: MakeChat, labels: Labels
) -> None:
    chat = make_chat(labels=(labels["VIP"],))
    set_time(agent, chat, labels["VIP"], then=Then.TURN, turn_into=labels["On hold"].pk)
    merged(number, side, boss, "VIP", "On hold")
    assert (carried(chat), LabelTimer.objects.count()) == ({"On hold"}, 0)
    assert ("timer.end", "timer", Reason.TIMER_CAME()) in told(chat)
