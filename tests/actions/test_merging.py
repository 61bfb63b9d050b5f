"""One label merged into another: linked first, pruned after, deleted in the end."""

from typing import Any

import pytest
from django.utils import timezone

from labelapp.actions.actor import Actor, NotAllowed, Refused
from labelapp.actions.directory import remove_label
from labelapp.actions.merging import start_merge
from labelapp.actions.run_undo import undo
from labelapp.actions.runs import cancel, pause, resume, retry
from labelapp.actions.tagging import set_label
from labelapp.lanes.reach import Reach
from labelapp.models import Chat, ChatAlias, ChatLabel, Instance, Label, LedgerEntry, Receipt, Run, User, Verb
from labelapp.models.reasons import Reason
from labelapp.queries.run_tallies import Tally, tally
from tests.conftest import MakeChat
from tests.posted import fresh, run_push_later
from tests.runs import carry_through, lane, states, sweep
from tests.wire import FarSide

Labels = dict[str, Label]


@pytest.fixture
def side(far: FarSide, labels: Labels) -> FarSide:
    far.labels = {label.wa_id: {"name": label.name, "color": label.color_index} for label in labels.values()}
    return far


@pytest.fixture
def tagged(side: FarSide, labels: Labels, make_chat: MakeChat) -> list[Chat]:
    """Four chats on hold, one of them a VIP already; WhatsApp has them so."""
    more: list[tuple[Label, ...]] = [(), (), (labels["VIP"],), ()]
    chats = [make_chat(labels=(labels["On hold"], *others)) for others in more]
    side.tags = {(pair.chat.jid, pair.label.wa_id) for pair in ChatLabel.objects.select_related("chat", "label")}
    return chats


def begin(boss: Actor, labels: Labels, source: str = "On hold", target: str = "VIP") -> Run:
    return start_merge(boss, Label.objects.get(pk=labels[source].pk), Label.objects.get(pk=labels[target].pk))


def held(chat: Chat) -> set[str]:
    return set(ChatLabel.objects.filter(chat=chat, wanted=True).values_list("label__name", flat=True))


def is_gone(label: Label) -> bool:
    return Label.objects.get(pk=label.pk).deleted_at is not None


def test_each_chat_moves_and_the_label_goes(
    boss: Actor, number: Instance, side: FarSide, labels: Labels, tagged: list[Chat]
) -> None:
    run = begin(boss, labels)
    assert (run.target, run.adds, run.removes) == ("merge", ["VIP"], ["On hold"])
    assert carry_through(run, number) == Tally(changed=4)
    run.refresh_from_db()
    assert (run.state, is_gone(labels["On hold"]), "5" in side.labels) == ("done", True, False)
    assert [held(chat) for chat in tagged] == [{"VIP"}] * 4
    assert side.tags == {(chat.jid, "4") for chat in tagged}
    deleted = LedgerEntry.objects.get(verb=Verb.LABEL_DELETE)
    assert (deleted.actor, deleted.cause) == (boss.user, Reason.RUN(str(run.pk)))


def test_no_chat_is_without_both_at_any_moment(
    boss: Actor, number: Instance, side: FarSide, labels: Labels, tagged: list[Chat]
) -> None:
    bare: list[str] = []

    def look(line: str) -> None:
        bare.extend(chat.jid for chat in tagged if not {(chat.jid, "4"), (chat.jid, "5")} & side.tags)

    side.before = look
    carry_through(begin(boss, labels), number)
    assert (bare, is_gone(labels["On hold"])) == ([], True)
    off = [n for n, call in enumerate(side.calls) if call.startswith("DELETE /labels/5/chats")]
    assert len(off) == 4
    assert side.calls.index("DELETE /labels/5") > max(off)


def test_stages_of_one_funnel_merge_too(
    boss: Actor, number: Instance, side: FarSide, labels: Labels, make_chat: MakeChat
) -> None:
    chat = make_chat(labels=(labels["Quoted"],))
    side.tags = {(chat.jid, "2")}
    run = begin(boss, labels, "Quoted", "Paid")
    assert carry_through(run, number) == Tally(changed=1)
    assert (held(chat), side.tags, is_gone(labels["Quoted"])) == ({"Paid"}, {(chat.jid, "3")}, True)


def test_a_label_without_chats_is_deleted_at_once(boss: Actor, number: Instance, side: FarSide, labels: Labels) -> None:
    run = begin(boss, labels)
    assert carry_through(run, number, turns=2) == Tally()
    assert is_gone(labels["On hold"])


def test_a_chat_that_fails_keeps_its_label_and_the_label_stays(
    boss: Actor, number: Instance, side: FarSide, labels: Labels, tagged: list[Chat]
) -> None:
    side.status_of = {f"PUT /labels/4/chats/{tagged[0].jid}": 422}
    run = begin(boss, labels)
    assert carry_through(run, number) == Tally(changed=3, failed=1)
    run.refresh_from_db()
    assert (run.state, is_gone(labels["On hold"]), held(tagged[0])) == ("done", False, {"On hold", "VIP"})
    assert (tagged[0].jid, "5") in side.tags
    side.status_of = {}
    assert retry(boss, run) == 1
    assert carry_through(run, number) == Tally(changed=4)
    assert (is_gone(labels["On hold"]), held(tagged[0])) == (True, {"VIP"})


def test_chats_tagged_meanwhile_are_moved_too(
    boss: Actor, number: Instance, side: FarSide, labels: Labels, tagged: list[Chat], make_chat: MakeChat
) -> None:
    run, late = begin(boss, labels), make_chat()
    set_label(boss, late, labels["On hold"], on=True)
    assert carry_through(run, number) == Tally(changed=5)
    assert (held(late), is_gone(labels["On hold"])) == ({"VIP"}, True)


def test_a_chat_tagged_again_after_its_turn_is_moved_again(
    boss: Actor, number: Instance, side: FarSide, labels: Labels, tagged: list[Chat]
) -> None:
    run = begin(boss, labels)
    pause_before_the_end(run, number)
    set_label(boss, tagged[0], labels["On hold"], on=True)
    carry_through(run, number)
    assert (held(tagged[0]), is_gone(labels["On hold"])) == ({"VIP"}, True)


def pause_before_the_end(run: Run, number: Instance) -> None:
    """All is sent and seen, and the lane has not looked since."""
    reach = Reach()
    lane.run_due(fresh(number), reach)
    for _turn in range(3):
        run_push_later(number)


def test_what_only_the_provider_knows_is_moved_before_the_deletion(
    boss: Actor, number: Instance, side: FarSide, labels: Labels, tagged: list[Chat], make_chat: MakeChat
) -> None:
    unheard = make_chat()
    side.tags.add((unheard.jid, "5"))
    run = begin(boss, labels)
    carry_through(run, number)
    assert (held(unheard), (unheard.jid, "4") in side.tags, is_gone(labels["On hold"])) == ({"VIP"}, True, True)


def test_chats_that_are_not_here_stop_it(
    boss: Actor, number: Instance, side: FarSide, labels: Labels, tagged: list[Chat]
) -> None:
    side.tags.add(("201099999999@c.us", "5"))
    run = begin(boss, labels)
    carry_through(run, number)
    run.refresh_from_db()
    number.refresh_from_db()
    assert (run.state, run.trouble, is_gone(labels["On hold"])) == ("paused", Reason.STRANGERS(), False)
    assert number.reconcile_due_at is not None
    side.tags.discard(("201099999999@c.us", "5"))
    assert resume(boss, run)
    carry_through(run, number)
    assert is_gone(labels["On hold"])


def test_a_refused_deletion_is_told_and_can_be_tried_again(
    boss: Actor, number: Instance, side: FarSide, labels: Labels, tagged: list[Chat]
) -> None:
    side.before = lambda line: side.status_of.update({line: 422} if line == "DELETE /labels/5" else {})
    run = begin(boss, labels)
    carry_through(run, number)
    run.refresh_from_db()
    assert (run.state, run.reason) == (
        "paused",
        "All chats are moved, but the label could not be deleted. The provider says: Said 422",
    )
    side.before, side.status_of = (lambda line: None), {}
    resume(boss, run)
    carry_through(run, number)
    assert is_gone(labels["On hold"])


def test_a_crash_after_the_deletion_costs_nothing(
    boss: Actor, number: Instance, side: FarSide, labels: Labels, tagged: list[Chat]
) -> None:
    def die(line: str) -> None:
        if line == "DELETE /labels/5":
            side.forget("5")
            raise KeyboardInterrupt

    side.before = die
    run = begin(boss, labels)
    with pytest.raises(KeyboardInterrupt):
        carry_through(run, number)
    side.before = lambda line: None
    assert carry_through(run, number) == Tally(changed=4)
    assert is_gone(labels["On hold"])


def test_a_new_label_with_the_old_ones_id_is_spared(
    boss: Actor, number: Instance, side: FarSide, labels: Labels, tagged: list[Chat]
) -> None:
    run = begin(boss, labels)
    pause_before_the_end(run, number)
    side.forget("5")
    side.labels["5"] = {"name": "Fresh", "color": 7}
    sweep(number)
    number.refresh_from_db()
    assert (side.labels["5"]["name"], number.directory_due_at is not None) == ("Fresh", True)
    assert "DELETE /labels/5" not in side.calls


def test_a_label_that_goes_by_itself_ends_it(
    boss: Actor, number: Instance, side: FarSide, labels: Labels, tagged: list[Chat]
) -> None:
    run = begin(boss, labels)
    remove_label(labels["On hold"], timezone.now())
    carry_through(run, number)
    run.refresh_from_db()
    assert (run.state, [held(chat) for chat in tagged]) == ("done", [{"VIP"}] * 4)


def test_without_its_new_label_it_stops(
    boss: Actor, number: Instance, side: FarSide, labels: Labels, tagged: list[Chat]
) -> None:
    run = begin(boss, labels)
    remove_label(labels["VIP"], timezone.now())
    sweep(number)
    sweep(number)
    run.refresh_from_db()
    assert (run.state, run.trouble, is_gone(labels["On hold"])) == ("paused", Reason.DELETED(), False)
    assert [held(chat) for chat in tagged] == [{"On hold"}] * 4


def test_paused_it_does_nothing_and_stopped_it_deletes_nothing(
    boss: Actor, number: Instance, side: FarSide, labels: Labels, tagged: list[Chat]
) -> None:
    run = begin(boss, labels)
    pause(boss, run)
    sweep(number)
    assert states(run) == ["waiting"] * 4
    cancel(boss, run)
    carry_through(run, number, turns=3)
    run.refresh_from_db()
    assert (run.state, is_gone(labels["On hold"]), side.writes) == ("cancelled", False, [])


def test_what_is_deleted_can_not_be_taken_back(
    boss: Actor, number: Instance, side: FarSide, labels: Labels, tagged: list[Chat]
) -> None:
    run = begin(boss, labels)
    carry_through(run, number)
    with pytest.raises(Refused, match="can't be put back"):
        undo(boss, Run.objects.get(pk=run.pk))


@pytest.mark.parametrize("who", ["agent", "lead"])
def test_only_who_manages_labels_may(who: str, request: Any, labels: Labels) -> None:
    with pytest.raises(NotAllowed):
        start_merge(Actor.of(request.getfixturevalue(who)), labels["VIP"], labels["On hold"])
    assert not Run.objects.exists()


def test_who_may_no_longer_manage_labels_stops_it(
    boss: Actor, admin: User, number: Instance, side: FarSide, labels: Labels, tagged: list[Chat]
) -> None:
    run = begin(boss, labels)
    admin.groups.clear()
    sweep(number)
    run.refresh_from_db()
    assert (run.state, tally(run)) == ("paused", Tally(waiting=4))


def test_labels_that_do_not_merge(boss: Actor, labels: Labels, other_number: Instance, make_chat: MakeChat) -> None:
    vip, hold, paid = labels["VIP"], labels["On hold"], labels["Paid"]
    far = Label.objects.create(instance=other_number, wa_id="1", name="Far", known_at=timezone.now())
    ghost = Label.objects.create(instance=vip.instance, wa_id="91")
    gone = Label.objects.create(instance=vip.instance, wa_id="92", name="Gone", deleted_at=timezone.now())
    make_chat(labels=(vip,))
    for source, target, status in ((vip, vip, 422), (vip, far, 404), (vip, ghost, 409), (gone, vip, 410)):
        with pytest.raises(Refused) as refused:
            start_merge(boss, source, target)
        assert refused.value.status == status
    run = start_merge(boss, vip, hold)
    for source, target in ((vip, paid), (paid, vip), (hold, paid)):
        with pytest.raises(Refused) as refused:
            start_merge(boss, source, target)
        assert refused.value.status == 409
    assert list(Run.objects.all()) == [run]


def test_a_wish_to_take_it_off_that_failed_is_no_reason_to_give_the_other(
    boss: Actor, number: Instance, side: FarSide, labels: Labels, tagged: list[Chat], make_chat: MakeChat
) -> None:
    stuck = make_chat()
    assert ChatAlias.objects.filter(chat=stuck).exists()
    ChatLabel.objects.create(chat=stuck, label=labels["On hold"], wanted=False, remote=True, receipt=Receipt.FAILED)
    side.tags.add((stuck.jid, "5"))
    carry_through(begin(boss, labels), number)
    assert (held(stuck), is_gone(labels["On hold"])) == (set(), True)
