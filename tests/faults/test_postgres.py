"""Web processes and workers that share a PostgreSQL database: what they do when one of them, or the server, goes away."""

import json
import statistics
import time
from collections.abc import Iterator

import httpx
import pytest

from tests.faults.machines import Machines, Person
from tests.faults.senders import Senders
from tests.faults.server import Server
from tests.stack import answers, wait_until

pytestmark = pytest.mark.faults
TAKEOVER = 5  # seconds that people may wait for another worker, or for a server that is back
CHATS = """SELECT chat.jid, chat.id FROM labelapp_chat AS chat JOIN labelapp_instance AS number ON number.id = chat.instance_id
           WHERE slug = 'demo'"""
VIP = """SELECT label.id, label.wa_id FROM labelapp_label AS label JOIN labelapp_instance AS number ON number.id = label.instance_id
         WHERE slug = 'demo' AND label.name = 'VIP'"""


@pytest.fixture(scope="module")
def park(tmp_path_factory: pytest.TempPathFactory, database: dict[str, str]) -> Iterator[Machines]:
    with Machines(tmp_path_factory.mktemp("machines"), chats=150, READ_BACK_SECONDS="1", **database) as running:
        yield running


@pytest.fixture
def machines(park: Machines) -> Machines:
    """Two web processes and two workers, each with a share of the work, whatever the test before has killed."""
    park.make_whole()
    wait_until(lambda: all(answers(f"{url}/readyz") for url in park.urls), 30, told="all answer")
    wait_until(lambda: park.shares().keys() == {w.process.pid for w in park.workers}, 30, told="both have a share")
    return park


@pytest.fixture
def agent(machines: Machines) -> Iterator[Person]:
    person = Person(machines.urls[1])
    yield person
    person.close()


def untagged(machines: Machines, count: int) -> tuple[tuple[int, str], list[tuple[int, str]]]:
    """The label VIP and chats without it, as (primary key, WhatsApp's id)."""
    (label,) = machines.rows(VIP)
    known = dict(machines.rows(CHATS))
    jids = [chat["jid"] for chat in machines.simulator.chats(limit=200) if chat["jid"] in known]
    chats = [(known[jid], jid) for jid in jids if label[1] not in machines.simulator.labels_of(jid)]
    assert len(chats) >= count
    return label, chats[:count]


@pytest.mark.parametrize("victim", [0, 1])
def test_a_killed_worker_is_replaced_within_five_seconds(machines: Machines, agent: Person, victim: int) -> None:
    """Each of them in turn: one of the two held the lock of the lane that pushes."""
    label, (chat,) = untagged(machines, 1)
    machines.workers[victim].process.kill()
    killed = time.monotonic()
    assert agent.tag(chat[0], label[0]).status_code == 200
    wait_until(lambda: label[1] in machines.simulator.labels_of(chat[1]), 20, told="the wish made then is pushed")
    assert time.monotonic() - killed < TAKEOVER
    wait_until(lambda: len(machines.shares()) == 1, 5, told="the other one has everything")


def test_a_worker_that_is_told_to_stop_hands_over(machines: Machines, agent: Person) -> None:
    label, (chat,) = untagged(machines, 1)
    machines.workers[0].process.terminate()
    started = time.monotonic()
    assert agent.tag(chat[0], label[0]).status_code == 200
    wait_until(lambda: label[1] in machines.simulator.labels_of(chat[1]), 20)
    assert time.monotonic() - started < TAKEOVER
    assert machines.workers[0].process.wait(5) == 0


def test_workers_share_the_work_and_no_chat_has_two_calls_at_once(machines: Machines, agent: Person) -> None:
    label, chats = untagged(machines, 24)
    machines.rows("UPDATE labelapp_instance SET pace = 20")
    before = machines.simulator.ask("GET", "/sim/calls")["last"]
    with machines.simulator.faults(latency_ms=300):
        for number, (pk, _jid) in enumerate(chats):
            assert agent.tag(pk, label[0]).status_code == 200
            if number == 8:
                machines.add_worker()  # takes its share over while calls are under way
        wait_until(lambda: all(label[1] in machines.simulator.labels_of(jid) for _pk, jid in chats), 60)
        shares = wait_until(lambda: len(found := machines.shares()) == 3 and found, 20, told="three share the work")
    assert min(shares.values()) >= 1
    calls = [call for call in machines.simulator.ask("GET", "/sim/calls", since=before)["calls"] if call["assigns"]]
    assert sorted(call["chat"] for call in calls) == sorted(jid for _pk, jid in chats)  # each once
    assert max(call["in_flight"] for call in calls) == 1


def test_workers_that_lose_their_locks_do_not_call_twice_at_once(machines: Machines, agent: Person) -> None:
    """What a restart of the server does to sessions, while calls are under way that the provider is slow to answer."""
    label, chats = untagged(machines, 8)
    machines.simulator.ask("DELETE", "/sim/pace")
    with machines.simulator.faults(latency_ms=1500):
        for pk, _jid in chats:
            assert agent.tag(pk, label[0]).status_code == 200
        for _time in range(3):
            time.sleep(0.4)
            wait_until(machines.cut_locks, 10, told="locks are held")
        wait_until(lambda: all(label[1] in machines.simulator.labels_of(jid) for _pk, jid in chats), 60)
    assert machines.simulator.ask("GET", "/sim/pace")["in_flight"]["most"] == 1


@pytest.mark.parametrize(("how", "seconds"), [("fast", 0.5), ("immediate", 6)])
def test_a_restart_of_the_server_loses_nothing_and_is_over_in_five_seconds(
    machines: Machines, server: Server, agent: Person, how: str, seconds: float
) -> None:
    label, (chat,) = untagged(machines, 1)
    with Senders(machines.addresses, f"{how}-{seconds}") as senders:
        time.sleep(1)
        with server.away(how):
            time.sleep(seconds)
            page = agent.http.get("/chats/")
            assert (page.status_code, page.headers["retry-after"]) == (503, "5")
            assert "try again" in page.text.lower()
        wait_until(lambda: senders.told.first_stored_after(server.up_at) < TAKEOVER, 10, told="deliveries are stored")
        assert agent.http.get("/chats/").status_code == 200
        assert agent.tag(chat[0], label[0]).status_code == 200
        wait_until(lambda: label[1] in machines.simulator.labels_of(chat[1]), 20, told="the wish is pushed")
        assert time.monotonic() - server.up_at < TAKEOVER + 1
    assert senders.told.statuses <= {200, 503}
    stored = {key for (key,) in machines.rows("SELECT dedupe_key FROM labelapp_hookdelivery")}
    assert senders.told.stored <= stored
    assert [process.process.poll() for process in [*machines.webs.values(), *machines.workers]] == [None] * 4


class Stream:
    """A browser's live stream at one of the web processes."""

    def __init__(self, person: Person) -> None:
        self._context = person.http.stream("GET", "/live/")
        self._lines = self._context.__enter__().iter_lines()

    def next(self) -> tuple[str, dict[str, list[int]]]:
        """The next event and what it says. httpx.ReadTimeout when there is none."""
        kind = ""
        for line in self._lines:
            if line.startswith("event: "):
                kind = line.removeprefix("event: ")
            if line.startswith("data: "):
                return kind, json.loads(line.removeprefix("data: "))
        raise AssertionError("the stream ended")

    def wait_for_chat(self, pk: int) -> float:
        """When (monotonic clock) it told that this chat has changed."""
        while True:
            kind, said = self.next()
            if kind == "change" and pk in said["chats"]:
                return time.monotonic()

    def close(self) -> None:
        self._context.__exit__(None, None, None)


@pytest.fixture
def stream(machines: Machines) -> Iterator[Stream]:
    """Somebody else's, at the other web process."""
    watcher = Person(machines.urls[0], "agent2")
    stream = Stream(watcher)
    assert stream.next()[0] == "hello"
    yield stream
    stream.close()
    watcher.close()


def test_live_screens_of_another_process_are_woken_by_notify(machines: Machines, agent: Person, stream: Stream) -> None:
    """Without notices the table is read once a second: half of that would be the median."""
    label, chats = untagged(machines, 9)
    taken = []
    for pk, _jid in chats:
        assert agent.tag(pk, label[0]).status_code == 200
        answered = time.monotonic()
        taken.append(stream.wait_for_chat(pk) - answered)
    assert statistics.median(taken) < 0.25, taken


def test_a_live_screen_outlives_a_restart_of_the_server(
    machines: Machines, server: Server, agent: Person, stream: Stream
) -> None:
    label, (chat,) = untagged(machines, 1)
    with server.away("immediate"):
        time.sleep(1)
    wait_until(lambda: agent.http.get("/chats/").status_code == 200, TAKEOVER)
    assert agent.tag(chat[0], label[0]).status_code == 200
    assert stream.wait_for_chat(chat[0]) - server.up_at < TAKEOVER


def test_a_killed_web_process_takes_nothing_with_it(machines: Machines, agent: Person) -> None:
    """What it answered 200 is stored, and the other one goes on."""
    with Senders(machines.addresses, "killed") as senders:
        time.sleep(1)
        machines.webs[machines.port].process.kill()
        time.sleep(1)
    assert {200, 0} <= senders.told.statuses <= {200, 503, 0}
    stored = {key for (key,) in machines.rows("SELECT dedupe_key FROM labelapp_hookdelivery")}
    assert senders.told.stored <= stored
    assert httpx.get(f"{machines.urls[1]}/readyz").status_code == 200
