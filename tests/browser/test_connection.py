"""Offline, and a session that has ended: no click is lost without a word."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import Chat
from tests.browser.people import Desk

OFFLINE = ["ERR_INTERNET_DISCONNECTED", "htmx"]  # a browser that is cut off says so in its console


def test_offline_a_click_says_that_it_is_not_saved_and_can_be_tried_again(desk: Desk, chat: Chat) -> None:
    agent = desk.person("agent")
    vip = desk.label("VIP")
    agent.open(chat.jid)
    agent.open_picker()
    desk.expects(*OFFLINE)

    agent.page.context.set_offline(True)
    agent.pick("VIP")
    agent.says("offline")
    assert vip not in desk.simulator.labels_of(chat.jid)

    agent.page.context.set_offline(False)
    agent.page.get_by_role("button", name=re.compile("again|retry", re.IGNORECASE)).first.click()
    agent.sees_chip(chat.jid, vip, "confirmed")
    assert vip in desk.simulator.labels_of(chat.jid)


def test_a_session_that_ended_leads_to_the_login_and_back(desk: Desk, chat: Chat) -> None:
    agent = desk.person_of_their_own("agent")
    agent.open(chat.jid)
    agent.has_messages()
    agent.open_picker()
    desk.expects("401", "403")
    agent.page.context.clear_cookies(name="sessionid")

    agent.pick("VIP")

    agent.page.wait_for_url(re.compile(r"/login/\?next="))
    desk.fill_in_login(agent.page, "agent")
    expect(agent.page).to_have_url(re.compile(r"/chats/"))
    agent.sees_no_chip(chat.jid, desk.label("VIP"))


def test_a_restarted_page_shows_what_was_missed_while_offline(desk: Desk, chat: Chat) -> None:
    agent = desk.person("agent")
    agent.is_live()
    desk.expects(*OFFLINE)
    agent.page.context.set_offline(True)
    agent.is_cut_off()
    desk.simulator.label_on_phone(chat.jid, desk.label("VIP"), on=True)
    agent.page.context.set_offline(False)
    agent.sees_chip(chat.jid, desk.label("VIP"), "confirmed", timeout=20_000)
