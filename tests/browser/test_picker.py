"""The picker of a chat and of many: recent labels on top, a way to new ones, and keys that open it with a label chosen."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import Chat
from tests.browser.people import PATIENCE, Desk, Screen
from tests.stack import wait_until


def names(screen: Screen) -> list[str]:
    """The labels in the order of the screen."""
    shown = screen.picker().locator('[role="option"]:visible')
    return [str(name) for name in shown.evaluate_all("all => all.map((each) => each.dataset.name)")]


def groups(screen: Screen) -> list[str]:
    shown = screen.picker().locator(".pick-group:visible")
    return [str(name) for name in shown.evaluate_all("all => all.map((each) => each.getAttribute('aria-label'))")]


def choose(screen: Screen, chats: list[Chat]) -> None:
    for chat in chats:
        screen.row(chat.jid).locator(".pick").click()


# Recent labels


def test_recent_labels_are_on_top_until_one_searches(desk: Desk, chat: Chat) -> None:
    lead = desk.person("lead")
    lead.open(chat.jid)
    lead.open_picker()
    opened = names(lead)
    for name in ("On hold", "Paid"):
        with lead.answer():
            lead.pick(name)
    assert names(lead) == opened  # nothing moves under a hand
    lead.page.keyboard.press("Escape")
    lead.open_picker()
    assert names(lead)[:2] == ["Paid", "On hold"]
    assert (groups(lead)[0], sorted(names(lead))) == ("Recent", sorted(opened))  # each once
    lead.page.keyboard.press("ArrowDown")
    expect(lead.picker().locator(".opt.at")).to_have_attribute("data-name", "Paid")
    lead.page.keyboard.type("pai")
    assert (groups(lead), names(lead)) == (["Sales funnel"], ["Paid"])
    lead.page.locator("#picker-input").fill("")
    assert names(lead)[:2] == ["Paid", "On hold"]


def test_what_is_typed_while_the_choices_come_anew_stays(desk: Desk, chat: Chat) -> None:
    lead = desk.person("lead")
    lead.is_live()
    lead.open(chat.jid)
    lead.open_picker()
    lead.page.evaluate("document.getElementById('picker-input').dataset.former = ''")
    lead.holds("/picker/")
    desk.simulator.label_on_phone(chat.jid, desk.label("VIP"), on=True)
    lead.has_held()
    lead.page.keyboard.type("pai")
    lead.page.evaluate("document.dispatchEvent(new CustomEvent('let-go'))")
    expect(lead.page.locator("#picker-input[data-former]")).to_have_count(0)
    expect(lead.page.locator("#picker-input")).to_have_value("pai")
    expect(lead.page.locator("#picker-input")).to_be_focused()
    assert names(lead) == ["Paid"]


def test_recent_labels_are_on_top_for_many(desk: Desk, chats: list[Chat]) -> None:
    lead = desk.person("lead")
    lead.tag(chats[0].jid, "VIP")
    lead.page.keyboard.press("u")
    choose(lead, chats)
    lead.page.keyboard.press("l")
    expect(lead.picker().locator("#recent-labels")).to_be_visible()
    assert (groups(lead)[0], names(lead)[0], names(lead).count("VIP")) == ("Recent", "VIP", 1)
    lead.pick("VIP")
    expect(lead.picker().locator("#apply-says")).to_contain_text("Put \u2068VIP\u2069 on 1 chat.")


# A new one


def test_what_no_label_is_called_leads_to_the_form(desk: Desk, chat: Chat) -> None:
    admin = desk.person("admin")
    admin.open(chat.jid)
    admin.open_picker()
    new = admin.picker().locator("#opt-create")
    expect(new).to_be_hidden()
    admin.page.keyboard.type("vip")
    expect(new).to_be_hidden()
    admin.page.keyboard.type(" & gold")
    expect(new).to_have_text("Create “\u2068vip & gold\u2069”")
    expect(admin.picker().get_by_text("No label matches")).to_be_visible()
    admin.page.keyboard.press("Enter")
    admin.page.wait_for_url(re.compile("/labels/new/"))
    expect(admin.page.locator("#id_name")).to_have_value("vip & gold")


def test_it_stands_last_below_what_was_found(desk: Desk, chats: list[Chat]) -> None:
    admin = desk.person("admin")
    choose(admin, chats)
    admin.page.keyboard.press("l")
    expect(admin.picker().get_by_role("option").first).to_be_visible()
    admin.page.keyboard.type("vi")
    expect(admin.picker().locator(".opt.at")).to_have_attribute("data-name", "VIP")
    assert admin.picker().locator('[role="option"]:visible').last.get_attribute("id") == "opt-create"
    admin.picker().locator("#opt-create").click()
    admin.page.wait_for_url(re.compile("/labels/new/"))
    expect(admin.page.locator("#id_name")).to_have_value("vi")


def test_who_may_make_no_labels_is_led_nowhere(desk: Desk, chat: Chat) -> None:
    agent = desk.person("agent")
    agent.open(chat.jid)
    agent.open_picker()
    agent.page.keyboard.type("nothing like it")
    expect(agent.picker().get_by_text("No label matches")).to_be_visible()
    expect(agent.picker().locator("#opt-create")).to_have_count(0)
    agent.page.keyboard.press("Enter")
    assert "/labels/" not in agent.page.url


# Keys for chosen rows


def test_a_number_opens_the_picker_of_many_with_its_label(desk: Desk, chats: list[Chat]) -> None:
    lead = desk.person("lead")
    lead.is_live()
    wa_id = str(lead.page.locator("#numbered .chip").nth(3).get_attribute("data-label"))
    choose(lead, chats)
    for chat in chats:
        lead.sees_no_chip(chat.jid, wa_id)
    lead.page.keyboard.press("4")
    says = lead.picker().locator("#apply-says")
    expect(says).to_contain_text("on 2 chats.")
    expect(lead.picker().locator(".opt.changed")).to_have_attribute("aria-checked", "true")
    expect(lead.picker().locator("#apply")).to_be_focused()
    assert all(desk.simulator.labels_of(chat.jid) == set() for chat in chats)  # nothing before "Apply"
    lead.page.keyboard.press("Enter")
    for chat in chats:
        lead.sees_chip(chat.jid, wa_id, timeout=30_000)
    choose(lead, chats)
    lead.page.keyboard.press("4")
    expect(says).to_contain_text("off 2 chats.")
    lead.page.keyboard.press("Escape")
    expect(lead.picker()).to_be_hidden()


def test_y_opens_the_picker_of_many_with_the_lists_label_to_come_off(desk: Desk, chats: list[Chat]) -> None:
    hold = desk.label("On hold")
    lead = desk.person("lead")
    for chat in chats:
        desk.simulator.label_on_phone(chat.jid, hold, on=True)
        lead.sees_chip(chat.jid, hold)
    choose(lead, chats)
    lead.page.keyboard.press("y")
    lead.says("This list is not about one label")
    expect(lead.picker()).to_be_hidden()
    lead.go('/chats/?q=label:"On hold"')
    expect(lead.row(chats[0].jid)).to_have_count(1, timeout=PATIENCE)
    choose(lead, chats)
    lead.page.keyboard.press("y")
    expect(lead.picker().locator("#apply-says")).to_contain_text("Take \u2068On hold\u2069 off 2 chats.")
    lead.page.keyboard.press("Enter")
    wait_until(lambda: all(desk.simulator.labels_of(chat.jid) == set() for chat in chats), 30)


def test_of_one_chosen_row_the_keys_are_about_its_chat(desk: Desk, chats: list[Chat]) -> None:
    agent = desk.person("agent")
    fourth = str(agent.page.locator("#numbered .chip").nth(3).get_attribute("data-label"))
    agent.open(chats[0].jid)
    agent.has_messages()
    choose(agent, chats[1:])
    agent.page.keyboard.press("4")
    wait_until(lambda: fourth in desk.simulator.labels_of(chats[1].jid))
    assert desk.simulator.labels_of(chats[0].jid) == set()


def test_who_labels_one_at_a_time_is_told_so(desk: Desk, chats: list[Chat]) -> None:
    agent = desk.person("agent")
    choose(agent, chats)
    agent.page.keyboard.press("4")
    agent.says("You may label one chat at a time.")
    expect(agent.picker()).to_be_hidden()
