import pytest

from labelapp.actions.actor import Actor, NotAllowed, Refused
from labelapp.actions.run_undo import take_back, undo
from labelapp.actions.tagging import set_label
from labelapp.models import ChatLabel, Instance, Label, LedgerEntry, Run, RunChat, RunItem, User
from labelapp.models.reasons import Reason
from labelapp.queries.run_tallies import Tally, tally
from tests.conftest import MakeChat
from tests.posted import pair_of
from tests.runs import begin_run, carry_through, sweep
from tests.wire import FarSide

Labels = dict[str, Label]


@pytest.fixture
def side(far: FarSide, labels: Labels) -> FarSide:
    far.labels = {label.wa_id: {"name": label.name, "color": label.color_index} for label in labels.values()}
    return far


def test_only_what_it_really_changed_is_taken_back(
    number: Instance, lead: User, side: FarSide, make_chat: MakeChat, labels: Labels
) -> None:
    had, plain, held = make_chat(labels=(labels["VIP"],)), make_chat(), make_chat(labels=(labels["On hold"],))
    side.tags = before = {(had.jid, "4"), (held.jid, "5")}
    run = begin_run(lead, [had, plain, held], ["VIP"], ["On hold"])
    side.tags = set(before)
    carry_through(run, number)
    back = undo(Actor.of(lead), run)
    assert (back.undoes, back.target, back.adds, back.removes) == (run, "undo", ["On hold"], ["VIP"])
    assert carry_through(back, number) == Tally(changed=2)
    assert side.tags == before
    causes = LedgerEntry.objects.filter(cause=Reason.RUN(str(back.pk))).order_by("pk").values_list("verb", "source")
    assert sorted(causes) == [("add", "bulk"), ("remove", "bulk"), ("remove", "bulk")]


def test_a_stage_comes_back(number: Instance, lead: User, side: FarSide, make_chat: MakeChat, labels: Labels) -> None:
    chat, fresh = make_chat(labels=(labels["Quoted"],)), make_chat()
    side.tags = {(chat.jid, "2")}
    run = begin_run(lead, [chat, fresh], ["Paid"])
    carry_through(run, number)
    assert side.tags == {(chat.jid, "3"), (fresh.jid, "3")}
    side.calls.clear()
    assert carry_through(undo(Actor.of(lead), run), number) == Tally(changed=2)
    assert side.tags == {(chat.jid, "2")}
    mine = [call for call in side.writes if call.endswith(chat.jid)]
    assert mine == [f"PUT /labels/2/chats/{chat.jid}", f"DELETE /labels/3/chats/{chat.jid}"]  # never without a stage


def test_what_was_changed_since_stays(
    number: Instance, lead: User, side: FarSide, make_chat: MakeChat, labels: Labels
) -> None:
    chats = [make_chat() for _ in range(3)]
    run = begin_run(lead, chats)
    carry_through(run, number)
    actor = Actor.of(lead)
    set_label(actor, chats[0], labels["VIP"], on=False)
    set_label(actor, chats[1], labels["VIP"], on=False)
    set_label(actor, chats[1], labels["VIP"], on=True)
    assert carry_through(undo(actor, run), number) == Tally(changed=1, skipped=2)
    assert [pair_of(chat, labels["VIP"]).wanted for chat in chats] == [False, True, False]
    assert RunChat.objects.filter(state="skipped").first().words == "Somebody has changed it since."


def test_a_stage_that_somebody_set_since_is_not_replaced(
    number: Instance, lead: User, side: FarSide, make_chat: MakeChat, labels: Labels
) -> None:
    chat = make_chat(labels=(labels["Quoted"],))
    side.tags = {(chat.jid, "2")}
    run = begin_run(lead, [chat], [], ["Quoted"])
    carry_through(run, number)
    set_label(Actor.of(lead), chat, labels["Paid"], on=True)
    assert carry_through(undo(Actor.of(lead), run), number) == Tally(skipped=1)
    assert list(ChatLabel.objects.filter(wanted=True).values_list("label__name", flat=True)) == ["Paid"]


def test_refusals(
    number: Instance, agent: User, lead: User, side: FarSide, make_chat: MakeChat, labels: Labels
) -> None:
    chat = make_chat()
    run = begin_run(lead, [chat])
    with pytest.raises(NotAllowed):
        undo(Actor.of(agent), run)
    with pytest.raises(Refused, match="Stop the run first"):
        undo(Actor.of(lead), run)
    carry_through(run, number)
    back = undo(Actor.of(lead), run)
    with pytest.raises(Refused, match="being taken back already"):
        undo(Actor.of(lead), run)
    assert carry_through(back, number) == Tally(changed=1)
    assert Run.objects.count() == 2
    nothing = begin_run(lead, [chat], [], ["On hold"])
    sweep(number)
    with pytest.raises(Refused, match="nothing that could be taken back"):
        undo(Actor.of(lead), nothing)


def test_an_undo_can_be_undone(
    number: Instance, lead: User, side: FarSide, make_chat: MakeChat, labels: Labels
) -> None:
    chat = make_chat()
    run = begin_run(lead, [chat])
    carry_through(run, number)
    back = undo(Actor.of(lead), run)
    carry_through(back, number)
    assert carry_through(undo(Actor.of(lead), back), number) == Tally(changed=1)
    assert side.tags == {(chat.jid, "4")}
    assert RunItem.objects.count() == 3


def test_in_the_middle_what_was_begun_is_taken_back_and_the_rest_left_out(
    number: Instance, lead: User, side: FarSide, make_chat: MakeChat, labels: Labels
) -> None:
    Instance.objects.filter(pk=number.pk).update(pace=0.3)
    chats = [make_chat(labels=(labels["Quoted"],)) for _ in range(12)]
    side.tags = before = {(chat.jid, "2") for chat in chats}
    run = begin_run(lead, chats, ["Paid"])
    sweep(number)  # eight are begun, none has arrived
    back = take_back(Actor.of(lead), run)
    assert carry_through(back, number) == Tally(changed=8)
    run.refresh_from_db()
    assert (run.state, run.ended_at is not None) == ("cancelled", True)
    assert tally(run) == Tally(skipped=12)
    assert {place.reason for place in run.chats.all()} == {Reason.STOPPED(), Reason.NEWER()}
    assert side.tags == before
    wanted = ChatLabel.objects.filter(wanted=True).values_list("label__name", flat=True)
    assert list(wanted) == ["Quoted"] * 12


def test_a_run_that_had_not_begun_is_only_stopped(
    number: Instance, lead: User, make_chat: MakeChat, labels: Labels
) -> None:
    run = begin_run(lead, [make_chat() for _ in range(3)])
    assert take_back(Actor.of(lead), run) == run
    run.refresh_from_db()
    assert (run.state, tally(run), Run.objects.count()) == ("cancelled", Tally(skipped=3), 1)
    assert sweep(number) == 0
    with pytest.raises(Refused, match="changed nothing"):
        take_back(Actor.of(lead), run)


def test_agents_take_no_run_back(agent: User, lead: User, make_chat: MakeChat, labels: Labels) -> None:
    run = begin_run(lead, [make_chat()])
    with pytest.raises(NotAllowed):
        take_back(Actor.of(agent), run)
    run.refresh_from_db()
    assert run.state == "running"
