"""The line that finds chats: words as one types, filters with Enter, each of them a token that can be dropped."""

from playwright.sync_api import expect

from tests.browser.conftest import Chat
from tests.browser.people import PATIENCE, Desk


def test_words_filter_as_one_types_and_filters_become_tokens(desk: Desk, chat: Chat) -> None:
    agent, vip = desk.person("agent"), desk.label("VIP")
    agent.is_live()
    desk.simulator.label_on_phone(chat.jid, vip, on=True)
    agent.sees_chip(chat.jid, vip)
    box, tokens = agent.page.locator("#search"), agent.page.locator("#asked .tok")

    box.press_sequentially(chat.name.split()[0])
    expect(agent.row(chat.jid)).to_be_visible()
    expect(agent.page.locator("#count")).to_contain_text(" of ", timeout=PATIENCE)

    box.fill("label:VIP -is:archived")
    expect(tokens).to_have_count(0)  # half of a filter would find nothing
    box.press("Enter")
    expect(tokens).to_have_count(2)
    expect(box).to_have_value("")
    expect(box).to_be_focused()
    expect(agent.row(chat.jid)).to_be_visible()
    assert "q=label" in agent.page.url
    assert "add=" not in agent.page.url

    box.fill(f"{chat.name} label:vpi")
    box.press("Enter")
    expect(tokens).to_have_count(3)
    expect(box).to_have_value(chat.name)
    expect(agent.page.locator("#gone")).to_contain_text("Did you mean")
    agent.page.locator("#gone a").first.click()
    expect(agent.page.locator("#gone a")).to_have_count(0)
    expect(box).to_have_value(chat.name)

    agent.page.locator("#clear").click()
    expect(tokens).to_have_count(0)
    expect(box).to_have_value("")
