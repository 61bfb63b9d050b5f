import random
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from labelapp.actions import cycle_chats, doubts
from labelapp.actions.actor import Actor
from labelapp.actions.directory import remove_label
from labelapp.actions.findings import settle
from labelapp.actions.providers import client_for
from labelapp.actions.reconciling import APART, NotConnected, Stopped, preview, reconcile, schedule
from labelapp.actions.reports import Report
from labelapp.actions.tagging import set_label
from labelapp.models import Change, Chat, ChatAlias, ChatLabel, Finding, Instance, Label, LedgerEntry, Receipt, User
from labelapp.models.fields import NEVER
from labelapp.models.reasons import sentence
from labelapp.whatsapp.errors import ProviderError
from tests.conftest import MakeChat
from tests.posted import fresh, mirror, pair_of
from tests.wire import FarSide

Labels = dict[str, Label]
Kind, Outcome = Finding.Kind, Finding.Outcome


@pytest.fixture
def world(far: FarSide, number: Instance, labels: Labels, make_chat: MakeChat) -> FarSide:
    """Twelve chats with VIP, two of them On hold as well; WhatsApp says the same."""
    far.labels = {label.wa_id: {"name": label.name, "color": label.color_index} for label in labels.values()}
    for n in range(12):
        make_chat(labels=(labels["VIP"], labels["On hold"]) if n < 2 else (labels["VIP"],))
    far.tags = wanted()
    return far


def wanted() -> set[tuple[str, str]]:
    return set(ChatLabel.objects.filter(wanted=True).values_list("chat__jid", "label__wa_id"))


def chips() -> list[tuple[Any, ...]]:
    return sorted(ChatLabel.objects.values_list("pk", "wanted", "remote", "receipt", "remote_at", "missed_at"))


def run(number: Instance, **more: Any) -> Report:
    with client_for(number) as client:
        return reconcile(fresh(number), client, **more)


def run_later(number: Instance, **more: Any) -> Report:
    """A cycle long enough after the one before."""
    ChatLabel.objects.filter(missed_at__isnull=False).update(missed_at=timezone.now() - APART)
    return run(number, **more)


def jid(n: int) -> str:
    return Chat.objects.order_by("pk").values_list("jid", flat=True)[n]


def open_findings() -> set[tuple[str, str | None, str | None, int]]:
    return set(Finding.objects.unsettled().values_list("kind", "label__name", "chat__jid", "count"))


def test_nothing_different_writes_nothing(number: Instance, world: FarSide) -> None:
    run(number)
    Change.objects.all().delete()
    world.calls, before = [], chips()
    report = run(number)
    assert (report.added, report.removed, report.asked, report.waiting) == (0, 0, 0, 0)
    assert chips() == before
    assert world.calls[:3] == ["POST /session/info", "GET /labels", "GET /lids"]
    assert len(world.calls) == 11  # and one for each of five labels, and three chats to see that chats answer
    assert (LedgerEntry.objects.count(), Change.objects.exclude(kind="instance").count()) == (0, 0)


def test_what_is_there_is_taken_over_at_once(number: Instance, world: FarSide, labels: Labels) -> None:
    world.tags |= {(jid(5), "5"), ("2015559@c.us", "5")}
    report = run(number)
    assert wanted() == world.tags
    assert [(row.sign, row.jid, row.label.name) for row in report.differences] == [
        ("+", jid(5), "On hold"),
        ("+", "2015559@c.us", "On hold"),
    ]
    told = LedgerEntry.objects.values_list("verb", "source", "cause").distinct()
    assert list(told) == [("add", "phone", "compared:")]
    on_hold = Label.objects.get(pk=labels["On hold"].pk)
    assert (on_hold.chat_count, on_hold.remote_count, on_hold.verified_at > report.started_at) == (4, 4, True)
    assert Change.objects.filter(kind="chat").count() == 2


def test_what_is_gone_comes_off_in_the_second_cycle(number: Instance, world: FarSide, labels: Labels) -> None:
    world.tags -= {(jid(0), "4"), (jid(7), "4")}
    first = run(number)
    assert (first.removed, first.waiting, first.asked) == (0, 2, 2)
    assert len(wanted()) == 14
    second = run_later(number)
    assert (second.removed, second.waiting, wanted()) == (2, 0, world.tags)
    assert Label.objects.get(pk=labels["VIP"].pk).chat_count == 10
    rows = LedgerEntry.objects.values_list("verb", "source", "cause", "chat__jid").order_by("chat")
    assert list(rows) == [("remove", "phone", "compared:", jid(n)) for n in (0, 7)]
    assert Change.objects.filter(kind="chat").count() == 2
    assert pair_of(Chat.objects.get(jid=jid(7)), labels["VIP"]).remote is False


def test_two_readings_at_one_moment_are_one(number: Instance, world: FarSide) -> None:
    world.tags -= {(jid(7), "4")}
    assert [run(number).removed for _time in range(3)] == [0, 0, 0]
    assert run_later(number).removed == 1


def test_back_again_is_forgotten(number: Instance, world: FarSide) -> None:
    gone = {(jid(7), "4")}
    world.tags -= gone
    run(number)
    world.tags |= gone
    run_later(number)
    assert not ChatLabel.objects.exclude(missed_at=None).exists()
    world.tags -= gone
    assert run_later(number).removed == 0


def test_what_only_the_label_denies_is_asked_and_stays(number: Instance, world: FarSide) -> None:
    world.unlisted = {(jid(7), "4")}
    run(number)
    assert open_findings() == set()  # it may be a moment's lag
    run_later(number)
    assert (wanted(), open_findings()) == (world.tags, {("removal", "VIP", jid(7), 1)})
    assert Finding.objects.get().reason.startswith("The label's list")
    world.unlisted = set()
    run_later(number)
    assert Finding.objects.get().outcome == Outcome.VANISHED
    assert not ChatLabel.objects.exclude(doubted_at=None).exists()


def test_what_only_one_chat_denies_is_not_even_asked(number: Instance, world: FarSide) -> None:
    world.untold = {(jid(7), "4")}
    for _time in range(3):
        assert run_later(number).asked == 0
    assert (wanted(), open_findings()) == (world.tags, set())


def test_when_all_chats_deny_all_nothing_is_believed(number: Instance, world: FarSide) -> None:
    world.untold, world.unlisted = set(world.tags), {(jid(7), "4")}
    for _time in range(3):
        report = run_later(number)
        assert (report.asked, report.waiting) == (0, 0)
    assert (wanted(), open_findings()) == (world.tags, {("empty", None, None, 3)})
    assert Finding.objects.get().reason.startswith("Chats that WhatsApp's lists name")
    world.untold = world.unlisted = set()
    run(number)
    assert open_findings() == set()


def test_lists_with_gaps_everywhere_take_nothing_off(number: Instance, world: FarSide) -> None:
    """Each answer lacks another half: now and then both lists lack the same, twice in a row."""
    truth, rng = set(world.tags), random.Random(7)  # noqa: S311
    world.before = lambda line: setattr(world, "tags", {tag for tag in sorted(truth) if rng.random() < 0.5})
    for _cycle in range(8):
        run_later(number)
    assert wanted() == truth
    assert Finding.objects.unsettled().exists()
    world.before, world.tags = (lambda line: None), truth
    run_later(number)
    assert (wanted(), open_findings()) == (truth, set())


def test_the_same_gaps_again_and_again_take_nothing_off_either(number: Instance, world: FarSide) -> None:
    world.unlisted = {(jid(n), "4") for n in range(8)}
    world.untold = {(jid(n), "4") for n in range(4)}
    for _cycle in range(4):
        assert run_later(number).removed == 0
    assert (wanted(), len(open_findings()) > 0) == (world.tags, True)


def test_what_an_engine_leaves_out_for_good_holds_nothing_up(number: Instance, world: FarSide) -> None:
    world.unlisted = {(jid(n), "4") for n in range(4)}
    run(number)
    ChatLabel.objects.filter(doubted_at__isnull=False).update(doubted_at=timezone.now() - timedelta(hours=2))
    world.tags -= {(jid(9), "4")}
    assert [run_later(number).removed for _cycle in range(2)] == [0, 1]


def test_a_short_list_is_one_finding(
    number: Instance, world: FarSide, labels: Labels, make_chat: MakeChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doubts, "FEW", 3)
    monkeypatch.setattr(cycle_chats, "FEW", 3)
    world.unlisted = {(jid(n), "4") for n in range(6)}
    run(number)
    asked = run_later(number).asked
    assert (open_findings(), asked) == ({("removal", "VIP", None, 6)}, 0)  # what was asked just now is not asked again
    Chat.objects.update(labels_read_at=timezone.now() - timedelta(hours=2))
    assert run_later(number).asked == 6
    assert wanted() == world.tags


def test_an_empty_list_that_a_chat_contradicts_costs_one_question(
    number: Instance, world: FarSide, labels: Labels
) -> None:
    world.unlisted = {tag for tag in world.tags if tag[1] == "4"}
    report = run(number)
    assert (report.asked, open_findings()) == (1, {("empty", "VIP", None, 12)})
    for _time in range(3):
        assert run_later(number).removed == 0
    world.unlisted = set()
    run_later(number)
    assert (open_findings(), wanted()) == (set(), world.tags)


def test_an_empty_list_that_is_true_counts(number: Instance, world: FarSide) -> None:
    world.tags = {tag for tag in world.tags if tag[1] != "5"}
    assert run(number).waiting == 2
    assert (run_later(number).removed, wanted()) == (2, world.tags)


def test_a_whole_account_that_is_empty_removes_nothing(number: Instance, world: FarSide) -> None:
    truth, world.tags = world.tags, set()
    for _time in range(3):
        report = run_later(number)
        assert (report.asked, report.removed) == (0, 0)
    assert (wanted(), open_findings()) == (truth, {("empty", "VIP", None, 12), ("empty", "On hold", None, 2)})
    assert not ChatLabel.objects.exclude(missed_at=None).exists()
    world.tags = truth
    run(number)
    assert open_findings() == set()


def test_too_many_at_once_wait_for_a_person(
    number: Instance, world: FarSide, labels: Labels, make_chat: MakeChat, admin: User
) -> None:
    many = [make_chat(labels=(labels["Paid"],)) for _n in range(11)]
    world.tags = wanted() - {(chat.jid, "3") for chat in many}
    run(number)
    report = run_later(number)
    assert (report.removed, report.guarded, open_findings()) == (0, 11, {("guard", None, None, 11)})
    assert run_later(number).guarded == 11
    assert fresh(number).reconcile_due_at is not None  # late events may show that they are not gone
    settle(Finding.objects.get(), Outcome.PULLED, admin)
    assert run(number).removed == 11
    assert (wanted(), open_findings()) == (world.tags, set())


def test_a_guard_vanishes_with_its_cause(number: Instance, world: FarSide, labels: Labels, make_chat: MakeChat) -> None:
    world.tags = wanted() | {(make_chat(labels=(labels["Paid"],)).jid, "3") for _n in range(11)}
    lost = {tag for tag in world.tags if tag[1] == "3"}
    world.tags -= lost
    run(number)
    run_later(number)
    world.tags |= lost
    run_later(number)
    assert Finding.objects.get(kind=Kind.GUARD).outcome == Outcome.VANISHED


def test_a_pulled_guard_says_nothing_of_what_is_missed_later(
    number: Instance, world: FarSide, labels: Labels, make_chat: MakeChat
) -> None:
    many = {(make_chat(labels=(labels["Paid"],)).jid, "3") for _n in range(11)}
    world.tags = wanted() - many
    long_ago = timezone.now() - timedelta(minutes=1)
    Finding.objects.create(instance=number, kind=Kind.GUARD, key="guard:0:0", settled_at=long_ago, outcome="pulled")
    run(number)
    assert (run_later(number).removed, open_findings()) == (0, {("guard", None, None, 11)})


def test_what_could_not_be_asked_counts_for_the_guard(
    number: Instance, world: FarSide, labels: Labels, make_chat: MakeChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = {(make_chat(labels=(labels["Paid"],)).jid, "3") for _n in range(14)}
    world.tags = wanted() - many
    run(number)
    monkeypatch.setattr(cycle_chats, "ASK_SECONDS", -1)
    report = run_later(number)
    assert (report.asked, report.guarded, len(wanted())) == (0, 14, 28)


def test_not_connected_says_so_and_changes_nothing(number: Instance, world: FarSide) -> None:
    world.session["status"] = "SCAN_QR_CODE"
    world.tags = {(jid(0), "5")}
    with pytest.raises(NotConnected) as refused:
        run(number)
    assert str(refused.value.message) == "The number is not connected to WhatsApp (SCAN_QR_CODE)."
    assert (world.calls, len(wanted())) == (["POST /session/info"], 14)


def test_another_account_is_not_compared(number: Instance, world: FarSide) -> None:
    world.session["me"] = {"id": "209999@c.us", "pushName": "Rival"}
    for _time in range(2):
        with pytest.raises(NotConnected, match="Another WhatsApp account"):
            run(number)
    assert (world.calls, fresh(number).is_frozen) == (["POST /session/info"], True)


def test_a_number_that_falls_asleep_on_the_way_loses_nothing(number: Instance, world: FarSide) -> None:
    world.tags -= {(jid(7), "4")}
    run(number)

    def sleep(line: str) -> None:
        if line.startswith("GET /labels/chats/"):
            world.session["status"] = "STOPPED"

    world.before = sleep
    with pytest.raises(NotConnected):
        run_later(number)
    assert len(wanted()) == 14


def test_a_number_that_is_being_imported_is_not_compared(number: Instance, world: FarSide) -> None:
    Instance.objects.update(import_stage="chats")
    with pytest.raises(NotConnected, match="imported"):
        run(number)
    assert world.calls == []


def test_open_and_failed_wishes_keep_what_is_wanted(
    number: Instance, world: FarSide, labels: Labels, agent: User
) -> None:
    there, absent, failed = (Chat.objects.get(jid=jid(n)) for n in (3, 4, 5))
    set_label(Actor.of(agent), there, labels["VIP"], on=False)
    set_label(Actor.of(agent), absent, labels["Paid"], on=True)
    ChatLabel.objects.filter(chat=failed).update(wanted=False, receipt=Receipt.FAILED)
    run(number)
    states = [
        (pair.wanted, pair.remote, pair.receipt)
        for pair in ChatLabel.objects.filter(chat__in=[there, failed]).order_by("chat")
    ]
    assert states == [(False, True, "pending"), (False, True, "failed")]
    assert pair_of(absent, labels["Paid"]).receipt == Receipt.PENDING


def test_a_wish_settles_when_it_is_seen_after_its_call(
    number: Instance, world: FarSide, labels: Labels, agent: User
) -> None:
    early, late = (Chat.objects.get(jid=jid(n)) for n in (3, 4))
    for chat in (early, late):
        set_label(Actor.of(agent), chat, labels["Paid"], on=True)
        world.tags.add((chat.jid, "3"))
    sent = {"receipt": Receipt.SENT, "called_at": timezone.now()}
    ChatLabel.objects.filter(chat=early, label=labels["Paid"]).update(**sent, sent_at=timezone.now())
    ChatLabel.objects.filter(chat=late, label=labels["Paid"]).update(**sent, sent_at=None)
    run(number)
    receipts = [pair_of(chat, labels["Paid"]).receipt for chat in (early, late)]
    assert receipts == [Receipt.CONFIRMED, Receipt.SENT]


def test_a_failed_wish_that_passed_after_all_is_settled(number: Instance, world: FarSide, labels: Labels) -> None:
    on, off = (Chat.objects.get(jid=jid(n)) for n in (3, 4))
    ChatLabel.objects.filter(chat=on).update(receipt=Receipt.FAILED, remote=False)
    ChatLabel.objects.filter(chat=off).update(receipt=Receipt.FAILED, wanted=False)
    world.tags -= {(off.jid, "4")}
    run(number)
    assert set(ChatLabel.objects.values_list("receipt", flat=True)) == {"confirmed"}
    assert wanted() == world.tags


Meanwhile = Callable[[User, Chat, Label], None]


def click_on(agent: User, chat: Chat, label: Label) -> None:
    set_label(Actor.of(agent), chat, label, on=True)


def click_off(agent: User, chat: Chat, label: Label) -> None:
    set_label(Actor.of(agent), chat, label, on=False)


@pytest.mark.parametrize("moment", ["GET /labels/4/chats", "GET /labels/chats", "GET /labels/5/chats"])
def test_a_click_during_the_cycle_is_not_overwritten(
    number: Instance, world: FarSide, labels: Labels, agent: User, moment: str
) -> None:
    gone, there = Chat.objects.get(jid=jid(7)), Chat.objects.get(jid=jid(8))
    world.tags -= {(gone.jid, "4")}
    run(number)

    seen: list[str] = []

    def clicks(line: str) -> None:
        if line.startswith(moment) and not seen:
            seen.append(line)
            click_off(agent, gone, labels["VIP"])
            click_on(agent, gone, labels["VIP"])
            click_off(agent, there, labels["VIP"])

    world.before = clicks
    run_later(number)
    states = [(pair.wanted, pair.receipt) for pair in ChatLabel.objects.filter(chat__in=[gone, there]).order_by("chat")]
    assert states == [(True, "confirmed"), (False, "pending")]  # taken back before it was sent


def test_a_label_deleted_during_the_cycle_stays_deleted(number: Instance, world: FarSide, labels: Labels) -> None:
    world.tags |= {(jid(9), "5")}

    def delete(line: str) -> None:
        if line == "GET /labels/5/chats":
            remove_label(labels["On hold"], timezone.now())

    world.before = delete
    run(number)
    assert not ChatLabel.objects.filter(label=labels["On hold"], wanted=True).exists()


@pytest.mark.parametrize("calls", range(1, 13))
def test_a_crash_at_any_call_costs_nothing_but_repeats(number: Instance, world: FarSide, calls: int) -> None:
    world.tags = (world.tags | {(jid(5), "5"), ("2015559@c.us", "5")}) - {(jid(n), "4") for n in (1, 7, 8)}
    left = [calls]

    def crash(line: str) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt

    for _time in range(2):
        world.before, left[0] = crash, calls
        with suppress(KeyboardInterrupt):
            run_later(number)
        world.before = lambda line: None
        run_later(number)
    run_later(number)
    assert wanted() == world.tags
    assert LedgerEntry.objects.filter(verb="remove").count() == 3
    assert fresh(number).reconcile_started_at is None


def test_stopping_leaves_it_due(number: Instance, world: FarSide) -> None:
    schedule(number)
    with pytest.raises(Stopped):
        run(number, stop=lambda: True)
    assert fresh(number).reconcile_due_at is not None


def test_one_list_that_can_not_be_read_holds_up_no_other(number: Instance, world: FarSide) -> None:
    world.status_of = {"GET /labels/4/chats": 422}
    world.tags = {(jid(0), "5")}
    report = run(number)
    assert [tally.label.name for tally in report.tallies.values() if tally.trouble] == ["VIP"]
    assert report.waiting == 1


@pytest.mark.parametrize("status", [500, 422])
def test_a_list_that_breaks_the_server_for_ever_holds_up_no_other(
    number: Instance, world: FarSide, labels: Labels, status: int
) -> None:
    """VIP's list can't be read; On hold came on one chat and went from another, and VIP went from one, too."""
    world.status_of = {"GET /labels/4/chats": status}
    world.tags = (world.tags | {(jid(5), "5")}) - {(jid(0), "5"), (jid(7), "4")}
    run(number)
    assert run_later(number).removed == 1
    assert wanted() == world.tags | {(jid(7), "4")}  # a list that was not read proves nothing
    row = fresh(number)
    assert (row.reconcile_error, row.is_compared_in_part) == (f"part:VIP (Said {status})", True)
    assert sentence(row.reconcile_error) == f"Some labels or chats could not be read: VIP (Said {status})"
    world.status_of = {}
    run(number)
    assert (run_later(number).removed, wanted(), fresh(number).reconcile_error) == (1, world.tags, "")


def test_one_row_that_can_not_be_read_spoils_its_own_list_alone(number: Instance, world: FarSide) -> None:
    world.tags |= {("me", "4"), (jid(5), "5")}
    run(number)
    assert (jid(5), "5") in wanted()
    assert fresh(number).reconcile_error == "part:VIP (The answer holds a row that can't be read.)"


def test_hidden_ids_that_can_not_be_read_hold_up_no_label(number: Instance, world: FarSide) -> None:
    world.status_of = {"GET /lids": 500}
    world.tags |= {(jid(5), "5")}
    run(number)
    assert (wanted(), fresh(number).reconcile_error) == (world.tags, "part:@lid (Said 500)")


def test_a_chat_that_breaks_the_server_for_ever_stays_as_it_is(number: Instance, world: FarSide) -> None:
    world.tags -= {(jid(7), "4"), (jid(8), "4")}
    world.status_of = {f"GET /labels/chats/{jid(7)}": 500}
    run(number)
    assert run_later(number).removed == 1
    assert wanted() == world.tags | {(jid(7), "4")}
    assert fresh(number).reconcile_error == f"part:{jid(7)} (Said 500)"


def test_a_doubt_stands_while_its_chat_can_not_be_asked(number: Instance, world: FarSide) -> None:
    world.unlisted = {(jid(7), "4")}
    for _time in range(2):
        run_later(number)
    doubt = {("removal", "VIP", jid(7), 1)}
    assert open_findings() == doubt
    world.status_of = {f"GET /labels/chats/{jid(7)}": 500}
    run_later(number)
    assert open_findings() == doubt


def test_a_guard_stands_while_a_list_can_not_be_read(number: Instance, world: FarSide) -> None:
    world.tags = {tag for tag in world.tags if tag[1] == "5"} | {(jid(0), "4")}
    for _time in range(2):
        run_later(number)
    guard = {("guard", None, None, 11)}
    assert open_findings() == guard
    world.status_of = {"GET /labels/4/chats": 500}
    run_later(number)
    assert open_findings() == guard


def test_a_server_that_breaks_over_all_lists_is_an_error(number: Instance, world: FarSide) -> None:
    world.status_of = {f"GET /labels/{label.wa_id}/chats": 500 for label in Label.objects.all()}
    with pytest.raises(ProviderError):
        run(number)
    assert (fresh(number).reconcile_error, fresh(number).reconciled_at) == ("said:Said 500", NEVER)


def test_a_server_that_breaks_over_many_chats_in_a_row_is_an_error(
    number: Instance, world: FarSide, make_chat: MakeChat, labels: Labels
) -> None:
    for _n in range(cycle_chats.BROKEN):
        make_chat(labels=(labels["Paid"],))
    world.status_of = {"GET /labels/chats": 500}
    with pytest.raises(ProviderError):
        run(number)
    assert sum(call.startswith("GET /labels/chats") for call in world.calls) == cycle_chats.BROKEN


@pytest.mark.parametrize("status", [429, 502, 503, 401])
def test_an_outage_half_way_is_an_error(number: Instance, world: FarSide, status: int) -> None:
    world.status_of = {"GET /labels/5/chats": status}
    with pytest.raises(ProviderError):
        run(number)


def test_an_unknown_label_on_a_chat_is_learnt(number: Instance, world: FarSide) -> None:
    """A list that lacks a label whose chats name it: the directory is short."""
    world.labels["31"] = {"name": "Wholesale", "color": 5}
    world.tags = (world.tags | {(jid(7), "31")}) - {(jid(7), "4")}
    world.unlisted = {(jid(7), "31")}
    run(number)
    assert (jid(7), "31") in wanted()


def test_a_chat_with_two_addresses_is_asked_by_both(number: Instance, world: FarSide, labels: Labels) -> None:
    chat = Chat.objects.get(jid=jid(7))
    ChatAlias.objects.create(instance=number, jid="77@lid", chat=chat)
    world.tags = (world.tags - {(chat.jid, "4")}) | {("77@lid", "4")}
    world.unlisted = {("77@lid", "4")}
    for _time in range(3):
        assert run_later(number).removed == 0


def test_a_preview_tells_and_writes_nothing(number: Instance, world: FarSide) -> None:
    world.tags = (world.tags | {(jid(5), "5")}) - {(jid(7), "4")}
    world.labels["4"]["name"] = "V.I.P."
    world.labels["31"] = {"name": "Wholesale", "color": 5}
    world.forget("1")
    before, rows = mirror(number), Instance.objects.values().get()
    with client_for(number) as client:
        report = preview(fresh(number), client)
    assert [(row.sign, row.jid, row.label.name) for row in report.differences] == [
        ("-", jid(7), "VIP"),
        ("+", jid(5), "On hold"),
    ]
    assert report.directory == ["+ label 31 Wholesale", "~ label 4 VIP (3) -> V.I.P. (3)", "- label 1 New lead"]
    assert (mirror(number), Instance.objects.values().get()) == (before, rows)
    assert (Change.objects.count(), ChatLabel.objects.exclude(missed_at=None).count()) == (0, 0)


def test_scheduled_sooner_but_never_later(number: Instance) -> None:
    schedule(number, seconds=60)
    first = fresh(number).reconcile_due_at
    schedule(number, seconds=90)
    assert fresh(number).reconcile_due_at == first
    schedule(number)
    due = fresh(number).reconcile_due_at
    assert [first > due if first and due else None] == [True]


def test_asked_for_while_it_runs_is_due_again(number: Instance, world: FarSide) -> None:
    schedule(number)
    world.before = lambda line: schedule_now(number) if line == "GET /labels/5/chats" else None
    run(number)
    assert fresh(number).reconcile_due_at is not None
    world.before = lambda line: None
    run(number)
    assert fresh(number).reconcile_due_at is None


def schedule_now(number: Instance) -> None:
    Instance.objects.filter(pk=number.pk).update(reconcile_due_at=timezone.now())


def test_the_queries_do_not_grow_with_the_list(
    number: Instance, world: FarSide, labels: Labels, make_chat: MakeChat
) -> None:
    counts = []
    run(number)
    for size in (1, 30):
        for _n in range(size):
            make_chat(labels=(labels["Paid"],))
        world.tags = wanted()
        with CaptureQueriesContext(connection) as queries:
            run(number)
        counts.append(len(queries))
    assert counts[0] == counts[1] < 100


def test_neither_do_they_with_what_is_new_or_gone(
    number: Instance, world: FarSide, labels: Labels, make_chat: MakeChat
) -> None:
    counts = []
    for size in (1, 8):
        chats = [make_chat(labels=(labels["Paid"],)) for _n in range(size)]
        world.tags = wanted() | {(chat.jid, "5") for chat in chats}
        world.tags -= {(chat.jid, "3") for chat in chats}
        run(number)
        with CaptureQueriesContext(connection) as queries:
            assert run_later(number).removed == size
        counts.append(len(queries))
    assert counts[0] == counts[1]
