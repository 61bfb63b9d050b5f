"""A made-up shop beside the phone. It knows who has paid, and tells labelapp so by a business event, as any program would.

Its orders are made up from the chats that wait for a payment. The token that it tells it with is kept in memory only, and is never
shown again.
"""

import random
import secrets
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
from django.conf import settings

from labelapp.simulator import store, world
from labelapp.simulator.faults import Refusal
from labelapp.simulator.models import Chat, Label
from labelapp.simulator.runtime import here

Body = dict[str, Any]
Control = Callable[..., Awaitable[Any]]
TYPE = "payment.succeeded"
WAITING = "Pending payment"
SHOWN = 6  # open orders
SECONDS = 10
LONGEST = 200  # characters of a token


class Till:
    """What the shop remembers while it is open. payments: address -> the id of its payment, until the order is open no more."""

    def __init__(self) -> None:
        self.token = ""
        self.payments: dict[str, str] = {}
        self.paid: list[str] = []  # addresses, the newest first


TILL = Till()


async def open_shop(body: Body) -> Body:
    """Take the token with which payments are told."""
    token = body.get("token")
    if not isinstance(token, str) or not token.isascii() or not 0 < len(token) <= LONGEST:
        raise Refusal("token takes the secret of an API token.")
    TILL.token = token
    return {"ready": True}


async def orders(_query: Body) -> Body:
    """The open orders, and what was paid since the shop was opened."""
    return {"ready": bool(TILL.token), "orders": await here().read(_orders)}


def _orders() -> list[Body]:
    waiting = _waiting()
    for jid in [jid for jid in TILL.payments if jid not in waiting]:  # the next order of the customer is another one
        del TILL.payments[jid]
    shown = [*waiting[:SHOWN], *(jid for jid in TILL.paid if jid not in waiting)]
    chats = {chat.jid: chat for chat in Chat.objects.filter(jid__in=shown)}
    labels = store.labels_of(shown)
    return [_order(chats[jid], labels[jid], jid in waiting) for jid in shown if jid in chats]


def _waiting() -> list[str]:
    """The people who are to pay, those who wrote last first. A hidden number can't be told: nobody knows it."""
    label = Label.objects.filter(name=WAITING).first()
    rows = store.newest_chats().filter(jid__endswith="@c.us")
    marked = set(label.assignment_set.values_list("jid", flat=True)) if label else set()
    return [jid for jid in rows.values_list("jid", flat=True) if jid in marked] if marked else []


def _order(chat: Chat, labels: list[Label], is_open: bool) -> Body:
    """The same for the same chat."""
    facts = world.some_facts(random.Random(chat.jid), world.WORDS[chat.language])  # noqa: S311  a toy shop
    return {
        "jid": chat.jid,
        "name": str(chat),
        "phone": f"+{chat.jid.partition('@')[0]}",
        "number": facts["order"],
        "words": f"{facts['n']} × {facts['item']}",
        "amount": facts["amount"],
        "open": is_open,
        "told": chat.jid in TILL.payments,
        "labels": [{"id": str(label.pk), "name": label.name, "color": label.color} for label in labels],
    }


async def pay(body: Body) -> Body:
    """Somebody has paid: tell labelapp. Pressed twice it is the same event, with the same id."""
    found = {order["jid"]: order for order in await here().read(_orders) if order["open"]}
    order = found.get(str(body.get("chat")))
    if order is None:
        raise Refusal("This order is not open.")
    if not TILL.token:
        raise Refusal("The shop has no token of labelapp: only make demo gives it one.")
    payment = TILL.payments.setdefault(order["jid"], f"pay_{secrets.token_hex(6)}")
    event = {"id": payment, "type": TYPE, "phone": order["phone"]}
    event["data"] = {"order": order["number"], "amount": order["amount"]}
    told = await _tell(event)
    TILL.paid = [order["jid"], *(jid for jid in TILL.paid if jid != order["jid"])][:SHOWN]
    return {"event": payment, "outcome": told.get("outcome")}


async def _tell(event: Body) -> Body:
    headers = {"Authorization": f"Bearer {TILL.token}"}
    address = f"{settings.PRODUCT_URL.rstrip('/')}/api/v1/events"
    try:
        async with httpx.AsyncClient(timeout=SECONDS, follow_redirects=False, trust_env=False) as client:
            answer = await client.post(address, json=event, headers=headers)
    except httpx.HTTPError as error:
        raise Refusal("labelapp does not answer. Press again: it is the same payment.") from error
    try:
        told = answer.json()
    except ValueError:
        told = None
    words = told if isinstance(told, dict) else {}
    if not answer.is_success:
        raise Refusal(f"labelapp refused it with status {answer.status_code}. {words.get('detail', '')}".strip())
    return words


acts: dict[str, dict[str, Control]] = {"shop": {"GET": orders, "POST": open_shop}, "shop/pay": {"POST": pay}}
