"""A bulk run in the browser: from pasted numbers to its end on the phone, live, stopped by nobody, and taken back."""

import re

from playwright.sync_api import Locator, expect

from tests.browser.conftest import Chat
from tests.browser.people import PATIENCE, Desk, Screen
from tests.browser.test_accessibility import grave_findings
from tests.stack import wait_until

LONG = 30_000


def choose(lead: Screen, name: str, value: str) -> None:
    """Say what becomes of a label."""
    line = lead.page.locator(".label-picks > li", has=lead.page.get_by_text(name, exact=True))
    line.locator(f'input[value="{value}"] + span').click()


def result(lead: Screen, chat: Chat) -> Locator:
    return lead.page.locator(f'#run-results tr[data-chat="{chat.jid}"]')


def start(lead: Screen, chats: list[Chat], more: str = "") -> None:
    """VIP on these chats, from a pasted list, after a look at what would happen."""
    lead.page.locator('textarea[name="numbers"]').fill("\n".join(chat.jid.partition("@")[0] for chat in chats) + more)
    choose(lead, "VIP", "add")
    lead.page.locator("#run-look").click()
    expect(lead.page.locator('[data-count="changes"]')).to_have_text(str(len(chats)))
    assert grave_findings(lead) == []
    lead.page.locator("#run-start").click()
    lead.page.wait_for_url(re.compile(r"/runs/\d+/$"))


def test_a_run_from_pasted_numbers_and_its_undo(desk: Desk, chats: list[Chat]) -> None:
    vip = desk.label("VIP")
    agent = desk.person("agent")
    lead = desk.person("lead", "/runs/new/")
    start(lead, chats, "\nnobody at all")
    lead.never_reloads()
    for chat in chats:
        expect(result(lead, chat)).to_have_attribute("data-state", "changed", timeout=LONG)
        agent.sees_chip(chat.jid, vip)
        assert vip in desk.simulator.labels_of(chat.jid)
    expect(lead.page.locator('#run-head [data-state="done"]')).to_be_visible(timeout=LONG)
    lead.has_not_reloaded()
    assert grave_findings(lead) == []

    lead.page.locator("#run-undo").click()
    dialog = lead.page.get_by_role("dialog")
    expect(dialog).to_contain_text("2 chats")
    lead.page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(lead.page.locator("#run-undo")).to_be_focused()
    lead.page.locator("#run-undo").click()
    lead.page.locator("#question-go").click()
    lead.says("are being taken back")
    for chat in chats:
        agent.sees_no_chip(chat.jid, vip, timeout=LONG)
        wait_until(lambda chat=chat: vip not in desk.simulator.labels_of(chat.jid), 20)
    expect(lead.page.locator('#run-head [data-state="done"]')).to_be_visible(timeout=LONG)


def test_a_run_is_paused_stopped_and_says_what_failed(desk: Desk, chats: list[Chat]) -> None:
    lead = desk.person("lead", "/runs/new/")
    with desk.simulator.faults(status=422, status_of="changes"):
        start(lead, chats)
        for chat in chats:
            expect(result(lead, chat)).to_have_attribute("data-state", "failed", timeout=LONG)
        lead.says("2 chats failed.")
    lead.page.locator("#run-retry").click()
    lead.page.locator("#question-go").click()
    lead.says("2 chats are tried again.")
    for chat in chats:
        expect(result(lead, chat)).to_have_attribute("data-state", "changed", timeout=LONG)
    lead.page.locator("#run-results a", has_text="Changed").click()
    expect(lead.page.locator("#run-results tbody tr")).to_have_count(2)
    with lead.page.expect_download() as download:
        lead.page.locator("#run-csv").click()
    assert download.value.suggested_filename.endswith(".csv")


def test_on_a_phone_what_would_happen_comes_into_view(desk: Desk, chat: Chat) -> None:
    lead = desk.person("lead", "/runs/new/", viewport={"width": 390, "height": 844}, has_touch=True)
    lead.page.locator('textarea[name="numbers"]').fill(chat.jid.partition("@")[0])
    choose(lead, "VIP", "add")
    lead.page.locator("#run-look").click()
    expect(lead.page.locator("#run-what-happens")).to_be_focused()
    expect(lead.page.locator("#run-start")).to_be_in_viewport()


def test_pause_and_stop(desk: Desk, chats: list[Chat]) -> None:
    lead = desk.person("lead", "/runs/new/")
    with desk.simulator.faults(latency_ms=6000):  # it is not over before it is stopped
        start(lead, chats)
        lead.page.locator("#run-pause").click()
        lead.says("Paused. What is on its way arrives.")
        lead.page.locator("#run-resume").click()
        lead.says("The run goes on.")
        lead.page.locator("#run-cancel").click()
        lead.page.locator("#question-go").click()
        lead.says("Stopped. What was done stays.")
    expect(lead.page.locator('#run-head [data-state="cancelled"]')).to_be_visible()
    for chat in chats:
        expect(result(lead, chat)).not_to_have_attribute("data-state", "sent", timeout=LONG)


def test_agents_see_no_runs(desk: Desk) -> None:
    agent = desk.person("agent")
    expect(agent.page.locator('.strip a[href="/runs/"]')).to_have_count(0)
    lead = desk.person("lead")
    lead.page.locator('.strip a[href="/runs/"]').click()
    expect(lead.page.locator("main h1")).to_have_text("Runs", timeout=PATIENCE)
