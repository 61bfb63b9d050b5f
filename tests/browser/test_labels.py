"""The taxonomy: an admin changes it, WhatsApp and everybody's screens follow; an agent may not."""

from playwright.sync_api import expect

from tests.browser.conftest import Chat
from tests.browser.people import PATIENCE, Desk, Screen
from tests.stack import wait_until


def fill_in(admin: Screen, name: str, color: int) -> None:
    """The form of a label, sent."""
    form = admin.page.locator("#label-form")
    form.locator('input[name="name"]').fill(name)
    form.locator(f'input[name="color"][value="{color}"]').check(
        force=True
    )  # the radio itself is hidden behind its swatch
    admin.page.locator("#label-save").click()


def make(admin: Screen, name: str, color: int) -> None:
    admin.page.locator("#labels-new").click()
    fill_in(admin, name, color)


def edit(admin: Screen, name: str) -> None:
    admin.page.get_by_role("link", name=f"Edit {name}", exact=True).click()


def listed(admin: Screen, name: str) -> None:
    expect(admin.page.get_by_role("link", name=f"Edit {name}", exact=True)).to_be_visible(timeout=PATIENCE)


def test_an_admin_creates_renames_recolours_and_deletes_a_label(desk: Desk, chat: Chat) -> None:
    admin, agent = desk.person("admin", "/labels/"), desk.person("agent")
    agent.is_live()

    make(admin, "Gift wrap", color=7)
    listed(admin, "Gift wrap")
    made = desk.label("Gift wrap")
    assert desk.on_phone(made)["color"] == 7
    agent.tag(chat.jid, "Gift wrap")
    agent.sees_chip(chat.jid, made, "confirmed")

    edit(admin, "Gift wrap")
    fill_in(admin, "هدية", color=12)
    listed(admin, "هدية")
    assert desk.on_phone(made) | {"name": "هدية", "color": 12} == desk.on_phone(made)
    expect(agent.chip(chat.jid, made)).to_contain_text("هدية")
    expect(agent.chip(chat.jid, made)).to_have_class("chip c12")

    edit(admin, "هدية")
    admin.page.locator(".drawer-foot .danger").click()
    admin.page.locator('#label-delete [value="everywhere"]').check()
    admin.page.locator('#label-delete input[name="typed"]').fill("1")
    admin.page.locator("#label-delete-go").click()
    wait_until(lambda: made not in desk.directory().values())
    agent.sees_no_chip(chat.jid, made)


def test_a_drawer_and_a_question_over_it_give_the_focus_back(desk: Desk) -> None:
    admin = desk.person("admin", "/labels/")
    opener = admin.page.locator("[id^=edit-]").first
    opener.press("Enter")
    admin.page.locator(".drawer-foot .danger").click()
    expect(admin.page.get_by_role("dialog")).to_be_visible()
    admin.page.keyboard.press("Escape")
    expect(admin.page.locator("#labels-side > .side")).to_be_visible()
    admin.page.keyboard.press("Escape")
    expect(admin.page.locator("#labels-side > *:not(input)")).to_have_count(0)
    expect(opener).to_be_focused()


def test_labels_are_put_in_order_archived_and_merged(desk: Desk, chat: Chat) -> None:
    """By keyboard and by mouse; what is merged is moved on the phone before the old label goes."""
    admin, agent = desk.person("admin", "/labels/"), desk.person("agent")
    make(admin, "Gift wrap", color=6)
    listed(admin, "Gift wrap")
    gift, vip = desk.label("Gift wrap"), desk.label("VIP")
    agent.is_live()
    agent.tag(chat.jid, "Gift wrap")
    agent.sees_chip(chat.jid, gift, "confirmed")

    quoted = admin.page.get_by_role("button", name="Move Quoted, place 2 of 6")
    quoted.press("ArrowDown")
    expect(admin.page.get_by_role("button", name="Move Quoted, place 3 of 6")).to_be_focused(timeout=PATIENCE)
    admin.page.get_by_role("button", name="Move Quoted, place 3 of 6").press("ArrowUp")
    expect(quoted).to_be_focused(timeout=PATIENCE)

    edit(admin, "Gift wrap")
    admin.page.locator("#label-archive").click()
    expect(admin.page.locator("#labels-archived")).to_contain_text("Gift wrap", timeout=PATIENCE)
    assert desk.on_phone(gift)["name"] == "Gift wrap"

    admin.page.locator("#labels-archived summary").click()
    edit(admin, "Gift wrap")
    admin.page.locator(".drawer-foot .danger").click()
    admin.page.locator('#label-delete [value="move"]').check()
    admin.page.locator('#label-delete [name="into"]').select_option(label="VIP")
    admin.page.locator("#label-delete-go").click()
    admin.page.locator('#label-merge-form [name="typed"]').fill("1")
    admin.page.locator("#label-merge-go").click()
    expect(admin.page.locator("#run")).to_contain_text("was merged into VIP", timeout=PATIENCE)
    assert gift not in desk.directory().values()
    agent.sees_chip(chat.jid, vip, "confirmed")
    agent.sees_no_chip(chat.jid, gift)


def test_a_wrong_number_of_chats_deletes_nothing(desk: Desk) -> None:
    admin = desk.person("admin", "/labels/")
    vip = desk.label("VIP")
    desk.expects("422")
    edit(admin, "VIP")
    admin.page.locator(".drawer-foot .danger").click()
    admin.page.locator('#label-delete [value="everywhere"]').check()
    admin.page.locator('#label-delete input[name="typed"]').fill("99999")
    admin.page.locator("#label-delete-go").click()
    expect(admin.page.locator("#label-delete .wrong")).to_be_visible()
    assert desk.label("VIP") == vip


def test_the_providers_refusal_is_shown_in_its_own_words(desk: Desk) -> None:
    admin = desk.person("admin", "/labels/")
    desk.expects("422", "50[0-9]")
    with desk.simulator.faults(success_false="No more labels today"):
        make(admin, "Will not do", color=3)
        admin.says("No more labels today")
    assert "Will not do" not in desk.directory()


def test_an_agent_may_not(desk: Desk) -> None:
    agent = desk.person("agent")
    not_theirs = (
        'a[href*="/labels/"], a[href*="/settings/"]:not([href$="/notifications/"])'  # those are everybody's own
    )
    expect(agent.page.locator(not_theirs)).to_have_count(0)
    desk.expects("403")
    answer = agent.page.goto(f"{desk.stack.url}/labels/")
    assert answer
    assert answer.status == 403
