"""An admin makes a rule; a customer writes; the label is on every screen and on the phone."""

from urllib.parse import quote

from playwright.sync_api import Page, expect

from tests.browser.conftest import Chat
from tests.browser.people import PATIENCE, Desk, Screen
from tests.browser.test_notices import toasts
from tests.stack import wait_until


def make(admin: Screen, name: str, words: str, label: str) -> None:
    """A rule that puts a label on whoever says these words, by the form."""
    page = admin.page
    page.locator("#rules-new").click()
    form = page.locator("#rule-form")
    form.locator('[name="name"]').fill(name)
    expect(form.locator('[name="source"]')).to_be_hidden()  # of messages that go out
    form.locator('[name="words"]').fill(words)
    form.locator("summary", has_text="Add labels").click()
    form.get_by_role("group", name="Add labels").get_by_text(label, exact=True).click()
    page.locator("#rule-save").click()
    expect(page.get_by_role("link", name=name)).to_be_visible(timeout=PATIENCE)


def remove(admin: Screen, name: str) -> None:
    admin.page.get_by_role("link", name=name).click()
    admin.page.locator("#rule-delete-go").click()
    expect(admin.page.get_by_role("link", name=name)).to_have_count(0, timeout=PATIENCE)


def test_a_message_that_asks_for_help_is_labelled_by_itself(desk: Desk, chat: Chat) -> None:
    admin, agent = desk.person("admin", "/rules/"), desk.person("agent")
    make(admin, "Cries for help", "zonk, asap*", "VIP")
    vip = desk.label("VIP")
    agent.is_live()
    desk.simulator.message(chat.jid, "I need ZONK, now!")
    agent.sees_chip(chat.jid, vip, "confirmed", timeout=3 * PATIENCE)
    assert vip in desk.simulator.labels_of(chat.jid)

    admin.go("/rules/")
    admin.page.get_by_role("link", name="Cries for help").click()
    admin.page.locator("#rule-trial").click()
    expect(admin.page.locator("#trial-figures")).to_contain_text("It would have touched 1 of ")
    expect(admin.page.locator("mark")).to_have_text("ZONK,")
    admin.go("/rules/")
    remove(admin, "Cries for help")
    desk.simulator.label_on_phone(chat.jid, vip, on=False)
    wait_until(lambda: vip not in desk.labels_shown(chat.jid), told="the label is off again")


def write_on_phone(phone: Page, chat: Chat, text: str) -> None:
    """The customer writes, by the phone's own page."""
    phone.locator("#search").fill(chat.name)
    phone.locator(f'#chats a.hit[href*="{quote(chat.jid)}"], #chats a.hit[href*="{chat.jid}"]').first.click()
    expect(phone.locator("#write-as")).to_have_value("")
    phone.locator('#message-form [name="text"]').fill(text)
    phone.get_by_role("button", name="Send", exact=True).click()


def test_a_cry_for_help_on_the_phone_is_urgent_there_and_another_agent_is_told(desk: Desk, chat: Chat) -> None:
    urgent = desk.new_label_on_phone("Urgent", color=11)
    admin, agent, other = desk.person("admin", "/rules/"), desk.person("agent"), desk.person("agent2")
    switch_on = admin.page.get_by_role("button", name="Switch Urgent words on")

    def is_offered() -> bool:
        admin.go("/rules/")
        return switch_on.count() == 1

    wait_until(is_offered, told="the label is known")
    switch_on.click()
    admin.page.get_by_role("link", name="Urgent words").click()
    form = admin.page.locator("#rule-form")
    form.locator("summary", has_text="Tell people").click()
    form.get_by_label("Paulo Teixeira").check()
    form.get_by_label("As urgent").check()
    admin.page.locator("#rule-save").click()
    admin.says("tells Paulo Teixeira, urgently")
    for screen in (agent, other):
        screen.is_live()

    write_on_phone(desk.phone(), chat, "I need help ASAP")

    told = toasts(other.page, f"{chat.name}: Urgent words")
    expect(told).to_be_visible(timeout=3 * PATIENCE)
    wait_until(lambda: urgent in desk.simulator.labels_of(chat.jid), told="the label is at the provider")
    agent.sees_chip(chat.jid, urgent, "confirmed")
    assert toasts(agent.page, chat.name).count() == 0
    told.get_by_role("link").click()
    expect(other.page.locator("#panel, .side").first).to_contain_text(chat.name)
    admin.go("/rules/")
    remove(admin, "Urgent words")
    desk.simulator.ask("DELETE", f"/sim/phone/labels/{urgent}")


def test_rules_are_put_in_order_by_keyboard_and_switched(desk: Desk) -> None:
    admin = desk.person("admin", "/rules/")
    make(admin, "First zonk", "zonk one", "VIP")
    make(admin, "Second zonk", "zonk two", "VIP")
    page = admin.page
    grip = page.get_by_role("button", name="Move Second zonk, place 2 of 2")
    grip.press("ArrowUp")
    moved = page.get_by_role("button", name="Move Second zonk, place 1 of 2")
    expect(moved).to_be_focused(timeout=PATIENCE)
    page.reload()
    expect(moved).to_be_visible()
    page.get_by_role("button", name="Switch First zonk off").click()
    expect(page.get_by_role("button", name="Switch First zonk on")).to_be_visible(timeout=PATIENCE)
    for name in ("First zonk", "Second zonk"):
        remove(admin, name)


def test_g_u_leads_to_the_rules(desk: Desk) -> None:
    admin = desk.person("admin")
    admin.is_live()
    admin.page.keyboard.press("g")
    admin.page.keyboard.press("u")
    expect(admin.page.get_by_role("heading", name="Rules", exact=True)).to_be_visible(timeout=PATIENCE)
