"""An agent tags and untags; what the screen shows is what WhatsApp has."""

from tests.browser.conftest import Chat
from tests.browser.people import Desk
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


def test_a_group_is_tagged_and_its_preview_names_who_wrote(desk: Desk, group: Chat) -> None:
    agent = desk.person("agent")
    agent.is_live()
    desk.simulator.message(group.jid, "Shall we meet at nine?", sender="Rui Tavares")

    agent.shows(group.jid, "Shall we meet at nine?")
    agent.shows(group.jid, "Rui Tavares")
    agent.tag(group.jid, "On hold")
    agent.sees_chip(group.jid, desk.label("On hold"), "confirmed")
    assert desk.label("On hold") in desk.simulator.labels_of(group.jid)


def test_a_provider_that_lies_leaves_the_chip_hollow(desk: Desk, chat: Chat) -> None:
    """It answers 200 and does nothing: the chip must not be filled."""
    agent = desk.person("agent")
    vip = desk.label("VIP")
    with desk.simulator.faults(lie=True):
        agent.tag(chat.jid, "VIP")
        agent.sees_chip(chat.jid, vip, "sent")
        assert agent.chip(chat.jid, vip, "confirmed").count() == 0
    assert vip not in desk.simulator.labels_of(chat.jid)
    wait_until(lambda: vip in desk.simulator.labels_of(chat.jid), 30)
    agent.sees_chip(chat.jid, vip, "confirmed", timeout=30_000)
