"""Labels put on and taken off by programs, with their receipts."""

import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from labelapp.api import waiting
from labelapp.models import Change, Chat, ChatLabel, Fact, Instance, Label, LedgerEntry, Receipt
from labelapp.models.fields import NEVER
from tests.api.conftest import MakeProgram, Program, in_thread, problem
from tests.conftest import MakeChat
from tests.posted import run_push_later
from tests.wire import FarSide

Labels = dict[str, Label]


@pytest.fixture
def side(far: FarSide, labels: Labels) -> FarSide:
    far.labels = {label.wa_id: {"name": label.name, "color": label.color_index} for label in labels.values()}
    return far


@pytest.fixture
def chat(make_chat: MakeChat, labels: Labels) -> Chat:
    return make_chat("201001234567@c.us", name="Mariam", labels=(labels["Quoted"],))


def wanted(chat: Chat) -> set[str]:
    return set(ChatLabel.objects.filter(chat=chat, wanted=True).values_list("label__name", flat=True))


def work(number: Instance) -> None:
    """What a worker does: the call, then the look whether it had an effect."""
    run_push_later(number)
    run_push_later(number)


def traces() -> tuple[int, int, int]:
    return LedgerEntry.objects.count(), Change.objects.count(), Fact.objects.count()


def test_a_wish_its_receipt_and_a_repeat(shop: Program, side: FarSide, chat: Chat, number: Instance) -> None:
    answer = shop.put(f"/chats/{chat.pk}/labels/name:VIP")
    assert answer.status_code == 202
    said = answer.json()
    assert (said["name"], said["wanted"], said["on_whatsapp"], said["receipt"]) == ("VIP", True, None, "pending")
    entry = LedgerEntry.objects.get()
    assert (entry.verb, entry.source, entry.cause, entry.actor) == ("add", "api", "Shop", None)
    work(number)
    before, calls = traces(), len(side.calls)
    answer = shop.put(f"/chats/{chat.pk}/labels/name:VIP")
    assert (answer.status_code, answer.json()["receipt"], answer.json()["on_whatsapp"]) == (200, "confirmed", True)
    assert (traces(), len(side.calls)) == (before, calls)
    work(number)
    assert len(side.calls) == calls
    assert side.has(chat.jid, "4")


def test_off_again_and_a_repeat(shop: Program, side: FarSide, chat: Chat, number: Instance) -> None:
    side.tags = {(chat.jid, "2")}
    assert shop.delete(f"/chats/{chat.pk}/labels/wa_id:2").status_code == 202
    work(number)
    before = traces()
    for label in ("wa_id:2", "name:VIP"):  # one that came off, one that never was on
        answer = shop.delete(f"/chats/{chat.pk}/labels/{label}")
        assert (answer.status_code, answer.json()["wanted"], answer.json()["receipt"]) == (200, False, "confirmed")
    assert (traces(), side.tags) == (before, set())
    assert problem(shop.get(f"/chats/{chat.pk}/labels/name:VIP"))[0] == 404


def test_a_label_by_each_of_its_names(shop: Program, chat: Chat, labels: Labels) -> None:
    for name in (str(labels["On hold"].pk), "wa_id:5", "name:On hold", "name:On%20hold"):
        assert shop.put(f"/chats/{chat.pk}/labels/{name}").json()["label"] == labels["On hold"].pk
        assert shop.get(f"/chats/{chat.pk}/labels/{name}").json()["label"] == labels["On hold"].pk


def test_a_name_with_a_slash(shop: Program, chat: Chat, number: Instance) -> None:
    Label.objects.create(instance=number, wa_id="40", name="A/B?", known_at=timezone.now())
    assert shop.put(f"/chats/{chat.pk}/labels/name:A%2FB%3F").json()["name"] == "A/B?"


def test_waiting_for_whatsapp(
    shop: Program, side: FarSide, chat: Chat, number: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "_let_go", lambda: work(number))  # a worker, meanwhile
    answer = shop.put(f"/chats/{chat.pk}/labels/name:VIP?wait=5")
    assert (answer.status_code, answer.json()["receipt"]) == (200, "confirmed")
    side.status_of = {"PUT /labels/5/": 422}
    answer = shop.put(f"/chats/{chat.pk}/labels/wa_id:5?wait=5")
    assert problem(answer) == (502, "not-applied")
    assert answer.json()["assignment"]["receipt"] == "failed"
    assert "Said 422" in answer.json()["detail"]


def test_the_wait_ends(shop: Program, chat: Chat) -> None:
    began = time.monotonic()
    answer = shop.put(f"/chats/{chat.pk}/labels/name:VIP?wait=1")
    assert (answer.status_code, answer.json()["receipt"]) == (202, "pending")
    assert 1 <= time.monotonic() - began < 3


def test_too_many_that_wait_are_answered_at_once(shop: Program, chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "places", threading.BoundedSemaphore(1))
    waiting.places.acquire()
    began = time.monotonic()
    assert shop.put(f"/chats/{chat.pk}/labels/name:VIP?wait=30").status_code == 202
    assert time.monotonic() - began < 5


@pytest.mark.django_db(transaction=True)
def test_nothing_is_held_while_a_program_waits(shop: Program, chat: Chat, labels: Labels) -> None:
    """Somebody else writes the same pair meanwhile, and the one that waits sees it."""
    answers: list[Any] = []
    asking = in_thread(lambda: answers.append(shop.put(f"/chats/{chat.pk}/labels/name:VIP?wait=20")))
    until = time.monotonic() + 20
    pairs = ChatLabel.objects.filter(chat=chat, label=labels["VIP"])
    while not pairs.update(receipt=Receipt.CONFIRMED, remote=True) and time.monotonic() < until:
        time.sleep(0.05)
    asking.join(timeout=20)
    assert (answers[0].status_code, answers[0].json()["receipt"]) == (200, "confirmed")


def test_a_phone_number_without_a_chat(shop: Program, side: FarSide, labels: Labels, number: Instance) -> None:
    answer = shop.put("/chats/+351911111111/labels/name:VIP")
    assert answer.status_code == 202
    made = Chat.objects.get()
    assert (made.pk, made.jid, made.instance) == (answer.json()["chat"], "351911111111@c.us", number)
    assert [(fact.chat, fact.source) for fact in Fact.objects.filter(kind="chat.created")] == [(made, "api")]
    assert shop.put("/chats/phone:351911111111/labels/name:VIP").json()["chat"] == made.pk
    work(number)
    assert side.has(made.jid, "4")
    assert shop.get("/chats/+351911111111").json()["labels"][0]["receipt"] == "confirmed"
    assert Fact.objects.filter(kind="chat.created").count() == 1


def test_the_provider_knows_nobody_of_that_number(shop: Program, side: FarSide, number: Instance) -> None:
    side.status_of = {"PUT /labels/4/": 422}
    shop.put("/chats/+351911111111/labels/name:VIP")
    work(number)
    found = shop.get("/chats/+351911111111").json()["labels"][0]
    assert (found["receipt"], "Said 422" in found["error"]) == ("failed", True)


@pytest.mark.parametrize("label", ["name:Nobody", "wa_id:99", "999999", "VIP", "name:", "9" * 30])
def test_no_such_label_makes_no_chat(shop: Program, labels: Labels, label: str) -> None:
    assert problem(shop.put(f"/chats/+351911111111/labels/{label}")) == (404, "not-found")
    assert Chat.objects.count() == 0


def test_a_dead_label_and_a_nameless_one_make_no_chat(shop: Program, labels: Labels) -> None:
    Label.objects.filter(name="VIP").update(deleted_at=timezone.now())
    Label.objects.filter(name="On hold").update(known_at=None)
    assert problem(shop.put("/chats/+351911111111/labels/name:VIP")) == (410, "gone")
    assert problem(shop.put("/chats/+351911111111/labels/wa_id:5")) == (409, "conflict")
    assert (Chat.objects.count(), *traces()) == (0, 0, 0, 0)


def test_groups_and_hidden_numbers_are_not_made(shop: Program, labels: Labels) -> None:
    for name in ("120363000000000001@g.us", "99887766@lid", "status@broadcast"):
        assert shop.put(f"/chats/{name}/labels/name:VIP").status_code in (404, 422)
    assert problem(shop.delete("/chats/+351911111111/labels/name:VIP"))[0] == 404
    assert Chat.objects.count() == 0


def test_where_a_chat_is_made_must_be_clear(make_program: MakeProgram, other_number: Instance, labels: Labels) -> None:
    program = make_program("tag")
    answer = program.put("/chats/+351911111111/labels/name:VIP")
    assert (problem(answer)[0], "?instance=" in answer.json()["detail"]) == (404, True)
    assert program.put("/chats/+351911111111/labels/name:VIP?instance=demo").status_code == 202


def test_a_stage(shop: Program, side: FarSide, chat: Chat, number: Instance) -> None:
    side.tags = {(chat.jid, "2")}
    answer = shop.put(f"/chats/{chat.pk}/stage", {"label": "name:Paid"})
    assert (answer.status_code, answer.json()["name"]) == (202, "Paid")
    work(number)
    assert side.tags == {(chat.jid, "3")}
    before = traces()
    assert shop.put(f"/chats/{chat.pk}/stage", {"label": "wa_id:3"}).status_code == 200
    assert traces() == before
    assert wanted(chat) == {"Paid"}


def test_a_stage_of_somebody_new(shop: Program, labels: Labels) -> None:
    assert shop.put("/chats/+351911111111/stage", {"label": "name:New lead"}).status_code == 202
    assert wanted(Chat.objects.get()) == {"New lead"}


def test_what_is_no_stage(shop: Program, chat: Chat) -> None:
    for name in (str(chat.pk), "+351911111111"):
        assert problem(shop.put(f"/chats/{name}/stage", {"label": "name:VIP"})) == (422, "invalid")
    assert problem(shop.put(f"/chats/{chat.pk}/stage", {"label": ""})) == (422, "invalid")
    assert problem(shop.put(f"/chats/{chat.pk}/stage", {})) == (422, "invalid")
    assert (wanted(chat), Chat.objects.count()) == ({"Quoted"}, 1)


def crowd(chat: Chat, many: int, *, days: int = 40) -> list[Label]:
    """So many free labels on the chat, one day apart, the last one `days` ago."""
    labels = [
        Label.objects.create(instance=chat.instance, wa_id=f"7{n}", name=f"Old {n}", known_at=timezone.now())
        for n in range(many)
    ]
    for n, label in enumerate(labels):
        at = timezone.now() - timedelta(days=days + many - n)
        ChatLabel.objects.create(chat=chat, label=label, wanted=True, remote=True, told=True, wanted_at=at)
    return labels


def test_from_the_eighth_label_on_the_answer_names_the_stale_ones(shop: Program, chat: Chat, labels: Labels) -> None:
    old = crowd(chat, 5)
    assert shop.put(f"/chats/{chat.pk}/labels/name:VIP").json()["stale"] == []  # the seventh, with the stage
    for _twice in range(2):  # a repeat is answered the same
        answer = shop.put(f"/chats/{chat.pk}/labels/name:On hold").json()
        assert [(one["id"], one["wa_id"], one["name"]) for one in answer["stale"]] == [
            (label.pk, label.wa_id, label.name) for label in old[:3]
        ]
    assert answer["stale"][0]["since"] < answer["stale"][1]["since"] < timezone.now().isoformat()
    staged = shop.put(f"/chats/{chat.pk}/stage", {"label": "name:Paid"}).json()
    assert [one["name"] for one in staged["stale"]] == ["Old 0", "Old 1", "Old 2"]
    for answer in (shop.delete(f"/chats/{chat.pk}/labels/name:VIP"), shop.get(f"/chats/{chat.pk}/labels/name:VIP")):
        assert "stale" not in answer.json()


def test_what_is_recent_or_older_than_labelapp_is_told_so(shop: Program, chat: Chat, labels: Labels) -> None:
    old = crowd(chat, 7, days=1)
    assert shop.put(f"/chats/{chat.pk}/labels/name:VIP").json()["stale"] == []
    ChatLabel.objects.filter(chat=chat, label=old[3]).update(wanted_at=NEVER)
    (one,) = shop.put(f"/chats/{chat.pk}/labels/name:VIP").json()["stale"]
    assert (one["name"], one["since"]) == ("Old 3", None)


def test_a_chat_with_fewer_labels_is_asked_nothing_more(shop: Program, make_chat: MakeChat, labels: Labels) -> None:
    asked = []
    for many in (1, 6, 7):
        chat = make_chat()
        crowd_of = [
            Label.objects.create(instance=chat.instance, wa_id=f"{many}-{n}", name=f"{many}-{n}") for n in range(many)
        ]
        ChatLabel.objects.bulk_create(ChatLabel(chat=chat, label=label, wanted=True) for label in crowd_of)
        shop.put(f"/chats/{chat.pk}/labels/name:VIP")
        with CaptureQueriesContext(connection) as queries:
            shop.put(f"/chats/{chat.pk}/labels/name:VIP")
        asked.append(len(queries))
    assert asked[0] == asked[1] < asked[2] <= asked[0] + 3
