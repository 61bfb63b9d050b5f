"""What makes a day at the inbox pleasant: places are kept, waiting is shown late, paper is clean."""

from playwright.sync_api import Route, expect

from tests.browser.conftest import Chat
from tests.browser.people import Desk, Screen
from tests.stack import wait_until

TOP = "document.getElementById('list').scrollTop"


def scroll_to(screen: Screen, top: int) -> None:
    """Down the list, through the pages that it takes."""
    wait_until(lambda: screen.page.evaluate(f"{TOP} = {top}, {TOP} === {top}"))
    screen.page.evaluate("new Promise(requestAnimationFrame)")  # the browser tells of it with the next frame


def comes_back_to(screen: Screen, top: int) -> None:
    wait_until(lambda: abs(screen.page.evaluate(TOP) - top) < 2)


def test_the_place_in_the_list_is_kept_over_a_filter(desk: Desk) -> None:
    agent = desk.person("agent")
    scroll_to(agent, 1500)
    agent.page.locator("#switch-groups").click()
    expect(agent.page.locator("#switch-groups")).to_have_attribute("aria-current", "true")
    assert agent.page.evaluate(TOP) == 0
    agent.page.go_back()
    comes_back_to(agent, 1500)


def test_the_place_in_the_list_is_kept_over_another_page(desk: Desk) -> None:
    agent = desk.person("agent")
    scroll_to(agent, 1200)
    agent.go("/preferences/")
    agent.page.go_back()
    comes_back_to(agent, 1200)


def test_on_a_phone_the_list_is_where_it_was_behind_the_chat(desk: Desk) -> None:
    agent = desk.person("agent", viewport={"width": 390, "height": 844}, has_touch=True)
    scroll_to(agent, 900)
    agent.rows().nth(15).locator("a.hit").click()
    expect(agent.panel()).to_be_visible()
    agent.page.go_back()
    comes_back_to(agent, 900)


def test_a_slow_chat_shows_a_skeleton_and_a_fast_one_none(desk: Desk, chat: Chat) -> None:
    agent = desk.person("agent")
    agent.open(chat.jid)
    expect(agent.page.locator("#side")).not_to_have_attribute("aria-busy", "true")
    held: list[Route] = []
    agent.page.route("**/panel/", lambda route: held.append(route))
    agent.rows().nth(1).locator("a.hit").click()
    title = agent.page.locator("#panel-title")
    expect(title).to_have_css("color", "rgba(0, 0, 0, 0)")
    held[0].continue_()
    expect(title).not_to_have_css("color", "rgba(0, 0, 0, 0)")


def test_on_paper_there_is_the_list_or_the_open_chat_and_nothing_else(desk: Desk, chat: Chat) -> None:
    agent = desk.person("agent")
    agent.page.emulate_media(media="print", color_scheme="dark")
    expect(agent.rows().first).to_be_visible()
    for part in ("nav.strip", "#rail", "form.query", "#side"):
        expect(agent.page.locator(part)).to_be_hidden()
    assert agent.page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "light"
    agent.page.emulate_media(media="screen")
    agent.open(chat.jid)
    agent.has_messages()
    agent.page.emulate_media(media="print")
    expect(agent.panel().locator(".bubble").first).to_be_visible()
    expect(agent.page.locator("#main")).to_be_hidden()
