"""Business events while web and worker are killed: what was accepted is carried out, once, whoever lived to do it."""

import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.browser import database
from tests.stack import Stack, wait_until

pytestmark = pytest.mark.faults
THREADS = 4


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    settings = {"READ_BACK_SECONDS": "1", "PUSH_PACE": "20", "API_RATE": "100000"}
    with database.of_its_own() as own, Stack(tmp_path, chats=60, **settings, **own) as running:
        yield running


class Shop:
    """Tells of one payment for each chat, from several threads, and remembers which were accepted."""

    def __init__(self, stack: Stack) -> None:
        self.secret = stack.ask_product("tests.program").strip()
        self.url = f"{stack.url}/api/v1"
        self.accepted: set[str] = set()
        self.lock = threading.Lock()

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.secret}"}

    def tell(self, jids: list[str]) -> None:
        with httpx.Client(headers=self.headers, timeout=20) as http:
            for jid in jids:
                event = {"id": f"pay_{jid}", "type": "payment.succeeded", "phone": f"+{jid.partition('@')[0]}"}
                try:
                    answer = http.post(f"{self.url}/events", json=event)
                except httpx.HTTPError:
                    continue  # killed: nobody knows whether it arrived
                if answer.is_success:
                    with self.lock:
                        self.accepted.add(jid)

    def begin(self, jids: list[str]) -> list[threading.Thread]:
        threads = [threading.Thread(target=self.tell, args=[jids[n::THREADS]]) for n in range(THREADS)]
        for thread in threads:
            thread.start()
        return threads

    def ledger(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        cursor: dict[str, str] = {}
        while True:
            answer = httpx.get(
                f"{self.url}/ledger", params={"limit": "1000"} | cursor, headers=self.headers, timeout=20
            )
            page = answer.raise_for_status().json()
            found += page["items"]
            if page["next"] is None:
                return found
            cursor = {"cursor": page["next"]}


def test_events_are_carried_out_once_though_everything_is_killed(stack: Stack) -> None:
    simulator, shop = stack.simulator, Shop(stack)
    labels = {label["name"]: str(label["id"]) for label in simulator.ask("GET", "/sim/state")["labels"]}
    paid, stages = (
        labels["Paid"],
        {labels[name] for name in ("New lead", "Quoted", "Pending payment", "Shipped", "Closed")},
    )
    jids = [chat["jid"] for chat in simulator.chats(limit=60) if chat["jid"].endswith("@c.us")]
    jids = [jid for jid in jids if paid not in simulator.labels_of(jid)]
    threads = shop.begin(jids)
    wait_until(lambda: len(shop.accepted) >= len(jids) // 4, pause=0.002, told="a part of the events is accepted")
    stack.product.kill()
    for thread in threads:
        thread.join()
    accepted = set(shop.accepted)
    assert len(accepted) < len(jids)
    stack.start_product()
    wait_until(
        lambda: all(paid in simulator.labels_of(jid) for jid in accepted), 60, told="what was accepted is carried out"
    )
    for thread in shop.begin(jids):  # the shop tells all of them again: it can't know which ones arrived
        thread.join()
    assert shop.accepted == set(jids)
    for jid in jids:
        wait_until(lambda: simulator.labels_of(jid) & (stages | {paid}) == {paid}, 60, told=f"{jid} is Paid")  # noqa: B023
    changes = [entry for entry in shop.ledger() if entry["source"] == "event"]
    assert Counter(entry["jid"] for entry in changes if entry["verb"] == "add") == Counter(jids)
    assert {entry["label_name"] for entry in changes if entry["verb"] == "add"} == {"Paid"}
