"""An agent tags and untags; what the screen shows is what WhatsApp has."""

import time

from playwright.sync_api import Route, expect

from tests.browser.conftest import Chat
from tests.browser.people import PATIENCE, TAGS, Desk
from tests.stack import wait_until


def test_an_agent_tags_a_chat_and_takes_the_label_off_again(desk: Desk, chat: Chat) -> None:
    agent = desk.person("agent")
    vip = desk.label("VIP")

    agent.tag(chat.jid, "VIP")
    agent.sees_chip(chat.jid, vip, "confirmed")
    assert vip in desk.simulator.labels_of(chat.jid)

    agent.untag(chat.jid, "VIP")
    agent.sees_no_chip(chat.jid, vip)
    assert vip not in desk.simulator.labels_of(chat.jid)


def test_a_new_stage_replaces_the_old_one(desk: Desk, chat: Chat) -> None:
    agent = desk.person("agent")
    lead, quoted = desk.label("New lead"), desk.label("Quoted")
    agent.tag(chat.jid, "New lead")
    agent.sees_chip(chat.jid, lead, "confirmed")

    agent.tag(chat.jid, "Quoted")

    agent.sees_chip(chat.jid, quoted, "confirmed")
    agent.sees_no_chip(chat.jid, lead)
    assert desk.simulator.labels_of(chat.jid) & {lead, quoted} == {quoted}


def test_two_agents_see_each_others_changes(desk: Desk, chat: Chat) -> None:
    first, second = desk.person("agent"), desk.person("agent2")
    vip, hold = desk.label("VIP"), desk.label("On hold")
    second.is_live()

    first.tag(chat.jid, "VIP")
    second.sees_chip(chat.jid, vip, "confirmed")

    second.tag(chat.jid, "On hold")
    first.sees_chip(chat.jid, hold, "confirmed")


def test_an_answer_that_comes_late_hides_nothing_that_happened_since(desk: Desk, chat: Chat) -> None:
    agent = desk.person("agent")
    vip = desk.label("VIP")
    agent.is_live()

    def late(route: Route) -> None:
        answer = route.fetch()
        assert 'data-state="pending"' in answer.text()
        wait_until(lambda: vip in desk.simulator.labels_of(chat.jid))
        time.sleep(1)  # until the page has heard of it, and asked
        route.fulfill(response=answer)

    agent.page.route(TAGS, late)
    agent.tag(chat.jid, "VIP")
    agent.sees_chip(chat.jid, vip, "confirmed")
    expect(agent.panel().locator(f'.tagline [data-label="{vip}"][data-state="confirmed"]')).to_have_count(1)


def test_a_group_is_tagged_and_its_preview_names_who_wrote(desk: Desk, group: Chat) -> None:
    agent = desk.person("agent")
    agent.is_live()
    desk.simulator.message(group.jid, "Shall we meet at nine?", sender="Rui Tavares")

    agent.shows(group.jid, "Shall we meet at nine?")
    agent.shows(group.jid, "Rui Tavares")
    agent.tag(group.jid, "On hold")
    agent.sees_chip(group.jid, desk.label("On hold"), "confirmed")
    assert desk.label("On hold") in desk.simulator.labels_of(group.jid)


HOLD = """
() => {
  const plain = window.fetch;
  window.fetch = async (...request) => {
    const answer = await plain(...request);
    if (!String(request[0]).includes("/chats/rows/") || document.body.dataset.held) return answer;
    document.body.dataset.held = "1";
    const hears = (go) => document.body.addEventListener("live-change", ({ detail }) => detail.messages.length && go());
    await new Promise(hears);
    return answer;
  };
}
"""


def test_a_message_that_is_heard_of_while_the_list_is_read_is_shown(desk: Desk, chats: list[Chat]) -> None:
    agent = desk.person("agent")
    agent.is_live()
    first, second = (chat.jid for chat in chats)
    agent.page.evaluate(HOLD)
    desk.simulator.message(first, "The first of two")
    expect(agent.page.locator("body[data-held]")).to_be_attached(timeout=PATIENCE)
    desk.simulator.message(second, "The one in between")
    agent.shows(first, "The first of two")
    agent.shows(second, "The one in between")


def test_a_provider_that_lies_leaves_the_chip_hollow(desk: Desk, chat: Chat) -> None:
    """It answers 200 and does nothing: the chip must not be filled."""
    agent = desk.person("agent")
    vip = desk.label("VIP")
    with desk.simulator.faults(lie=True):
        agent.tag(chat.jid, "VIP")
        agent.sees_waiting(chat.jid, vip)
        assert agent.chip(chat.jid, vip, "confirmed").count() == 0
    assert vip not in desk.simulator.labels_of(chat.jid)
    wait_until(lambda: vip in desk.simulator.labels_of(chat.jid), 30)
    agent.sees_chip(chat.jid, vip, "confirmed", timeout=30_000)


def test_a_row_that_changes_while_it_is_pressed_is_opened_all_the_same(desk: Desk, chat: Chat) -> None:
    agent = desk.person("agent")
    vip = desk.label("VIP")
    agent.is_live()
    agent.row(chat.jid).locator("a.hit").hover()
    agent.page.mouse.down()
    desk.simulator.label_on_phone(chat.jid, vip, on=True)
    agent.page.wait_for_timeout(1500)  # until the page has heard of it, and asked
    assert agent.chip(chat.jid, vip).count() == 0
    agent.page.mouse.up()
    expect(agent.panel()).to_be_visible()
    agent.sees_chip(chat.jid, vip)
