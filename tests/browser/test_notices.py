"""Somebody is told of a chat: a toast on one of their open pages, that leads to it."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Chat
from tests.browser.people import PATIENCE, Desk, Screen
from tests.stack import wait_until

PAGE = "/settings/notifications/"


def follow(screen: Screen, label: str, *, urgent: bool = False) -> None:
    screen.go(PAGE)
    screen.page.get_by_label("Label or stage").select_option(label=label)
    if urgent:
        screen.page.get_by_label("Urgent").check()
    screen.page.get_by_role("button", name="Tell me", exact=True).click()
    expect(screen.page.locator("[id^=subscription-]").filter(has_text=label)).to_be_visible()


def unfollow(screen: Screen, label: str) -> None:
    screen.go(PAGE)
    screen.page.get_by_role("button", name=f"Tell me no more of {label}").click()
    expect(screen.page.locator("[id^=subscription-]").filter(has_text=label)).to_have_count(0)


def toasts(page: Page, words: str) -> Locator:
    return page.locator("#toasts .toast").filter(has_text=words)


def test_a_label_from_the_phone_is_told_on_one_of_two_pages(desk: Desk, chat: Chat) -> None:
    vip = desk.label("VIP")
    agent = desk.person("agent", PAGE)
    follow(agent, "VIP")
    agent.page.locator("#notice-form").get_by_label("a sound", exact=False).check()
    agent.page.locator("#notice-form").get_by_role("button", name="Save").click()
    other = agent.page.context.new_page()
    other.goto(desk.stack.url + "/preferences/", wait_until="load")
    agent.go("/chats/")
    agent.is_live()
    desk.simulator.label_on_phone(chat.jid, vip, on=True)
    words = f"{chat.name}: VIP"
    pages = (agent.page, other)
    wait_until(lambda: sum(toasts(page, words).count() for page in pages) == 1, told="one page tells of it")
    agent.page.wait_for_timeout(1500)  # no other does later
    assert sum(toasts(page, words).count() for page in pages) == 1
    told = next(page for page in pages if toasts(page, words).count())
    assert told.locator("body").get_attribute("data-beeped") == "1"
    toasts(told, words).get_by_role("link").click()
    expect(told).to_have_url(re.compile(r"/chats/\d+/$"))
    expect(told.locator("#panel, .side").first).to_contain_text(chat.name)
    unfollow(agent, "VIP")


def test_an_urgent_one_stays_and_nobody_else_is_told(desk: Desk, chat: Chat) -> None:
    vip = desk.label("VIP")
    agent, lead = desk.person("agent", PAGE), desk.person("lead", "/preferences/")
    follow(agent, "VIP", urgent=True)
    desk.simulator.label_on_phone(chat.jid, vip, on=True)
    words = f"{chat.name}: VIP"
    expect(toasts(agent.page, words)).to_be_visible(timeout=PATIENCE)
    agent.page.wait_for_timeout(8500)
    expect(toasts(agent.page, words)).to_be_visible()
    assert toasts(lead.page, words).count() == 0
    toasts(agent.page, words).get_by_role("button", name="Dismiss").click()
    expect(toasts(agent.page, words)).to_have_count(0)
    unfollow(agent, "VIP")


def test_the_pages_fit_a_phone(desk: Desk) -> None:
    for path, who in (
        (PAGE, "agent"),
        ("/settings/hooks/", "admin"),
        ("/settings/hooks/new/", "admin"),
        ("/rules/new/", "admin"),
    ):
        screen = desk.person(who, path, viewport={"width": 390, "height": 844})
        width = screen.page.evaluate("document.documentElement.scrollWidth")
        assert width <= 390, (path, width)
