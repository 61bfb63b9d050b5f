import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from labelapp.actions.accounts import freeze, take_account
from labelapp.actions.actor import Actor
from labelapp.actions.addresses import chats_at
from labelapp.actions.importing import PAGE, record_trouble, run_import, start_import, store_chats
from labelapp.actions.providers import client_for
from labelapp.actions.readiness import NotConnected
from labelapp.actions.tagging import set_label
from labelapp.models import Chat, ChatAlias, ChatLabel, Instance, Label, LedgerEntry, Receipt, User
from labelapp.whatsapp.errors import ProviderError
from labelapp.whatsapp.types import ChatInfo, MessageInfo
from tests.conftest import MakeChat
from tests.posted import fresh, pair_of
from tests.wire import FarSide

CHATS = PAGE + 30
RIVAL = {"id": "201999999999@c.us", "pushName": "Douro"}


def jid(n: int) -> str:
    return f"2015550{n:05}@c.us"


@pytest.fixture
def world(far: FarSide, number: Instance) -> FarSide:
    """130 chats, two labels, and a number that was never imported."""
    far.labels = {"1": {"name": "New lead", "color": 1}, "2": {"name": "VIP", "color": 3}}
    last = int(timezone.now().timestamp()) - 1
    for n in range(CHATS):
        message = {"id": f"false_{jid(n)}_M", "body": f"Hello {n}", "timestamp": last - n, "fromMe": False}
        far.chats.append({"id": jid(n), "name": f"Person {n}", "picture": None, "lastMessage": message, "_chat": {}})
    far.tags = {(jid(n), "1") for n in range(10)} | {(jid(3), "2"), ("55@lid", "2")}
    Instance.objects.filter(pk=number.pk).update(imported_at=None)
    start_import(number)
    return far


def run(number: Instance, stop: Callable[[], bool] = lambda: False) -> bool:
    number = fresh(number)
    with client_for(number) as client:
        return run_import(number, client, stop)


def pairs() -> set[tuple[str, str]]:
    return set(ChatLabel.objects.filter(wanted=True).values_list("chat__jid", "label__wa_id"))


def test_the_first_import_brings_directory_chats_and_assignments(number: Instance, world: FarSide) -> None:
    assert run(number) is True
    assert list(Label.objects.order_by("wa_id").values_list("name", "chat_count")) == [("New lead", 10), ("VIP", 2)]
    assert Chat.objects.count() == ChatAlias.objects.count() == CHATS + 1
    chat = Chat.objects.get(jid=jid(3))
    assert (chat.name, chat.last_message_text, chat.is_unanswered) == ("Person 3", "Hello 3", True)
    assert pairs() == world.tags
    pair = pair_of(chat, Label.objects.get(wa_id="2"))
    assert (pair.receipt, pair.remote, pair.last_message_at) == (Receipt.CONFIRMED, True, chat.last_message_at)
    number.refresh_from_db()
    assert (number.import_stage, number.import_due_at, number.me_jid) == ("done", None, "201000000000@c.us")
    assert number.imported_at is not None
    assert list(LedgerEntry.objects.values_list("verb", "source", "chat")) == [("import", "import", None)]


def test_twice_is_once(number: Instance, world: FarSide) -> None:
    run(number)
    state = sorted(ChatLabel.objects.values_list("pk", "wanted", "remote", "receipt"))
    start_import(number)
    run(number)
    assert sorted(ChatLabel.objects.values_list("pk", "wanted", "remote", "receipt")) == state
    assert (Chat.objects.count(), LedgerEntry.objects.count()) == (CHATS + 1, 1)


@pytest.mark.parametrize("calls", range(1, 9))
def test_a_crash_at_any_call_costs_nothing_but_repeats(number: Instance, world: FarSide, calls: int) -> None:
    left = [calls]

    def crash(line: str) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt

    world.before = crash
    try:
        run(number)
    except KeyboardInterrupt:
        assert fresh(number).import_stage != "done"
    world.before = lambda line: None
    assert run(number) is True
    assert (pairs(), Chat.objects.count()) == (world.tags, CHATS + 1)
    assert list(Label.objects.order_by("wa_id").values_list("chat_count", flat=True)) == [10, 2]


def test_a_resumed_import_goes_on_where_it_was(number: Instance, world: FarSide) -> None:
    world.status_of = {"GET /labels/2/chats": 500}
    with pytest.raises(ProviderError):
        run(number)
    stage = fresh(number)
    assert (stage.import_stage, stage.import_done, stage.import_total) == ("assignments", 1, 2)
    world.status_of, world.calls = {}, []
    assert run(number) is True
    assert world.calls == ["POST /session/info", "GET /labels/2/chats"]


@pytest.mark.parametrize("moment", ["GET /labels", "GET /chats/overview", "GET /lids", "GET /labels/1/chats"])
def test_nothing_is_taken_over_once_the_number_is_frozen(number: Instance, world: FarSide, moment: str) -> None:
    """The object in the hand of the import was loaded before."""

    def meanwhile(line: str) -> None:
        if line == moment:
            world.session["me"] = RIVAL
            freeze(fresh(number), RIVAL["id"], "Douro")

    world.before = meanwhile
    with pytest.raises(NotConnected):
        run(number)
    stages = {"GET /labels": "labels", "GET /labels/1/chats": "assignments"}
    assert (fresh(number).import_stage, pairs()) == (stages.get(moment, "chats"), set())
    assert Chat.objects.exists() is (moment in ("GET /lids", "GET /labels/1/chats"))
    assert Label.objects.exists() is (moment != "GET /labels")


@pytest.mark.parametrize("moment", ["GET /chats/overview", "GET /labels/1/chats", "GET /labels/2/chats"])
def test_an_import_of_the_account_before_ends_where_the_next_one_begins(
    number: Instance, world: FarSide, boss: Actor, moment: str
) -> None:
    def meanwhile(line: str) -> None:
        if line == moment:
            freeze(fresh(number), RIVAL["id"], "Douro")
            take_account(boss, fresh(number), rival=RIVAL["id"])

    world.before = meanwhile
    with pytest.raises(NotConnected):
        run(number)
    record_trouble(number, ProviderError("Late words", refused=True, status=401), pause=30)
    row = fresh(number)
    assert (row.import_stage, row.import_cursor, row.import_error, row.imported_at) == ("waiting", 0, "", None)
    assert not Label.objects.living().exists()


@pytest.mark.parametrize("moment", ["GET /labels", "GET /lids", "POST /session/info"])
def test_who_answers_is_asked_before_each_stage(number: Instance, world: FarSide, moment: str) -> None:
    def meanwhile(line: str) -> None:
        if line == moment and fresh(number).import_stage != "waiting":
            world.session["me"] = RIVAL

    world.before = meanwhile
    with pytest.raises(NotConnected):
        run(number)
    assert (fresh(number).is_frozen, pairs()) == (True, set())
    assert fresh(number).import_stage == ("assignments" if moment == "GET /lids" else "labels")


def test_stopping_keeps_the_place(number: Instance, world: FarSide) -> None:
    asked = iter([False, False, False, False, True, True, True])
    assert run(number, lambda: next(asked, True)) is False
    stage = fresh(number)
    assert (stage.import_stage, stage.import_cursor, stage.import_done) == ("chats", PAGE, PAGE)
    assert run(number) is True


def test_a_provider_that_ignores_paging_ends_all_the_same(number: Instance, world: FarSide) -> None:
    class Endless(list[dict[str, Any]]):
        def __getitem__(self, _where: Any) -> Any:
            return list(self)

    world.chats = Endless(world.chats)
    assert run(number) is True
    assert world.calls.count("GET /chats/overview") == 2


def test_open_and_failed_wishes_keep_what_is_wanted(
    number: Instance, world: FarSide, agent: User, make_chat: MakeChat, labels: dict[str, Label]
) -> None:
    world.labels |= {label.wa_id: {"name": label.name, "color": 1} for label in labels.values()}
    lead, vip = labels["New lead"], labels["VIP"]
    chat = make_chat(jid=jid(0), labels=(lead,))
    set_label(Actor.of(agent), chat, lead, on=False)
    set_label(Actor.of(agent), chat, vip, on=True)
    ChatLabel.objects.filter(label=vip).update(receipt=Receipt.FAILED)
    run(number)
    assert [(p.wanted, p.receipt) for p in (pair_of(chat, lead), pair_of(chat, vip))] == [
        (False, Receipt.PENDING),
        (True, Receipt.FAILED),
    ]
    assert Label.objects.get(pk=lead.pk).chat_count == 9


def test_an_absence_removes_nothing(number: Instance, world: FarSide, make_chat: MakeChat) -> None:
    run(number)
    world.tags = set()
    start_import(number)
    run(number)
    assert len(pairs()) == 12


def test_a_removal_that_was_settled_before_is_taken_back_by_the_phone(number: Instance, world: FarSide) -> None:
    run(number)
    long_ago = timezone.now() - timedelta(hours=1)
    ChatLabel.objects.filter(chat__jid=jid(1)).update(
        wanted=False, remote=False, remote_at=long_ago, confirmed_at=long_ago
    )
    start_import(number)
    run(number)
    assert pairs() == world.tags


def test_a_removal_that_is_settled_while_the_list_is_under_way_stays(number: Instance, world: FarSide) -> None:
    run(number)

    def take_off(line: str) -> None:
        if line == "GET /labels/2/chats":
            gone = {"wanted": False, "remote": False, "wanted_at": timezone.now()}
            ChatLabel.objects.filter(chat__jid=jid(3), label__wa_id="2").update(**gone)

    world.before = take_off
    start_import(number)
    run(number)
    assert (jid(3), "2") not in pairs()


def test_hidden_ids_lead_to_the_chat_that_is_known_by_number(number: Instance, world: FarSide) -> None:
    world.lids = [{"lid": "55@lid", "pn": jid(5)}, {"lid": "56@lid", "pn": None}, {"lid": "57@lid", "pn": "1@c.us"}]
    run(number)
    assert (jid(5), "2") in pairs()
    assert ChatAlias.objects.get(jid="55@lid").chat.jid == jid(5)
    assert not ChatAlias.objects.filter(jid__in=["56@lid", "57@lid"]).exists()


def test_a_provider_without_hidden_ids_is_imported_too(number: Instance, world: FarSide) -> None:
    world.status_of = {"GET /lids": 404}
    assert run(number) is True


def test_trouble_is_kept_for_people_to_see(number: Instance) -> None:
    record_trouble(number, ProviderError("Not your token", refused=True, status=401))
    assert fresh(number).import_error == "token:Not your token"


def test_a_chat_met_by_both_addresses_on_one_page_is_one_chat(number: Instance, make_chat: MakeChat) -> None:
    chat = make_chat(jid=jid(1))
    ChatAlias.objects.create(instance=number, jid="77@lid", chat=chat)
    now = timezone.now()
    first = ChatInfo(jid(1), "Anna", MessageInfo("a", jid(1), now, False, "Newest"))
    second = ChatInfo("77@lid", "", None, archived=True)
    with transaction.atomic():
        store_chats(number, [first, second], timezone.now())
    chat.refresh_from_db()
    assert (chat.name, chat.last_message_text, chat.archived) == ("Anna", "Newest", True)


def test_the_queries_do_not_grow_with_the_chats(
    number: Instance, django_assert_num_queries: Callable[[int], Any]
) -> None:
    for size in (1, 30):
        with django_assert_num_queries(7):
            assert len(chats_at(number, {f"{size}00{n}00@c.us": "" for n in range(size)})) == size


def test_a_label_on_very_many_chats_is_imported(number: Instance, world: FarSide) -> None:
    """SQLite takes a limited number of values in one query."""
    world.tags = {(jid(n), "1") for n in range(1500)}
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        before = connection.connection.setlimit(9, 1200)  # SQLITE_LIMIT_VARIABLE_NUMBER
    try:
        assert run(number) is True
    finally:
        if connection.vendor == "sqlite":
            connection.connection.setlimit(9, before)
    assert Label.objects.get(wa_id="1").chat_count == 1500


@pytest.mark.django_db(transaction=True)
def test_a_message_that_comes_during_a_page_is_not_overwritten(number: Instance, make_chat: MakeChat) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time")
    chat = make_chat(jid=jid(1))
    now = timezone.now()
    page = [ChatInfo(jid(1), "Anna", MessageInfo("a", jid(1), now, False, "From the page"))]

    def import_page() -> None:
        with transaction.atomic():
            store_chats(number, page, timezone.now())
        connection.close()

    with transaction.atomic():  # a delivery in the middle of its transaction
        locked = Chat.objects.select_for_update().get(pk=chat.pk)
        other = threading.Thread(target=import_page)
        other.start()
        other.join(0.3)
        locked.last_message_at, locked.last_message_text = now + timedelta(seconds=9), "Newer"
        locked.save()
    other.join(20)
    chat.refresh_from_db()
    assert (chat.last_message_text, chat.name) == ("Newer", "Anna")
