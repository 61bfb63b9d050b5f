"""Undo and repeat on the screen."""

import time

from playwright.sync_api import Locator, Route, expect

from tests.browser.conftest import Chat
from tests.browser.people import TAGS, Desk, Screen
from tests.stack import wait_until


def toast(screen: Screen) -> Locator:
    return screen.page.locator("#undo")


def stay(screen: Screen) -> None:
    """The offer lasts as long as the pointer is over it, however slow the machine is."""
    toast(screen).hover()


def test_the_toast_takes_a_tag_back(desk: Desk, chat: Chat) -> None:
    agent = desk.person("agent")
    agent.tag(chat.jid, "VIP")
    expect(toast(agent)).to_contain_text("“VIP” added to")
    stay(agent)
    wait_until(lambda: desk.simulator.labels_of(chat.jid))
    toast(agent).get_by_role("button", name="Undo").click()
    expect(toast(agent)).to_contain_text("Undone: “VIP” removed from")
    wait_until(lambda: not desk.simulator.labels_of(chat.jid))
    agent.sees_no_chip(chat.jid, desk.label("VIP"))


def test_a_page_that_was_open_for_long_offers_it_too(desk: Desk, chat: Chat) -> None:
    agent = desk.person("agent")
    agent.page.clock.install()
    agent.page.reload()
    agent.is_live()
    agent.page.clock.fast_forward(60_000)
    agent.tag(chat.jid, "VIP")
    expect(toast(agent)).to_contain_text("“VIP” added to")


def test_z_takes_back_one_change_after_the_other(desk: Desk, chat: Chat) -> None:
    agent = desk.person("agent")
    vip, lead, quoted = (desk.label(name) for name in ("VIP", "New lead", "Quoted"))
    desk.simulator.label_on_phone(chat.jid, lead, on=True)
    agent.sees_chip(chat.jid, lead)
    agent.tag(chat.jid, "Quoted")
    agent.tag(chat.jid, "VIP")
    expect(agent.picker()).to_be_hidden()
    expect(toast(agent)).to_contain_text("“VIP” added to")
    stay(agent)
    agent.page.keyboard.press("z")
    expect(toast(agent)).to_contain_text("Undone: “VIP” removed")
    agent.page.keyboard.press("z")
    expect(toast(agent)).to_contain_text("“New lead” instead of “Quoted”")
    wait_until(lambda: desk.simulator.labels_of(chat.jid) == {lead})
    agent.page.keyboard.press("z")
    agent.says("Nothing to undo.")
    agent.sees_chip(chat.jid, lead)
    agent.sees_no_chip(chat.jid, vip)
    agent.sees_no_chip(chat.jid, quoted)


def test_z_takes_back_the_change_that_is_still_on_its_way(desk: Desk, chat: Chat) -> None:
    agent = desk.person("agent")
    vip, hold = desk.label("VIP"), desk.label("On hold")
    agent.tag(chat.jid, "VIP")
    agent.sees_chip(chat.jid, vip)

    def late(route: Route) -> None:
        time.sleep(1)
        route.continue_()

    agent.page.route(TAGS, late)
    agent.open_picker()
    agent.pick("On hold")
    agent.page.keyboard.press("Escape")
    agent.page.keyboard.press("z")
    expect(toast(agent)).to_contain_text("Undone: “On hold” removed")
    agent.sees_no_chip(chat.jid, hold)
    agent.sees_chip(chat.jid, vip)


def test_z_that_did_not_arrive_can_be_pressed_again(desk: Desk, chat: Chat) -> None:
    agent = desk.person("agent")
    desk.expects("ERR_FAILED")
    agent.tag(chat.jid, "VIP")
    stay(agent)
    agent.page.route("**/undo/", lambda route: route.abort(), times=1)
    agent.page.keyboard.press("z")
    agent.says("can't be reached")
    agent.page.keyboard.press("z")
    expect(toast(agent)).to_contain_text("Undone: “VIP” removed")
    agent.sees_no_chip(chat.jid, desk.label("VIP"))


def test_z_is_refused_when_somebody_else_changed_it_since_and_says_who(desk: Desk, chat: Chat) -> None:
    first, second = desk.person("agent"), desk.person("agent2")
    name = second.page.locator("#me-menu b").text_content()
    vip = desk.label("VIP")
    desk.expects(r"409 \(Conflict\)")
    second.is_live()
    first.tag(chat.jid, "VIP")
    stay(first)
    second.sees_chip(chat.jid, vip)
    second.untag(chat.jid, "VIP")
    first.sees_no_chip(chat.jid, vip)
    first.page.keyboard.press("z")
    first.says(f"{name} changed “VIP” since: nothing was undone.")
    assert vip not in desk.simulator.labels_of(chat.jid)


def test_assigning_can_be_undone(desk: Desk, chat: Chat) -> None:
    agent = desk.person("agent")
    agent.open(chat.jid)
    agent.page.keyboard.press("a")
    expect(toast(agent)).to_contain_text("is assigned to you")
    agent.page.keyboard.press("z")
    expect(toast(agent)).to_contain_text("is assigned to nobody")
    expect(agent.row(chat.jid).locator(".owner")).to_have_count(0)


def test_a_dot_repeats_the_last_change_on_another_chat(desk: Desk, chats: list[Chat]) -> None:
    agent = desk.person("agent")
    vip = desk.label("VIP")
    agent.tag(chats[0].jid, "VIP")
    agent.open(chats[1].jid)
    agent.page.keyboard.press(".")
    agent.sees_chip(chats[1].jid, vip)
    assert desk.simulator.labels_of(chats[1].jid) == {vip}
    agent.page.keyboard.press("a")
    expect(agent.row(chats[1].jid).locator(".owner")).to_have_count(1)
    agent.open(chats[0].jid)
    agent.page.keyboard.press(".")
    expect(agent.row(chats[0].jid).locator(".owner")).to_have_count(1)


def test_the_toast_is_heard_and_leaves_by_itself_but_not_from_under_the_focus(desk: Desk, chat: Chat) -> None:
    agent = desk.person("agent")
    agent.page.clock.install()
    agent.tag(chat.jid, "VIP")
    expect(agent.page.locator("#toasts[role=status] > #undo")).to_be_visible()
    toast(agent).get_by_role("button", name="Undo").focus()
    agent.page.clock.run_for(20_000)
    expect(toast(agent)).to_be_visible()
    toast(agent).get_by_role("button", name="Undo").blur()
    agent.page.mouse.move(10, 10)
    agent.page.clock.run_for(10_000)
    expect(toast(agent)).to_be_hidden()
