"""The provider's process is gone, and comes back."""

from playwright.sync_api import expect

from tests.browser.conftest import Chat
from tests.browser.people import Desk


def test_with_the_provider_stopped_clicks_are_kept_and_sent_later(desk: Desk, chats: list[Chat]) -> None:
    agent = desk.person("agent")
    vip = desk.label("VIP")
    desk.stack.provider.kill()
    try:
        for chat in chats:
            agent.open(chat.jid)
            agent.open_picker()
            with agent.answer() as answer:
                agent.pick("VIP")
            assert answer.value.status == 200
            agent.sees_chip(chat.jid, vip, "pending")
    finally:
        desk.stack.start_provider()

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
    expect(agent.page.get_by_text("not connected")).to_have_count(0)
