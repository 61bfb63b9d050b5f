"""The query bar: what is offered as one types, from the keyboard and by pointer, and filters that are changed."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.people import PATIENCE, Desk, Screen, extent


def bar(screen: Screen) -> tuple[Locator, Locator, Locator]:
    """The input, what is offered, and the filters that stand."""
    page = screen.page
    return page.locator("#search"), page.locator("#offers [role=option]"), page.locator("#asked .tok")


def active(page: Page) -> str:
    """The text of the option that the input points to."""
    return str(
        page.evaluate(
            "document.getElementById(document.getElementById('search').getAttribute('aria-activedescendant'))?.innerText ?? ''"
        )
    )


def test_fields_then_names_by_keyboard(desk: Desk) -> None:
    agent = desk.person("agent")
    box, offers, tokens = bar(agent)
    box.press_sequentially("-la")
    expect(offers.first).to_contain_text("label:")
    expect(box).to_have_attribute("aria-expanded", "true")
    assert active(agent.page) == ""  # words may be meant as they stand
    box.press("ArrowDown")
    box.press("Enter")
    expect(box).to_have_value("-label:")
    expect(offers.filter(has_text="VIP")).to_have_count(1)

    box.press_sequentially("on ho")  # a space ends the name, and with it what is offered
    expect(box).to_have_value("-label:on ho")
    box.fill('-label:"on ho')
    expect(offers).to_have_count(1)
    assert active(agent.page).startswith("On hold")
    box.press("Enter")
    expect(tokens).to_have_count(1)
    expect(tokens).to_contain_text("On hold")
    expect(box).to_have_value("")
    expect(box).to_be_focused()
    expect(box).to_have_attribute("aria-expanded", "false")


def test_tab_takes_one_and_goes_on_with_the_list(desk: Desk) -> None:
    agent = desk.person("agent")
    box, offers, tokens = bar(agent)
    box.press_sequentially("stage:quo")
    expect(offers).to_have_count(1)
    box.press("Tab")
    expect(box).to_have_value("stage:Quoted")
    expect(box).to_be_focused()
    box.press_sequentially(",ne")
    expect(offers).to_have_count(1)
    box.press("Tab")
    expect(box).to_have_value('stage:Quoted,"New lead"')
    box.press("Enter")
    expect(tokens).to_have_count(1)
    expect(agent.page).to_have_url(re.compile("q=stage(:|%3A)Quoted"))


def test_escape_closes_arrows_come_round_and_a_click_takes(desk: Desk) -> None:
    agent = desk.person("agent")
    box, offers, tokens = bar(agent)
    box.press_sequentially("is:un")
    expect(offers).to_have_count(2)
    assert active(agent.page).startswith("unanswered")
    box.press("ArrowDown")
    assert active(agent.page).startswith("unread")
    box.press("ArrowDown")
    assert active(agent.page) == ""
    box.press("ArrowUp")
    assert active(agent.page).startswith("unread")
    box.press("Escape")
    expect(offers).to_have_count(0)
    expect(box).to_have_value("is:un")
    expect(box).to_be_focused()
    box.press("ArrowDown")
    expect(offers).to_have_count(2)
    offers.nth(1).click()
    expect(tokens).to_have_text(re.compile("is:unread"))


def test_in_the_middle_of_a_query_the_piece_is_replaced(desk: Desk) -> None:
    agent = desk.person("agent")
    box, offers, _tokens = bar(agent)
    box.fill("label:vi is:unread")
    for _step in range(len(" is:unread")):
        box.press("ArrowLeft")
    box.press_sequentially("p")
    # not those of before, which are for the end of the line
    expect(agent.page.locator('#offers [data-after=" is:unread"]')).to_be_visible()
    expect(offers).to_have_count(1)
    box.press("ArrowDown")
    box.press("Tab")
    expect(box).to_have_value("label:VIP is:unread")
    assert agent.page.evaluate("document.getElementById('search').selectionStart") == len("label:VIP")


def test_what_one_searches_as_one_types_leaves_the_offers_open(desk: Desk) -> None:
    agent = desk.person("agent")
    box, offers, _tokens = bar(agent)
    box.press_sequentially("vi")
    expect(agent.page).to_have_url(re.compile("q=vi"))
    expect(agent.page.locator("#count")).to_contain_text(" of ", timeout=PATIENCE)
    expect(offers.filter(has_text="VIP")).to_have_count(1)
    expect(box).to_have_attribute("aria-expanded", "true")


def test_while_a_script_is_being_composed_keys_are_its_own(desk: Desk) -> None:
    agent = desk.person("agent")
    box, offers, _tokens = bar(agent)
    box.press_sequentially("is:un")
    expect(offers).to_have_count(2)
    box.evaluate(
        "(box) => box.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', isComposing: true, bubbles: true}))"
    )
    expect(box).to_have_value("is:un")


def test_backspace_takes_the_last_filter_and_escape_gives_it_back(desk: Desk) -> None:
    agent = desk.person("agent", "/chats/?q=label:VIP,Paid+is:unanswered")
    box, _offers, tokens = bar(agent)
    expect(tokens).to_have_count(3)
    box.press("Backspace")
    expect(box).to_have_value("is:unanswered")
    expect(tokens).to_have_count(2)
    box.press("Escape")
    expect(tokens).to_have_count(3)
    expect(box).to_have_value("")


def test_a_filter_is_changed_by_a_click_with_all_its_names(desk: Desk) -> None:
    agent = desk.person("agent", "/chats/?q=label:VIP,Paid+is:unanswered")
    box, offers, tokens = bar(agent)
    tokens.first.locator("button").click()
    expect(box).to_have_value("label:VIP,Paid")
    expect(box).to_be_focused()
    expect(tokens).to_have_count(1)
    box.press_sequentially(',"on')
    expect(offers).to_have_count(1)
    box.press("Enter")
    expect(tokens).to_have_count(4)
    expect(agent.page).to_have_url(re.compile("q=is%3Aunanswered\\+label%3AVIP%2CPaid%2C"))


def test_an_error_is_marked_on_its_filter(desk: Desk) -> None:
    agent = desk.person("agent", "/chats/?q=label:vpi+is:unanswered")
    _box, _offers, tokens = bar(agent)
    wrong = tokens.first
    expect(wrong).to_have_class(re.compile("unknown"))
    expect(wrong).to_have_attribute("title", re.compile("Did you mean VIP"))
    note = str(wrong.locator("button").get_attribute("aria-describedby"))
    expect(agent.page.locator(f"#{note}")).to_contain_text("No label is called “vpi”")
    expect(tokens.nth(1)).not_to_have_class(re.compile("unknown"))


def test_right_to_left_and_on_a_phone(desk: Desk) -> None:
    agent = desk.person("agent", locale="ar", viewport={"width": 390, "height": 800}, has_touch=True)
    agent.page.evaluate("document.documentElement.dir = 'rtl'")
    box, offers, tokens = bar(agent)
    box.press_sequentially("stage:")
    expect(offers.first).to_be_visible()
    first = extent(offers.first)
    assert (first["height"] >= 40, first["x"] >= 0, first["x"] + first["width"] <= 390) == (True, True, True)
    offers.first.tap()
    expect(tokens).to_have_count(1)
