"""Cards on the board: moved by mouse, finger, menu and keyboard, with the phone agreeing; and what others do slides in."""

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import Chat
from tests.browser.people import Desk, Screen, extent
from tests.stack import wait_until

FUNNEL = ("New lead", "Quoted", "Pending payment", "Paid", "Shipped", "Closed")
OWN = "document.activeElement.closest('.kard')?.dataset.chat"


@pytest.fixture
def staged(desk: Desk, chat: Chat) -> Chat:
    """A chat of this test alone that stands at Quoted, with the newest message of all: it is the first of its column."""
    desk.simulator.label_on_phone(chat.jid, desk.label("Quoted"), on=True)
    wait_until(lambda: desk.label("Quoted") in desk.labels_shown(chat.jid), told="the stage has arrived")
    desk.simulator.message(chat.jid, "to the top")
    return chat


def board(desk: Desk, person: str = "lead") -> Screen:
    screen = desk.person(person, "/board/")
    screen.is_live()
    return screen


def column(screen: Screen, name: str) -> Locator:
    return screen.page.locator(f'.col[data-name="{name}"]')


def card(screen: Screen, chat: Chat, name: str = "") -> Locator:
    within = column(screen, name) if name else screen.page
    return within.locator(f'.kard[data-chat="{chat.jid}"]')


def at_the_top(screen: Screen, chat: Chat, name: str = "Quoted") -> Locator:
    """The card, where it will stay."""
    expect(column(screen, name).locator(".kard").first).to_have_attribute("data-chat", chat.jid)
    expect(card(screen, chat, name)).to_contain_text("to the top")
    return card(screen, chat, name)


def on_phone(desk: Desk, chat: Chat) -> set[str]:
    """The stages that the phone shows."""
    held = desk.simulator.labels_of(chat.jid)
    return {name for name, wa_id in desk.directory().items() if wa_id in held and name in FUNNEL}


def settles(desk: Desk, screen: Screen, chat: Chat, name: str) -> None:
    """The card stays there, without a sign of waiting, and the phone agrees."""
    expect(card(screen, chat, name)).to_have_count(1)
    wait_until(lambda: on_phone(desk, chat) == {name}, told=f"the phone shows {name} alone")
    expect(card(screen, chat, name).locator('[data-state="pending"], [data-state="sent"]')).to_have_count(0)
    expect(card(screen, chat)).to_have_count(1)


def test_a_card_is_dragged_with_the_mouse(desk: Desk, staged: Chat) -> None:
    lead = board(desk)
    start, end = extent(at_the_top(lead, staged)), extent(column(lead, "Paid"))
    mouse = lead.page.mouse
    mouse.move(start["x"] + 60, start["y"] + 30)
    mouse.down()
    mouse.move(start["x"] + 90, start["y"] + 60, steps=3)
    expect(lead.page.locator(".in-hand")).to_be_visible()
    mouse.move(end["x"] + 100, end["y"] + 200, steps=5)
    expect(lead.page.locator('.col.over[data-name="Paid"]')).to_have_count(1)
    mouse.up()
    settles(desk, lead, staged, "Paid")
    assert "/board/" in lead.page.url  # the end of a drag is no click on its link


def test_an_answer_takes_no_card_out_of_the_hand(desk: Desk, staged: Chat) -> None:
    lead = board(desk)
    start, end = extent(at_the_top(lead, staged)), extent(column(lead, "Paid"))
    lead.holds("/cards/")
    desk.simulator.message(staged.jid, "still to the top")
    lead.has_held()
    lead.page.mouse.move(start["x"] + 60, start["y"] + 30)
    lead.page.mouse.down()
    lead.page.mouse.move(end["x"] + 100, end["y"] + 200, steps=5)
    expect(lead.page.locator('.col.over[data-name="Paid"]')).to_have_count(1)
    lead.lets_go()
    lead.page.mouse.up()
    settles(desk, lead, staged, "Paid")
    expect(card(lead, staged)).to_contain_text("still to the top")


def test_a_drag_is_given_up_with_escape_and_none_ends_without_a_stage(desk: Desk, staged: Chat) -> None:
    lead = board(desk)
    for name, key in (("Paid", "Escape"), ("No stage", "")):
        start, end = extent(at_the_top(lead, staged)), extent(column(lead, name))
        lead.page.mouse.move(start["x"] + 60, start["y"] + 30)
        lead.page.mouse.down()
        lead.page.mouse.move(end["x"] + 80, end["y"] + 200, steps=5)
        expect(lead.page.locator(".in-hand")).to_be_visible()
        if key:
            lead.page.keyboard.press(key)
        lead.page.mouse.up()
        expect(lead.page.locator(".in-hand")).to_have_count(0)
        expect(card(lead, staged, "Quoted")).to_have_count(1)
    assert on_phone(desk, staged) == {"Quoted"}


def test_a_finger_that_rests_on_a_card_takes_it(desk: Desk, staged: Chat) -> None:
    lead = desk.person("lead", "/board/", has_touch=True, viewport={"width": 1440, "height": 900})
    lead.is_live()
    start, end = extent(at_the_top(lead, staged)), extent(column(lead, "New lead"))
    hand = lead.page.context.new_cdp_session(lead.page)

    def touch(kind: str, *spots: tuple[float, float]) -> None:
        hand.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in spots]})

    touch("touchStart", (start["x"] + 60, start["y"] + 30))
    expect(lead.page.locator(".in-hand")).to_be_visible()
    touch("touchMove", (end["x"] + 100, end["y"] + 200))
    expect(lead.page.locator('.col.over[data-name="New lead"]')).to_have_count(1)
    touch("touchEnd")
    settles(desk, lead, staged, "New lead")


def test_a_card_is_moved_from_the_keyboard(desk: Desk, staged: Chat) -> None:
    lead = board(desk)
    at_the_top(lead, staged).locator(".hit").focus()
    lead.page.keyboard.press("Shift+.")
    expect(lead.page.locator("#said")).to_have_text(f"{staged.name} is in “Pending payment” now")
    lead.page.keyboard.press("Shift+.")
    expect(card(lead, staged, "Paid")).to_have_count(1)
    settles(desk, lead, staged, "Paid")
    assert lead.page.evaluate(OWN) == staged.jid  # the focus went with it
    lead.page.keyboard.press("Shift+,")
    settles(desk, lead, staged, "Pending payment")


def test_the_menu_of_a_card_moves_it_and_z_takes_it_back(desk: Desk, staged: Chat) -> None:
    lead = board(desk)
    at_the_top(lead, staged).locator(".hit").focus()
    lead.page.keyboard.press("m")
    expect(lead.page.locator("#stage-menu [aria-current]")).to_have_text("Quoted")
    lead.page.keyboard.press("End")
    lead.page.keyboard.press("Enter")
    expect(card(lead, staged, "Closed")).to_have_count(1)
    expect(lead.page.locator("#undo")).to_contain_text("“Closed” instead of “Quoted”")
    lead.page.locator("#undo").hover()
    lead.page.keyboard.press("z")
    settles(desk, lead, staged, "Quoted")


def test_arrows_go_from_card_to_card_and_to_the_column_beside(desk: Desk, staged: Chat) -> None:
    lead = board(desk)
    at_the_top(lead, staged).locator(".hit").focus()
    before = "document.activeElement.closest('.col').dataset.name"
    lead.page.keyboard.press("ArrowDown")
    assert lead.page.evaluate(OWN) != staged.jid
    lead.page.keyboard.press("ArrowUp")
    assert lead.page.evaluate(OWN) == staged.jid
    lead.page.keyboard.press("ArrowRight")
    assert lead.page.evaluate(before) == "Pending payment"
    lead.page.keyboard.press("ArrowLeft")
    assert lead.page.evaluate(before) == "Quoted"


def test_what_somebody_else_moves_slides_in(desk: Desk, staged: Chat) -> None:
    lead, agent = board(desk), board(desk, "agent")
    at_the_top(lead, staged)
    lead.never_reloads()
    at_the_top(agent, staged).locator(".hit").focus()
    agent.page.keyboard.press("Shift+.")
    settles(desk, lead, staged, "Pending payment")
    desk.simulator.label_on_phone(staged.jid, desk.label("Pending payment"), on=False)
    expect(card(lead, staged, "No stage")).to_have_count(1)
    desk.simulator.label_on_phone(staged.jid, desk.label("Shipped"), on=True)
    expect(card(lead, staged, "Shipped")).to_have_count(1)
    lead.has_not_reloaded()


def test_a_move_that_is_refused_goes_back(desk: Desk, staged: Chat) -> None:
    desk.expects("ERR_FAILED", "Failed to load resource")
    lead = board(desk)
    lead.page.route("**/board/*/chats/**", lambda route: route.abort())
    at_the_top(lead, staged).locator(".hit").focus()
    lead.page.keyboard.press("Shift+.")
    expect(lead.page.locator(".toast.error")).to_contain_text("can't be reached")
    expect(card(lead, staged, "Quoted")).to_have_count(1)
    expect(card(lead, staged)).to_have_count(1)
    assert on_phone(desk, staged) == {"Quoted"}


def test_the_query_bar_narrows_all_columns(desk: Desk, staged: Chat) -> None:
    desk.simulator.label_on_phone(staged.jid, desk.label("VIP"), on=True)
    lead = board(desk)
    expect(card(lead, staged, "Quoted").locator(".chip")).to_contain_text("VIP")
    lead.page.locator("#search").press_sequentially("label:vi")
    expect(lead.page.locator('#offers [role=option][aria-selected="true"]')).to_contain_text("VIP")
    lead.page.keyboard.press("Enter")
    expect(lead.page.locator(".tok")).to_contain_text("VIP")
    expect(card(lead, staged, "Quoted")).to_have_count(1)
    expect(lead.page.locator(".kard:not(:has(.chip))")).to_have_count(0)


def test_an_answer_to_another_query_brings_no_card(desk: Desk, staged: Chat) -> None:
    lead = board(desk)
    at_the_top(lead, staged)
    lead.holds("/cards/")
    desk.simulator.message(staged.jid, "still to the top")
    lead.has_held()
    lead.page.locator("#search").fill("label:VIP")
    lead.page.keyboard.press("Enter")
    expect(lead.page.locator(".tok")).to_contain_text("VIP")
    expect(card(lead, staged)).to_have_count(0)
    lead.lets_go()
    expect(card(lead, staged)).to_have_count(0)


def test_all_chats_of_a_column_lead_to_the_preview_of_a_run(desk: Desk, staged: Chat) -> None:
    lead = board(desk)
    at_the_top(lead, staged)
    column(lead, "Quoted").get_by_role("button", name="All chats of Quoted").click()
    column(lead, "Quoted").get_by_role("button", name="Paid", exact=True).click()
    expect(lead.page.locator("#run-start")).to_be_visible()
    expect(lead.page.locator("main")).to_contain_text("label:Quoted")


def test_a_folded_column_stays_folded(desk: Desk) -> None:
    lead = board(desk)
    closed = column(lead, "Closed")
    closed.locator("[data-fold]").click()
    expect(closed.locator(".cards")).to_be_hidden()
    lead.page.reload()
    expect(closed.locator("[data-fold]")).to_have_attribute("aria-expanded", "false")
    closed.locator("h2").click()
    expect(closed.locator(".cards")).to_be_visible()
