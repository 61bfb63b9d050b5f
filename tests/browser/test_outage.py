"""The provider's process is gone, and comes back."""

import time

from tests.browser.conftest import Chat, Provider
from tests.browser.people import Desk
from tests.stack import wait_until

ANSWER_SECONDS = 0.5  # a click is painted and stored well within this, whatever the provider does


def test_with_the_provider_stopped_clicks_are_kept_and_sent_later(desk: Desk, provider: Provider, chats: list[Chat]) -> None:
    agent = desk.person("agent")
    vip = desk.label("VIP")
    provider.stop()
    try:
        for chat in chats:
            agent.open(chat.jid)
            agent.open_picker()
            start = time.monotonic()
            with agent.answer() as answer:
                agent.pick("VIP")
            assert answer.value.status == 200
            assert time.monotonic() - start < ANSWER_SECONDS
            agent.sees_chip(chat.jid, vip, "pending")
    finally:
        provider.start()

    for chat in chats:
        agent.sees_chip(chat.jid, vip, "confirmed", timeout=30_000)
    assert all(vip in desk.simulator.labels_of(chat.jid) for chat in chats)


def test_the_page_says_that_the_number_is_not_connected(desk: Desk, chat: Chat) -> None:
    agent = desk.person("agent")
    agent.is_live()
    desk.simulator.ask("POST", "/sim/session", {"status": "FAILED"})
    try:
        agent.says("not connected")
    finally:
        desk.simulator.ask("POST", "/sim/session", {"status": "WORKING"})
    wait_until(lambda: "not connected" not in agent.text(), 15)
