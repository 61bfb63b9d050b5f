"""The shop beside the phone: its orders are the chats that wait for a payment, and what it tells is one event for each."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.simulator.process import SimulatorProcess
from tests.simulator.receiver import Receiver

SECRET = "la_secret-of-the-shop"


@pytest.fixture(scope="module")
def product() -> Iterator[Receiver]:
    listening = Receiver()
    yield listening
    listening.close()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, product: Receiver) -> Iterator[SimulatorProcess]:
    data = tmp_path_factory.mktemp("shop") / "world.sqlite3"
    arguments = ("--chats", "40", "--product-url", product.url.removesuffix("/hook"))
    made = SimulatorProcess(data, *arguments).start()
    yield made
    made.stop()
    made.http.close()


def orders(shop: SimulatorProcess) -> list[dict[str, Any]]:
    return list(shop.get("/sim/shop")["orders"])


def pay(shop: SimulatorProcess, jid: str) -> tuple[int, dict[str, Any]]:
    answer = shop.http.post("/sim/shop/pay", json={"chat": jid})
    return answer.status_code, answer.json()


@pytest.fixture
def shop(running: SimulatorProcess, product: Receiver) -> SimulatorProcess:
    """An open shop with a new world, in which somebody has to pay."""
    running.post("/sim/reset", {"seed": 1, "chats": 40})
    running.post("/sim/shop", {"token": SECRET})
    product.got.clear()
    assert orders(running)
    return running


def test_the_orders_are_those_that_wait_for_a_payment(shop: SimulatorProcess) -> None:
    found = orders(shop)
    truth = shop.get("/sim/truth")
    label = next(wa_id for wa_id, (name, _color) in truth["labels"].items() if name == "Pending payment")
    people = {jid for jid in truth["tags"][label] if jid.endswith("@c.us")}
    assert {order["jid"] for order in found if order["open"]} <= people
    assert len([order for order in found if order["open"]]) == min(6, len(people))
    assert all(order["phone"] == f"+{order['jid'].partition('@')[0]}" for order in found)
    assert [order["number"] for order in found] == [order["number"] for order in orders(shop)]


def test_a_payment_is_told_as_one_event_however_often_it_is_pressed(shop: SimulatorProcess, product: Receiver) -> None:
    order = orders(shop)[0]
    for _twice in range(2):
        assert pay(shop, order["jid"])[0] == 200
    first, again = product.got
    assert (first.path, first.headers["authorization"]) == ("/api/v1/events", f"Bearer {SECRET}")
    assert first.body == again.body
    assert {name: first.json[name] for name in ("type", "phone")} == {
        "type": "payment.succeeded",
        "phone": order["phone"],
    }
    assert first.json["data"]["order"] == order["number"]


def test_the_next_order_of_the_same_customer_is_another_payment(shop: SimulatorProcess, product: Receiver) -> None:
    order = orders(shop)[0]
    pay(shop, order["jid"])
    for on in (False, True):
        shop.post("/sim/phone/label", {"chat": order["jid"], "label": "3", "on": on})
        shown = next(one for one in orders(shop) if one["jid"] == order["jid"])
        assert (shown["open"], shown["told"]) == (on, False)
    pay(shop, order["jid"])
    assert len({one.json["id"] for one in product.got}) == 2


def test_what_is_refused_is_told_and_can_be_pressed_again(shop: SimulatorProcess, product: Receiver) -> None:
    order = orders(shop)[0]
    product.answers = [403]
    assert pay(shop, order["jid"]) == (400, {"error": "labelapp refused it with status 403."})
    assert pay(shop, order["jid"])[0] == 200
    assert len({one.json["id"] for one in product.got}) == 1
    assert pay(shop, "201@c.us") == (400, {"error": "This order is not open."})


def test_its_token_is_shown_nowhere(shop: SimulatorProcess) -> None:
    pay(shop, orders(shop)[0]["jid"])
    for path in ("/sim/shop", "/sim/state", "/sim/calls", "/shop/", "/"):
        assert SECRET not in shop.http.get(path).text
    assert SECRET not in shop.output()
    for body in ({}, {"token": ""}, {"token": 5}, {"token": "x" * 201}, {"token": "سر"}):
        assert shop.http.post("/sim/shop", json=body).status_code == 400


def test_another_site_can_neither_open_it_nor_pay(shop: SimulatorProcess, product: Receiver) -> None:
    headers = {"Sec-Fetch-Site": "cross-site"}
    for path, body in (("/sim/shop", {"token": "x"}), ("/sim/shop/pay", {"chat": orders(shop)[0]["jid"]})):
        assert shop.http.post(path, json=body, headers=headers).status_code == 403
    assert product.got == []


def test_without_a_token_nothing_is_told(tmp_path: Any, product: Receiver) -> None:
    made = SimulatorProcess(tmp_path / "world.sqlite3", "--chats", "40").start()
    try:
        assert made.get("/sim/shop")["ready"] is False
        status, said = pay(made, orders(made)[0]["jid"])
        assert (status, said["error"].startswith("The shop has no token")) == (400, True)
    finally:
        made.stop()
        made.http.close()
