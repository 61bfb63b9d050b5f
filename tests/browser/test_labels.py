"""The taxonomy: an admin changes it, WhatsApp and everybody's screens follow; an agent may not."""

from playwright.sync_api import expect

from tests.browser.conftest import Chat
from tests.browser.people import Desk


def test_an_admin_creates_renames_recolours_and_deletes_a_label(desk: Desk, chat: Chat) -> None:
    admin, agent = desk.person("admin", "/labels/"), desk.person("agent")
    agent.is_live()

    admin.creates_label("Gift wrap", color=7)
    made = desk.label("Gift wrap")
    assert desk.on_phone(made)["color"] == 7
    agent.tag(chat.jid, "Gift wrap")
    agent.sees_chip(chat.jid, made, "confirmed")

    admin.changes_label("Gift wrap", name="هدية", color=12)
    assert desk.on_phone(made) | {"name": "هدية", "color": 12} == desk.on_phone(made)
    expect(agent.chip(chat.jid, made)).to_contain_text("هدية")

    admin.deletes_label("هدية", told="1")
    assert made not in desk.directory().values()
    agent.sees_no_chip(chat.jid, made)


def test_the_providers_refusal_is_shown_in_its_own_words(desk: Desk) -> None:
    admin = desk.person("admin", "/labels/")
    desk.expects("422", "503", "502")
    with desk.simulator.faults(status=422):
        admin.fills_in_label("Will not do", color=3)
        admin.says("refuse")
    assert "Will not do" not in desk.directory()


def test_an_agent_may_not(desk: Desk) -> None:
    agent = desk.person("agent")
    expect(agent.page.locator('a[href*="/labels/"]')).to_have_count(0)
    desk.expects("403")
    answer = agent.page.goto(f"{desk.stack.url}/labels/")
    assert answer
    assert answer.status == 403
    agent.says("permission")
