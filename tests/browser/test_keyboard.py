"""The main job without a mouse."""

from playwright.sync_api import expect

from tests.browser.people import Desk
from tests.stack import wait_until


def test_a_chat_is_found_opened_and_tagged_from_the_keyboard(desk: Desk) -> None:
    agent = desk.person("agent")
    keys = agent.page.keyboard
    hold = desk.label("On hold")
    keys.press("j")
    keys.press("j")
    keys.press("Enter")
    expect(agent.panel()).to_be_visible()
    jid = agent.open_chat()
    was_on = hold in desk.simulator.labels_of(jid)

    keys.press("l")
    expect(agent.picker().get_by_role("combobox")).to_be_focused()
    keys.type("on ho")
    keys.press("Enter")

    wait_until(lambda: (hold in desk.simulator.labels_of(jid)) != was_on)
    keys.press("Escape")
    expect(agent.picker()).to_be_hidden()


def test_every_control_shows_where_the_focus_is(desk: Desk) -> None:
    agent = desk.person("agent")
    seen = set()
    for _ in range(12):
        agent.page.keyboard.press("Tab")
        seen.add(agent.page.evaluate("document.activeElement.outerHTML.slice(0, 80)"))
        assert agent.page.evaluate("document.activeElement.matches(':focus-visible')")
    assert len(seen) >= 10


def test_the_first_tab_skips_to_the_chats(desk: Desk) -> None:
    agent = desk.person("agent")
    agent.page.keyboard.press("Tab")
    expect(agent.page.locator("a.skip")).to_be_focused()
