"""The command palette, by keyboard and by touch."""

import re

from playwright.sync_api import Locator, expect

from tests.browser.conftest import Chat
from tests.browser.people import Desk, Screen
from tests.browser.test_accessibility import grave_findings


def palette(screen: Screen) -> Locator:
    return screen.page.locator("#palette")


def test_ctrl_k_finds_a_label_and_shows_its_chats(desk: Desk) -> None:
    agent = desk.person("agent")
    agent.never_reloads()
    agent.page.keyboard.press("Control+k")
    expect(palette(agent).get_by_role("combobox")).to_be_focused()
    expect(palette(agent).get_by_role("option").first).to_be_visible()
    agent.page.keyboard.type("ViP")
    expect(palette(agent).get_by_role("option")).to_have_count(1)
    agent.page.keyboard.press("Enter")
    expect(palette(agent)).to_be_hidden()
    expect(agent.page.locator("#asked .tok")).to_contain_text("VIP")
    agent.has_not_reloaded()


def test_a_command_is_about_the_chat_one_was_at(desk: Desk, chat: Chat) -> None:
    agent = desk.person("agent")
    agent.open(chat.jid)
    agent.page.keyboard.press("Control+k")
    agent.page.keyboard.type("label the")
    expect(palette(agent).get_by_role("option")).to_have_count(1)
    agent.page.keyboard.press("Enter")
    expect(agent.picker().get_by_role("combobox")).to_be_focused()


def test_it_works_in_fields_with_the_arrows_and_without_single_keys(desk: Desk) -> None:
    agent = desk.person("agent")
    agent.page.locator("#search").focus()
    agent.page.keyboard.press("Control+k")
    options = palette(agent).get_by_role("option")
    expect(options.first).to_have_attribute("aria-selected", "true")
    agent.page.keyboard.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    agent.page.keyboard.press("Control+k")
    expect(palette(agent)).to_be_hidden()
    expect(agent.page.locator("#search")).to_be_focused()


def test_ctrl_k_on_an_arabic_layout(desk: Desk) -> None:
    agent = desk.person("agent")
    agent.page.evaluate(
        "document.body.dispatchEvent(new KeyboardEvent('keydown',"
        " { key: 'ن', code: 'KeyK', ctrlKey: true, bubbles: true, cancelable: true }))"
    )
    expect(palette(agent)).to_be_visible()


def test_what_nothing_matches_is_said(desk: Desk) -> None:
    agent = desk.person("agent")
    agent.page.keyboard.press("Control+k")
    expect(palette(agent).get_by_role("option").first).to_be_visible()
    agent.page.keyboard.type("zzzz")
    expect(palette(agent).get_by_text("Nothing found")).to_be_visible()
    expect(agent.page.locator("#palette-found")).to_have_text("0 entries found")


def test_by_touch_it_is_in_the_menu(desk: Desk) -> None:
    agent = desk.person("agent", viewport={"width": 390, "height": 844}, has_touch=True)
    agent.page.locator("button.me").tap()
    agent.page.get_by_role("button", name="Find a command").tap()
    palette(agent).get_by_role("option", name="Preferences").tap()
    agent.page.wait_for_url(re.compile("/preferences/"))


def test_axe_finds_nothing_serious_in_palette_and_help(desk: Desk) -> None:
    admin = desk.person("admin")
    admin.page.keyboard.press("Control+k")
    expect(palette(admin).get_by_role("option").first).to_be_visible()
    found = grave_findings(admin)
    admin.page.keyboard.press("Escape")
    expect(palette(admin)).to_be_hidden()
    admin.page.keyboard.press("?")
    expect(admin.page.locator("#keys")).to_be_visible()
    assert found + grave_findings(admin) == []
