"""The same click at WAHA, whose only call replaces all labels of a chat. The provider is the simulator, as a process of its own."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest
from django.utils import timezone

from labelapp.actions import drift
from labelapp.actions.actor import Actor
from labelapp.actions.importing import run_import
from labelapp.actions.providers import client_for
from labelapp.actions.receipts import claim
from labelapp.actions.tagging import set_label
from labelapp.lanes.reach import Reach
from labelapp.models import Chat, ChatLabel, Instance, Label, LedgerEntry, User
from tests.conftest import make_number
from tests.drifted import doubt_about
from tests.posted import pair_of, run_push
from tests.simulator.process import SimulatorProcess

WISHED, THEIRS, OTHER = "7", "9", "10"  # labels without a funnel
Click = Callable[..., ChatLabel]
Push = Callable[[ChatLabel], ChatLabel]


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorProcess]:
    running = SimulatorProcess(tmp_path_factory.mktemp("waha") / "world.sqlite3", "--chats", "20").start()
    yield running
    running.stop()
    running.http.close()


@pytest.fixture
def waha(process: SimulatorProcess) -> SimulatorProcess:
    process.post("/sim/reset", {"seed": 1, "chats": 20})
    return process


@pytest.fixture
def shop(db: None, waha: SimulatorProcess) -> Instance:
    """A number at the simulator's WAHA side, imported."""
    more = {"provider": "waha", "base_url": waha.url, "import_stage": Instance.ImportStage.WAITING, "imported_at": None}
    number = make_number("demo", **more)
    with client_for(number) as client:
        assert run_import(number, client)
    return number


@pytest.fixture
def chat(shop: Instance, waha: SimulatorProcess) -> Chat:
    """Somebody with one address and none of our three labels."""
    for row in waha.get("/sim/chats"):
        chat = Chat.objects.get(aliases__jid=row["jid"])
        if chat.aliases.count() == 1 and not {WISHED, THEIRS, OTHER} & set(row["labels"]):
            return chat
    raise AssertionError("no such chat in this world")


@pytest.fixture
def reach() -> Iterator[Reach]:
    """The push lane's own, its connections closed afterwards."""
    made = Reach()
    yield made
    made.drop()


@pytest.fixture
def push(shop: Instance, reach: Reach) -> Push:
    """The lane runs until nothing of the pair is open, every pause over."""

    def until_settled(pair: ChatLabel) -> ChatLabel:
        for _turn in range(3):
            ChatLabel.objects.filter(due_at__isnull=False).update(due_at=timezone.now())
            run_push(shop, reach)
        return pair_of(pair.chat, pair.label)

    return until_settled


@pytest.fixture
def click(agent: User, shop: Instance) -> Click:
    def wish(chat: Chat, wa_id: str, *, on: bool = True) -> ChatLabel:
        return set_label(Actor.of(agent), chat, label_of(shop, wa_id), on=on)

    return wish


def label_of(shop: Instance, wa_id: str) -> Label:
    return Label.objects.living().get(instance=shop, wa_id=wa_id)


def on_phone(waha: SimulatorProcess, chat: Chat) -> set[str]:
    return set(waha.get(f"/sim/chats/{quote(chat.jid)}")["labels"])


def of_chat(waha: SimulatorProcess, chat: Chat) -> list[str]:
    """The calls about the chat, by method."""
    return [row["method"] for row in waha.calls() if row["chat"] == chat.jid]


def test_read_replace_all_read_back_confirmed(
    shop: Instance, waha: SimulatorProcess, chat: Chat, click: Click, push: Push, reach: Reach
) -> None:
    before, seen = on_phone(waha, chat), len(of_chat(waha, chat))
    pair = click(chat, WISHED)
    assert (pair.receipt, of_chat(waha, chat)[seen:]) == ("pending", [])
    run_push(shop, reach)
    assert of_chat(waha, chat)[seen:] == ["GET", "PUT", "GET"]
    assert on_phone(waha, chat) == before | {WISHED}
    pair = push(pair)
    assert (pair.wanted, pair.remote, pair.receipt) == (True, True, "confirmed")
    assert of_chat(waha, chat).count("PUT") == 1
    assert list(LedgerEntry.objects.filter(chat=chat).values_list("verb", "source")) == [("add", "agent")]


@pytest.mark.parametrize("on", [True, False])
def test_a_second_writers_label_is_kept(
    shop: Instance, waha: SimulatorProcess, chat: Chat, click: Click, push: Push, on: bool
) -> None:
    """Somebody labels the chat on the phone while our wish waits, and no event tells of it."""
    pair = click(chat, WISHED)
    if not on:
        push(pair)
        pair = click(chat, WISHED, on=False)
    before = on_phone(waha, chat) - {WISHED}
    waha.post("/sim/phone/label", {"chat": chat.jid, "label": THEIRS, "on": True})
    pair = push(pair)
    assert (pair.wanted, pair.receipt) == (on, "confirmed")
    assert on_phone(waha, chat) == before | {THEIRS} | ({WISHED} if on else set())


def test_two_wishes_for_one_chat_do_not_undo_each_other(
    shop: Instance, waha: SimulatorProcess, chat: Chat, click: Click, push: Push
) -> None:
    before = on_phone(waha, chat)
    pairs = [click(chat, wa_id) for wa_id in (WISHED, OTHER)]
    for pair in pairs:
        push(pair)
    assert [pair_of(chat, pair.label).receipt for pair in pairs] == ["confirmed", "confirmed"]
    assert on_phone(waha, chat) == before | {WISHED, OTHER}


def test_a_list_that_has_lost_labels_is_not_written_back(
    shop: Instance, waha: SimulatorProcess, chat: Chat, click: Click, push: Push, reach: Reach
) -> None:
    """The chat's list comes back empty although it has a label: replacing all would take that one off."""
    push(click(chat, OTHER))
    pair, written = click(chat, WISHED), of_chat(waha, chat).count("PUT")
    faults: dict[str, Any] = {"empty_lists": True, "lists_of": "chat_labels"}
    waha.post("/sim/faults", faults)
    run_push(shop, reach)
    assert of_chat(waha, chat).count("PUT") == written
    waha.delete("/sim/faults")
    pair = push(pair)
    assert (pair.receipt, on_phone(waha, chat) >= {WISHED, OTHER}) == ("confirmed", True)


def test_a_doubtful_removal_is_put_on_whatsapp(
    waha: SimulatorProcess, chat: Chat, click: Click, push: Push, lead: User
) -> None:
    """WAHA's list of the chat names the label, and the label's own list lacks the chat: one more write has to reach the phone."""
    pair = push(click(chat, WISHED))
    beside = on_phone(waha, chat)
    pair, ref = doubt_about(chat, pair.label)
    seen = len(waha.calls())
    assert drift.push(Actor.of(lead), ref) is True
    assert claim(pair.pk)  # and then the worker crashes
    pair = push(pair)
    assert (pair.wanted, pair.remote, pair.receipt) == (True, True, "confirmed")
    assert [row["method"] for row in waha.calls()[seen:] if row["assigns"]] == ["PUT", "PUT"]
    assert on_phone(waha, chat) == beside
    seen = len(waha.calls())
    push(click(chat, WISHED, on=False))
    push(click(chat, WISHED))  # an ordinary wish again
    assert [row["method"] for row in waha.calls()[seen:] if row["assigns"]] == ["PUT", "PUT"]
