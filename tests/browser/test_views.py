"""Saved views: tabs with counts, keys, and what is done with a view."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Chat
from tests.browser.people import PATIENCE, Desk, Screen


def keep(screen: Screen, name: str) -> None:
    """The present list, under a name."""
    screen.page.locator("#keep-view").click()
    screen.page.locator("#id_name").fill(name)
    screen.page.keyboard.press("Enter")
    expect(screen.page.locator("#tabs a[aria-current]")).to_contain_text(name)


@pytest.fixture
def lead(desk: Desk) -> Iterator[Screen]:
    """A lead without a view of before."""
    screen = desk.person("lead")
    yield screen
    screen.go("/views/")
    while screen.page.locator("[id^=delete-]").count():
        screen.page.locator("[id^=delete-]").first.click()
        before = screen.page.locator("[id^=delete-]").count()
        screen.page.locator("#view-delete").click()
        expect(screen.page.locator("[id^=delete-]")).to_have_count(before - 1)


def test_a_list_becomes_a_tab_with_a_live_count(desk: Desk, lead: Screen, chat: Chat) -> None:
    label = desk.new_label_on_phone("Counted")  # nobody else's chats come and go in it
    lead.go("/chats/?instance=demo")
    expect(lead.page.locator("#facets")).to_contain_text("Counted")
    lead.go("/chats/?q=label:Counted+is:unread")
    keep(lead, "Hot ones")
    assert "?view=" in lead.page.url
    here = lead.page.locator("#tabs a[aria-current] .n")
    expect(here).to_have_text("0")
    lead.is_live()

    lead.go("/chats/?q=label:Counted")
    keep(lead, "All of them")
    expect(here).to_have_text("0")
    desk.simulator.label_on_phone(chat.jid, label, on=True)
    expect(here).to_have_text("1")
    lead.sees_chip(chat.jid, label)
    desk.simulator.ask("DELETE", f"/sim/phone/labels/{label}")


def test_a_changed_view_is_updated_or_kept_as_a_new_one(lead: Screen) -> None:
    lead.go("/chats/?q=label:VIP")
    keep(lead, "VIPs")
    lead.page.locator("#switch-unanswered").click()
    expect(lead.page.locator("#update-view")).to_be_visible()
    expect(lead.page.locator("#tabs a[aria-current]")).to_contain_text("VIPs (changed)")
    lead.page.locator("#switch-unanswered").click()
    expect(lead.page.locator("#update-view")).to_have_count(0)
    lead.page.locator("#switch-unanswered").click()
    lead.page.locator("#update-view").click()
    expect(lead.page.locator("#update-view")).to_have_count(0)
    expect(lead.page.locator("#asked .tok")).to_have_count(2)
    assert "q=" not in lead.page.url

    lead.page.locator("#search").press("Backspace")
    lead.page.locator("#search").fill("")
    expect(lead.page.locator("#asked .tok")).to_have_count(1)
    expect(lead.page.locator("#update-view")).to_be_visible()
    keep(lead, "All VIPs")
    expect(lead.page.locator("#asked .tok")).to_have_count(1)


def test_the_keys_go_from_view_to_view(lead: Screen) -> None:
    lead.go("/chats/")
    current = lead.page.locator("#tabs a[aria-current]")
    for key, name in [("]", "Mine"), ("]", "Unanswered"), ("[", "Mine"), ("[", "All"), ("[", "All")]:
        lead.page.keyboard.press(key)
        expect(current).to_contain_text(name)
    assert lead.page.locator("#asked .tok").count() == 0


def test_a_name_that_is_taken_is_said_in_the_dialog(lead: Screen, desk: Desk) -> None:
    desk.expects("422")
    lead.go("/chats/?q=label:VIP")
    keep(lead, "VIPs")
    lead.go("/chats/?q=label:Paid")
    lead.page.locator("#keep-view").click()
    lead.page.locator("#id_name").fill("vips")
    lead.page.keyboard.press("Enter")
    expect(lead.page.locator("#view-form [role=alert]")).to_contain_text("There is a view of this name already.")
    lead.page.keyboard.press("Escape")
    expect(lead.page.locator("#view-form")).to_have_count(0)
    expect(lead.page.locator("#keep-view")).to_be_focused()


def test_all_views_are_ordered_pinned_and_shared_from_the_keyboard(lead: Screen, desk: Desk) -> None:
    for name in ("Aaa", "Bbb"):
        lead.go(f"/chats/?q=%22{name}%22")
        keep(lead, name)
    lead.page.keyboard.press("g")
    lead.page.keyboard.press("w")
    expect(lead.page).to_have_url(re.compile("/views/"))
    names = lead.page.locator("#views section").first.locator("li > div > a.link")
    expect(names).to_have_text(["Aaa", "Bbb"])
    down = lead.page.locator("[id^=down-]").first
    first = down.get_attribute("id")
    down.press("Enter")
    expect(names).to_have_text(["Bbb", "Aaa"])
    assert lead.page.evaluate("document.activeElement.id") == first

    lead.page.get_by_role("button", name="Aaa: a tab").click()
    expect(lead.page.get_by_role("button", name="Aaa: a tab")).to_have_attribute("aria-pressed", "false")
    lead.page.get_by_role("link", name="Rename Bbb").click()
    lead.page.locator("#id_name").fill("For the team")
    lead.page.locator("#id_shared").check()
    lead.page.locator("#view-save").click()
    lead.says("For the team")
    agent = desk.person("agent", "/views/")
    agent.says("For the team")
    agent.page.get_by_role("button", name="For the team: a tab").click()
    agent.go("/chats/?instance=demo")
    expect(agent.page.locator("#tabs")).to_contain_text("For the team")


def test_the_inbox_opens_with_the_default_view(lead: Screen) -> None:
    lead.go("/chats/?q=label:VIP")
    keep(lead, "VIPs")
    lead.page.locator("#view-menu-button").click()
    with lead.page.expect_navigation():
        lead.page.get_by_role("button", name="Open the inbox with it").click()
    lead.go("/chats/")
    expect(lead.page.locator("#tabs a[aria-current]")).to_contain_text("VIPs")
    lead.page.locator("#tab-all").click()
    expect(lead.page.locator("#asked .tok")).to_have_count(0)


def test_a_view_follows_a_rename_and_says_when_its_label_is_gone(desk: Desk, lead: Screen) -> None:
    label = desk.new_label_on_phone("Summer sale")
    lead.go("/chats/?instance=demo")
    expect(lead.page.locator("#facets")).to_contain_text("Summer sale", timeout=PATIENCE)
    lead.go('/chats/?instance=demo&q=label:"Summer sale"')
    keep(lead, "Sale")
    desk.simulator.ask("DELETE", f"/sim/phone/labels/{label}")
    expect(lead.page.locator("#gone")).to_contain_text("The label “Summer sale” was deleted.", timeout=PATIENCE)
    lead.page.reload()
    expect(lead.page.locator("#tabs a[aria-current] .n.bad")).to_have_count(1, timeout=PATIENCE)
    lead.page.get_by_role("link", name="Remove it from the filter").click()
    expect(lead.page.locator("#asked .tok")).to_have_count(0)
    lead.page.locator("#update-view").click()
    expect(lead.page.locator("#tabs a[aria-current] .n")).to_have_text(re.compile(r"^[\d,]+\+?$"), timeout=PATIENCE)


def test_a_phone_scrolls_its_tabs(desk: Desk, lead: Screen) -> None:
    for name in ("A rather long name of a view", "Another rather long name"):
        lead.go(f"/chats/?q=%22{name}%22")
        keep(lead, name)
    phone = desk.person("lead", lead.page.url.removeprefix(desk.stack.url), viewport={"width": 390, "height": 800})
    tabs = phone.page.locator("#tabs")
    expect(phone.page.locator("#tabs a[aria-current]")).to_be_in_viewport(ratio=0.9)
    assert tabs.evaluate("(tabs) => tabs.scrollWidth > tabs.clientWidth")
    assert phone.page.evaluate("document.documentElement.scrollWidth") <= 390
