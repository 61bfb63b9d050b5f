"""The runs lane: how much it begins, for whom, and when it rests."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from labelapp.actions.actor import Actor
from labelapp.actions.runs import pause
from labelapp.actions.tagging import set_label
from labelapp.lanes import runs as lane
from labelapp.lanes.reach import Reach
from labelapp.models import ChatLabel, Instance, Label, Receipt, Run, RunChat, User
from labelapp.queries.run_tallies import Tally, tally
from tests.conftest import MakeChat
from tests.posted import fresh, run_push
from tests.runs import begin_run, carry_through, states, sweep
from tests.wire import FarSide

Labels = dict[str, Label]


@pytest.fixture
def side(far: FarSide, labels: Labels) -> FarSide:
    far.labels = {label.wa_id: {"name": label.name, "color": label.color_index} for label in labels.values()}
    return far


def set_number(number: Instance, **values: Any) -> None:
    Instance.objects.filter(pk=number.pk).update(**values)


def begun(run: Run) -> int:
    return RunChat.objects.filter(run=run).exclude(state="waiting").count()


@pytest.mark.parametrize(("pace", "most"), [(0.3, 8), (5, 20), (1000, 40)])
def test_only_a_few_wishes_wait_at_a_time(
    number: Instance, lead: User, make_chat: MakeChat, labels: Labels, pace: float, most: int
) -> None:
    set_number(number, pace=pace)
    run = begin_run(lead, [make_chat() for _ in range(50)])
    assert [sweep(number), sweep(number)] == [most, 0]
    ChatLabel.objects.filter(pk__in=ChatLabel.objects.order_by("pk")[:3].values("pk")).update(receipt=Receipt.SENT)
    assert sweep(number) == 3  # those that were sent make room
    assert begun(run) == most + 3


def test_what_is_so_already_takes_no_room(number: Instance, lead: User, make_chat: MakeChat, labels: Labels) -> None:
    set_number(number, pace=0.3)
    run = begin_run(lead, [make_chat(labels=(labels["VIP"],)) for _ in range(30)])
    sweep(number)
    run.refresh_from_db()
    assert (run.state, tally(run)) == ("done", Tally(already=30))


def test_what_has_not_arrived_is_bounded_too(
    number: Instance, lead: User, make_chat: MakeChat, labels: Labels, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lane, "OPEN", 10)
    run = begin_run(lead, [make_chat() for _ in range(30)])
    sweep(number)
    ChatLabel.objects.update(receipt=Receipt.SENT)
    assert (sweep(number), begun(run)) == (0, 20)


def test_runs_share_the_pace(number: Instance, lead: User, side: FarSide, make_chat: MakeChat, labels: Labels) -> None:
    set_number(number, pace=1)
    first, reach = begin_run(lead, [make_chat() for _ in range(40)]), Reach()
    sweep(number)
    others = [begin_run(lead, [make_chat() for _ in range(40)], [name]) for name in ("On hold", "Paid")]
    for _turn in range(10):
        run_push(number)
        set_number(number, pace=1)
        lane.run_due(fresh(number), reach)
    assert [begun(run) for run in [first, *others]] == [8 + 27, 27, 26]  # the first one was alone at first


@pytest.mark.parametrize(
    "away",
    [{"status": "STOPPED"}, {"trouble": "silent:"}, {"frozen_at": timezone.now()}, {"session_due_at": timezone.now()}],
)
def test_a_number_that_is_away_gets_no_wishes(
    number: Instance, lead: User, make_chat: MakeChat, labels: Labels, away: dict[str, Any]
) -> None:
    run = begin_run(lead, [make_chat()])
    set_number(number, **away)
    assert sweep(number) == 0
    assert (states(run), ChatLabel.objects.count()) == (["waiting"], 0)


def quiet_now(number: Instance) -> None:
    now = timezone.now()
    set_number(number, quiet_from=(now - timedelta(hours=1)).time(), quiet_until=(now + timedelta(hours=1)).time())


def test_quiet_hours_begin_nothing_and_send_nothing(
    number: Instance, lead: User, side: FarSide, make_chat: MakeChat, labels: Labels
) -> None:
    chats = [make_chat(labels=(labels["Quoted"],)) for _ in range(30)]
    side.tags = {(chat.jid, "2") for chat in chats}
    begin_run(lead, chats, ["Paid"])
    sweep(number)
    run_push(number)
    sent = len(side.writes)
    assert sent == 20
    later = timezone.now() + timedelta(hours=1)  # nothing is read back by itself, however slow the machine
    ChatLabel.objects.filter(receipt=Receipt.SENT).update(due_at=later)
    sweep(number)
    quiet_now(number)
    assert sweep(number) == 0
    run_push(number)
    assert len(side.writes) == sent
    ChatLabel.objects.filter(receipt=Receipt.SENT).update(due_at=timezone.now())
    run_push(number)  # what was begun is finished: the new stage is seen, the old one comes off
    assert [call.split()[0] for call in side.writes[sent:]] == ["DELETE"] * sent


def test_agents_are_not_quiet(
    number: Instance, agent: User, side: FarSide, make_chat: MakeChat, labels: Labels
) -> None:
    quiet_now(number)
    set_label(Actor.of(agent), make_chat(), labels["VIP"], on=True)
    assert run_push(number) == 1


def test_a_paused_run_lets_what_is_on_its_way_arrive(
    number: Instance, lead: User, side: FarSide, make_chat: MakeChat, labels: Labels
) -> None:
    run = begin_run(lead, [make_chat() for _ in range(30)])
    sweep(number)
    pause(Actor.of(lead), run)
    assert carry_through(run, number, turns=4) == Tally(waiting=10, changed=20)
    assert run.state == "paused"


def test_stopping_starts_nothing(number: Instance, lead: User, make_chat: MakeChat, labels: Labels) -> None:
    begin_run(lead, [make_chat()])
    assert lane.run_due(fresh(number), Reach(), lambda: True) == 0


def test_an_idle_lane_costs_one_query(number: Instance, django_assert_num_queries: Any) -> None:
    found = fresh(number)
    with django_assert_num_queries(1):
        assert lane.run_due(found, Reach()) == 0


def test_looking_costs_the_same_for_many_chats(
    number: Instance, lead: User, make_chat: MakeChat, labels: Labels, django_assert_num_queries: Any
) -> None:
    run = begin_run(lead, [make_chat() for _ in range(30)])
    sweep(number)
    pause(Actor.of(lead), run)
    found = fresh(number)
    for keep in (20, 1):
        ChatLabel.objects.filter(pk__in=ChatLabel.objects.order_by("pk")[keep:].values("pk")).update(receipt="sent")
        with django_assert_num_queries(5):
            assert lane.run_due(found, Reach()) == 0
