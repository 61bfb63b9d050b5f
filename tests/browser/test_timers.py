"""A label with a clock: set from the chip, seen by everybody, and gone from the phone when its time comes."""

import re

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import Chat
from tests.browser.people import PATIENCE, Desk, Screen
from tests.browser.test_accessibility import grave_findings
from tests.browser.test_layout import WIDER
from tests.stack import wait_until


def dialog(screen: Screen) -> Locator:
    return screen.page.locator("dialog.sheet")


def link(screen: Screen, name: str) -> Locator:
    """The way to the time of a label of the open chat."""
    return screen.panel().get_by_role("link", name=re.compile(rf"^Timer of {name}"))


def mark(screen: Screen, chat: Chat, wa_id: str) -> Locator:
    """The time on the chip in the list."""
    return screen.chip(chat.jid, wa_id).locator(".tm")


def timed(screen: Screen, chat: Chat, name: str) -> None:
    """The open chat has the label, and its dialog is open."""
    screen.tag(chat.jid, name)
    link(screen, name).click()
    expect(dialog(screen)).to_be_visible(timeout=PATIENCE)


def save(screen: Screen) -> None:
    screen.page.locator("#timer-save").click()
    expect(dialog(screen)).to_have_count(0)


def come(desk: Desk) -> None:
    """The times come now."""
    assert int(desk.stack.ask_product("tests.soon")) > 0


def test_the_label_goes_from_the_phone_when_its_time_comes(desk: Desk, chat: Chat) -> None:
    agent, lead = desk.person("agent"), desk.person("lead")
    vip = desk.label("VIP")
    timed(agent, chat, "VIP")
    dialog(agent).get_by_label("In an hour").check()
    save(agent)
    expect(link(agent, "VIP")).to_be_focused(timeout=PATIENCE)
    expect(link(agent, "VIP")).to_have_attribute("aria-label", re.compile("then it comes off"))
    for screen in (agent, lead):
        expect(mark(screen, chat, vip)).to_have_text(re.compile(r"\d\d:\d\d"), timeout=PATIENCE)
    wait_until(lambda: vip in desk.simulator.labels_of(chat.jid), told="the label is on the phone")
    agent.never_reloads()
    come(desk)
    wait_until(lambda: vip not in desk.simulator.labels_of(chat.jid), 30, told="its time takes it off the phone")
    for screen in (agent, lead):
        screen.sees_no_chip(chat.jid, vip)
    agent.has_not_reloaded()
    expect(agent.panel()).to_contain_text("A timer removed", timeout=PATIENCE)


def test_it_turns_into_another_by_keyboard_alone(desk: Desk, chat: Chat) -> None:
    agent = desk.person("agent")
    vip, hold = desk.label("VIP"), desk.label("On hold")
    agent.tag(chat.jid, "VIP")
    link(agent, "VIP").focus()
    agent.page.keyboard.press("Enter")
    expect(dialog(agent)).to_be_visible(timeout=PATIENCE)
    expect(dialog(agent).get_by_label("Tomorrow")).to_be_checked()
    expect(dialog(agent).locator("#id_turn_into")).to_be_hidden()
    dialog(agent).get_by_label("It comes off").focus()
    agent.page.keyboard.press("ArrowDown")
    agent.page.keyboard.press("Tab")
    expect(dialog(agent).locator("#id_turn_into")).to_be_focused()
    agent.page.keyboard.type("On hold")
    agent.page.keyboard.press("Enter")
    if dialog(agent).count():  # Enter in a list of choices sends no form
        agent.page.locator("#timer-save").press("Enter")
    expect(dialog(agent)).to_have_count(0)
    expect(link(agent, "VIP")).to_have_attribute(
        "aria-label", re.compile("then it turns into “On hold”"), timeout=PATIENCE
    )
    wait_until(lambda: vip in desk.simulator.labels_of(chat.jid), told="the label is on the phone")
    come(desk)
    wait_until(lambda: desk.simulator.labels_of(chat.jid) == {hold}, 30, told="it turned into the other one")
    agent.sees_chip(chat.jid, hold)
    agent.sees_no_chip(chat.jid, vip)


def test_somebody_is_told_and_the_chip_is_overdue(desk: Desk, chat: Chat) -> None:
    agent, lead = desk.person("agent"), desk.person("lead", "/preferences/")
    vip = desk.label("VIP")
    timed(agent, chat, "VIP")
    dialog(agent).get_by_label("Somebody is told").check()
    dialog(agent).locator("#id_call").select_option(label="Rui Tavares")
    save(agent)
    come(desk)
    toast = lead.page.locator("#toasts .toast").filter(has_text=f"{chat.name}: VIP: its time has come")
    expect(toast).to_be_visible(timeout=PATIENCE)
    expect(mark(agent, chat, vip)).to_have_class("tm late", timeout=PATIENCE)
    agent.go("/chats/?q=due:overdue")
    expect(agent.row(chat.jid)).to_have_count(1)
    agent.open(chat.jid)
    link(agent, "VIP").click()
    agent.page.locator("#timer-clear").click()
    expect(dialog(agent)).to_have_count(0)
    expect(mark(agent, chat, vip)).to_have_count(0, timeout=PATIENCE)
    expect(agent.chip(chat.jid, vip)).to_have_count(1)


def test_what_makes_no_sense_is_told_in_the_dialog(desk: Desk, chat: Chat) -> None:
    desk.expects("422")
    agent = desk.person("agent")
    timed(agent, chat, "VIP")
    dialog(agent).get_by_label("Another time").check()
    dialog(agent).locator("#id_at").fill("2020-01-01T10:00")
    agent.page.locator("#timer-save").click()
    expect(dialog(agent).get_by_role("alert")).to_have_text("This time is over.")
    assert agent.page.evaluate("document.querySelector('dialog.sheet').matches(':modal')")
    agent.page.keyboard.press("Escape")
    expect(dialog(agent)).to_have_count(0)
    expect(link(agent, "VIP")).to_be_focused()


@pytest.mark.parametrize("who", ["agent", "agent_ar"])
def test_on_a_phone_it_is_a_sheet_that_fits(desk: Desk, chat: Chat, who: str) -> None:
    screen = desk.person(who, viewport={"width": 390, "height": 844}, has_touch=True)
    desk.simulator.label_on_phone(chat.jid, desk.label("VIP"), on=True)
    screen.sees_chip(chat.jid, desk.label("VIP"))
    screen.open(chat.jid)
    way = screen.panel().locator("a[id^=timer-]")
    assert way.bounding_box()["height"] >= 30  # type: ignore[index]
    way.tap()
    expect(dialog(screen)).to_be_visible(timeout=PATIENCE)
    drawn = dialog(screen).bounding_box()
    assert drawn is not None
    assert (round(drawn["x"]), round(drawn["width"]), round(drawn["y"] + drawn["height"])) == (0, 390, 844)
    assert screen.page.evaluate(WIDER) == []
    assert grave_findings(screen) == []
    heights = dialog(screen).locator(".choice, .btn").evaluate_all("all => all.map((each) => each.offsetHeight)")
    assert min(heights) >= 44
    screen.page.locator("#timer-save").tap()
    expect(dialog(screen)).to_have_count(0)
    expect(way.locator(".tm")).to_be_visible(timeout=PATIENCE)
    assert screen.page.evaluate(WIDER) == []
    assert grave_findings(screen) == []
