"""Working a list down: what is done stays in sight until one moves on."""

from playwright.sync_api import expect

from tests.browser.conftest import Chat
from tests.browser.people import Desk, Screen
from tests.stack import wait_until


def list_of(desk: Desk, label: str, chats: list[Chat], **options: object) -> Screen:
    """A screen with the chats of a label, which these chats have."""
    wa_id = desk.label(label)
    agent = desk.person("agent", **options)
    for chat in chats:
        desk.simulator.label_on_phone(chat.jid, wa_id, on=True)
    for chat in chats:
        agent.sees_chip(chat.jid, wa_id)
    pk = agent.chip(chats[0].jid, wa_id).get_attribute("data-pk")
    agent.go(f"/chats/?instance=demo&label={pk}")
    agent.is_live()
    return agent


def test_a_row_that_fits_no_more_stays_dimmed_until_one_moves_on(desk: Desk, chats: list[Chat]) -> None:
    agent = list_of(desk, "VIP", chats)
    row = agent.row(chats[0].jid)
    agent.open(chats[0].jid)
    agent.page.mouse.move(1300, 700)  # over the panel: the pointer holds nothing
    agent.page.keyboard.press("y")
    expect(row).to_contain_class("gone")
    expect(row).to_contain_text("no longer in this list")
    wait_until(lambda: desk.label("VIP") not in desk.simulator.labels_of(chats[0].jid))
    agent.page.wait_for_timeout(1500)  # the list has followed WhatsApp meanwhile
    expect(row).to_contain_class("gone")
    agent.open(chats[1].jid)
    agent.page.mouse.move(1300, 700)
    expect(row).to_have_count(0)
    expect(agent.row(chats[1].jid)).to_have_count(1)


def test_undo_brings_it_back_into_the_list(desk: Desk, chats: list[Chat]) -> None:
    agent = list_of(desk, "VIP", chats)
    agent.open(chats[0].jid)
    agent.page.keyboard.press("y")
    expect(agent.row(chats[0].jid)).to_contain_class("gone")
    agent.page.keyboard.press("z")
    expect(agent.row(chats[0].jid)).not_to_contain_class("gone")


def test_shift_enter_labels_and_opens_the_next_chat(desk: Desk, chats: list[Chat]) -> None:
    agent = list_of(desk, "VIP", chats)
    order = agent.rows().evaluate_all("rows => rows.map(row => row.dataset.chat)")
    agent.open(order[0])
    agent.page.mouse.move(1300, 700)
    agent.page.keyboard.press("l")
    expect(agent.picker().get_by_role("combobox")).to_be_focused()
    agent.page.keyboard.type("vip")
    agent.page.keyboard.press("Shift+Enter")
    expect(agent.picker()).to_be_hidden()
    expect(agent.page.locator(f'#side[data-pk="{agent.row(order[1]).get_attribute("data-pk")}"]')).to_be_visible()
    expect(agent.row(order[0])).to_have_count(0)
    wait_until(lambda: desk.label("VIP") not in desk.simulator.labels_of(order[0]))


def test_by_touch_next_chat_goes_on(desk: Desk, chats: list[Chat]) -> None:
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
    agent = list_of(desk, "VIP", chats, **phone)
    order = agent.rows().evaluate_all("rows => rows.map(row => row.dataset.chat)")
    following = agent.row(order[1]).get_attribute("data-pk")
    agent.open(order[0])
    agent.panel().locator("[data-pick]:not([data-stage])").tap()
    agent.picker().get_by_role("option", name="VIP").tap()
    agent.picker().get_by_role("button", name="Next chat").tap()
    expect(agent.page.locator(f'#side[data-pk="{following}"]')).to_be_visible()
