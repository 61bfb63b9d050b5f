"""A payment in the shop beside the phone: the chat turns Paid at WhatsApp, and Pending payment comes off after."""

import json
import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import Chat
from tests.browser.people import PATIENCE, Desk
from tests.stack import wait_until


def shop_of(desk: Desk) -> Page:
    desk.stack.open_shop()
    page = desk.context(viewport={"width": 900, "height": 900}).new_page()
    page.goto(f"{desk.stack.simulator_url}/shop/")
    return page


def test_a_payment_turns_the_chat_paid_and_prunes_what_was_pending(desk: Desk, chat: Chat) -> None:
    pending, paid = desk.label("Pending payment"), desk.label("Paid")
    desk.simulator.label_on_phone(chat.jid, pending, on=True)
    agent = desk.person("agent", f"/chats/?q={chat.jid.partition('@')[0]}")
    agent.sees_chip(chat.jid, pending)
    agent.is_live()
    since = desk.simulator.ask("GET", "/sim/state")["calls"]
    shop = shop_of(desk)
    order = shop.locator(f'.order[data-chat="{chat.jid}"]')
    # the newest six are shown: a message makes it one of them
    desk.simulator.message(chat.jid, "I have paid")
    order.get_by_role("button").click()
    expect(shop.locator("#told")).to_have_text(re.compile("labelapp moves the chat"), timeout=PATIENCE)
    wait_until(lambda: desk.simulator.labels_of(chat.jid) == {paid}, told="Paid is on the phone, Pending is not")
    agent.sees_chip(chat.jid, paid)
    agent.sees_no_chip(chat.jid, pending)
    expect(order.get_by_role("button")).to_have_text("Paid", timeout=PATIENCE)
    calls = desk.simulator.ask("GET", "/sim/calls", since=since)["calls"]
    made = [call for call in calls if call["chat"] == chat.jid and call["method"] in ("PUT", "DELETE")]
    writes = [(call["method"], call["path"].split("/")[3]) for call in made]
    assert writes == [("PUT", paid), ("DELETE", pending)]
    agent.open(chat.jid)
    agent.says("Business event payment.succeeded pay_")


def test_an_admin_maps_an_event_tries_it_and_sees_what_came_of_it(desk: Desk, chat: Chat) -> None:
    desk.expects("422 .Unprocessable")  # what is no event
    page = desk.person("admin", "/events/?instance=demo").page
    page.locator("#events-new").click()
    page.locator("input[name=type]").fill("order.wholesale")
    page.locator("#mapping-form summary", has_text="Add labels").click()
    page.locator("#mapping-form details[open] .chip", has_text="Atacado").click()
    page.locator("#mapping-save").click()
    expect(page.locator("#events-table")).to_contain_text("order.wholesale")
    box = page.locator("textarea[name=event]")
    box.fill("{")
    page.locator("#events-try").click()
    expect(page.locator("#events-test")).to_contain_text("This is no JSON", timeout=PATIENCE)
    box.fill(json.dumps({"type": "order.wholesale", "chat": chat.jid}))
    page.locator("#events-try").click()
    expect(page.locator("#events-trial")).to_contain_text("Atacado", timeout=PATIENCE)
    expect(page.locator("#events-trial")).to_contain_text(chat.name)
    assert desk.simulator.labels_of(chat.jid) == set()
    page.get_by_role("button", name="Switch order.wholesale off").click()
    page.get_by_role("link", name="order.wholesale").click()
    page.locator("#mapping-delete-go").click()
    expect(page.locator("#events-table")).not_to_contain_text("order.wholesale")


def test_g_e_leads_to_the_events(desk: Desk) -> None:
    admin = desk.person("admin")
    admin.is_live()
    admin.page.keyboard.press("g")
    admin.page.keyboard.press("e")
    expect(admin.page.get_by_role("heading", name="Business events", exact=True)).to_be_visible(timeout=PATIENCE)
