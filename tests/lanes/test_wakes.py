import threading
import time
from collections.abc import Iterator

import pytest
from django.db import connection

from labelapp.actions.notices import note
from labelapp.lanes.wakes import Waker
from labelapp.models import Change, Instance

pytestmark = pytest.mark.django_db(transaction=True)


class Ear(threading.Thread):
    """Waits with a connection of its own and tells when it was woken."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.settled, self.woken_at = threading.Event(), -1.0

    def run(self) -> None:
        with Waker() as waker:
            while waker.wait(0.2):  # the first look, and what other tests left behind
                pass
            self.settled.set()
            if waker.wait(20):
                self.woken_at = time.monotonic()


@pytest.fixture
def ear() -> Iterator[Ear]:
    ear = Ear()
    ear.start()
    assert ear.settled.wait(20)
    yield ear
    ear.join(21)


def test_a_commit_by_anybody_else_wakes(number: Instance, ear: Ear) -> None:
    began = time.monotonic()
    note(number, Change.Kind.CHAT)
    committed = time.monotonic()
    ear.join(21)
    assert began < ear.woken_at < committed + 1


def test_silence_ends_after_so_long() -> None:
    with Waker() as waker:
        waker.wait(0)
        start = time.monotonic()
        assert waker.wait(0.1) is False
        assert 0.05 < time.monotonic() - start < 1


def test_a_lost_connection_is_a_reason_to_look(number: Instance) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no connection to lose")
    with Waker() as waker:
        waker.wait(0)
        assert waker._wire is not None
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 20000)", [waker._wire.info.backend_pid])
        assert waker.wait(20) is True  # as soon as the server has ended it
        assert waker.wait(0.2) is True  # listens again, and looks in case it missed something
        assert waker.wait(0.05) is False


def test_a_burst_wakes_now_and_then_not_for_each_commit(number: Instance) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite is looked at now and then anyway")
    ended = threading.Event()

    def burst() -> None:
        for _commit in range(200):
            note(number, Change.Kind.CHAT)
            time.sleep(0.001)
        connection.close()
        ended.set()

    with Waker() as waker:
        while waker.wait(0.2):
            pass
        others = threading.Thread(target=burst)
        others.start()
        wakes = 0
        while waker.wait(0.2) or not ended.is_set():
            wakes += 1
        others.join()
    assert 1 <= wakes <= 100
