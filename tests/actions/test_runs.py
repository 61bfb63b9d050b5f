from datetime import timedelta

import pytest
from django.utils import timezone

from labelapp.actions.actor import Actor, NotAllowed, Refused
from labelapp.actions.identity import learn_hidden_ids
from labelapp.actions.numbers import remove_number
from labelapp.actions.run_starts import start
from labelapp.actions.run_targets import Target, chosen, in_chunks
from labelapp.actions.runs import cancel, cut_off, pause, resume, retry
from labelapp.actions.tagging import set_label
from labelapp.models import Chat, ChatLabel, Instance, Label, LedgerEntry, Receipt, Run, RunChat, RunItem, Source, User
from labelapp.models.reasons import Reason
from labelapp.queries.run_labels import Wanted
from labelapp.queries.run_tallies import Tally, tally
from labelapp.whatsapp.types import LidPair
from tests.conftest import MakeChat
from tests.posted import fresh, pair_of, run_push_later
from tests.runs import begin_run, carry_through, states, sweep
from tests.wire import FarSide

Labels = dict[str, Label]


@pytest.fixture
def side(far: FarSide, labels: Labels) -> FarSide:
    far.labels = {label.wa_id: {"name": label.name, "color": label.color_index} for label in labels.values()}
    return far


def wishes(label: Label) -> list[tuple[str, str, str]]:
    entries = LedgerEntry.objects.filter(label=label).order_by("pk")
    return [(entry.verb, entry.source, entry.cause) for entry in entries]


def test_a_run_writes_its_chats_down_and_changes_nothing_yet(
    number: Instance, lead: User, make_chat: MakeChat, labels: Labels
) -> None:
    chats = [make_chat() for _ in range(3)]
    run = begin_run(lead, [*chats, chats[0]], ["VIP"], ["On hold"])
    assert (run.state, run.user, list(run.numbers.all())) == ("running", lead, [number])
    assert tally(run) == Tally(waiting=3)
    assert RunItem.objects.filter(place__run=run).count() == 6
    assert not ChatLabel.objects.exists()


def test_a_run_to_its_end(number: Instance, lead: User, side: FarSide, make_chat: MakeChat, labels: Labels) -> None:
    had = make_chat(labels=(labels["VIP"],))
    both = make_chat(labels=(labels["On hold"],))
    plain = make_chat()
    side.tags = {(had.jid, "4"), (both.jid, "5")}
    run = begin_run(lead, [had, both, plain], ["VIP"], ["On hold"])
    assert carry_through(run, number) == Tally(changed=2, already=1)
    assert (run.state, states(run)) == ("done", ["already", "changed", "changed"])
    assert side.tags == {(chat.jid, "4") for chat in (had, both, plain)}
    cause = Reason.RUN(str(run.pk))
    assert wishes(labels["VIP"]) == [("add", Source.BULK, cause)] * 2
    assert wishes(labels["On hold"]) == [("remove", Source.BULK, cause)]
    assert set(LedgerEntry.objects.values_list("actor", flat=True)) == {lead.pk}
    assert not ChatLabel.objects.filter(chat=plain, label=labels["On hold"]).exists()  # no row for what never was


def test_a_stage_goes_on_before_the_old_one_comes_off(
    number: Instance, lead: User, side: FarSide, make_chat: MakeChat, labels: Labels
) -> None:
    chat = make_chat(labels=(labels["Quoted"],))
    side.tags = {(chat.jid, "2")}
    run = begin_run(lead, [chat], ["Paid"])
    assert carry_through(run, number) == Tally(changed=1)
    assert side.writes == [f"PUT /labels/3/chats/{chat.jid}", f"DELETE /labels/2/chats/{chat.jid}"]
    items = (
        RunItem.objects.filter(place__run=run)
        .order_by("pk")
        .values_list("label__name", "on", "follows", "before", "state")
    )
    assert list(items) == [("Paid", True, False, False, "changed"), ("Quoted", False, True, True, "changed")]


def test_clicks_come_first(number: Instance, lead: User, side: FarSide, make_chat: MakeChat, labels: Labels) -> None:
    chats = [make_chat() for _ in range(5)]
    begin_run(lead, chats[:4])
    sweep(number)
    set_label(Actor.of(lead), chats[4], labels["VIP"], on=True)
    run_push_later(number)
    assert side.writes[0] == f"PUT /labels/4/chats/{chats[4].jid}"


def test_a_click_on_what_a_run_has_wished_makes_it_urgent(
    number: Instance, lead: User, make_chat: MakeChat, labels: Labels
) -> None:
    chat = make_chat()
    begin_run(lead, [chat])
    sweep(number)
    assert pair_of(chat, labels["VIP"]).priority == 10
    set_label(Actor.of(lead), chat, labels["VIP"], on=True)
    assert pair_of(chat, labels["VIP"]).priority == 0
    assert LedgerEntry.objects.count() == 1


def test_only_who_may(agent: User, lead: User, make_chat: MakeChat, labels: Labels) -> None:
    chat = make_chat()
    with pytest.raises(NotAllowed):
        begin_run(agent, [chat])
    run = begin_run(lead, [chat])
    for act in (pause, resume, cancel, retry):
        with pytest.raises(NotAllowed):
            act(Actor.of(agent), run)


@pytest.mark.parametrize(
    ("adds", "removes", "words"),
    [
        ((), (), "Choose at least one label to add or remove."),
        (("VIP",), ("VIP",), "A label can't be added and removed at once."),
        (("Quoted", "Paid"), (), "Only one label of “Sales funnel” can be on a chat."),
        (("Nonsense",), (), "No number has a label of this name."),
    ],
)
def test_labels_that_make_no_sense(
    lead: User, make_chat: MakeChat, labels: Labels, adds: tuple[str, ...], removes: tuple[str, ...], words: str
) -> None:
    with pytest.raises(Refused) as refused:
        begin_run(lead, [make_chat()], adds, removes)
    assert str(refused.value.message) == words
    assert not Run.objects.exists()


def test_a_target_without_chats(lead: User, other_number: Instance, make_chat: MakeChat, labels: Labels) -> None:
    hidden = make_chat(instance=other_number)
    for target in (chosen([]), chosen([10**9]), chosen([hidden.pk])):
        with pytest.raises(Refused, match="There is no chat to change"):
            start(Actor.of(lead), target, Wanted(("VIP",)))
    assert not Run.objects.exists()


def test_too_many_chats_leave_nothing_behind(
    lead: User, make_chat: MakeChat, labels: Labels, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("labelapp.actions.run_starts.MOST", 2)
    pks = [make_chat().pk for _ in range(3)]
    target = Target(Run.Target.CHOSEN, "", lambda: iter([pks[:2], pks[2:]]))
    with pytest.raises(Refused, match="at most"):
        start(Actor.of(lead), target, Wanted(("VIP",)))
    assert (Run.objects.count(), RunChat.objects.count()) == (0, 0)


def test_labels_bind_by_name_on_each_number(
    number: Instance, admin: User, other_number: Instance, side: FarSide, make_chat: MakeChat, labels: Labels
) -> None:
    other_number.me_jid = number.me_jid
    theirs = Label.objects.create(instance=other_number, wa_id="77", name="VIP", known_at=timezone.now())
    side.labels["77"] = {"name": "VIP", "color": 1}
    here, there = make_chat(), make_chat(instance=other_number)
    run = begin_run(admin, [here, there], ["VIP"], ["On hold"])
    assert carry_through(run, number, other_number) == Tally(changed=2)
    assert side.tags == {(here.jid, "4"), (there.jid, "77")}
    assert pair_of(there, theirs).receipt == Receipt.CONFIRMED


def test_a_number_without_the_label_is_left_out(
    number: Instance, admin: User, other_number: Instance, side: FarSide, make_chat: MakeChat, labels: Labels
) -> None:
    here, there = make_chat(), make_chat(instance=other_number)
    run = begin_run(admin, [here, there])
    assert carry_through(run, number, other_number) == Tally(changed=1, skipped=1)
    left_out = RunChat.objects.get(chat=there)
    assert (left_out.words, left_out.instance) == ("The number has no label “VIP”.", other_number)


def test_pause_resume_cancel(number: Instance, lead: User, side: FarSide, make_chat: MakeChat, labels: Labels) -> None:
    actor = Actor.of(lead)
    run = begin_run(lead, [make_chat() for _ in range(3)])
    assert [pause(actor, run), pause(actor, run)] == [True, False]
    assert sweep(number) == 0
    assert [resume(actor, run), resume(actor, run)] == [True, False]
    assert sweep(number) == 3
    assert [cancel(actor, run), cancel(actor, run), resume(actor, run)] == [True, False, False]
    assert carry_through(run, number) == Tally(changed=3)  # what was on its way arrives
    assert run.state == "cancelled"
    with pytest.raises(Refused):
        retry(actor, run)


def test_failures_in_a_row_stop_it(
    number: Instance, lead: User, side: FarSide, make_chat: MakeChat, labels: Labels, settings: object
) -> None:
    settings.PUSH_ATTEMPTS = 1
    run = begin_run(lead, [make_chat() for _ in range(60)])
    side.status_of = {"PUT": 422}
    carry_through(run, number, turns=3)
    assert run.state == "paused"
    assert run.reason == (
        "It stopped by itself: several chats in a row failed. The last reason: The provider says: Said 422"
    )
    failed = tally(run).failed
    assert 3 <= failed < 60
    side.status_of = {}
    assert retry(Actor.of(lead), run) == failed
    assert carry_through(run, number) == Tally(changed=60)
    assert LedgerEntry.objects.filter(verb="add").count() == 60 + failed


def test_one_failed_chat_is_tried_again(
    number: Instance, lead: User, side: FarSide, make_chat: MakeChat, labels: Labels
) -> None:
    good, bad = make_chat(), make_chat()
    run = begin_run(lead, [good, bad])
    side.status_of = {f"PUT /labels/4/chats/{bad.jid}": 422}
    assert carry_through(run, number) == Tally(changed=1, failed=1)
    assert (run.state, RunChat.objects.get(chat=bad).words) == ("done", "The provider says: Said 422")
    side.status_of = {}
    assert retry(Actor.of(lead), run, good.pk) == 0
    assert retry(Actor.of(lead), run, bad.pk) == 1
    assert carry_through(run, number) == Tally(changed=2)


def test_a_number_that_is_away_for_long_stops_its_runs(
    number: Instance, lead: User, make_chat: MakeChat, labels: Labels
) -> None:
    run = begin_run(lead, [make_chat()])
    ago = timezone.now() - timedelta(minutes=11)
    Instance.objects.filter(pk=number.pk).update(trouble=Reason.SILENT("No connection."), trouble_at=ago)
    sweep(number)
    run.refresh_from_db()
    assert (run.state, states(run)) == ("paused", ["waiting"])
    assert "could not be reached for long" in run.reason


def test_who_may_not_any_more_stops_it(number: Instance, lead: User, make_chat: MakeChat, labels: Labels) -> None:
    run = begin_run(lead, [make_chat()])
    lead.groups.clear()
    sweep(number)
    run.refresh_from_db()
    assert (run.state, "Lead Demo may not change" in run.reason) == ("paused", True)


def test_somebody_changes_a_chat_meanwhile(
    number: Instance, lead: User, side: FarSide, make_chat: MakeChat, labels: Labels
) -> None:
    chat = make_chat()
    run = begin_run(lead, [chat])
    sweep(number)
    set_label(Actor.of(lead), chat, labels["VIP"], on=False)
    assert carry_through(run, number) == Tally(skipped=1)
    assert RunChat.objects.get().words == "Somebody has changed it since."


def test_a_label_deleted_meanwhile(
    number: Instance, lead: User, side: FarSide, make_chat: MakeChat, labels: Labels
) -> None:
    run = begin_run(lead, [make_chat()])
    Label.objects.filter(pk=labels["VIP"].pk).update(deleted_at=timezone.now())
    assert carry_through(run, number) == Tally(skipped=1)
    assert RunChat.objects.get().words == "The label was deleted in WhatsApp."


def test_a_number_removed_meanwhile(number: Instance, admin: User, make_chat: MakeChat, labels: Labels) -> None:
    run = begin_run(admin, [make_chat() for _ in range(20)])
    sweep(number)
    remove_number(Actor.of(admin), number)
    run.refresh_from_db()
    assert (run.state, tally(run)) == ("done", Tally(skipped=20))


@pytest.mark.parametrize("begun", [False, True])
def test_two_chats_of_a_run_turn_out_to_be_one(
    number: Instance, lead: User, side: FarSide, make_chat: MakeChat, labels: Labels, begun: bool
) -> None:
    shown, hidden = make_chat("201000000077@c.us"), make_chat("999@lid")
    run = begin_run(lead, [hidden, shown])
    if begun:
        sweep(number)
    assert learn_hidden_ids(number, [LidPair("999@lid", "201000000077@c.us")]) == 1
    assert carry_through(run, number) == Tally(changed=1)
    assert pair_of(Chat.objects.get(), labels["VIP"]).receipt == Receipt.CONFIRMED


def test_a_preparation_that_was_cut_off(number: Instance, lead: User, make_chat: MakeChat, labels: Labels) -> None:
    run = begin_run(lead, [make_chat()])
    Run.objects.update(state="preparing")
    sweep(number)
    run.refresh_from_db()
    assert run.state == "preparing"
    Run.objects.update(created_at=timezone.now() - timedelta(minutes=16))
    sweep(number)
    run.refresh_from_db()
    assert (run.state, run.ended_at is None, run.reason) == (
        "cancelled",
        False,
        "It was cut off while it was being prepared. Nothing was changed.",
    )
    cut_off(run)  # safe to repeat
    assert not ChatLabel.objects.exists()


def test_chunks_cover_all(number: Instance) -> None:
    assert [len(part) for part in in_chunks(range(1001))] == [500, 500, 1]
    assert fresh(number).is_quiet(timezone.now()) is False
