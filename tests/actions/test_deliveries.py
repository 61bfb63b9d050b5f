import itertools
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from labelapp.actions import applying
from labelapp.actions.actor import Actor
from labelapp.actions.deliveries import TRIES, apply_waiting, store_deliveries
from labelapp.actions.receipts import claim, record_sent
from labelapp.actions.replaying import replay
from labelapp.actions.tagging import set_label
from labelapp.lanes import apply
from labelapp.lanes.reach import Reach
from labelapp.models import (
    Change,
    Chat,
    ChatLabel,
    Fact,
    Heard,
    HookDelivery,
    Instance,
    Label,
    LedgerEntry,
    Outcome,
    Receipt,
    User,
)
from labelapp.models.fields import NEVER
from tests.conftest import MakeChat
from tests.posted import (
    START,
    deleted,
    deliver,
    event,
    fresh,
    just_now,
    mirror,
    pair_of,
    said,
    store,
    tagged,
    untagged,
    upserted,
)

Labels = dict[str, Label]
ANNA = "201555000001@c.us"


def outcomes() -> list[str]:
    return list(HookDelivery.objects.order_by("pk").values_list("outcome", flat=True))


def forget_everything(number: Instance) -> None:
    for model in (HookDelivery, LedgerEntry, Change, Fact, ChatLabel):
        model.objects.all().delete()
    Chat.objects.all().delete()
    Label.objects.all().delete()
    Instance.objects.filter(pk=number.pk).update(status="WORKING", status_at=START - timedelta(days=1))


# A label set on the phone


def test_a_tag_on_the_phone_is_adopted_at_once(number: Instance, make_chat: MakeChat, labels: Labels) -> None:
    chat, vip = make_chat(), labels["VIP"]
    deliver(number, tagged(chat.jid, vip.wa_id))
    pair = pair_of(chat, vip)
    assert (pair.wanted, pair.remote, pair.receipt, pair.due_at) == (True, True, Receipt.CONFIRMED, None)
    assert (pair.event_at, pair.last_message_at) == (START, chat.last_message_at)
    entry = LedgerEntry.objects.get()
    assert (entry.verb, entry.source, entry.actor) == ("add", "phone", None)
    assert timezone.now() - entry.at < timedelta(seconds=10)  # first seen: nobody tells when it was done
    assert Change.objects.filter(kind="chat", chat=chat).count() == 1
    assert (Label.objects.get(pk=vip.pk).chat_count, outcomes()) == (1, ["applied"])


def test_twice_is_once(number: Instance, make_chat: MakeChat, labels: Labels) -> None:
    chat = make_chat()
    deliver(number, tagged(chat.jid, "4", id="evt_1"))
    before = mirror(number)
    deliver(number, tagged(chat.jid, "4", id="evt_1"))
    HookDelivery.objects.update(applied_at=None)
    apply_waiting(fresh(number))
    assert mirror(number) == before
    assert LedgerEntry.objects.count() == 1


def test_an_older_event_changes_nothing(number: Instance, make_chat: MakeChat, labels: Labels) -> None:
    chat = make_chat(labels=(labels["VIP"],))
    deliver(number, untagged(chat.jid, "4", at=10), tagged(chat.jid, "4", at=5))
    assert (pair_of(chat, labels["VIP"]).wanted, outcomes()) == (False, ["applied", "unchanged"])


def test_the_id_decides_between_events_of_one_moment(number: Instance, make_chat: MakeChat, labels: Labels) -> None:
    chat = make_chat()
    deliver(number, tagged(chat.jid, "4", id="evt_b"), untagged(chat.jid, "4", id="evt_a"))
    assert pair_of(chat, labels["VIP"]).wanted is True


def test_an_event_without_a_time_causes_a_reading_not_a_change(
    number: Instance, make_chat: MakeChat, labels: Labels
) -> None:
    chat = make_chat(labels=(labels["VIP"],))
    deliver(number, untagged(chat.jid, "4", at=None))
    pair = pair_of(chat, labels["VIP"])
    assert pair.due_at is not None
    assert (pair.wanted, pair.remote) == (True, True)


def test_times_that_are_not_believed_are_counted(number: Instance, make_chat: MakeChat, labels: Labels) -> None:
    chat = make_chat()
    deliver(number, tagged(chat.jid, "4", at=None), tagged(chat.jid, "4", at=1), upserted("4", "VIP"))
    deliver(number, tagged(chat.jid, "4", at=3 * 365 * 86400))
    assert list(Heard.objects.values_list("total", "mistimed")) == [(4, 2)]


def test_a_contradiction_soon_after_a_confirmation_causes_a_reading(
    number: Instance, make_chat: MakeChat, labels: Labels
) -> None:
    chat = make_chat(labels=(labels["VIP"],))
    now = timezone.now()
    ChatLabel.objects.update(sent_at=now, called_at=now, confirmed_at=now)
    deliver(number, untagged(chat.jid, "4"))
    pair = pair_of(chat, labels["VIP"])
    assert pair.due_at is not None
    assert pair.wanted is True


def test_a_contradiction_long_after_is_the_phones(number: Instance, make_chat: MakeChat, labels: Labels) -> None:
    chat = make_chat(labels=(labels["VIP"],))
    ago = timezone.now() - timedelta(seconds=61)
    ChatLabel.objects.update(sent_at=ago, called_at=ago, confirmed_at=ago)
    deliver(number, untagged(chat.jid, "4", at=just_now()))
    assert (pair_of(chat, labels["VIP"]).wanted, LedgerEntry.objects.get().source) == (False, "phone")


# While a wish is open


def test_while_a_wish_is_open_an_event_writes_only_what_was_seen(
    number: Instance, agent: User, make_chat: MakeChat, labels: Labels
) -> None:
    chat = make_chat(labels=(labels["VIP"],))
    set_label(Actor.of(agent), chat, labels["VIP"], on=False)
    deliver(number, tagged(chat.jid, "4"))
    pair = pair_of(chat, labels["VIP"])
    assert (pair.wanted, pair.remote, pair.receipt) == (False, True, Receipt.PENDING)


@pytest.mark.parametrize(("when", "receipt"), [("during", "pending"), ("after", "confirmed")])
def test_an_echo_confirms_only_after_the_call_ended(
    number: Instance, agent: User, make_chat: MakeChat, labels: Labels, when: str, receipt: str
) -> None:
    chat = make_chat()
    pair = set_label(Actor.of(agent), chat, labels["VIP"], on=True)
    claimed = claim(pair.pk)
    assert claimed
    if when == "after":
        record_sent(claimed)
    deliver(number, tagged(chat.jid, "4", at=just_now()))
    pair.refresh_from_db()
    assert (pair.remote, pair.receipt) == (True, receipt)


def test_an_echo_that_was_received_before_the_call_ended_does_not_confirm(
    number: Instance, agent: User, make_chat: MakeChat, labels: Labels
) -> None:
    chat = make_chat()
    pair = set_label(Actor.of(agent), chat, labels["VIP"], on=True)
    claimed = claim(pair.pk)
    store(number, [tagged(chat.jid, "4")])
    assert claimed
    record_sent(claimed)
    apply_waiting(fresh(number))
    pair.refresh_from_db()
    assert (pair.remote, pair.receipt) == (True, Receipt.SENT)


def test_the_phone_fulfils_a_wish_that_had_failed(
    number: Instance, agent: User, make_chat: MakeChat, labels: Labels
) -> None:
    chat = make_chat()
    pair = set_label(Actor.of(agent), chat, labels["VIP"], on=True)
    ChatLabel.objects.update(receipt=Receipt.FAILED, error="said:no", due_at=None)
    deliver(number, tagged(chat.jid, "4"))
    pair.refresh_from_db()
    assert (pair.receipt, pair.error, pair.wanted) == (Receipt.CONFIRMED, "", True)


# Labels


def test_an_upsert_makes_renames_and_recolours(number: Instance, labels: Labels) -> None:
    deliver(number, upserted("9", "Later", at=1, color=5), upserted("4", "V.I.P.", at=2, color=7))
    new = Label.objects.get(wa_id="9")
    assert (new.name, new.color_index, new.is_ghost, new.position) == ("Later", 5, False, 6)
    assert Label.objects.filter(wa_id="4").values_list("name", "color_index").get() == ("V.I.P.", 7)
    assert Change.objects.filter(kind="labels").exists()


def test_an_older_upsert_changes_nothing(number: Instance, labels: Labels) -> None:
    deliver(number, upserted("4", "Second", at=2), upserted("4", "First", at=1))
    assert (Label.objects.get(wa_id="4").name, outcomes()) == ("Second", ["applied", "unchanged"])


def test_both_printed_shapes_are_read(number: Instance, labels: Labels) -> None:
    nested = event("label.upsert", {"label": {"id": "8", "name": "Nested", "color": "#DFE5E7"}})
    by_label_id = event("label.deleted", {"labelId": "4"}, at=1)
    deliver(number, nested, by_label_id)
    label = Label.objects.get(wa_id="8")
    assert (label.name, label.color_index, label.color_hex) == ("Nested", None, "#DFE5E7")
    assert Label.objects.get(wa_id="4").deleted_at is not None


def test_a_deleted_label_takes_chips_and_wishes_along(
    number: Instance, agent: User, make_chat: MakeChat, labels: Labels
) -> None:
    tagged_chat, waiting = make_chat(labels=(labels["VIP"],)), make_chat()
    set_label(Actor.of(agent), waiting, labels["VIP"], on=True)
    deliver(number, deleted("4"))
    assert pair_of(tagged_chat, labels["VIP"]).wanted is False
    failed = pair_of(waiting, labels["VIP"])
    assert (failed.receipt, failed.reason) == (Receipt.FAILED, "The label was deleted in WhatsApp.")
    assert set(Change.objects.filter(kind="chat").values_list("chat", flat=True)) >= {tagged_chat.pk, waiting.pk}


def test_a_late_event_does_not_bring_a_deleted_label_back(
    number: Instance, make_chat: MakeChat, labels: Labels
) -> None:
    chat = make_chat()
    late = [upserted("4", "VIP", at=9), tagged(chat.jid, "4", at=9), tagged(chat.jid, "4", at=None)]
    deliver(number, deleted("4", at=10), *late)
    assert Label.objects.filter(wa_id="4").living().count() == 0
    assert ChatLabel.objects.filter(wanted=True).count() == 0
    assert outcomes() == ["applied", *["unchanged"] * 3]


def test_an_id_that_is_used_again_starts_a_new_row(number: Instance, make_chat: MakeChat, labels: Labels) -> None:
    chat = make_chat(labels=(labels["VIP"],))
    deliver(number, deleted("4", at=1), upserted("4", "Wholesale", at=2))
    new = Label.objects.living().get(wa_id="4")
    assert (new.name, new.pk == labels["VIP"].pk, new.chat_count) == ("Wholesale", False, 0)
    assert ChatLabel.objects.filter(chat=chat, label=new).count() == 0


def test_a_deletion_that_comes_after_the_new_upsert_has_the_carriers_asked(
    number: Instance, make_chat: MakeChat, labels: Labels
) -> None:
    chat, newer = make_chat(labels=(labels["VIP"],)), make_chat()
    deliver(number, upserted("4", "Wholesale", at=2), tagged(newer.jid, "4", at=3), deleted("4", at=1))
    assert Label.objects.living().get(wa_id="4").name == "Wholesale"
    assert (pair_of(chat, labels["VIP"]).wanted, pair_of(newer, labels["VIP"]).wanted) == (True, True)
    due = [pair_of(chat, labels["VIP"]).due_at, pair_of(newer, labels["VIP"]).due_at, fresh(number).directory_due_at]
    assert None not in due  # nothing tells whose it was


def test_where_many_carry_it_the_number_is_compared(
    number: Instance, make_chat: MakeChat, labels: Labels, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(applying, "CARRIERS", 2)
    chats = [make_chat(labels=(labels["VIP"],)) for _n in range(3)]
    deliver(number, upserted("4", "Wholesale", at=2), deleted("4", at=1))
    assert [pair_of(chat, labels["VIP"]).due_at for chat in chats] == [None] * 3
    assert fresh(number).reconcile_due_at is not None


def test_an_event_of_the_label_before_is_not_believed_for_the_new_one(
    number: Instance, make_chat: MakeChat, labels: Labels
) -> None:
    chat = make_chat()
    deliver(number, deleted("4", at=5), upserted("4", "Wholesale", at=6), tagged(chat.jid, "4", at=4))
    pair = ChatLabel.objects.get(chat=chat)
    assert (pair.wanted, pair.event_at == START + timedelta(seconds=4)) == (False, False)
    assert pair.due_at is not None  # clocks may differ: asked, not believed


def test_a_late_deletion_does_not_take_a_newer_tag_along(number: Instance, make_chat: MakeChat) -> None:
    chat = make_chat()
    deliver(number, tagged(chat.jid, "31", at=2), deleted("31", at=1))
    assert ChatLabel.objects.get(chat=chat).wanted is True
    assert fresh(number).directory_due_at is not None


def test_the_deletion_of_a_label_never_met_is_kept(number: Instance, make_chat: MakeChat) -> None:
    deliver(number, deleted("31", at=3), upserted("31", "Late", at=2), tagged(make_chat().jid, "31", at=1))
    assert Label.objects.living().count() == 0
    assert ChatLabel.objects.count() == 0


def test_an_unknown_label_is_a_ghost_and_the_directory_is_due(number: Instance, make_chat: MakeChat) -> None:
    chat = make_chat()
    deliver(number, tagged(chat.jid, "31"))
    ghost = Label.objects.get(wa_id="31")
    assert (ghost.is_ghost, str(ghost), ghost.chat_count) == (True, "#31", 1)
    assert pair_of(chat, ghost).wanted is True
    assert fresh(number).directory_due_at is not None


def test_a_ghost_met_while_the_directory_is_read_is_asked_for_again(number: Instance, make_chat: MakeChat) -> None:
    began = timezone.now()
    Instance.objects.filter(pk=number.pk).update(directory_due_at=began)
    deliver(number, tagged(make_chat().jid, "31"))
    due = fresh(number).directory_due_at
    assert due is not None
    assert due > began


def test_the_order_of_events_for_an_unknown_label_does_not_matter(number: Instance, make_chat: MakeChat) -> None:
    chat = make_chat()
    deliver(number, untagged(chat.jid, "31", at=2), tagged(chat.jid, "31", at=1))
    assert pair_of(chat, Label.objects.get(wa_id="31")).wanted is False


# Messages, archive, session


def test_an_unknown_chat_appears_with_its_message(number: Instance) -> None:
    deliver(number, said(ANNA, "Is it there?", 5, _data={"notifyName": "Anna"}))
    chat = Chat.objects.get(jid=ANNA)
    assert (chat.name, chat.last_message_text, chat.is_unanswered) == ("Anna", "Is it there?", True)
    assert chat.last_message_at == chat.waiting_since == START + timedelta(seconds=5)
    assert list(Change.objects.values_list("kind", "chat")) == [("message", chat.pk)]


def test_status_and_channels_make_no_chat(number: Instance) -> None:
    deliver(number, said("status@broadcast", "x", 1), said("1203@newsletter", "x", 1), tagged("0@c.us", "4"))
    assert (Chat.objects.count(), outcomes()) == (0, ["ignored"] * 3)


def test_the_archive_follows(number: Instance, make_chat: MakeChat) -> None:
    chat = make_chat()
    deliver(number, event("chat.archive", {"chatId": chat.jid, "archived": True}))
    assert Chat.objects.get(pk=chat.pk).archived is True
    deliver(number, event("chat.archive", {"id": chat.jid, "archived": False}))
    assert Chat.objects.get(pk=chat.pk).archived is False


def archive(chat: Chat, archived: bool, at: float, id: str = "") -> dict[str, Any]:
    return event("chat.archive", {"id": chat.jid, "archived": archived}, at, id)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_the_newest_word_of_the_archive_wins_in_any_order(
    number: Instance, make_chat: MakeChat, order: tuple[int, ...]
) -> None:
    chat = make_chat()
    told = [archive(chat, True, 1), archive(chat, True, 2, "a"), archive(chat, False, 2, "b")]
    for place in order:
        deliver(number, told[place])
    assert Chat.objects.get(pk=chat.pk).archived is False


def test_the_archive_is_not_moved_by_a_replay(number: Instance, admin: User, make_chat: MakeChat) -> None:
    chat = make_chat()
    deliver(number, archive(chat, True, 1), archive(chat, False, 2), archive(chat, True, 3))
    before, told = mirror(number), Change.objects.count()
    replay(Actor.of(admin), HookDelivery.objects.filter(instance=number))
    apply.run_due(fresh(number), Reach())
    assert (mirror(number), Change.objects.count()) == (before, told)
    assert Chat.objects.get(pk=chat.pk).archived is True


def test_the_newest_session_status_wins_in_any_order(number: Instance) -> None:
    stages = [("STARTING", 1), ("SCAN_QR_CODE", 2), ("WORKING", 3), ("FAILED", 4)]
    for order in itertools.permutations(stages):
        forget_everything(number)
        deliver(number, *(event("session.status", {"name": "demo", "status": word}, at=at) for word, at in order))
        assert fresh(number).status == "FAILED"


def test_working_again_has_the_session_asked(number: Instance) -> None:
    deliver(number, event("session.status", {"name": "demo", "status": "WORKING"}))
    assert fresh(number).session_due_at is not None  # who answers is asked first, see test_accounts


# The inbox itself


def story(chat: str, group: str) -> list[dict[str, Any]]:
    return [
        upserted("1", "New lead", at=0),
        tagged(chat, "1", at=1),
        said(chat, "Hello", 2, key="A"),
        said(chat, "Hello back", 3, from_me=True, key="B"),
        said(chat, "Same second", 3, key="C"),
        untagged(chat, "1", at=4),
        tagged(group, "1", at=5),
        tagged(chat, "2", at=6),
        upserted("2", "Quoted", at=7),
        upserted("1", "New leads", at=8, color=4),
        event("session.status", {"name": "demo", "status": "FAILED"}, at=9),
        event("session.status", {"name": "demo", "status": "WORKING"}, at=10),
        deleted("2", at=11),
    ]


def test_shuffled_and_repeated_deliveries_give_the_same_mirror(number: Instance) -> None:
    events = story(ANNA, "12036302@g.us")
    forget_everything(number)
    deliver(number, *events)
    wanted = mirror(number)
    assert [pair[:4] for pair in wanted["pairs"]] == [("12036302@g.us", "1", True, True)]
    assert wanted["labels"] == [("1", "New leads", 4, 1)]
    for turn in range(len(events)):
        forget_everything(number)
        mixed = events[turn:] + events[:turn]
        deliver(number, *(mixed[::-1] if turn % 2 else mixed))
        HookDelivery.objects.all().delete()
        deliver(number, *events[turn % 3 :: 3])
        assert mirror(number) == wanted


def test_an_unknown_kind_is_data(number: Instance) -> None:
    deliver(number, event("poll.vote", {"x": 1}))
    row = HookDelivery.objects.get()
    assert (row.outcome, row.error) == (Outcome.IGNORED, "")
    assert row.applied_at is not None


def test_a_poison_delivery_is_parked_and_the_rest_go_on(
    number: Instance, make_chat: MakeChat, labels: Labels, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No real poison is known: a reader that breaks on one text stands for the one we have not met."""
    chat = make_chat()
    monkeypatch.setattr("labelapp.actions.applying.receive_messages", explode)
    store(number, [tagged(chat.jid, "4", at=1), said(chat.jid, "boom", 2), tagged(chat.jid, "5", at=3)])
    for _sweep in range(TRIES):
        assert apply_waiting(fresh(number)) > 0
    assert outcomes() == ["applied", "parked", "applied"]
    assert apply_waiting(fresh(number)) == 0
    parked = HookDelivery.objects.get(outcome=Outcome.PARKED)
    assert (parked.error, parked.attempts) == ("RuntimeError: boom", TRIES)
    assert ChatLabel.objects.filter(wanted=True).count() == 2


def explode(*args: Any, **kwargs: Any) -> None:
    Chat.objects.all().update(name="half done")
    raise RuntimeError("boom")


def test_half_of_a_delivery_is_none_of_it(
    number: Instance, make_chat: MakeChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat = make_chat(name="Whole")
    monkeypatch.setattr("labelapp.actions.applying.receive_messages", explode)
    deliver(number, said(chat.jid, "boom", 2))
    assert Chat.objects.get().name == "Whole"


def test_a_parked_delivery_can_be_replayed(number: Instance, make_chat: MakeChat, labels: Labels) -> None:
    chat = make_chat()
    HookDelivery.objects.create(instance=number, dedupe_key="x", body="[1]")
    apply_waiting(fresh(number))
    assert outcomes() == ["parked"]
    HookDelivery.objects.update(applied_at=None, body=json.dumps(tagged(chat.jid, "4")))
    apply_waiting(fresh(number))
    assert (outcomes(), HookDelivery.objects.get().error) == (["applied"], "")


def test_an_array_is_applied_whole(number: Instance, make_chat: MakeChat, labels: Labels) -> None:
    chat = make_chat()
    body = json.dumps([tagged(chat.jid, "4"), tagged(chat.jid, "5"), event("poll.vote", {})])
    HookDelivery.objects.create(instance=number, dedupe_key="x", body=body)
    apply_waiting(number)
    assert (ChatLabel.objects.filter(wanted=True).count(), outcomes()) == (2, ["applied"])


def test_a_number_takes_only_its_own_deliveries(number: Instance, other_number: Instance) -> None:
    store(other_number, [said(ANNA, "Hello", 1)])
    assert apply_waiting(number) == 0
    assert apply_waiting(other_number) == 1
    assert Chat.objects.get().instance == other_number


def test_the_number_remembers_when_it_heard_last(number: Instance, make_chat: MakeChat) -> None:
    deliver(number, said(make_chat().jid, "Hello", 1))
    assert fresh(number).last_event_at == HookDelivery.objects.get().received_at


def test_thirty_deliveries_cost_as_many_queries_as_one(
    number: Instance, make_chat: MakeChat, labels: Labels, django_assert_num_queries: Callable[[int], Any]
) -> None:
    chats = [make_chat(labels=(labels["VIP"],)) for _n in range(30)]
    deliver(number, untagged(make_chat(labels=(labels["VIP"],)).jid, "4", at=1))  # the first of its kind
    store(number, [untagged(chats[0].jid, "4", at=1)])
    with CaptureQueriesContext(connection) as first:
        apply_waiting(number)
    store(number, [tagged(chat.jid, "4", at=2, on=chat is chats[0]) for chat in chats])
    with django_assert_num_queries(len(first) + 1):  # one label is put on again: whether it had a time that is over now
        assert apply_waiting(number) == 30
    assert ChatLabel.objects.filter(wanted=True).count() == 1


@pytest.mark.django_db(transaction=True)
def test_deliveries_are_stored_once(number: Instance) -> None:
    def rows() -> list[HookDelivery]:
        return [HookDelivery(instance=number, dedupe_key=key, body="{}") for key in ("a", "b")]

    store_deliveries(rows())
    store_deliveries(rows()[1:])
    assert sorted(HookDelivery.objects.values_list("dedupe_key", flat=True)) == ["a", "b"]
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            assert cursor.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL
        connection.close()


def test_a_late_change_on_the_phone_does_not_undo_a_younger_wish(
    number: Instance, agent: User, make_chat: MakeChat, labels: Labels
) -> None:
    """On by phone, not yet heard; an agent clicks on and off again: nothing to send, it seems."""
    chat, vip = make_chat(), labels["VIP"]
    ChatLabel.objects.create(chat=chat, label=vip, remote=False)
    added = tagged(chat.jid, "4", at=just_now() - 30)
    for on in (True, False):
        set_label(Actor.of(agent), chat, vip, on=on)
    deliver(number, added)
    pair = pair_of(chat, vip)
    assert (pair.wanted, pair.remote, pair.receipt) == (False, True, Receipt.PENDING)
    assert [row.verb for row in LedgerEntry.objects.order_by("pk")] == ["add", "remove"]


def test_a_late_echo_of_an_earlier_call_confirms_nothing(
    number: Instance, agent: User, make_chat: MakeChat, labels: Labels
) -> None:
    chat, vip = make_chat(), labels["VIP"]
    then = timezone.now() - timedelta(minutes=5)
    pair = set_label(Actor.of(agent), chat, vip, on=True)
    ChatLabel.objects.filter(pk=pair.pk).update(called_at=then, sent_at=then, remote=False, remote_at=then)
    store(number, [tagged(chat.jid, vip.wa_id, at=1)])
    apply_waiting(number)
    pair.refresh_from_db()
    assert (pair.receipt, pair.remote, pair.due_at is not None) == (Receipt.PENDING, True, True)


@pytest.mark.parametrize(("session", "is_ours"), [("demo", True), ("other", False), ("", True)])
def test_what_a_waha_server_tells_of_its_other_sessions_is_none_of_the_numbers(
    number: Instance, make_chat: MakeChat, labels: Labels, session: str, is_ours: bool
) -> None:
    """Its global webhook sends all of them to one address, each with an account of its own."""
    Instance.objects.update(provider="waha", instance_id="demo", me_jid="201000000000@c.us")
    chat = make_chat()
    told = tagged(chat.jid, "4", just_now()) | {"session": session}
    if not is_ours:
        told["me"] = {"id": "201999999999@c.us"}
    deliver(fresh(number), told)
    heard = fresh(number)
    assert ChatLabel.objects.filter(chat=chat, wanted=True).exists() is is_ours
    assert (heard.last_event_at > NEVER, heard.is_frozen) == (is_ours, False)
    assert outcomes() == (["applied"] if is_ours else ["ignored"])
