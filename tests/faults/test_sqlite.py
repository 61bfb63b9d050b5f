"""One machine: somebody else holds the database's lock for five seconds, e.g. a backup tool or a shell."""

import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

import pytest
from django.conf import settings

from tests.faults.machines import Person
from tests.faults.senders import Senders
from tests.stack import Stack, wait_until

pytestmark = pytest.mark.faults
LOCKED = 5  # seconds


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    if not settings.ON_SQLITE:
        pytest.skip("runs with the suite on SQLite: make test")
    with Stack(tmp_path_factory.mktemp("locked"), READ_BACK_SECONDS="1") as running:
        yield running


@pytest.fixture
def agent(stack: Stack) -> Iterator[Person]:
    person = Person(stack.url)
    yield person
    person.close()


def opened(stack: Stack) -> sqlite3.Connection:
    return sqlite3.connect(stack.folder / "labelapp.sqlite3", timeout=30, isolation_level=None)


@contextmanager
def locked(stack: Stack) -> Iterator[None]:
    with closing(opened(stack)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        yield
        connection.execute("ROLLBACK")


def rows(stack: Stack, query: str) -> list[tuple[str, ...]]:
    with closing(opened(stack)) as connection:
        return connection.execute(query).fetchall()


def test_a_locked_database_loses_nothing_and_screens_go_on(stack: Stack, agent: Person) -> None:
    address = stack.ask_product("tests.faults.numbers", stack.simulator_url).strip()
    agent.http.get("/chats/")  # the first visit remembers which number was looked at
    with Senders([address], "locked") as senders:
        time.sleep(1)
        with locked(stack):
            until = time.monotonic() + LOCKED
            while time.monotonic() < until:
                assert agent.http.get("/chats/").status_code == 200  # reading waits for no writer
                time.sleep(0.2)
        free = time.monotonic()
        wait_until(lambda: senders.told.first_stored_after(free) < 5, 10, told="deliveries are stored again")
    assert senders.told.statuses <= {200, 503}
    stored = {key for (key,) in rows(stack, "SELECT dedupe_key FROM labelapp_hookdelivery")}
    assert senders.told.stored <= stored


def test_a_click_on_a_locked_database_is_late_and_true(stack: Stack, agent: Person) -> None:
    ((label, wa_id),) = rows(stack, "SELECT id, wa_id FROM labelapp_label WHERE name = 'VIP' AND instance_id = 1")
    known = dict(rows(stack, "SELECT jid, id FROM labelapp_chat WHERE instance_id = 1"))
    jids = [chat["jid"] for chat in stack.simulator.chats() if chat["jid"] in known]
    jid = next(jid for jid in jids if wa_id not in stack.simulator.labels_of(jid))
    with ThreadPoolExecutor(1) as pool:
        with locked(stack):
            answer = pool.submit(agent.tag, int(known[jid]), int(label))
            time.sleep(LOCKED)
            assert not answer.done()
        assert answer.result(10).status_code == 200
    wait_until(lambda: wa_id in stack.simulator.labels_of(jid), 10, told="the wish is pushed")
