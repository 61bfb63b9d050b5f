"""The demo's start page: one click per role, and steps that tick themselves when they have happened."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Chat
from tests.browser.people import Desk, Screen


@pytest.fixture
def start(desk: Desk) -> Page:
    page = desk.context(viewport={"width": 1440, "height": 900}).new_page()
    page.goto(f"{desk.stack.simulator_url}/")
    return page


def enter(start: Page, desk: Desk, role: str) -> Screen:
    with start.expect_popup() as opened:
        start.locator(f'form[data-role="{role}"] button').click()
    expect(opened.value).to_have_url(re.compile(rf"{desk.stack.url}/chats/"))
    return Screen(opened.value, desk.stack)


def test_one_click_opens_the_inbox_in_the_roles_language(start: Page, desk: Desk) -> None:
    agent = enter(start, desk, "agent")
    expect(agent.rows().first).to_be_visible()
    expect(agent.page.locator("html")).to_have_attribute("dir", "ltr")
    arabic = enter(start, desk, "agent_ar")
    expect(arabic.page.locator("html")).to_have_attribute("dir", "rtl")


def test_a_step_ticks_itself_when_it_has_happened(start: Page, desk: Desk, chat: Chat) -> None:
    expect(start.locator("#did-tag")).not_to_be_checked()
    agent = enter(start, desk, "agent")
    agent.tag(chat.jid, "VIP")
    expect(start.locator("#did-tag")).to_be_checked()


def test_the_page_makes_the_provider_lie_and_be_honest_again(start: Page, desk: Desk) -> None:
    switch = start.locator('[data-switch="lie"]')
    switch.click()
    expect(switch).to_have_attribute("aria-pressed", "true")
    assert desk.simulator.ask("GET", "/sim/state")["faults"]["lie"] is True
    switch.click()
    expect(switch).to_have_attribute("aria-pressed", "false")
    assert desk.simulator.ask("GET", "/sim/state")["faults"]["lie"] is False
