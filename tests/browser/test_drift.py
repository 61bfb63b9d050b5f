"""What nobody can settle alone: it comes to the page by itself, and is pushed, taken over or found changed."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import Chat
from tests.browser.people import PATIENCE, Desk, Screen
from tests.stack import wait_until

GIVEN_UP = 90_000  # milliseconds: three calls, each read back, with a pause between
REFUSED = {"status": 422, "status_of": "changes"}


@pytest.fixture(autouse=True)
def _dismissed(desk: Desk) -> Iterator[None]:
    """What was given up here, and left so, belongs to no other test."""
    yield
    desk.stack.ask_product("tests.dismissed")


def row(screen: Screen, chat: Chat) -> Locator:
    return screen.page.locator(f'#drift tr[data-chat="{chat.jid}"]')


def press(screen: Screen, chat: Chat, name: str) -> None:
    row(screen, chat).get_by_role("button", name=re.compile(f"^{name}:")).click()


def given_up(desk: Desk, chats: list[Chat], **faults: Any) -> tuple[Screen, Screen]:
    """A lead at the drift page, where VIP for each of these chats came by itself; and the agent who wished them."""
    lead, agent = desk.person("lead", "/drift/"), desk.person("agent")
    lead.is_live()
    lead.never_reloads()
    with desk.simulator.faults(**(faults or REFUSED)):
        for chat in chats:
            agent.tag(chat.jid, "VIP")
        for chat in chats:
            expect(row(lead, chat)).to_be_visible(timeout=GIVEN_UP)
    assert not any(desk.label("VIP") in desk.simulator.labels_of(chat.jid) for chat in chats)
    return lead, agent


def test_push_puts_it_on_the_phone(desk: Desk, chat: Chat) -> None:
    lead, agent = given_up(desk, [chat], lie=True)
    vip = desk.label("VIP")
    expect(row(lead, chat)).to_contain_text("WhatsApp said done, but the change is not there.")
    press(lead, chat, "Push")
    lead.says("It is sent to WhatsApp again.")
    expect(row(lead, chat)).to_have_count(0)
    wait_until(lambda: vip in desk.simulator.labels_of(chat.jid), 20)
    agent.sees_chip(chat.jid, vip, "confirmed")
    lead.has_not_reloaded()


def test_pull_takes_whatsapps_word(desk: Desk, chat: Chat) -> None:
    lead, agent = given_up(desk, [chat])
    vip = desk.label("VIP")
    agent.sees_chip(chat.jid, vip, "failed")
    press(lead, chat, "Drop here")
    expect(row(lead, chat)).to_have_count(0)
    agent.sees_no_chip(chat.jid, vip)
    assert vip not in desk.simulator.labels_of(chat.jid)


def test_chosen_rows_outlive_what_happens_and_are_left_as_they_are(desk: Desk, chats: list[Chat]) -> None:
    """News replaces the list under a half-done selection."""
    lead, agent = given_up(desk, chats)
    box = row(lead, chats[0]).get_by_role("checkbox")
    box.check()
    lead.says("1 row chosen")
    lead.page.mouse.move(5, 5)  # a list under the pointer stands still
    agent.panel().locator("button", has_text="Dismiss").click()  # the other one is settled elsewhere
    expect(row(lead, chats[1])).to_have_count(0, timeout=PATIENCE)
    expect(box).to_be_checked()
    lead.page.locator(".chosen").get_by_role("button", name="Ignore").click()
    lead.says("1 difference is left as it is.")
    expect(row(lead, chats[0])).to_have_count(0)
    lead.go("/drift/")
    expect(row(lead, chats[0])).to_have_count(0)


def test_what_was_ignored_is_brought_back_by_keyboard(desk: Desk, chat: Chat) -> None:
    lead, _agent = given_up(desk, [chat])
    keys = lead.page.keyboard
    press(lead, chat, "Ignore")
    expect(row(lead, chat)).to_have_count(0)
    lead.page.locator("#ignored-show").focus()
    keys.press("Enter")
    left = lead.page.locator(f'#drift-ignored tr[data-chat="{chat.jid}"]')
    expect(left).to_contain_text(re.compile(r"Ignored by .+ · "))
    lead.is_live()
    lead.never_reloads()
    left.get_by_role("button", name=re.compile("^Undo")).focus()
    keys.press("Enter")
    lead.says("It is among the differences again.")
    expect(lead.page.locator(f'#drift-here tr[data-chat="{chat.jid}"]')).to_be_visible()
    expect(left).to_have_count(0)
    lead.has_not_reloaded()


def test_a_row_that_changed_meanwhile_says_so(desk: Desk, chat: Chat) -> None:
    """Two leads; the one hears nothing of what the other does."""
    desk.expects("409", "live")
    lead, agent = given_up(desk, [chat])
    deaf = desk.screen("/login/", storage_state=desk.keys["lead"])
    deaf.page.route("**/live/", lambda route: route.abort())
    deaf.go("/drift/")
    press(lead, chat, "Drop here")
    expect(row(lead, chat)).to_have_count(0)
    press(deaf, chat, "Push")
    deaf.says("This has changed meanwhile. Nothing was done: look again.")
    expect(row(deaf, chat)).to_have_count(0)
    agent.sees_no_chip(chat.jid, desk.label("VIP"))
    assert desk.label("VIP") not in desk.simulator.labels_of(chat.jid)


def test_push_without_a_script(desk: Desk, chat: Chat) -> None:
    given_up(desk, [chat])
    plain = desk.screen("/drift/", storage_state=desk.keys["lead"], java_script_enabled=False)
    press(plain, chat, "Push")
    expect(plain.page.locator("#toasts")).to_contain_text("It is sent to WhatsApp again.")
    wait_until(lambda: desk.label("VIP") in desk.simulator.labels_of(chat.jid), 20)


def test_all_of_them_are_asked_about_and_the_question_can_be_left(desk: Desk, chat: Chat) -> None:
    lead, _agent = given_up(desk, [chat])
    opener = lead.page.locator("#all-push-here")
    opener.click()
    dialog = lead.page.get_by_role("dialog")
    expect(dialog).to_contain_text(re.compile(r"Push \d+ changes?\?"))
    lead.page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(opener).to_be_focused()
    opener.click()
    dialog.get_by_role("button", name="Push").click()
    expect(lead.page.locator("#drift-here")).to_have_count(0)
    expect(lead.page.locator("#drift-check")).to_be_focused()  # the opener is gone with its section
    wait_until(lambda: desk.label("VIP") in desk.simulator.labels_of(chat.jid), 20)


def test_check_now_tells_when_it_is_done(desk: Desk) -> None:
    lead = desk.person("lead", "/drift/")
    lead.is_live()
    lead.page.locator("#drift-check").click()
    lead.says("The comparison begins in a moment.")
    progress = lead.page.locator("[data-check]")
    expect(progress).to_have_count(1, timeout=PATIENCE)
    expect(progress).to_have_count(0, timeout=30_000)
    expect(lead.page.locator("#drift-head")).to_contain_text(re.compile(r"Verified \d+ s ago\."))
