import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from labelapp.actions.actor import Actor, NotAllowed, Refused
from labelapp.actions.identity import learn_hidden_ids
from labelapp.actions.pairs import confirm, fail
from labelapp.actions.tagging import Gone, dismiss_failure, set_label
from labelapp.models import Change, Chat, ChatLabel, Instance, Label, LedgerEntry, Receipt, User
from labelapp.models.reasons import Reason
from labelapp.whatsapp.types import LidPair
from tests.conftest import MakeChat
from tests.posted import pair_of

Labels = dict[str, Label]


@pytest.fixture
def chat(make_chat: MakeChat) -> Chat:
    return make_chat()


def wish(user: User, chat: Chat, label: Label, on: bool = True) -> ChatLabel:
    set_label(Actor.of(user), chat, label, on=on)
    return pair_of(chat, label)


def count_of(label: Label) -> int:
    return Label.objects.get(pk=label.pk).chat_count


def test_a_wish_leaves_pair_ledger_change_and_count(agent: User, chat: Chat, labels: Labels) -> None:
    pair = wish(agent, chat, labels["VIP"])
    assert (pair.wanted, pair.remote, pair.receipt, pair.priority) == (True, None, Receipt.PENDING, 0)
    assert pair.due_at is not None
    assert pair.due_at <= timezone.now()
    assert pair.last_message_at == chat.last_message_at
    entry = LedgerEntry.objects.get()
    assert (entry.verb, entry.source, entry.actor, entry.chat, entry.label) == (
        "add",
        "agent",
        agent,
        chat,
        labels["VIP"],
    )
    assert list(Change.objects.values_list("kind", "chat", "instance")) == [("chat", chat.pk, chat.instance_id)]
    assert count_of(labels["VIP"]) == 1


def test_twice_is_once(agent: User, chat: Chat, labels: Labels) -> None:
    first = wish(agent, chat, labels["VIP"])
    again = wish(agent, chat, labels["VIP"])
    assert (again.pk, again.wanted_at, again.due_at) == (first.pk, first.wanted_at, first.due_at)
    assert (LedgerEntry.objects.count(), Change.objects.count(), count_of(labels["VIP"])) == (1, 1, 1)


def test_taking_off_what_was_never_on_changes_nothing(agent: User, chat: Chat, labels: Labels) -> None:
    pair = set_label(Actor.of(agent), chat, labels["VIP"], on=False)
    assert (pair.pk, pair.wanted, pair.receipt, pair.due_at) == (None, False, Receipt.CONFIRMED, None)
    assert (ChatLabel.objects.count(), LedgerEntry.objects.count()) == (0, 0)


def test_untag_keeps_what_was_seen_and_waits(agent: User, make_chat: MakeChat, labels: Labels) -> None:
    chat = make_chat(labels=(labels["VIP"],))
    pair = wish(agent, chat, labels["VIP"], on=False)
    assert (pair.wanted, pair.remote, pair.receipt) == (False, True, Receipt.PENDING)
    assert (count_of(labels["VIP"]), LedgerEntry.objects.get().verb) == (0, "remove")


def test_a_change_of_mind_before_any_call_needs_none(agent: User, make_chat: MakeChat, labels: Labels) -> None:
    chat = make_chat(labels=(labels["VIP"],))
    wish(agent, chat, labels["VIP"], on=False)
    pair = wish(agent, chat, labels["VIP"], on=True)
    assert (pair.wanted, pair.remote, pair.receipt, pair.due_at) == (True, True, Receipt.CONFIRMED, None)
    assert [entry.verb for entry in LedgerEntry.objects.order_by("pk")] == ["remove", "add"]


def test_a_change_of_mind_while_a_call_is_in_flight_is_sent(agent: User, make_chat: MakeChat, labels: Labels) -> None:
    chat = make_chat(labels=(labels["VIP"],))
    pair = wish(agent, chat, labels["VIP"], on=False)
    ChatLabel.objects.filter(pk=pair.pk).update(called_at=timezone.now())
    assert wish(agent, chat, labels["VIP"], on=True).receipt == Receipt.PENDING


def test_what_was_seen_before_the_last_call_ended_is_not_believed(
    agent: User, make_chat: MakeChat, labels: Labels
) -> None:
    chat = make_chat(labels=(labels["VIP"],))
    pair = wish(agent, chat, labels["VIP"], on=False)
    now = timezone.now()
    seen = now - timedelta(seconds=2)
    ChatLabel.objects.filter(pk=pair.pk).update(called_at=now, sent_at=now, remote_at=seen, receipt=Receipt.SENT)
    assert wish(agent, chat, labels["VIP"], on=True).receipt == Receipt.PENDING


def test_a_failed_wish_is_tried_again(agent: User, chat: Chat, labels: Labels) -> None:
    fail(wish(agent, chat, labels["VIP"]), Reason.SAID("no"))
    pair = wish(agent, chat, labels["VIP"])
    assert (pair.receipt, pair.error, pair.attempts) == (Receipt.PENDING, "", 0)
    assert count_of(labels["VIP"]) == 1


def test_dismissing_a_failure_takes_what_was_seen(agent: User, chat: Chat, labels: Labels) -> None:
    pair = wish(agent, chat, labels["VIP"])
    fail(pair, Reason.SAID("no"))
    for _twice in range(2):
        dismiss_failure(Actor.of(agent), pair)
    pair = pair_of(chat, labels["VIP"])
    assert (pair.wanted, pair.receipt, pair.error) == (False, Receipt.CONFIRMED, "")
    assert [entry.verb for entry in LedgerEntry.objects.order_by("pk")] == ["add", "fail", "remove"]
    assert count_of(labels["VIP"]) == 0


def test_dismissing_a_failed_removal_keeps_the_label(agent: User, make_chat: MakeChat, labels: Labels) -> None:
    chat = make_chat(labels=(labels["VIP"],))
    pair = wish(agent, chat, labels["VIP"], on=False)
    fail(pair, Reason.SAID("no"))
    dismiss_failure(Actor.of(agent), pair)
    assert (pair_of(chat, labels["VIP"]).wanted, count_of(labels["VIP"])) == (True, 1)


def test_dismissing_asks_where_nothing_was_seen(agent: User, chat: Chat, labels: Labels) -> None:
    """The call that failed may have acted."""
    pair = wish(agent, chat, labels["VIP"])
    ChatLabel.objects.filter(pk=pair.pk).update(called_at=timezone.now(), sent_at=timezone.now())
    fail(pair_of(chat, labels["VIP"]), Reason.SAID("no"))
    dismiss_failure(Actor.of(agent), pair)
    found = pair_of(chat, labels["VIP"])
    assert (found.wanted, found.receipt, found.due_at is not None) == (False, Receipt.CONFIRMED, True)


def test_without_the_permission_nothing_happens(db: None, chat: Chat, labels: Labels) -> None:
    nobody = User.objects.create_user("nobody", password="x")
    with pytest.raises(NotAllowed):
        set_label(Actor.of(nobody), chat, labels["VIP"], on=True)
    assert (ChatLabel.objects.count(), LedgerEntry.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    ("spoil", "error", "status"),
    [
        ({"deleted_at": timezone.now()}, Gone, 410),
        ({"known_at": None}, Refused, 409),
    ],
)
def test_no_ghost_tagging(
    agent: User, chat: Chat, labels: Labels, spoil: dict[str, Any], error: type[Refused], status: int
) -> None:
    stale = labels["VIP"]
    Label.objects.filter(pk=stale.pk).update(**spoil)
    with pytest.raises(error) as refused:
        set_label(Actor.of(agent), chat, stale, on=True)
    assert refused.value.status == status
    assert ChatLabel.objects.count() == 0


def test_a_label_of_another_number_is_not_found(agent: User, chat: Chat, other_number: Instance) -> None:
    theirs = Label.objects.create(instance=other_number, wa_id="1", name="VIP", known_at=timezone.now())
    with pytest.raises(Refused) as refused:
        set_label(Actor.of(agent), chat, theirs, on=True)
    assert (refused.value.status, ChatLabel.objects.count()) == (404, 0)


def test_a_new_stage_waits_with_the_old_one(agent: User, make_chat: MakeChat, labels: Labels) -> None:
    chat = make_chat(labels=(labels["New lead"], labels["VIP"]))
    new = wish(agent, chat, labels["Paid"])
    old = pair_of(chat, labels["New lead"])
    assert (old.wanted, old.remote, old.receipt, old.waits_for_id) == (False, True, Receipt.PENDING, new.pk)
    assert pair_of(chat, labels["VIP"]).wanted is True
    confirm(new)
    old.refresh_from_db()
    assert (old.waits_for_id, old.receipt) == (None, Receipt.PENDING)


def test_a_new_stage_that_fails_keeps_the_old_one(agent: User, make_chat: MakeChat, labels: Labels) -> None:
    chat = make_chat(labels=(labels["New lead"],))
    fail(wish(agent, chat, labels["Paid"]), Reason.SAID("no"))
    old = pair_of(chat, labels["New lead"])
    assert (old.wanted, old.receipt, old.due_at, old.waits_for) == (True, Receipt.CONFIRMED, None, None)
    assert list(LedgerEntry.objects.order_by("pk").values_list("verb", flat=True)) == ["add", "remove", "fail", "keep"]
    assert count_of(labels["New lead"]) == 1


def test_a_third_stage_holds_back_the_first_one_too(agent: User, make_chat: MakeChat, labels: Labels) -> None:
    chat = make_chat(labels=(labels["New lead"],))
    wish(agent, chat, labels["Quoted"])
    last = wish(agent, chat, labels["Paid"])
    waiting = ChatLabel.objects.filter(chat=chat, wanted=False).order_by("label__wa_id")
    assert [(pair.label.name, pair.waits_for_id) for pair in waiting.select_related("label")] == [
        ("New lead", last.pk),
        ("Quoted", last.pk),
    ]


def test_free_labels_live_together(agent: User, chat: Chat, labels: Labels) -> None:
    wish(agent, chat, labels["VIP"])
    wish(agent, chat, labels["On hold"])
    assert ChatLabel.objects.filter(chat=chat, wanted=True).count() == 2


def test_the_queries_of_a_click(
    agent: User, make_chat: MakeChat, labels: Labels, django_assert_num_queries: Callable[[int], Any]
) -> None:
    actor = Actor.of(User.objects.get(pk=agent.pk))
    actor.may("apply_labels")  # permissions are kept with the request's user
    wakes = 1 if connection.vendor == "postgresql" else 0
    chat = make_chat(labels=(labels["New lead"],))
    with django_assert_num_queries(9 + wakes):  # two begin and end it
        set_label(actor, chat, labels["VIP"], on=True)
    with django_assert_num_queries(5):
        set_label(actor, chat, labels["VIP"], on=True)
    with django_assert_num_queries(16 + wakes):  # and the move: is one going, one more
        set_label(actor, chat, labels["Paid"], on=True)


@pytest.mark.django_db(transaction=True)
def test_a_click_survives_a_deadlock(agent: User, make_chat: MakeChat, labels: Labels) -> None:
    """Work over many chats locks a label, then a chat; a click locks the chat, then counts the label."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time")
    chat, has_label = make_chat(), threading.Event()

    def many() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            Label.objects.select_for_update().get(pk=labels["VIP"].pk)
            has_label.set()
            for _look in range(500):  # the one who waited first is the one who is cancelled
                cursor.execute(
                    "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND pid <> pg_backend_pid()"
                )
                if cursor.fetchone():
                    break
                time.sleep(0.01)
            Chat.objects.select_for_update().get(pk=chat.pk)
        connection.close()

    other = threading.Thread(target=many)
    other.start()
    has_label.wait(5)
    pair = set_label(Actor.of(agent), chat, labels["VIP"], on=True)
    other.join(10)
    assert (pair.receipt, count_of(labels["VIP"])) == (Receipt.PENDING, 1)


def test_a_stage_taken_back_before_it_was_sent_leaves_the_old_one(
    agent: User, make_chat: MakeChat, labels: Labels
) -> None:
    chat = make_chat(labels=(labels["Quoted"],))
    for on in (True, False):
        set_label(Actor.of(agent), chat, labels["Paid"], on=on)
    quoted = ChatLabel.objects.get(chat=chat, label=labels["Quoted"])
    assert (quoted.wanted, quoted.receipt, quoted.waits_for) == (True, Receipt.CONFIRMED, None)
    labels["Quoted"].refresh_from_db()
    assert labels["Quoted"].chat_count == 1


def test_a_click_on_a_chat_that_was_joined_to_another_lands_there(
    number: Instance, agent: User, make_chat: MakeChat, labels: Labels
) -> None:
    hidden, shown = make_chat(jid="10931@lid"), make_chat(jid="201555000001@c.us", labels=(labels["Paid"],))
    refused = wish(agent, hidden, labels["On hold"])
    fail(refused, Reason.NOT_THERE())
    learn_hidden_ids(number, [LidPair("10931@lid", "201555000001@c.us")])
    assert set_label(Actor.of(agent), hidden, labels["VIP"], on=True).chat == shown
    assert set_label(Actor.of(agent), hidden, labels["Paid"], on=False).chat == shown
    assert dismiss_failure(Actor.of(agent), refused).chat == shown
    states = {pair.label.name: (pair.wanted, pair.receipt) for pair in shown.assignments.select_related("label")}
    assert states == {"VIP": (True, "pending"), "Paid": (False, "pending"), "On hold": (False, "confirmed")}


def test_a_chat_that_never_was_is_none(agent: User, chat: Chat, labels: Labels) -> None:
    chat.pk = 0
    with pytest.raises(Chat.DoesNotExist):
        set_label(Actor.of(agent), chat, labels["VIP"], on=True)
