"""Many rows at once: chosen with the mouse, the keys and a finger, labelled in one go, and taken back."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Chat
from tests.browser.people import PATIENCE, Desk, Screen, extent, reveal
from tests.browser.test_accessibility import grave_findings
from tests.stack import wait_until

LONG = 30_000
TOUCH = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


def box(screen: Screen, chat: Chat) -> Locator:
    return screen.row(chat.jid).locator(".pick input")


def bar(screen: Screen) -> Locator:
    return screen.page.locator("#bulkbar")


def count(screen: Screen) -> Locator:
    return screen.page.locator("#chosen-count")


def checked(screen: Screen) -> list[int]:
    """The places of the rows whose boxes are ticked."""
    script = "boxes => boxes.flatMap((box, n) => box.checked ? [n] : [])"
    return list(screen.page.locator("#rows .pick input").evaluate_all(script))


def option(screen: Screen, name: str) -> Locator:
    return screen.picker().locator(f'[role="option"][data-name="{name}"]')


def toast(screen: Screen) -> Locator:
    return screen.page.locator("#undo")


def stay(screen: Screen) -> None:
    """The offer lasts as long as the pointer is over it, however slow the machine is."""
    toast(screen).hover()


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


@pytest.fixture
def lead(desk: Desk) -> Iterator[Screen]:
    screen = desk.person("lead")
    screen.is_live()
    return screen


# Choosing


def test_with_the_mouse(lead: Screen) -> None:
    rows = lead.rows()
    expect(bar(lead)).to_be_hidden()
    rows.nth(1).hover()
    rows.nth(1).locator(".pick").click()
    expect(count(lead)).to_have_text("1 selected")
    rows.nth(4).locator(".name").click(modifiers=["Shift"])
    assert checked(lead) == [1, 2, 3, 4]
    rows.nth(2).locator(".pick").click()
    assert checked(lead) == [1, 3, 4]
    expect(lead.panel()).to_have_count(0)  # nothing was opened by it
    expect(lead.page.locator("#said")).to_have_text("3 selected")
    lead.page.locator("#bulk-clear").click()
    expect(bar(lead)).to_be_hidden()
    assert checked(lead) == []


def test_with_the_keys(lead: Screen) -> None:
    press(lead.page, "j", "j", "x", "Shift+j", "Shift+j")
    assert checked(lead) == [1, 2, 3]
    press(lead.page, "Shift+k")
    assert checked(lead) == [1, 2]
    press(lead.page, "Shift+k", "Shift+k")
    assert checked(lead) == [0, 1]
    press(lead.page, "*", "n")
    assert checked(lead) == []
    press(lead.page, "*", "a")
    assert len(checked(lead)) == lead.rows().count()
    press(lead.page, "Escape")
    expect(bar(lead)).to_be_hidden()
    press(lead.page, "x", "x")
    assert checked(lead) == []
    lead.rows().nth(3).locator(".pick input").focus()
    press(lead.page, "Space")
    assert checked(lead) == [3]


def test_a_touch_that_stays_chooses_and_the_picker_is_a_sheet(desk: Desk, chats: list[Chat]) -> None:
    lead = desk.person("lead", **TOUCH)
    lead.is_live()
    rows = [lead.row(chat.jid) for chat in chats]
    hold(lead.page, rows[0])
    expect(count(lead)).to_have_text("1 selected")
    rows[1].locator(".main-c").tap()  # once some are chosen a touch chooses
    expect(count(lead)).to_have_text("2 selected")
    assert lead.page.locator(".app").get_attribute("data-pane") == "list"
    lead.page.locator("#bulk-label").tap()
    expect(lead.picker().locator(".picker-who")).to_contain_text("Label 2 chats")
    place = extent(lead.picker())
    assert (place["x"], place["width"], place["y"] + place["height"]) == (0, 390, 844)
    assert grave_findings(lead) == []
    lead.picker().locator("[data-close-picker]").tap()
    rows[1].locator(".main-c").tap()
    expect(count(lead)).to_have_text("1 selected")
    rows[0].locator(".main-c").tap()
    expect(bar(lead)).to_be_hidden()
    rows[0].locator(".main-c").tap()  # none is chosen: it opens
    expect(lead.panel()).to_be_visible()


def hold(page: Page, row: Locator) -> None:
    """A finger that stays where it is."""
    reveal(row)
    place = extent(row.locator(".main-c"))
    point = {"x": place["x"] + 60, "y": place["y"] + 12}
    finger = page.context.new_cdp_session(page)
    finger.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [point]})
    expect(row.locator(".pick input")).to_be_checked()
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def test_it_outlives_news_and_ends_with_the_list(desk: Desk, lead: Screen, chat: Chat) -> None:
    lead.row(chat.jid).locator(".pick").click()
    press(lead.page, "Shift+j")
    before = [row.get_attribute("data-chat") for row in lead.rows().all()]
    desk.simulator.message(chat.jid, "still there?")
    vip = desk.label("VIP")
    desk.simulator.label_on_phone(chat.jid, vip, on=True)
    lead.sees_chip(chat.jid, vip)
    lead.shows(chat.jid, "still there?")
    expect(count(lead)).to_have_text("2 selected")
    expect(box(lead, chat)).to_be_checked()
    assert [row.get_attribute("data-chat") for row in lead.rows().all()] == before  # nothing moves under a choice
    lead.open(chat.jid)
    expect(count(lead)).to_have_text("2 selected")
    lead.page.locator("#switch-groups, #switch-group").first.click()
    expect(bar(lead)).to_be_hidden()
    assert checked(lead) == []


# Labelling


def test_what_the_picker_says_is_what_happens(desk: Desk, lead: Screen, chats: list[Chat]) -> None:
    vip, quoted = desk.label("VIP"), desk.label("Quoted")
    second = desk.person("agent2")
    second.is_live()
    desk.simulator.label_on_phone(chats[0].jid, vip, on=True)
    lead.sees_chip(chats[0].jid, vip)
    for chat in chats:
        lead.row(chat.jid).locator(".pick").click()
    press(lead.page, "l")
    says = lead.picker().locator("#apply-says")
    expect(option(lead, "VIP")).to_have_attribute("aria-checked", "mixed")
    expect(option(lead, "VIP")).to_contain_text("1/2")
    for state, said in (("true", "on 1 chat."), ("false", "off 1 chat."), ("mixed", "Choose labels")):
        option(lead, "VIP").click()
        expect(option(lead, "VIP")).to_have_attribute("aria-checked", state)
        expect(says).to_contain_text(said)
    expect(lead.picker().locator("#apply")).to_be_disabled()
    lead.page.keyboard.type("vip")
    press(lead.page, "Enter")
    lead.page.locator("#picker-input").fill("")
    option(lead, "Paid").click()
    option(lead, "Quoted").click()  # of a funnel the last one counts
    expect(option(lead, "Paid")).to_have_attribute("aria-checked", "false")
    assert sorted(says.locator("p").all_inner_texts()) == [
        "Put \u2068Quoted\u2069 on 2 chats. It replaces what else of “\u2068Sales funnel\u2069” they have.",
        "Put \u2068VIP\u2069 on 1 chat.",
    ]
    assert grave_findings(lead) == []
    lead.picker().locator("#apply").click()
    expect(toast(lead)).to_contain_text("2 chats are being changed.")
    stay(lead)
    expect(bar(lead)).to_be_hidden()
    for chat in chats:
        for screen in (lead, second):
            screen.sees_chip(chat.jid, vip, timeout=LONG)
            screen.sees_chip(chat.jid, quoted, timeout=LONG)
        assert desk.simulator.labels_of(chat.jid) == {vip, quoted}
    press(lead.page, "z")
    expect(toast(lead)).to_contain_text("are being taken back.")
    wait_until(lambda: [desk.simulator.labels_of(chat.jid) for chat in chats] == [{vip}, set()], 30)
    for screen in (lead, second):
        screen.sees_no_chip(chats[1].jid, vip, timeout=LONG)
        screen.sees_chip(chats[0].jid, vip, timeout=LONG)


def test_a_run_is_undone_before_it_has_arrived(desk: Desk, lead: Screen, chats: list[Chat]) -> None:
    for chat in chats:
        lead.row(chat.jid).locator(".pick").click()
    with desk.simulator.faults(latency_ms=1500):
        press(lead.page, "l")
        option(lead, "VIP").click()
        lead.picker().locator("#apply").click()
        expect(toast(lead)).to_contain_text("are being changed.")
        press(lead.page, "z")
        expect(toast(lead)).not_to_contain_text("are being changed.")
    for chat in chats:
        lead.sees_no_chip(chat.jid, desk.label("VIP"), timeout=LONG)
        wait_until(lambda chat=chat: desk.simulator.labels_of(chat.jid) == set(), 30)


def test_of_one_chat_it_is_the_picker_of_that_chat(desk: Desk, chat: Chat) -> None:
    agent = desk.person("agent")
    agent.sees_no_chip(chat.jid, desk.label("VIP"))
    agent.row(chat.jid).locator(".pick").click()
    press(agent.page, "l")
    with agent.answer():
        agent.pick("VIP")
    press(agent.page, "Escape")
    agent.sees_chip(chat.jid, desk.label("VIP"))


def test_all_that_match_through_the_preview_and_back(desk: Desk, chats: list[Chat]) -> None:
    hold_id, vip = desk.label("On hold"), desk.label("VIP")
    second = desk.person("agent2")
    second.is_live()
    for chat in chats:
        desk.simulator.label_on_phone(chat.jid, hold_id, on=True)
        second.sees_chip(chat.jid, hold_id)
    lead = desk.person("lead", '/chats/?q=label:"On hold"')
    expect(lead.row(chats[0].jid)).to_have_count(1, timeout=PATIENCE)
    total = lead.rows().count()
    lead.row(chats[0].jid).locator(".pick").click()
    everything = lead.page.locator("[data-everything][data-query]")
    expect(everything).to_have_text(f"Select all {total} that match")
    everything.click()
    expect(count(lead)).to_have_text(f"{total} selected")
    assert len(checked(lead)) == total
    press(lead.page, "l")
    option(lead, "VIP").click()
    expect(lead.picker().locator("#apply")).to_have_text("Preview")
    lead.picker().locator("#apply").click()
    lead.says("All chats that match:")
    changes = int(str(lead.page.locator('[data-count="changes"]').text_content()))
    already = int(str(lead.page.locator('[data-count="already"]').text_content()))
    assert (changes + already, changes >= 2) == (total, True)
    lead.page.locator("#run-start").click()
    lead.says("The run has begun.")
    expect(lead.page.locator('#run-head [data-state="done"]')).to_be_visible(timeout=LONG)
    lead.says('label:"On hold"')
    for chat in chats:
        second.sees_chip(chat.jid, vip, timeout=LONG)
        assert desk.simulator.labels_of(chat.jid) == {hold_id, vip}
    lead.page.locator("#run-undo").click()
    lead.page.locator("#question-go").click()
    expect(lead.page.locator('#run-head [data-state="done"]')).to_be_visible(timeout=LONG)
    for chat in chats:
        second.sees_no_chip(chat.jid, vip, timeout=LONG)
        assert desk.simulator.labels_of(chat.jid) == {hold_id}


# Who looks after them


def of_agent(screen: Screen, chat: Chat) -> Locator:
    """The sign that the agent looks after the chat. Somebody else may have done so before."""
    return screen.row(chat.jid).locator('.owner[title="Assigned to Salma Idris"]')


def test_agents_assign_many_and_label_one_at_a_time(desk: Desk, chats: list[Chat]) -> None:
    agent, second = desk.person("agent"), desk.person("agent2")
    second.is_live()
    for chat in chats:
        agent.row(chat.jid).locator(".pick").click()
    expect(agent.page.locator("#bulk-label")).to_be_hidden()
    press(agent.page, "l")
    agent.says("You may label one chat at a time.")
    agent.page.locator("#bulk-assign").click()
    expect(agent.page.locator("#palette").get_by_role("option", name="Me")).to_be_visible()
    agent.page.keyboard.type("me")
    press(agent.page, "Enter")
    expect(toast(agent)).to_contain_text("2 chats are assigned to you")
    stay(agent)
    for chat in chats:
        expect(of_agent(second, chat)).to_have_count(1, timeout=PATIENCE)
    press(agent.page, "z")
    expect(toast(agent)).to_contain_text("Undone: 2 chats were given back.")
    for chat in chats:
        expect(of_agent(second, chat)).to_have_count(0, timeout=PATIENCE)
