"""Adding and removing one label over a call that replaces them all."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from labelapp.whatsapp import chat_locks, waha
from labelapp.whatsapp.errors import ProviderError
from labelapp.whatsapp.waha import Waha
from tests.whatsapp.waha_end import Account, client

ANA, BEN = "2011@c.us", "2012@c.us"


def ids(*names: str) -> dict[str, list[dict[str, str]]]:
    return {"labels": [{"id": name} for name in names]}


def test_adding_reads_writes_all_and_reads_back() -> None:
    account = Account(n2011={"1", "2"})
    shown = client(account).add_label("2011@s.whatsapp.net", "7")
    assert [method for method, _path in account.calls] == ["GET", "PUT", "GET"]
    assert len(account.calls) == Waha.calls_a_change
    assert {path for _method, path in account.calls} == {f"chats/{ANA}"}
    assert account.bodies == [ids("1", "2", "7")]
    assert [label.wa_id for label in shown or []] == ["1", "2", "7"]


def test_removing_leaves_the_others() -> None:
    account = Account(n2011={"1", "2"})
    assert client(account).remove_label(ANA, "1") is not None
    assert (account.bodies, account.tags[ANA]) == ([ids("2")], {"2"})
    client(account).remove_label(ANA, "2")
    assert account.bodies[-1] == {"labels": []}


def test_what_is_so_already_is_not_written() -> None:
    account = Account(n2011={"1"}, n2012={"2"})
    assert client(account).add_label(ANA, "1") is None
    assert client(account).remove_label(ANA, "2") is None
    assert account.writes == 0


@pytest.mark.parametrize("shown", [{}, {ANA: {"2"}}])
@pytest.mark.parametrize("write", [Waha.add_label, Waha.remove_label])
def test_a_list_that_lost_known_labels_is_not_written_back(write: object, shown: dict[str, set[str]]) -> None:
    account = Account(n2011={"1", "2", "3"}, n2012={"1", "2", "3", "7"})
    account.shown = shown
    with pytest.raises(ProviderError, match="shorter than what is known") as caught:
        write(client(account), ANA, "7", keep=frozenset({"1", "2"}))  # type: ignore[operator]
    assert (caught.value.permanent, caught.value.timed_out, account.writes) == (False, False, 0)


def test_a_known_label_is_believed_off_where_its_own_list_says_so_too() -> None:
    account = Account(n2011={"2"}, n2012={"1"})
    client(account).add_label(ANA, "7", keep=frozenset({"1", "2"}))
    assert account.bodies == [ids("2", "7")]


@pytest.mark.parametrize("others", [{"n2011": {"2"}}, {"n2011": set(), "n2012": {"3"}}])
def test_an_empty_list_of_a_label_counts_beside_one_that_is_not(others: dict[str, set[str]]) -> None:
    """The last chat lost it on the phone, and the engine tells nothing of labels."""
    account = Account(**others)
    before = sorted(account.tags[ANA])
    client(account).add_label(ANA, "7", keep=frozenset({"1", *before}))
    assert account.bodies == [ids(*before, "7")]


def test_a_label_that_is_gone_is_off() -> None:
    account = Account(n2011={"2"})
    account.gone = {"1"}
    client(account).add_label(ANA, "7", keep=frozenset({"1"}))
    assert account.bodies == [ids("2", "7")]


@pytest.mark.parametrize("write", [Waha.add_label, Waha.remove_label])
def test_where_all_lists_are_empty_nothing_is_known_and_nothing_tried(write: object) -> None:
    account = Account(n2011=set())
    with pytest.raises(ProviderError, match="empty or changing") as caught:
        write(client(account), ANA, "7", keep=frozenset({"1"}))  # type: ignore[operator]
    assert (caught.value.permanent, caught.value.timed_out, caught.value.busy) == (False, False, True)
    assert account.writes == 0


def test_an_empty_list_proves_nothing_while_the_chats_list_changes() -> None:
    account = Account(n2011={"2"})
    account.flickers = True
    with pytest.raises(ProviderError, match="empty or changing"):
        client(account).add_label(ANA, "7", keep=frozenset({"1"}))
    assert account.writes == 0


def test_the_label_itself_need_not_be_there() -> None:
    account = Account(n2011={"2"})
    client(account).add_label(ANA, "7", keep=frozenset({"7", "2"}))
    assert account.tags[ANA] == {"2", "7"}


def test_a_removal_is_not_believed_done_while_the_lists_disagree() -> None:
    account = Account(n2011={"1"})
    account.shown = {}
    with pytest.raises(ProviderError, match="disagree") as caught:
        client(account).remove_label(ANA, "1")
    assert (caught.value.permanent, account.writes) == (False, 0)


def test_a_write_without_effect_and_an_old_list_are_left_to_the_caller() -> None:
    account = Account(n2011={"1"})
    account.deaf = True
    assert [label.wa_id for label in client(account).add_label(ANA, "7") or []] == ["1"]


@pytest.mark.parametrize(("fails", "writes"), [({"GET": 1}, 0), ({"PUT": 1}, 0)])
def test_a_call_that_fails_is_an_error(fails: dict[str, int], writes: int) -> None:
    account = Account(n2011={"1"})
    account.fails = fails
    with pytest.raises(ProviderError, match="broken") as caught:
        client(account).add_label(ANA, "7")
    assert (caught.value.timed_out, account.writes) == (False, writes)


def test_a_reading_back_that_fails_is_none() -> None:
    account = Account(n2011={"1"})
    account.fails = {"GET": 2}
    assert client(account).add_label(ANA, "7") is None
    assert account.tags[ANA] == {"1", "7"}


def test_two_clients_of_a_number_take_turns_on_a_chat() -> None:
    account = Account(n2011=set())
    account.delay = 0.01
    clients = [client(account), client(account, "https://waha.example/api/")]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: clients[n % 2].add_label(ANA, str(n)), range(8)))
    assert account.tags[ANA] == set("01234567")


def test_other_chats_do_not_wait() -> None:
    account = Account(n2011=set(), n2012=set())
    ours = chat_locks.lock_of("https://waha.example", "shop-1", ANA)
    with ours, ThreadPoolExecutor(1) as pool:
        pool.submit(client(account).add_label, BEN, "1").result(timeout=5)
    assert account.tags[BEN] == {"1"}


def test_locks_are_gone_when_nobody_holds_them() -> None:
    before = len(chat_locks._locks)
    kept = chat_locks.lock_of("a", "b", "c")
    assert chat_locks.lock_of("a", "b", "c") is kept
    assert len(chat_locks._locks) == before + 1
    del kept
    assert len(chat_locks._locks) == before


@pytest.mark.parametrize("wa_id", ["", "chats", "../x", "a b", "1/2", "9" * 65, ".", "١"])
def test_odd_label_ids_never_go_out(wa_id: str) -> None:
    account = Account()
    for write in (client(account).add_label, client(account).remove_label):
        with pytest.raises(ProviderError, match="no label id"):
            write(ANA, wa_id)
    assert account.calls == []


def test_a_label_that_its_own_list_lacks_is_put_on_anew() -> None:
    """WAHA sends the phone what differs from its own list: what that names has to go off first."""
    account = Account(n2011={"1", "4", "2"})
    account.unlisted = {(ANA, "4")}
    shown = client(account).add_label(ANA, "4", keep=frozenset({"1", "2"}), force=True)
    assert account.bodies == [ids("1", "2"), ids("1", "2", "4")]
    assert (account.unlisted, account.tags[ANA]) == (set(), {"1", "2", "4"})
    assert [label.wa_id for label in shown or []] == ["1", "2", "4"]


def test_one_that_is_off_is_simply_put_on() -> None:
    account = Account(n2011={"1"})
    client(account).add_label(ANA, "4", force=True)
    assert account.bodies == [ids("1", "4")]


def test_it_is_not_taken_for_done_while_the_list_still_shows_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """An old list: to write it back would send nothing, and leave the label off."""
    monkeypatch.setattr(waha, "_PAUSES", (0.0, 0.0))
    account = Account(n2011={"1", "4"})
    account.shown = {ANA: {"1", "4"}}
    with pytest.raises(ProviderError, match="still shows") as caught:
        client(account).add_label(ANA, "4", force=True)
    assert (caught.value.permanent, account.bodies) == (False, [ids("1")])
    account.shown = None  # the next try
    client(account).add_label(ANA, "4", force=True)
    assert account.tags[ANA] == {"1", "4"}
