"""Offline, and a session that has ended: no click is lost without a word."""

import re

from playwright.sync_api import Dialog, Route, expect

from tests.browser.conftest import Chat
from tests.browser.people import TAGS, Desk, Screen
from tests.stack import wait_until

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


def test_a_list_and_a_chat_that_could_not_be_loaded_can_be_asked_for_again(desk: Desk, chat: Chat) -> None:
    agent = desk.person("agent", "/chats/?instance=demo")
    agent.is_live()
    desk.expects("ERR_FAILED")
    agent.page.route(re.compile(r"q=type"), lambda route: route.abort(), times=1)
    agent.page.locator("#switch-groups").click()
    agent.says("can't be reached")
    expect(agent.page.locator("#asked .tok")).to_have_count(0)
    agent.page.locator("#switch-groups").click()
    expect(agent.page.locator("#asked .tok")).to_have_count(1)
    agent.page.locator("#clear").click()
    expect(agent.page.locator("#asked .tok")).to_have_count(0)

    agent.page.route("**/panel/", lambda route: route.abort(), times=1)
    agent.row(chat.jid).locator("a.hit").click()
    expect(agent.page.locator("#toasts .toast.error")).to_be_visible()
    expect(agent.panel()).to_have_count(0)
    agent.open(chat.jid)


def hold_back_clicks(agent: Screen) -> list[Route]:
    """Clicks on labels get no answer; the requests that have been made."""
    held: list[Route] = []
    agent.page.route(TAGS, lambda route: held.append(route))
    return held


def click_twice_while_the_server_is_slow(desk: Desk, chat: Chat) -> Screen:
    agent = desk.person("agent")
    agent.open(chat.jid)
    agent.has_messages()
    agent.open_picker()
    held = hold_back_clicks(agent)
    agent.pick("VIP")
    agent.pick("On hold")
    agent.sees_chip(chat.jid, desk.label("On hold"), "pending")
    wait_until(lambda: agent.page.evaluate("true") and len(held) == 1, told="the second click waits for the first")
    return agent


def test_a_tab_is_not_closed_without_a_word_while_clicks_wait(desk: Desk, chat: Chat) -> None:
    agent = click_twice_while_the_server_is_slow(desk, chat)
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    agent.page.on("dialog", stay)
    agent.page.close(run_before_unload=True)
    wait_until(lambda: agent.page.evaluate("true") and asked == ["beforeunload"], told="the browser asks")


def test_clicks_that_waited_when_the_page_was_left_are_sent_by_the_next_one(desk: Desk, chat: Chat) -> None:
    agent = click_twice_while_the_server_is_slow(desk, chat)
    agent.page.on("dialog", lambda dialog: dialog.accept())
    agent.page.unroute(TAGS)
    agent.page.reload()
    for name in ("VIP", "On hold"):
        agent.sees_chip(chat.jid, desk.label(name), "confirmed")
    assert {desk.label("VIP"), desk.label("On hold")} <= desk.simulator.labels_of(chat.jid)
    asked: list[str] = []
    agent.page.on("dialog", lambda dialog: asked.append(dialog.type))
    agent.page.reload()
    assert asked == []  # nothing waits any more


def test_old_clicks_of_a_tab_that_is_opened_again_are_not_sent_unasked(desk: Desk, chat: Chat) -> None:
    agent = click_twice_while_the_server_is_slow(desk, chat)
    agent.page.on("dialog", lambda dialog: dialog.accept())
    agent.page.evaluate(
        """() => {
            const store = `labelapp-unsaved-${document.body.dataset.person}`;
            const kept = JSON.parse(sessionStorage.getItem(store));
            for (const wish of kept) wish.at -= 3600_000;
            sessionStorage.setItem(store, JSON.stringify(kept));
        }"""
    )
    held = hold_back_clicks(agent)
    agent.page.reload()
    expect(agent.page.locator("#unsaved")).to_contain_text("2")
    assert held == []
