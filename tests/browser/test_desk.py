"""Several people at one inbox: who looks after a chat, who looks at it."""

from playwright.sync_api import Locator, expect

from tests.browser.conftest import Chat
from tests.browser.people import PATIENCE, Desk, Screen


def owner(screen: Screen, chat: Chat) -> Locator:
    """Who looks after a chat, in its row."""
    return screen.row(chat.jid).locator(".owner")


def test_a_takes_the_chat_and_others_see_it_at_once(desk: Desk, chat: Chat) -> None:
    first, second = desk.person("agent"), desk.person("agent2")
    second.is_live()
    second.open(chat.jid)
    first.open(chat.jid)
    first.page.keyboard.press("a")
    name = first.page.locator("#me-menu b").text_content()
    for screen in (first, second):
        expect(owner(screen, chat)).to_have_attribute("title", f"Assigned to {name}", timeout=PATIENCE)
        expect(screen.panel().locator(".owned")).to_contain_text(str(name))
        expect(screen.panel().locator(".log")).to_contain_text(f"{name} took the chat")

    second.panel().locator(".owned").click()
    palette = second.page.locator("#palette")
    expect(palette.get_by_role("option", name="Nobody")).to_be_visible()
    second.page.keyboard.type("nobo")
    second.page.keyboard.press("Enter")
    for screen in (first, second):
        expect(owner(screen, chat)).to_have_count(0, timeout=PATIENCE)


def test_a_chat_is_given_to_somebody_else_by_touch(desk: Desk, chat: Chat) -> None:
    agent = desk.person("agent", viewport={"width": 390, "height": 844}, has_touch=True)
    agent.open(chat.jid)
    agent.panel().locator(".owned").tap()
    option = agent.page.locator("#palette").get_by_role("option").nth(1)
    name = option.locator(".ell").text_content()
    option.tap()
    expect(agent.panel().locator(".owned")).to_contain_text(str(name))


def test_two_people_at_one_chat_see_each_other_until_one_leaves(desk: Desk, chat: Chat) -> None:
    first, second = desk.person("agent"), desk.person("agent2")
    names = [screen.page.locator("#me-menu b").text_content() for screen in (first, second)]
    first.is_live()
    first.open(chat.jid)
    second.open(chat.jid)
    here = [screen.panel().locator(".lookers") for screen in (first, second)]
    expect(here[1]).to_contain_text(f"{names[0]} is here too", timeout=PATIENCE)
    expect(here[0]).to_contain_text(f"{names[1]} is here too", timeout=PATIENCE)
    second.page.keyboard.press("u")
    expect(here[0]).to_be_empty(timeout=PATIENCE)

    second.open(chat.jid)
    expect(here[0]).to_contain_text(f"{names[1]} is here too", timeout=PATIENCE)
    second.page.close()
    expect(here[0]).to_be_empty(timeout=PATIENCE)
