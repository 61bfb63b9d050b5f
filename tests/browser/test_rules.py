"""An admin makes a rule; a customer writes; the label is on every screen and on the phone."""

from playwright.sync_api import expect

from tests.browser.conftest import Chat
from tests.browser.people import PATIENCE, Desk, Screen
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
