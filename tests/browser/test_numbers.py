"""Several numbers: which one it is, how it does, and the way to the others, on a desk and on a phone."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Chat
from tests.browser.people import Desk, extent
from tests.browser.test_accessibility import grave_findings


@pytest.fixture
def numbers(desk: Desk) -> Iterator[None]:
    """Two more numbers, for this test alone."""
    desk.stack.ask_product("tests.more_numbers", "on")
    yield
    desk.stack.ask_product("tests.more_numbers", "off")


@pytest.mark.usefixtures("numbers")
@pytest.mark.parametrize("width", [1440, 390])
def test_the_way_to_another_number(desk: Desk, width: int) -> None:
    page = desk.person("agent", viewport={"width": width, "height": 800}).page
    if width == 390:
        page.locator("#switch").click()
    others = page.get_by_role("navigation", name="Numbers") if width == 390 else page.locator("#facets .switcher")
    expect(others.get_by_role("link")).to_have_count(4)  # and all of them
    gone = others.get_by_role("link", name="Old warehouse phone")
    expect(gone).to_contain_text("Not connected")
    gone.click()
    expect(page.get_by_text("is not connected to WhatsApp since")).to_be_visible()
    page.goto(f"{desk.stack.url}/chats/")  # it is remembered
    expect(page).to_have_title("Inbox · labelapp")
    expect(page.locator(".app")).to_have_attribute("data-number", "warehouse")
    page.goto(f"{desk.stack.url}/chats/?instance=demo")


@pytest.mark.usefixtures("numbers")
def test_the_menu_of_numbers_stays_on_the_screen_and_closes_by_escape(desk: Desk) -> None:
    screen = desk.person("agent_ar", viewport={"width": 390, "height": 800})
    page = screen.page
    page.locator("#switch").click()
    assert grave_findings(screen) == []
    menu = page.locator("#switch-menu")
    box = extent(menu)
    assert 0 <= box["x"] <= box["x"] + box["width"] <= 390
    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    expect(page.locator("#switch")).to_be_focused()


def test_opening_a_chat_reads_its_labels_again(desk: Desk, chat: Chat) -> None:
    agent, vip = desk.person("agent"), desk.label("VIP")
    agent.is_live()
    with desk.simulator.faults(drop_rate=1):
        desk.simulator.label_on_phone(chat.jid, vip, on=True)
    agent.sees_no_chip(chat.jid, vip)
    agent.open(chat.jid)
    agent.sees_chip(chat.jid, vip)


def test_another_account_answers_and_the_known_one_is_back(desk: Desk) -> None:
    admin = desk.person("admin")
    admin.is_live()
    known = desk.simulator.ask("GET", "/sim/truth")["me"]
    desk.simulator.ask("POST", "/sim/account", {"jid": "201999999999@c.us", "name": "Douro"})
    try:
        admin.says("Another WhatsApp account answers")
        admin.page.get_by_role("link", name="Decide").click()
        assert grave_findings(admin) == []
        admin.page.get_by_role("button", name="Wait for the known account").click()
        admin.says("It was decided to wait")
    finally:
        desk.simulator.ask("POST", "/sim/account", {"jid": known, "name": "Nile & Douro"})
    expect(admin.page.get_by_text("It was decided to wait")).to_have_count(0)
