"""What happens on the phone appears on open screens by itself."""

import re
from urllib.parse import quote

from playwright.sync_api import Page, expect

from tests.browser.conftest import Chat
from tests.browser.people import Desk


def label_by_hand(phone: Page, chat: Chat, name: str) -> None:
    """Somebody with the phone in their hand."""
    phone.locator("#search").fill(chat.name)
    phone.locator(f'#chats [data-chat="{chat.jid}"] a.hit').click()  # two people may have one name
    expect(phone).to_have_url(re.compile(re.escape(quote(chat.jid))))
    phone.get_by_role("button", name="Label chat").click()
    phone.locator("#choices").get_by_label(name, exact=True).check()


def test_a_label_set_on_the_phone_appears_without_a_reload(desk: Desk, chat: Chat) -> None:
    agent = desk.person("agent")
    agent.is_live()
    agent.never_reloads()

    label_by_hand(desk.phone(), chat, "VIP")

    agent.sees_chip(chat.jid, desk.label("VIP"), "confirmed")
    agent.has_not_reloaded()


def test_a_message_moves_the_chat_to_the_top(desk: Desk, chat: Chat) -> None:
    agent = desk.person("agent")
    agent.is_live()

    desk.simulator.message(chat.jid, "Is the blue one still there?")

    agent.shows(chat.jid, "Is the blue one still there?")
    expect(agent.rows().first).to_have_attribute("data-chat", chat.jid)


def test_a_label_deleted_on_the_phone_vanishes_everywhere(desk: Desk, chats: list[Chat]) -> None:
    confirmed, waiting = chats
    gone = desk.new_label_on_phone("Summer sale")
    agent, colleague = desk.person("agent"), desk.person("agent2")
    agent.tag(confirmed.jid, "Summer sale")
    colleague.sees_chip(confirmed.jid, gone, "confirmed")
    with desk.simulator.faults(down=True):
        agent.tag(waiting.jid, "Summer sale")
        agent.sees_waiting(waiting.jid, gone)
        desk.simulator.ask("DELETE", f"/sim/phone/labels/{gone}")

    for screen in (agent, colleague):
        screen.sees_no_chip(confirmed.jid, gone)
        screen.sees_chip(waiting.jid, gone, "failed")
    agent.open(waiting.jid)
    expect(agent.panel()).to_contain_text("was deleted in WhatsApp")
