"""Business events told by programs: accepted once, answered the same, carried out through the one door."""

import threading
import time
from collections import Counter
from typing import Any

import pytest
from django.utils import timezone

from labelapp.models import (
    ApiToken,
    BusinessEvent,
    Change,
    Chat,
    ChatAlias,
    ChatLabel,
    EventAddress,
    Fact,
    Instance,
    Label,
    LedgerEntry,
)
from tests.api.conftest import MakeProgram, Program, in_thread, problem
from tests.conftest import MakeChat
from tests.events import make_mapping
from tests.posted import run_push_later
from tests.ruled import carried
from tests.wire import FarSide

Labels = dict[str, Label]
PAID = {"id": "evt_1", "type": "payment.succeeded", "phone": "+20 100 123 4567", "data": {"amount": 12.5, "to": "ع"}}
JID = "201001234567@c.us"


@pytest.fixture
def side(far: FarSide, labels: Labels) -> FarSide:
    far.labels = {label.wa_id: {"name": label.name, "color": label.color_index} for label in labels.values()}
    return far


@pytest.fixture
def chat(make_chat: MakeChat, labels: Labels) -> Chat:
    return make_chat(JID, name="Mariam", labels=(labels["Quoted"], labels["On hold"]))


@pytest.fixture
def _paid(number: Instance, labels: Labels) -> None:
    """A payment moves the chat to Paid, and On hold comes off."""
    make_mapping(number, stage=labels["Paid"], removes=(labels["On hold"],))


def traces() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (BusinessEvent, LedgerEntry, Change, Fact))


@pytest.mark.usefixtures("_paid")
def test_a_payment_moves_the_chat(shop: Program, side: FarSide, chat: Chat, number: Instance) -> None:
    side.tags = {(chat.jid, "2"), (chat.jid, "5")}
    answer = shop.post("/events", PAID)
    said = answer.json()
    assert answer.status_code == 202
    assert (said["id"], said["type"], said["outcome"], said["reason"]) == ("evt_1", "payment.succeeded", "applied", "")
    assert (said["instance"], said["chat"], said["phone"]) == ("demo", chat.pk, "+201001234567")
    assert (said["stage"]["name"], said["stage"]["wanted"], said["stage"]["receipt"]) == ("Paid", True, "pending")
    assert [(one["name"], one["wanted"], one["receipt"]) for one in said["labels"]] == [("On hold", False, "pending")]
    assert carried(chat) == {"Paid"}
    entries = LedgerEntry.objects.values_list("source", "actor", "cause").distinct()
    assert list(entries) == [("event", None, "event:payment.succeeded evt_1")]
    for _n in range(3):
        run_push_later(number)
    assert [call for call in side.writes if call.startswith("PUT")] == [f"PUT /labels/3/chats/{JID}"]
    assert side.writes[0].startswith("PUT")  # link, then prune
    assert side.tags == {(chat.jid, "3")}


@pytest.mark.usefixtures("_paid")
def test_a_repeat_is_answered_the_same_and_changes_nothing(
    shop: Program, side: FarSide, chat: Chat, number: Instance
) -> None:
    side.tags = {(chat.jid, "2"), (chat.jid, "5")}
    first = shop.post("/events", PAID)
    for _n in range(3):
        run_push_later(number)
    before, calls = traces(), len(side.calls)
    again = shop.post("/events", dict(reversed(PAID.items())))
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert (first.get("Idempotency-Replayed"), again["Idempotency-Replayed"]) == (None, "true")
    assert (traces(), len(side.calls)) == (before, calls)


@pytest.mark.usefixtures("_paid")
@pytest.mark.parametrize("more", [{"data": {}}, {"type": "payment.failed"}, {"phone": "+201001234568"}])
def test_the_same_id_with_another_event(shop: Program, chat: Chat, more: dict[str, Any]) -> None:
    shop.post("/events", PAID)
    before = traces()
    answer = shop.post("/events", PAID | more)
    assert problem(answer) == (422, "invalid")
    assert answer.json()["errors"] == [{"field": "id", "detail": "This id came with another event."}]
    assert traces() == before


@pytest.mark.usefixtures("_paid")
def test_an_id_belongs_to_its_token(make_program: MakeProgram, chat: Chat) -> None:
    assert make_program("tag", name="One").post("/events", PAID).json()["outcome"] == "applied"
    other = make_program("tag", name="Two").post("/events", PAID | {"data": {}})
    assert (other.status_code, other.json()["outcome"]) == (202, "unchanged")  # the wish is still on its way
    assert BusinessEvent.objects.count() == 2


def test_what_is_so_already_is_200(shop: Program, make_chat: MakeChat, number: Instance, labels: Labels) -> None:
    make_mapping(number, adds=(labels["VIP"],), removes=(labels["On hold"],))
    make_chat(JID, labels=(labels["VIP"],))
    answer = shop.post("/events", PAID)
    assert (answer.status_code, answer.json()["outcome"]) == (200, "unchanged")
    assert [(one["name"], one["receipt"]) for one in answer.json()["labels"]] == [("VIP", "confirmed")]
    assert (LedgerEntry.objects.count(), Change.objects.count()) == (0, 0)


def test_a_type_that_nothing_is_mapped_to(shop: Program, chat: Chat, number: Instance, labels: Labels) -> None:
    make_mapping(number, "payment.failed", adds=(labels["VIP"],))
    make_mapping(number, adds=(labels["VIP"],), is_on=False)
    answer = shop.post("/events", PAID)
    assert (answer.status_code, answer.json()["outcome"], answer.json()["labels"]) == (200, "unmapped", [])
    assert carried(chat) == {"Quoted", "On hold"}
    fact = Fact.objects.get()
    assert (fact.kind, fact.source, fact.data) == ("event", "event", {"type": "payment.succeeded", "id": "evt_1"})


def test_a_mapping_with_a_deleted_label_does_nothing(
    shop: Program, chat: Chat, number: Instance, labels: Labels
) -> None:
    make_mapping(number, stage=labels["Paid"], adds=(labels["VIP"],))
    Label.objects.filter(name="Paid").update(deleted_at=timezone.now())
    said = shop.post("/events", PAID).json()
    assert (said["outcome"], said["labels"], said["stage"]) == ("paused", [], None)
    assert said["reason"] == "It names a label that was deleted in WhatsApp: Paid"
    assert carried(chat) == {"Quoted", "On hold"}


def test_a_mapping_that_is_refused_does_nothing_and_holds_up_no_other(
    shop: Program, chat: Chat, number: Instance, labels: Labels
) -> None:
    make_mapping(number, adds=(labels["VIP"],), stage=labels["Paid"])
    make_mapping(number, removes=(labels["On hold"],))
    Label.objects.filter(name="Paid").update(group=None)
    said = shop.post("/events", PAID).json()
    assert (said["outcome"], said["reason"]) == ("failed", "It could not be carried out: “Paid” is no stage")
    assert carried(chat) == {"Quoted"}


# The chat


@pytest.mark.parametrize("name", ["key", "jid", "+201001234567", "phone:01001234567"])
@pytest.mark.usefixtures("_paid")
def test_a_chat_by_each_of_its_names(shop: Program, chat: Chat, name: str) -> None:
    named: Any = {"key": chat.pk, "jid": f"{JID[:-5]}:3@s.whatsapp.net"}.get(name, name)
    body = {"id": "e", "type": "payment.succeeded", "chat": named}
    assert shop.post("/events", body).json()["chat"] == chat.pk
    if name == "key":
        assert shop.post("/events", body | {"id": "f", "chat": str(chat.pk)}).json()["outcome"] == "unchanged"


@pytest.mark.parametrize(
    "phone", ["01001234567", "0020 100 123 4567", "(+20) 100-123-4567", "٠١٠٠١٢٣٤٥٦٧", "201001234567"]
)
@pytest.mark.usefixtures("_paid")
def test_a_phone_number_as_people_write_it(shop: Program, chat: Chat, phone: str) -> None:
    said = shop.post("/events", PAID | {"phone": phone}).json()
    assert (said["chat"], said["phone"]) == (chat.pk, "+201001234567")


@pytest.mark.usefixtures("_paid")
def test_a_phone_number_of_a_hidden_chat_and_an_older_spelling(
    shop: Program, make_chat: MakeChat, number: Instance
) -> None:
    hidden = make_chat("77001122@lid")
    ChatAlias.objects.create(instance=number, jid=JID, chat=hidden)
    assert shop.post("/events", PAID).json()["chat"] == hidden.pk
    brazilian = make_chat("551187654321@c.us")
    assert shop.post("/events", PAID | {"id": "2", "phone": "+55 11 98765-4321"}).json()["chat"] == brazilian.pk


@pytest.mark.usefixtures("_paid")
def test_nobody_of_that_number_yet(shop: Program, number: Instance) -> None:
    answer = shop.post("/events", PAID)
    assert (answer.status_code, answer.json()["outcome"]) == (202, "unmatched")
    assert (answer.json()["chat"], answer.json()["phone"], answer.json()["instance"]) == (None, "+201001234567", "demo")
    assert Chat.objects.count() == 0
    assert list(EventAddress.objects.values_list("jid", flat=True)) == [JID]


@pytest.mark.usefixtures("_paid")
def test_a_repeat_of_one_that_waits_is_told_how_it_stands(shop: Program, make_chat: MakeChat) -> None:
    for _n in range(2):
        assert shop.post("/events", PAID).json()["outcome"] == "unmatched"
    chat = make_chat(JID)
    said = shop.post("/events", PAID).json()
    assert (said["outcome"], said["chat"], said["stage"]["name"]) == ("applied", chat.pk, "Paid")
    assert (carried(chat), EventAddress.objects.count()) == ({"Paid"}, 0)


@pytest.mark.usefixtures("_paid")
def test_a_chat_at_several_numbers(
    make_program: MakeProgram, chat: Chat, make_chat: MakeChat, other_number: Instance
) -> None:
    program = make_program("tag")
    make_chat(JID, instance=other_number)
    assert problem(program.post("/events", PAID)) == (409, "conflict")
    assert BusinessEvent.objects.count() == 0
    assert program.post("/events", PAID | {"instance": "demo"}).json()["chat"] == chat.pk


@pytest.mark.usefixtures("_paid")
def test_without_a_number_it_waits_at_all_of_them(
    make_program: MakeProgram, make_chat: MakeChat, number: Instance, other_number: Instance
) -> None:
    program = make_program("tag")
    assert program.post("/events", PAID).json()["instance"] is None
    assert EventAddress.objects.count() == 2
    chat = make_chat(JID)
    assert program.post("/events", PAID).json()["chat"] == chat.pk
    assert BusinessEvent.objects.get().instance == number


# Bad input


@pytest.mark.usefixtures("_paid")
@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"phone": "call me"}, "phone"),
        ({"phone": "12"}, "phone"),
        ({"phone": f"{JID}"}, "phone"),
        ({"phone": None}, "phone"),
        ({"chat": 17}, "phone"),
        ({"phone": ""}, "phone"),
        ({"id": ""}, "id"),
        ({"id": "two words"}, "id"),
        ({"id": "x" * 201}, "id"),
        ({"id": 7}, "id"),
        ({"type": "payment succeeded"}, "type"),
        ({"type": "x" * 81}, "type"),
        ({"data": []}, "data"),
        ({"data": {"a": "\0"}}, "data"),
        ({"data": {"a": "\ud800"}}, "data"),
        ({"data": {"a": float("nan")}}, "data"),
        ({"sender": "me"}, "sender"),
    ],
)
def test_what_is_wrong_is_named_and_changes_nothing(
    shop: Program, chat: Chat, more: dict[str, Any], field: str
) -> None:
    answer = shop.post("/events", PAID | more)
    assert problem(answer) == (422, "invalid")
    assert answer.json()["errors"][0]["field"] == field
    assert traces() == (0, 0, 0, 0)


@pytest.mark.usefixtures("_paid")
def test_nested_without_end(shop: Program, chat: Chat) -> None:
    for depth, status in ((49, 202), (51, 422)):
        data: Any = {}
        for _n in range(depth):
            data = {"in": data}
        assert shop.post("/events", PAID | {"id": str(depth), "data": data}).status_code == status


@pytest.mark.usefixtures("_paid")
def test_other_kinds_of_bodies(shop: Program, chat: Chat) -> None:
    assert problem(shop.ask("POST", "/events", "{", **{"Content-Type": "application/json"})) == (400, "bad-request")
    assert problem(shop.ask("POST", "/events", "id=1", **{"Content-Type": "text/plain"})) == (
        415,
        "unsupported-media-type",
    )
    assert problem(shop.post("/events", PAID | {"data": {"a": "x" * 1024 * 1024}})) == (413, "too-large")
    assert traces() == (0, 0, 0, 0)


@pytest.mark.usefixtures("_paid")
def test_a_token_without_the_scope(make_program: MakeProgram, chat: Chat) -> None:
    assert problem(make_program("read", "manage").post("/events", PAID)) == (403, "forbidden")
    assert traces() == (0, 0, 0, 0)


@pytest.mark.usefixtures("_paid")
def test_another_numbers_chat(shop: Program, make_chat: MakeChat, other_number: Instance) -> None:
    theirs = make_chat(JID, instance=other_number)
    for named in (theirs.pk, str(theirs.pk), JID, 999):
        body = {"id": "e", "type": "payment.succeeded", "chat": named}
        assert problem(shop.post("/events", body)) == (404, "not-found")
    assert problem(shop.post("/events", PAID | {"instance": "other"})) == (404, "not-found")
    assert traces() == (0, 0, 0, 0)
    assert shop.post("/events", PAID).json()["outcome"] == "unmatched"  # as for a number that nobody has


def test_the_secret_is_nowhere_in_the_event(shop: Program, number: Instance, labels: Labels) -> None:
    shop.post("/events", PAID)
    stored = str(BusinessEvent.objects.values().get()) + str(ApiToken.objects.values().get())
    assert shop.secret not in stored


# At once


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_paid")
def test_one_event_a_hundred_times_at_once_is_one_change(
    shop: Program, side: FarSide, chat: Chat, number: Instance
) -> None:
    """Each post in a thread with a connection of its own. All are answered the same, and the provider is called once."""
    ChatLabel.objects.filter(label__name="On hold").delete()
    side.tags = {(chat.jid, "2")}
    gate, answers = threading.Barrier(100), list[Any]()

    def post() -> None:
        gate.wait(60)
        until = time.monotonic() + 120
        while (answer := shop.post("/events", PAID)).status_code == 503 and time.monotonic() < until:
            time.sleep(0.2)  # the storage was busy: asking again is safe
        answers.append((answer.status_code, answer.content, answer.get("Idempotency-Replayed")))

    threads = [in_thread(post) for _n in range(100)]
    for thread in threads:
        thread.join(timeout=180)
    assert Counter((status, body) for status, body, _new in answers) == {answers[0][:2]: 100}
    assert (answers[0][0], Counter(new for *_answer, new in answers)) == (202, {"true": 99, None: 1})
    assert BusinessEvent.objects.count() == 1
    assert sorted(LedgerEntry.objects.values_list("verb", "label__name")) == [("add", "Paid"), ("remove", "Quoted")]
    assert Fact.objects.filter(kind="event").count() == 1
    for _n in range(4):
        run_push_later(number)
    assert side.writes == [f"PUT /labels/3/chats/{JID}", f"DELETE /labels/2/chats/{JID}"]
