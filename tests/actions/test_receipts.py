"""What is recorded around a call. The call itself is not made here: its end is told with the pieces the push lane uses."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from labelapp.actions.actor import Actor
from labelapp.actions.identity import learn_hidden_ids
from labelapp.actions.readings import postpone_reading, record_reading
from labelapp.actions.receipts import claim, record_failure, record_sent
from labelapp.actions.tagging import set_label
from labelapp.lanes.due import due_pairs
from labelapp.models import Change, Chat, ChatLabel, Instance, Label, LedgerEntry, Receipt, User
from labelapp.models.reasons import sentence
from labelapp.whatsapp.errors import ProviderError
from labelapp.whatsapp.types import LabelInfo, LidPair
from tests.conftest import MakeChat
from tests.posted import deliver, fresh, pair_of, untagged

Labels = dict[str, Label]
SECOND = timedelta(seconds=1)


@pytest.fixture
def chat(make_chat: MakeChat) -> Chat:
    return make_chat()


@pytest.fixture
def pair(agent: User, chat: Chat, labels: Labels) -> ChatLabel:
    """A wish for VIP that was not sent yet."""
    return set_label(Actor.of(agent), chat, labels["VIP"], on=True)


def claimed(pair: ChatLabel) -> ChatLabel:
    found = claim(pair.pk)
    assert found is not None
    return found


def sent(pair: ChatLabel) -> ChatLabel:
    record_sent(claimed(pair))
    return pair_of(pair.chat, pair.label)


@pytest.mark.parametrize(("shown", "queries"), [(None, 6), (True, 7)])
def test_the_queries_of_a_call(
    number: Instance,
    pair: ChatLabel,
    shown: bool | None,
    queries: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    """Two begin and end it; the chat, the pair with its label, the pair again. At the end a notice, and what waited for the pair."""
    wakes = 1 if connection.vendor == "postgresql" else 0
    with django_assert_num_queries(5):
        found = claim(pair.pk, pair.chat_id)
    assert found is not None
    found.label.instance = number
    with django_assert_num_queries(queries + wakes):
        record_sent(found, shown=shown)


def wait_of(pair: ChatLabel) -> float:
    pair.refresh_from_db()
    assert pair.due_at is not None
    return (pair.due_at - timezone.now()).total_seconds()


def read(number: Instance, chat: Chat, *names: str) -> None:
    infos = [LabelInfo(label.wa_id, label.name, label.color_index) for label in Label.objects.filter(name__in=names)]
    record_reading(number, chat.pk, infos, timezone.now())


def test_a_claim_is_written_down_before_the_call(pair: ChatLabel) -> None:
    found = claimed(pair)
    pair.refresh_from_db()
    assert (pair.called_at, pair.attempts, pair.in_flight, pair.receipt) == (found.called_at, 1, True, Receipt.PENDING)


def test_a_claim_without_an_end_is_taken_again(pair: ChatLabel) -> None:
    claimed(pair)
    again = claimed(pair)
    assert (again.attempts, again.in_flight) == (2, True)


def test_the_end_of_a_claim_that_was_taken_over_is_not_recorded(pair: ChatLabel) -> None:
    first = claimed(pair)
    second = claimed(pair)
    record_sent(first)
    pair.refresh_from_db()
    assert (pair.receipt, pair.sent_at, pair.called_at) == (Receipt.PENDING, None, second.called_at)


def test_a_claim_for_a_deleted_label_fails_the_wish(pair: ChatLabel) -> None:
    Label.objects.filter(pk=pair.label_id).update(deleted_at=timezone.now())
    assert claim(pair.pk) is None
    pair.refresh_from_db()
    assert (pair.receipt, sentence(pair.error)) == (Receipt.FAILED, "The label was deleted in WhatsApp.")


def test_a_200_proves_nothing(pair: ChatLabel, settings: Any) -> None:
    began = timezone.now()
    pair = sent(pair)
    assert (pair.receipt, pair.remote, pair.in_flight) == (Receipt.SENT, None, False)
    assert began <= pair.due_at - settings.READ_BACK_SECONDS * SECOND <= timezone.now()
    assert claim(pair.pk) is None


def test_an_echo_before_the_answer_is_read_back_at_once(pair: ChatLabel) -> None:
    found = claimed(pair)
    ChatLabel.objects.filter(pk=pair.pk).update(remote=True, remote_at=timezone.now())
    record_sent(found)
    pair.refresh_from_db()
    assert pair.receipt == Receipt.SENT
    assert wait_of(pair) <= 0


def test_a_reading_confirms(pair: ChatLabel, number: Instance) -> None:
    pair = sent(pair)
    read(number, pair.chat, "VIP")
    pair.refresh_from_db()
    assert (pair.receipt, pair.remote, pair.due_at, pair.error) == (Receipt.CONFIRMED, True, None, "")


def test_a_reading_that_began_before_the_call_ended_settles_nothing(pair: ChatLabel, number: Instance) -> None:
    began = timezone.now()
    pair = sent(pair)
    vip = [LabelInfo(pair.label.wa_id, "VIP", 3)]
    record_reading(number, pair.chat_id, vip, began)
    assert pair_of(pair.chat, pair.label).receipt == Receipt.SENT


def test_a_reading_during_a_call_settles_nothing(pair: ChatLabel, number: Instance) -> None:
    claimed(pair)
    read(number, pair.chat, "VIP")
    assert pair_of(pair.chat, pair.label).receipt == Receipt.PENDING


def test_a_provider_that_lies_is_called_again_and_given_up_in_the_end(
    pair: ChatLabel, number: Instance, settings: Any
) -> None:
    for attempt in range(1, settings.PUSH_ATTEMPTS + 1):
        assert (pair.receipt, pair.attempts) == (Receipt.PENDING, attempt - 1)
        sent(pair)
        read(number, pair.chat)
        pair.refresh_from_db()
        assert pair.remote is False
    assert (pair.receipt, pair.wanted, pair.due_at) == (Receipt.FAILED, True, None)
    assert pair.reason == "WhatsApp said done, but the change is not there."
    assert LedgerEntry.objects.filter(verb="fail", label=pair.label).count() == 1


def test_a_permanent_error_fails_in_the_providers_words(pair: ChatLabel, number: Instance) -> None:
    record_failure(claimed(pair), ProviderError("Use a business account", permanent=True, status=422))
    pair.refresh_from_db()
    assert (pair.receipt, pair.reason) == (Receipt.FAILED, "The provider says: Use a business account")
    number.refresh_from_db()
    assert number.directory_due_at is None


def test_a_404_has_the_directory_read(pair: ChatLabel, number: Instance) -> None:
    record_failure(claimed(pair), ProviderError("Label not found", permanent=True, status=404))
    pair.refresh_from_db()
    number.refresh_from_db()
    assert pair.receipt == Receipt.FAILED
    assert number.directory_due_at is not None


@pytest.mark.parametrize(
    ("error", "attempts", "least", "most"),
    [
        (ProviderError("busy", status=500), 1, 2, 2.5),
        (ProviderError("slow down", status=429, retry_after=90), 0, 89, 90),
        (ProviderError("Service Unavailable", status=503), 0, 2, 2.5),
        (ProviderError("No connection.", unreachable=True), 0, 2, 2.5),
        (ProviderError("Bad token", refused=True, status=401), 0, 16, 20),
    ],
)
def test_what_may_pass_is_tried_later(
    pair: ChatLabel, error: ProviderError, attempts: int, least: float, most: float
) -> None:
    record_failure(claimed(pair), error)
    assert least - 0.5 < wait_of(pair) <= most
    assert (pair.receipt, pair.attempts, pair.in_flight) == (Receipt.PENDING, attempts, False)
    assert error.message.rstrip(".") in pair.reason


def test_errors_that_pass_end_after_so_many_attempts(pair: ChatLabel, settings: Any) -> None:
    for _attempt in range(settings.PUSH_ATTEMPTS):
        record_failure(claimed(pair), ProviderError("busy", status=500))
    pair.refresh_from_db()
    assert (pair.receipt, pair.reason) == (Receipt.FAILED, "The provider says: busy")


def test_a_provider_out_of_service_never_gives_a_wish_up(pair: ChatLabel, settings: Any) -> None:
    for _attempt in range(settings.PUSH_ATTEMPTS + 1):
        record_failure(claimed(pair), ProviderError("Service Unavailable", status=503))
    pair.refresh_from_db()
    assert (pair.receipt, pair.reason) == (Receipt.PENDING, "The provider says: Service Unavailable")


def test_silence_never_gives_a_wish_up(pair: ChatLabel, settings: Any) -> None:
    for _attempt in range(3 * settings.PUSH_ATTEMPTS):
        record_failure(claimed(pair), ProviderError("No connection.", unreachable=True))
    pair.refresh_from_db()
    assert (pair.receipt, pair.attempts) == (Receipt.PENDING, 0)


def test_a_call_that_may_have_acted_is_read_back_before_it_is_repeated(pair: ChatLabel, number: Instance) -> None:
    record_failure(claimed(pair), ProviderError("No answer in time.", unreachable=True, timed_out=True))
    assert 0 < wait_of(pair) <= 1
    assert (pair.receipt, claim(pair.pk)) == (Receipt.SENT, None)
    read(number, pair.chat, "VIP")
    assert pair_of(pair.chat, pair.label).receipt == Receipt.CONFIRMED


def test_a_gateways_word_is_no_attempt_and_is_looked_into_first(
    pair: ChatLabel, number: Instance, settings: Any
) -> None:
    error = ProviderError("Bad Gateway", unreachable=True, timed_out=True, status=502)
    for _attempt in range(settings.PUSH_ATTEMPTS + 1):
        record_failure(claimed(pair), error)
        pair.refresh_from_db()
        assert (pair.receipt, pair.attempts) == (Receipt.SENT, 0)
        for _time in range(settings.PUSH_ATTEMPTS + 2):
            postpone_reading(pair.pk, error)
        read(number, pair.chat)
    pair.refresh_from_db()
    assert (pair.receipt, pair.attempts) == (Receipt.PENDING, 0)


def test_a_wish_that_changed_during_the_call_is_sent_next(pair: ChatLabel, agent: User) -> None:
    found = claimed(pair)
    set_label(Actor.of(agent), pair.chat, pair.label, on=False)
    record_sent(found)
    assert wait_of(pair) <= 0
    assert (pair.receipt, pair.wanted, pair.attempts, pair.in_flight) == (Receipt.PENDING, False, 0, False)


def test_a_failure_of_a_call_for_an_older_wish_is_nobodys_failure(pair: ChatLabel, agent: User) -> None:
    found = claimed(pair)
    set_label(Actor.of(agent), pair.chat, pair.label, on=False)
    record_failure(found, ProviderError("no", permanent=True, status=422))
    pair.refresh_from_db()
    assert (pair.receipt, pair.wanted, pair.error) == (Receipt.PENDING, False, "")


def test_a_wish_made_anew_during_a_call_that_nobody_heard(pair: ChatLabel, agent: User) -> None:
    found = claimed(pair)
    for on in (False, True):
        set_label(Actor.of(agent), pair.chat, pair.label, on=on)
    record_failure(found, ProviderError("No connection.", unreachable=True))
    pair.refresh_from_db()
    assert (pair.receipt, pair.attempts, pair.in_flight) == (Receipt.PENDING, 0, False)


def test_the_end_of_a_call_after_the_label_was_deleted_keeps_the_failure(pair: ChatLabel) -> None:
    found = claimed(pair)
    Label.objects.filter(pk=pair.label_id).update(deleted_at=timezone.now())
    claim(pair.pk)
    record_sent(found)
    pair.refresh_from_db()
    assert pair.receipt == Receipt.FAILED


def test_a_reading_adopts_what_nobody_took_off(number: Instance, chat: Chat, labels: Labels) -> None:
    read(number, chat, "VIP")
    found = pair_of(chat, labels["VIP"])
    assert (found.wanted, found.remote, found.receipt) == (True, True, Receipt.CONFIRMED)
    assert list(LedgerEntry.objects.values_list("verb", "source")) == [("add", "phone")]
    assert Label.objects.get(name="VIP").chat_count == 1
    chat.refresh_from_db()
    assert timezone.now() - chat.labels_read_at < SECOND * 5


def test_an_absence_in_a_reading_proves_nothing(number: Instance, make_chat: MakeChat, labels: Labels) -> None:
    chat = make_chat(labels=(labels["VIP"],))
    read(number, chat)
    assert (pair_of(chat, labels["VIP"]).wanted, LedgerEntry.objects.count()) == (True, 0)


def test_an_absence_that_an_event_told_before_is_believed(
    number: Instance, make_chat: MakeChat, labels: Labels
) -> None:
    chat = make_chat(labels=(labels["VIP"],))
    deliver(number, untagged(chat.jid, "4", at=None))
    read(number, chat)
    found = pair_of(chat, labels["VIP"])
    assert (found.wanted, found.remote, found.due_at) == (False, False, None)
    assert Label.objects.get(name="VIP").chat_count == 0


def test_a_stale_reading_after_a_confirmed_removal_is_asked_again(
    number: Instance, agent: User, make_chat: MakeChat, labels: Labels
) -> None:
    chat = make_chat(labels=(labels["VIP"],))
    pair = set_label(Actor.of(agent), chat, labels["VIP"], on=False)
    sent(pair)
    read(number, chat)
    read(number, chat, "VIP")  # some engines answer with the old labels for a while
    found = pair_of(chat, labels["VIP"])
    assert (found.wanted, found.receipt) == (False, Receipt.CONFIRMED)
    assert found.due_at is not None
    read(number, chat)
    found.refresh_from_db()
    assert (found.wanted, found.due_at) == (False, None)


def test_an_absence_that_lasts_is_no_proof(number: Instance, agent: User, make_chat: MakeChat, labels: Labels) -> None:
    """One source that answers with nothing for a while, however often it is asked."""
    chat = make_chat()
    sent(set_label(Actor.of(agent), chat, labels["VIP"], on=True))
    read(number, chat, "VIP")
    for _again in range(3):
        read(number, chat)
        ChatLabel.objects.exclude(due_at=None).update(due_at=timezone.now())
    found = pair_of(chat, labels["VIP"])
    assert (found.wanted, found.due_at) == (True, None)


def test_a_contradiction_that_lasts_is_adopted(
    number: Instance, agent: User, make_chat: MakeChat, labels: Labels
) -> None:
    chat = make_chat(labels=(labels["VIP"],))
    sent(set_label(Actor.of(agent), chat, labels["VIP"], on=False))
    for shown in ((), ("VIP",), ("VIP",)):
        read(number, chat, *shown)
    assert pair_of(chat, labels["VIP"]).wanted is False  # asked again too soon to be sure
    ChatLabel.objects.update(due_at=timezone.now())
    read(number, chat, "VIP")
    found = pair_of(chat, labels["VIP"])
    assert (found.wanted, found.remote, found.due_at) == (True, True, None)


def test_a_reading_does_not_bring_a_deleted_label_back(number: Instance, chat: Chat, labels: Labels) -> None:
    vip = labels["VIP"]
    Label.objects.filter(pk=vip.pk).update(deleted_at=timezone.now())
    record_reading(number, chat.pk, [LabelInfo(vip.wa_id, "VIP", 3)], timezone.now())
    assert Label.objects.filter(wa_id=vip.wa_id).living().count() == 0
    number.refresh_from_db()
    assert number.directory_due_at is not None


def test_a_reading_confirms_a_wish_that_had_failed(pair: ChatLabel, number: Instance) -> None:
    record_failure(claimed(pair), ProviderError("no", permanent=True, status=422))
    read(number, pair.chat, "VIP")
    found = pair_of(pair.chat, pair.label)
    assert (found.receipt, found.error) == (Receipt.CONFIRMED, "")


def test_what_a_merge_has_ended_is_not_recorded(pair: ChatLabel) -> None:
    found = claimed(pair)
    ChatLabel.objects.all().delete()
    record_sent(found)
    record_failure(found, ProviderError("no", permanent=True, status=422))
    postpone_reading(found.pk, ProviderError("no", permanent=True, status=422))
    assert claim(found.pk) is None
    assert (ChatLabel.objects.count(), LedgerEntry.objects.filter(verb="fail").count()) == (0, 0)


def test_the_end_of_a_call_is_recorded_with_the_chat_that_its_own_was_merged_into(
    pair: ChatLabel, make_chat: MakeChat
) -> None:
    found, other = claimed(pair), make_chat()
    ChatLabel.objects.filter(pk=pair.pk).update(chat=other)
    record_sent(found)
    pair.refresh_from_db()
    assert (pair.chat, pair.receipt, pair.in_flight) == (other, Receipt.SENT, False)


def test_every_end_of_a_call_is_told_to_the_screens(pair: ChatLabel) -> None:
    Change.objects.all().delete()
    record_failure(claimed(pair), ProviderError("busy", status=500))
    sent(pair)
    assert list(Change.objects.values_list("kind", "chat")) == [("chat", pair.chat_id)] * 2


def test_a_wish_whose_chat_was_joined_since_it_was_chosen_is_not_claimed_but_due(
    number: Instance, agent: User, make_chat: MakeChat, labels: dict[str, Label]
) -> None:
    hidden, shown = make_chat(jid="199887766554433@lid"), make_chat(jid="15550001111@c.us")
    wished = set_label(Actor.of(agent), hidden, labels["VIP"], on=True)
    learn_hidden_ids(number, [LidPair("199887766554433@lid", "15550001111@c.us")])
    assert claim(wished.pk, hidden.pk) is None
    (due,) = due_pairs(fresh(number), set())
    assert (due.chat_id, due.attempts) == (shown.pk, 0)
    assert claim(due.pk, due.chat_id) is not None


@pytest.mark.parametrize(("minutes", "receipt"), [(1, "pending"), (59, "pending"), (61, "failed")])
def test_a_wish_about_which_lists_contradict_each_other_is_given_up_after_an_hour(
    pair: ChatLabel, minutes: int, receipt: str
) -> None:
    ChatLabel.objects.filter(pk=pair.pk).update(wanted_at=timezone.now() - timedelta(minutes=minutes))
    record_failure(claimed(pair), ProviderError("The lists may lack labels of this chat.", unsure=True))
    pair.refresh_from_db()
    assert (pair.receipt, pair.reason) == (receipt, "The provider says: The lists may lack labels of this chat")
    assert (pair.due_at is None) is (receipt == "failed")
