"""The whole table of keys, pressed."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Chat
from tests.browser.people import Desk, Screen
from tests.stack import wait_until

# what an Arabic (101) keyboard writes with the key at each place
ARABIC = {"j": ("ت", "KeyJ"), "k": ("ن", "KeyK"), "l": ("م", "KeyL"), "u": ("ع", "KeyU"), "?": ("؟", "Slash")}


def press_arabic(screen: Screen, latin: str, **more: Any) -> None:
    """The key with this letter on a Latin keyboard, as a browser tells it with an Arabic layout."""
    key, code = ARABIC[latin]
    event = {"key": key, "code": code, "bubbles": True, "cancelable": True, "shiftKey": latin == "?"} | more
    screen.page.evaluate(
        "event => document.activeElement.dispatchEvent(new KeyboardEvent('keydown', event))",
        event,
    )


def row_at(screen: Screen) -> int:
    """The place of the row with the focus, from 0."""
    return int(
        screen.page.evaluate(
            "[...document.querySelectorAll('#rows > .row')].indexOf(document.activeElement.closest('.row'))"
        )
    )


def test_j_and_k_and_the_arrows_move(desk: Desk) -> None:
    agent = desk.person("agent")
    found = []
    for key in ("j", "j", "ArrowDown", "k", "ArrowUp"):
        agent.page.keyboard.press(key)
        found.append(row_at(agent))
    assert found == [0, 1, 2, 1, 0]


def test_enter_opens_and_u_goes_back_to_the_row(desk: Desk) -> None:
    agent = desk.person("agent")
    for key in ("j", "j", "Enter"):
        agent.page.keyboard.press(key)
    expect(agent.panel()).to_be_visible()
    agent.page.keyboard.press("u")
    expect(agent.panel()).to_have_count(0)
    assert row_at(agent) == 1


def test_l_opens_the_picker_which_shows_the_numbers(desk: Desk, chat: Chat) -> None:
    agent = desk.person("agent")
    agent.open(chat.jid)
    agent.page.keyboard.press("l")
    expect(agent.picker().get_by_role("combobox")).to_be_focused()
    shown = agent.picker().locator(".opt kbd").all_inner_texts()
    assert sorted(shown) == list("123456789")  # recent labels stand on top


def test_m_moves_the_chat_to_a_stage(desk: Desk, chat: Chat) -> None:
    agent = desk.person("agent")
    agent.open(chat.jid)
    agent.has_messages()
    agent.page.keyboard.press("m")
    expect(agent.picker().get_by_role("combobox")).to_be_focused()
    names = agent.picker().get_by_role("option").locator(".chip .t")
    expect(names).to_have_text(["New lead", "Quoted", "Pending payment", "Paid", "Shipped", "Closed"])
    closed = desk.label("Closed")
    agent.page.keyboard.type("closed")
    agent.page.keyboard.press("Enter")
    expect(agent.picker()).to_be_hidden()
    wait_until(lambda: closed in desk.simulator.labels_of(chat.jid))
    agent.sees_chip(chat.jid, closed)


def test_a_number_puts_its_label_on_and_takes_it_off(desk: Desk, chat: Chat) -> None:
    agent = desk.person("agent")
    fourth = str(agent.page.locator("#numbered .chip").nth(3).get_attribute("data-label"))
    desk.simulator.label_on_phone(chat.jid, fourth, on=False)
    agent.sees_no_chip(chat.jid, fourth)
    agent.open(chat.jid)
    agent.has_messages()
    agent.page.keyboard.press("4")
    wait_until(lambda: fourth in desk.simulator.labels_of(chat.jid))
    agent.sees_chip(chat.jid, fourth)
    agent.page.keyboard.press("4")
    wait_until(lambda: fourth not in desk.simulator.labels_of(chat.jid))


def test_y_takes_off_the_label_that_the_list_is_about(desk: Desk, chat: Chat) -> None:
    vip = desk.label("VIP")
    desk.simulator.label_on_phone(chat.jid, vip, on=True)
    agent = desk.person("agent")
    agent.sees_chip(chat.jid, vip)
    pk = agent.chip(chat.jid, vip).get_attribute("data-pk")
    agent.go(f"/chats/?instance=demo&label={pk}")
    agent.open(chat.jid)
    agent.page.keyboard.press("y")
    wait_until(lambda: vip not in desk.simulator.labels_of(chat.jid))


def test_y_says_what_it_needs_where_the_list_is_about_no_label(desk: Desk, chat: Chat) -> None:
    agent = desk.person("agent")
    agent.open(chat.jid)
    agent.page.keyboard.press("y")
    agent.says("This list is not about one label")


def test_slash_goes_to_the_search_where_letters_are_letters(desk: Desk) -> None:
    agent = desk.person("agent")
    agent.page.keyboard.press("/")
    search = agent.page.locator("#search")
    expect(search).to_be_focused()
    agent.page.keyboard.type("jkl?")
    expect(search).to_have_value("jkl?")


@pytest.mark.parametrize(
    ("letter", "path"), [("c", "/chats/"), ("d", "/drift/"), ("s", "/settings/"), ("l", "/labels/")]
)
def test_g_and_a_letter_lead_to_a_page(desk: Desk, letter: str, path: str) -> None:
    admin = desk.person("admin", "/preferences/")
    admin.page.keyboard.press("g")
    admin.page.keyboard.press(letter)
    admin.page.wait_for_url(re.compile(re.escape(path)))


def test_a_page_that_one_may_not_open_has_no_key(desk: Desk) -> None:
    agent = desk.person("agent", "/preferences/")
    agent.page.keyboard.press("g")
    agent.page.keyboard.press("d")
    agent.page.keyboard.press("?")
    expect(agent.page.locator("#keys")).to_be_visible()
    assert agent.page.url.endswith("/preferences/")


def test_a_question_mark_opens_the_help_and_no_other_key_works_there(desk: Desk) -> None:
    agent = desk.person("agent")
    agent.page.keyboard.press("?")
    expect(agent.page.locator("#keys")).to_be_visible()
    agent.page.keyboard.press("/")
    expect(agent.page.locator("#search")).not_to_be_focused()
    agent.page.keyboard.press("Escape")
    expect(agent.page.locator("#keys")).to_be_hidden()


def test_on_an_arabic_layout_the_keys_keep_their_place(desk: Desk) -> None:
    agent = desk.person("agent")
    press_arabic(agent, "j")
    press_arabic(agent, "j")
    press_arabic(agent, "k")
    assert row_at(agent) == 0
    press_arabic(agent, "l")
    expect(agent.picker().get_by_role("combobox")).to_be_focused()
    agent.page.keyboard.press("Escape")
    press_arabic(agent, "?")
    expect(agent.page.locator("#keys")).to_be_visible()


def test_what_is_pressed_with_a_modifier_is_left_alone(desk: Desk) -> None:
    agent = desk.person("agent")
    for more in ({"ctrlKey": True}, {"altKey": True}, {"metaKey": True}):
        press_arabic(agent, "j", **more)
        press_arabic(agent, "?", **more)
    assert row_at(agent) == -1
    expect(agent.page.locator("#keys")).to_be_hidden()


def test_single_letters_can_be_switched_off(desk: Desk) -> None:
    agent = desk.person("agent2", "/preferences/")
    agent.page.get_by_label("single-key shortcuts", exact=False).uncheck()
    agent.page.get_by_role("button", name="Save").click()
    try:
        agent.go("/chats/")
        for key in ("j", "l", "?", "/", "1"):
            agent.page.keyboard.press(key)
        assert row_at(agent) == -1
        expect(agent.page.locator("#keys")).to_be_hidden()
        agent.page.keyboard.press("ArrowDown")
        assert row_at(agent) == 0
    finally:
        agent.go("/preferences/")
        agent.page.get_by_label("single-key shortcuts", exact=False).check()
        agent.page.get_by_role("button", name="Save").click()
