"""Two stages of one funnel on one chat: set on the phone's page, seen in the inbox and on the drift page, resolved by hand."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import Chat
from tests.browser.people import Desk
from tests.browser.test_phone import label_by_hand
from tests.stack import wait_until


def test_a_conflict_made_on_the_phone_is_resolved_by_hand(desk: Desk, chat: Chat) -> None:
    quoted, paid = desk.label("Quoted"), desk.label("Paid")
    desk.simulator.label_on_phone(chat.jid, quoted, on=True)
    lead, agent = desk.person("lead", "/drift/"), desk.person("agent")
    agent.sees_chip(chat.jid, quoted, "confirmed")

    label_by_hand(desk.phone(), chat, "Paid")

    row = lead.page.locator(f'#drift tr[data-kind="clash"][data-chat="{chat.jid}"]')
    expect(row.locator(".chip")).to_have_count(2)
    expect(row.locator(".came")).to_contain_text(re.compile("phone", re.IGNORECASE))  # how it came about
    desk.person("agent2", "/chats/?q=is:conflict").sees_chip(chat.jid, paid, "confirmed")
    row.get_by_role("button", name=re.compile("^Keep Paid:")).click()

    expect(row).to_have_count(0)
    wait_until(lambda: desk.simulator.labels_of(chat.jid) == {paid}, told="the phone shows Paid alone")
    agent.sees_chip(chat.jid, paid, "confirmed")
    agent.sees_no_chip(chat.jid, quoted)
